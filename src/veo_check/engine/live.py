"""Ask Google itself about model ids, with the account's own key: `lifecycle --live`. Free."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from veo_check.core.clock import Clock, SystemClock
from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.key_policy import Leave
from veo_check.core.redaction import Redactor
from veo_check.http.answer import Failure
from veo_check.http.keys import KeyName
from veo_check.probes.probe import Asking
from veo_check.providers import google_agent_platform, google_gemini

if TYPE_CHECKING:
    from veo_check.http.door import Transport

LiveAnswers = dict[tuple[str, str], OfficialModel | Missing]
_PROBE = "official-model"
_SURFACES = (google_gemini.SURFACE, google_agent_platform.SURFACE)
#: The variables that Google's own tools read, in their order.
_GEMINI_KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
_TOKEN = "GOOGLE_ACCESS_TOKEN"  # noqa: S105 - a variable's name
_LOCATION = "GOOGLE_CLOUD_LOCATION"


def ask(
    models: Iterable[str],
    surface: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    transport: Transport | None = None,
) -> LiveAnswers:
    """Google's answer for each (model, surface), or why there is none. One GET each.

    Without `surface` both of Google's are asked.

    The Gemini API is asked with GOOGLE_API_KEY or GEMINI_API_KEY, the Agent Platform with the
    access token in GOOGLE_ACCESS_TOKEN, in GOOGLE_CLOUD_LOCATION.
    """
    asking = Asking.open(
        environ=environ,
        leave=Leave(),
        clock=clock or SystemClock(),
        redactor=Redactor.of_environment(environ),
        transport=transport,
    )
    with asking.door:
        return {
            (model, place): _ask_one(model, place, environ, asking)
            for model in dict.fromkeys(models)
            for place in ((surface,) if surface else _SURFACES)
        }


def _ask_one(
    model: str, surface: str, environ: Mapping[str, str], asking: Asking
) -> OfficialModel | Missing:
    if surface == google_gemini.SURFACE:
        variable = next((name for name in _GEMINI_KEYS if environ.get(name)), None)
        if variable is None:
            names = " or ".join(_GEMINI_KEYS)
            return Missing(_PROBE, "no-key", f"set {names} to ask the Gemini API")
        key = KeyName(variable, "x-goog-api-key")
        question = google_gemini.model_ask(google_gemini.DEFAULT_URL, model, key)
        read = google_gemini.read_model
    elif surface == google_agent_platform.SURFACE:
        if not environ.get(_TOKEN):
            return Missing(
                _PROBE,
                "no-key",
                f"set {_TOKEN} to ask the Agent Platform: "
                f"export {_TOKEN}=$(gcloud auth print-access-token)",
            )
        url = google_agent_platform.default_url(environ.get(_LOCATION))
        question = google_agent_platform.model_ask(url, model, KeyName(_TOKEN))
        read = google_agent_platform.read_model
    else:
        return Missing(_PROBE, "not-offered", f"surface {surface} is not one of Google's")
    answer = question.send(asking.door)
    if isinstance(answer, Failure):
        return answer.as_missing(_PROBE)
    got = read(answer, model, asking.clock.now())
    return got.as_missing(_PROBE) if isinstance(got, Failure) else got
