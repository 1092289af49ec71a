"""The Agent Platform (Vertex AI) with an OAuth token: what Google says about a model, for free.

Asked as Google's own SDK asks in Agent Platform mode: v1beta1, without a project in the path.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote

from veo_check.core.facts import OfficialModel
from veo_check.core.route import google_url
from veo_check.http.answer import Answer, Failure
from veo_check.http.keys import KeyName
from veo_check.providers.asks import Ask
from veo_check.providers.google_errors import read_refusal
from veo_check.providers.reading import mapping, text

SURFACE = "agent-platform"


def default_url(location: str | None) -> str:
    """Google's address of a location; us-central1 where none is given."""
    return google_url(SURFACE, location)


def model_ask(base_url: str, model: str, key: KeyName) -> Ask:
    """`publishers.models.get`: whether Google offers the id."""
    root = re.sub(r"/v1(beta1)?$", "", base_url)
    return Ask(f"{root}/v1beta1/publishers/google/models/{quote(model, safe='.-_')}", key)


def read_model(answer: Answer, model: str, now: datetime) -> OfficialModel | Failure:
    """What Google answered about `model`, as evidence of `now`; else why that is unknown.

    `not-found` also covers an id that this project has no access to: Google's text says "or".
    """
    refused = read_refusal(answer, model, SURFACE, now)
    if refused is not None:
        return refused
    body = answer.json
    if isinstance(body, Failure):
        return body
    name = text(mapping(body).get("name")) or ""
    if re.sub(r"@[^/]*$", "", name.rpartition("publishers/google/models/")[2]) != model:
        return answer.unreadable(f"it is not about {model} but about {name or 'nothing'}")
    stage = text(mapping(body).get("launchStage"))
    return OfficialModel(
        model,
        SURFACE,
        "offered",
        launch_stage=answer.shown(stage, 60) if stage else None,
        observed_at=now,
        exchanges=(answer.exchange,),
    )
