"""Refused or uncertain: what an answer to a paid submit says about whether a job exists.

Only 400, 401, 403, 404, 429 and 503 with a known body are refusals that sent nothing. Everything
else without an operation leaves it open, and is never sent again.
"""

from __future__ import annotations

import re

from veo_check.core.jobs import Submission
from veo_check.core.symptoms import Symptom
from veo_check.http.answer import Answer, Failure
from veo_check.providers.error_body import ErrorBody, read_error
from veo_check.providers.google_errors import google_symptom, replacement

_REFUSING = frozenset({400, 401, 403, 404, 429, 503})

#: code words of the gateways and of Google -> what they mean, wherever they stand
_WORDS: tuple[tuple[Symptom, frozenset[str]], ...] = (
    ("key-refused", frozenset({"API_KEY_INVALID", "no_db_connection", "invalid_api_key"})),
    ("not-priced", frozenset({"model_price_error", "video_price_not_configured"})),
    (
        "no-quota",
        frozenset(
            {
                "insufficient_user_quota",
                "pre_consume_token_quota_failed",
                "insufficient_quota",
                "insufficient_balance",
            }
        ),
    ),
    ("cooling-down", frozenset({"all_deployments_in_cooldown"})),
    ("model-not-allowed", frozenset({"model_not_allowed", "key_model_access_denied"})),
    ("access-denied", frozenset({"access_denied", "API_KEY_SERVICE_BLOCKED"})),
)

#: phrases of the messages themselves
_PHRASES: tuple[tuple[Symptom, tuple[str, ...]], ...] = (
    ("model-retired", ("is no longer available", "has been shut down", "has been retired")),
    (
        "model-unknown",
        (
            "is not found for api version",
            "was not found or your project does not have access",
            "invalid model name passed in",
        ),
    ),
    ("key-refused", ("api key not valid", "api key expired")),
    ("cooling-down", ("all_deployments_in_cooldown", "no deployments available")),
    ("model-not-allowed", ("this token has no access to model", "not allowed to access model")),
    ("not-allowlisted", ("allowlisted", "allow-listed", "allowlist")),
    ("combination-unsupported", ("your use case is currently not supported",)),
    ("family-not-routed", ("invalid url (",)),
)
_FIELD = re.compile(r"`(\w{1,60})`")
#: request fields as Google spells them; some of its sentences name them without backticks
_PLAIN_FIELD = re.compile(
    r"\b(personGeneration|negativePrompt|enhancePrompt|generateAudio|aspectRatio|durationSeconds"
    r"|sampleCount|storageUri|compressionQuality|resizeMode|referenceImages|lastFrame)\b"
)
#: what a 429 may say that waiting does not change
_NEVER_PASSING = frozenset({"wrong-method", "interactions-only", "project-mismatch"})
_DURATION_FIELDS = frozenset({"durationSeconds", "duration", "seconds", "duration_seconds"})
_NAMING = frozenset({"duration-refused", "parameter-refused"})


def refused_or_uncertain(answer: Answer | Failure, model: str) -> Submission:
    """What a submit without an operation came to."""
    if isinstance(answer, Failure):
        return _of_failure(answer)
    error = read_error(answer)
    symptom = _refusal(answer, error)
    proof = (answer.exchange,)
    text = answer.shown(error.told) or None
    code = answer.shown(error.code or error.status or error.kind, 100) or None
    if symptom is None:
        return Submission(
            "uncertain",
            symptom="submit-uncertain",
            status_code=answer.status,
            code=code,
            text=text,
            request_id=request_id(answer),
            exchanges=proof,
        )
    named = replacement(error) if symptom == "model-retired" else None
    return Submission(
        "refused",
        symptom=symptom,
        status_code=answer.status,
        code=code,
        text=text,
        request_id=request_id(answer),
        replacement=answer.shown(named, 100) if named else None,
        retry_after=wait_of(answer, error),
        names_the_mistake=_names_the_mistake(symptom, error, model),
        exchanges=proof,
    )


def _of_failure(failure: Failure) -> Submission:
    proof = (failure.exchange,) if failure.exchange else ()
    if not failure.sent:
        symptom: Symptom | None = "host-refused" if failure.code == "host-refused" else None
        return Submission(
            "not-sent", symptom=symptom, code=failure.code, text=failure.detail, exchanges=proof
        )
    return Submission(
        "uncertain",
        symptom="submit-uncertain",
        code=failure.code,
        text=failure.detail,
        exchanges=proof,
    )


def request_id(answer: Answer) -> str | None:
    """The gateway's own id of this request: new-api's joins the submit with its log row."""
    for name in ("x-oneapi-request-id", "x-litellm-call-id", "x-request-id"):
        if answer.headers.get(name):
            return answer.shown(answer.headers[name], 200)
    return None


def wait_of(answer: Answer, error: ErrorBody) -> float | None:
    """Seconds that the other side asks to wait: its header, or Google's RetryInfo."""
    header = answer.headers.get("retry-after", "").strip()
    if header.isascii() and header.isdecimal():
        return float(header[:9])
    chain: ErrorBody | None = error
    while chain is not None:
        if chain.retry_delay is not None:
            return chain.retry_delay
        chain = chain.inner
    return None


def _refusal(answer: Answer, error: ErrorBody) -> Symptom | None:
    """What was refused; None where the answer is not known to have sent nothing."""
    symptom: Symptom | None
    if answer.status not in _REFUSING:
        return None
    known = not isinstance(answer.json, Failure) and bool(error.message or error.words())
    if answer.status == 429:
        # new-api's limiter answers before anything is handled, without a body
        if not known and answer.body.strip():
            return None
        named = google_symptom(error) or _named(error)
        return named if named in _NEVER_PASSING or named == "cooling-down" else "rate-limited"
    if not known:
        return None
    if answer.status == 503:
        no_channel = "model_not_found" in error.words() or error.says("no available channel")
        return "no-channel" if no_channel else None
    symptom = google_symptom(error)
    if symptom is not None:
        return symptom
    symptom = "key-refused" if answer.status == 401 else _named(error)
    if symptom == "key-refused" and error.inner is not None:
        return "refused"  # not our key: the gateway's own, which its upstream refused
    return symptom or _by_status(answer.status, error)


def _named(error: ErrorBody) -> Symptom | None:
    words = error.words()
    for symptom, known in _WORDS:
        if words & known:
            return symptom
    for symptom, phrases in _PHRASES:
        if error.says(*phrases):
            return symptom
    return field_refused(error)


def field_refused(error: ErrorBody) -> Symptom | None:
    """A refusal that names the field it is about."""
    message = error.told[:2000]
    fields = {*_FIELD.findall(message), *_PLAIN_FIELD.findall(message)}
    if fields & _DURATION_FIELDS:
        return "duration-refused"
    about_support = "supported" in message or "out of bound" in message or "needs to be" in message
    return "parameter-refused" if fields and about_support else None


def _by_status(status: int, error: ErrorBody) -> Symptom:
    words = error.words()
    if status == 404:
        known = words & {"model_not_found", "NOT_FOUND"} or error.says("model")
        return "model-unknown" if known else "family-not-routed"
    if status == 403 or "PERMISSION_DENIED" in words:
        return "access-denied"
    return "refused"


def _names_the_mistake(symptom: Symptom, error: ErrorBody, model: str) -> bool:
    """Whether whoever reads the refusal learns what to change."""
    if symptom in _NAMING:
        return True
    return symptom in {"model-retired", "model-unknown"} and error.says(model, "models/")
