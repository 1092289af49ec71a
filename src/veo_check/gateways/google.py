"""The Gemini API with an API key: what Google says about a model, for free."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from veo_check.core.facts import OfficialModel
from veo_check.core.gateway import Gateway
from veo_check.core.route import AGENT_PLATFORM, GEMINI_API, GEMINI_API_URL
from veo_check.gateways.base import GetRequest
from veo_check.gateways.errors import (
    failure_of,
    items,
    mapping,
    read_error,
    read_refusal,
    text,
    texts,
)
from veo_check.http.answers import Failure, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName

DEFAULT_URL = GEMINI_API_URL

GOOGLE = Gateway(
    name="google",
    payer="Google",
    families=("predict-long-running", "interactions"),
    usage="none",
    direct=True,
    no_catalogue="Google is called directly; there is no gateway catalogue in between",
    tells_usage=frozenset({"interactions"}),
    cannot_carry={"interactions": frozenset({"extension"})},
    late_refusals_on=frozenset({AGENT_PLATFORM}),  # changes-2026-11-30.md, Google's texts
    token_on=frozenset({AGENT_PLATFORM}),
    smoke_variable="GEMINI_API_KEY",
)
_MAX_PAGES = 20
_PROJECT = "x-goog-user-project"


def api_root(base_url: str) -> str:
    """The address up to and with the API version; v1beta where none is given."""
    return base_url if re.search(r"/v1(beta|alpha)?$", base_url) else f"{base_url}/v1beta"


def model_ask(base_url: str, model: str, key: KeyName) -> GetRequest:
    """`models.get`: whether Google offers the id, and which methods."""
    return GetRequest(f"{api_root(base_url)}/models/{quote(model, safe='.-_')}", key)


def read_model(answer: Response, model: str, now: datetime) -> OfficialModel | Failure:
    """What Google answered about `model`, as evidence of `now`; else why that is unknown."""
    refused = read_refusal(answer, model, GEMINI_API, now)
    if refused is not None:
        return refused
    body = answer.json
    if isinstance(body, Failure):
        return body
    name = text(mapping(body).get("name"))
    if name != f"models/{model}":
        return answer.unreadable(f"it is not about {model} but about {name or 'nothing'}")
    return OfficialModel(
        model,
        GEMINI_API,
        "offered",
        methods=tuple(
            answer.shown(one, 60) for one in texts(mapping(body).get("supportedGenerationMethods"))
        ),
        observed_at=now,
        exchanges=(answer.exchange,),
    )


def list_models(
    door: HttpClient, base_url: str, key: KeyName, now: datetime
) -> tuple[OfficialModel, ...] | Failure:
    """Every model that the key's own listing has, all pages of it."""
    found: list[OfficialModel] = []
    page, pages = "", 0
    while True:
        token = f"&pageToken={quote(page, safe='')}" if page else ""
        answer = GetRequest(f"{api_root(base_url)}/models?pageSize=1000{token}", key).send(door)
        if isinstance(answer, Failure):
            return answer
        if answer.status != 200:
            return failure_of(answer, read_error(answer))
        body = answer.json
        if isinstance(body, Failure):
            return body
        if not isinstance(mapping(body).get("models"), list):
            return answer.unreadable("it holds no list of models")
        found += _listed(answer, now)
        page = text(mapping(body).get("nextPageToken")) or ""
        pages += 1
        if not page:
            return tuple(found)
        if pages == _MAX_PAGES:
            return answer.unreadable(f"it goes on after {_MAX_PAGES} pages")


def _listed(answer: Response, now: datetime) -> Iterator[OfficialModel]:
    body = answer.json
    if isinstance(body, Failure):
        return
    for row in map(mapping, items(mapping(body).get("models"))):
        name = text(row.get("name")) or ""
        if name.startswith("models/"):
            yield OfficialModel(
                answer.shown(name.removeprefix("models/"), 200),
                GEMINI_API,
                "offered",
                methods=tuple(
                    answer.shown(one, 60) for one in texts(row.get("supportedGenerationMethods"))
                ),
                observed_at=now,
                exchanges=(answer.exchange,),
            )


# The Agent Platform (Vertex AI) with an OAuth token: what Google says about a model, for free.


def publisher_model_asks(
    base_url: str, model: str, key: KeyName, project: str | None = None
) -> tuple[GetRequest, ...]:
    """`publishers.models.get`: whether Google offers the id at the address's location.

    A user's own credential needs a project that the request is counted to; one that may not be
    counted to it (403) is asked once more without.
    """
    root = re.sub(r"/v1(beta1)?$", "", base_url)
    url = f"{root}/v1beta1/publishers/google/models/{quote(model, safe='.-_')}"
    bare = GetRequest(url, key)
    return (replace(bare, headers={_PROJECT: project}), bare) if project else (bare,)


def ask_for_model(door: HttpClient, asks: tuple[GetRequest, ...]) -> Response | Failure:
    """The answer to the first of these requests; to the second where the project is refused."""
    ask, *others = asks
    answer = ask.send(door)
    if not others or isinstance(answer, Failure) or answer.status != 403:
        return answer
    said = answer.body[:20_000].decode("utf-8", "replace").casefold()
    if ask.headers[_PROJECT] not in said and "serviceusage" not in said:
        return answer
    other = others[0].send(door)
    # of two refusals the first tells more: it is about the project that the route names
    return answer if isinstance(other, Response) and other.status == 403 else other


def read_publisher_model(
    answer: Response, model: str, now: datetime, location: str | None = None
) -> OfficialModel | Failure:
    """What Google answered about `model` at `location`, as evidence of `now`; else why not known.

    `not-found` also covers an id that this project has no access to, or that the location does not
    serve: Google's text says "or".
    """
    refused = read_refusal(answer, model, AGENT_PLATFORM, now, location)
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
        AGENT_PLATFORM,
        "offered",
        launch_stage=answer.shown(stage, 60) if stage else None,
        location=location,
        observed_at=now,
        exchanges=(answer.exchange,),
    )
