"""Google's own words about a model that is gone or unknown, and about keys."""

from __future__ import annotations

import re
from datetime import datetime

from veo_check.core.facts import KeyAnswer, OfficialModel, OfficialState
from veo_check.core.symptoms import Symptom
from veo_check.http.answer import Answer, Failure
from veo_check.providers.error_body import ErrorBody, read_error

# "Please update your code to use models/Y ..."; older texts say "to use a newer model".
_REPLACEMENT = re.compile(r"\b[Uu]se (?:models/)?`?([a-z][a-z0-9]*-[a-z0-9.-]*[a-z0-9])\b")
_GONE = ("is no longer available", "has been shut down", "has been retired")
_UNKNOWN = (
    "is not found for api version",
    "was not found or your project does not have access",
    "model is not found",
    "model not found",
)

#: Google's sentences, wherever they come from: a refused submit, an operation's error, a gateway's
#: poll. The first that matches names the symptom. A policy text may offer allowlisting, and is a
#: filter all the same; hence the order.
_SENTENCES: tuple[tuple[Symptom, str], ...] = (
    ("filtered", r"usage guidelines|support codes?:|\bviolates? (our|google)"),
    ("filtered", r"prompt (could not|couldn.t) be submitted|request allow-?listing"),
    ("duration-refused", r"unsupported output video duration|supported durations are"),
    ("bucket-needed", r"output storage uri is required"),
    ("bucket-denied", r"access to (the )?(cloud storage|gcs) bucket|storage\.objects\.\w+"),
    ("provisioning", r"service agents? (are|is) being provisioned"),
    ("wrong-method", r"must be accessed through the vertex predictlongrunning"),
    ("interactions-only", r"only support(s|ed)( in)? (the )?interactions api"),
    ("wrong-credential", r"api keys are not supported by this api"),
    ("project-mismatch", r"RESOURCE_PROJECT_INVALID"),
    ("not-at-location", r"no such model\b.{0,200}\bat this location"),
)


def google_symptom(error: ErrorBody) -> Symptom | None:
    """What one of Google's sentences says, anywhere on the way in; None where none is known."""
    here = f"{error.message[:4000]}\n{error.reason}"
    for symptom, pattern in _SENTENCES:
        if re.search(pattern, here, re.IGNORECASE):
            return symptom
    return google_symptom(error.inner) if error.inner else None


def model_state(error: ErrorBody, model: str) -> OfficialState | None:
    """What a 404 says about `model`; None where it is no word of Google's about a model."""
    if error.status != "NOT_FOUND" and error.code != "404":
        return None  # a page, a proxy, a captive portal: anything may say "not available"
    if error.says(*_GONE):
        return "no-longer-available"
    if google_symptom(error) == "not-at-location":
        return None  # the model may well live elsewhere
    return "not-found" if error.says(model, *_UNKNOWN) else None


def replacement(error: ErrorBody) -> str | None:
    """The model id that a retirement text tells to move to."""
    match = _REPLACEMENT.search(error.message[:2000])
    if match is None:
        return replacement(error.inner) if error.inner else None
    return match[1] if any(char.isdigit() for char in match[1]) else None


def key_refused(answer: Answer, error: ErrorBody) -> bool:
    """Whether Google refused the key itself: 401, or 400 with the reason API_KEY_INVALID."""
    invalid = error.reason == "API_KEY_INVALID" or error.says(
        "api key not valid", "api key expired"
    )
    return answer.status == 401 or (answer.status == 400 and invalid)


def failure_of(answer: Answer, error: ErrorBody) -> Failure:
    """The failure of an answer that tells nothing about the model."""
    if key_refused(answer, error):
        return Failure(
            "key-refused",
            f"{answer.place} refused the key with {answer.status}: {answer.shown(error.message)}",
            answer.exchange,
            sent=True,
        )
    return answer.failure(error.message)


def read_key_answer(answer: Answer, model: str) -> KeyAnswer | Failure:
    """How Google took the key, from its answer about one model. A model's 404 accepts the key."""
    error = read_error(answer)
    shown, proof = answer.shown(error.message) or None, (answer.exchange,)
    if key_refused(answer, error):
        return KeyAnswer("refused", answer.status, shown, proof, google_symptom(error))
    if answer.status == 403:
        return KeyAnswer("denied", 403, shown, proof, google_symptom(error))
    if answer.status == 404 and model_state(error, model) is not None:
        return KeyAnswer("accepted", 404, None, proof)
    if answer.status != 200:
        return answer.failure(error.message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    if not isinstance(body, dict) or not isinstance(body.get("name"), str):
        return answer.unreadable("it is no model of Google's")
    return KeyAnswer("accepted", 200, None, proof)


def read_refusal(
    answer: Answer, model: str, surface: str, now: datetime
) -> OfficialModel | Failure | None:
    """What any answer but a 200 says about `model` on a surface; None for a 200.

    A 404 in Google's own words is evidence of `now`; everything else leaves it unknown.
    """
    if answer.status == 200:
        return None
    error = read_error(answer)
    state = model_state(error, model) if answer.status == 404 else None
    if state is None:
        return failure_of(answer, error)
    return OfficialModel(
        model,
        surface,
        state,
        replacement=replacement(error),
        text=answer.shown(error.message),
        observed_at=now,
        exchanges=(answer.exchange,),
    )
