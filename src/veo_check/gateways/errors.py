"""Error bodies of every vendor we meet, read into one shape.

Google's (`error.message/status/details`, sometimes in a one-element array), new-api's three
envelopes (`error` object, `code` and `message` at the top, neither), LiteLLM's and OpenAI's, and
plain text. A gateway may carry its upstream's body inside its own message: that is `inner`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

from veo_check.core.facts import KeyAnswer, OfficialModel, OfficialState
from veo_check.core.frozen import dataclass
from veo_check.core.jobs import Submission, Symptom, meaning_of
from veo_check.http.answers import Failure, Json, JsonError, Response, parse_json

# JSON values from outside, as the types we need or None. Nothing here raises.


_LARGEST = 10**18
_LAST_SECOND = 32_503_680_000  # the year 3000


def mapping(value: Json) -> dict[str, Json]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """The array, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: Json) -> str | None:
    """A string that holds something."""
    return value if isinstance(value, str) and value.strip() else None


def texts(value: Json) -> tuple[str, ...]:
    """The strings of an array of strings."""
    return tuple(item for item in items(value) if isinstance(item, str) and item)


def number(value: Json) -> Decimal | None:
    """A JSON number of sane size. Not booleans, not numbers in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, int) and abs(value) > _LARGEST:
        return None
    return Decimal(value)


def whole(value: Json) -> int | None:
    """A whole number; 5.0 counts."""
    exact = number(value)
    if exact is None or abs(exact) > _LARGEST or exact != exact.to_integral_value():
        return None
    return int(exact)


def moment(value: Json) -> datetime | None:
    """A moment from unix seconds; zero and below mean none."""
    seconds = whole(value)
    if seconds is None or not 0 < seconds < _LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, UTC)


_DELAY = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body says. Empty strings where it says nothing; text as served, not masked."""

    message: str
    code: str = ""  # new-api's and OpenAI's word
    kind: str = ""  # `type`
    status: str = ""  # Google's word, such as NOT_FOUND
    reason: str = ""  # ErrorInfo.reason, such as API_KEY_INVALID
    retry_delay: float | None = None  # RetryInfo, seconds
    quota: str = ""  # QuotaFailure's quotaId
    inner: ErrorBody | None = None

    @property
    def told(self) -> str:
        """The upstream's own sentence, where it has one; else the nearest around it."""
        return (self.inner.told if self.inner else "") or self.message

    def says(self, *phrases: str) -> bool:
        """Whether any message on the way in holds one of these phrases, whatever the case."""
        here = self.message.casefold()
        return any(phrase.casefold() in here for phrase in phrases) or (
            self.inner is not None and self.inner.says(*phrases)
        )

    def words(self) -> set[str]:
        """Every code word on the way in."""
        own = {word for word in (self.code, self.kind, self.status, self.reason) if word}
        return own | (self.inner.words() if self.inner else set())


def read_error(answer: Response) -> ErrorBody:
    """The error that an answer's body tells; its plain text where it is no JSON."""
    value = answer.json
    if isinstance(value, Failure):
        return ErrorBody(answer.body[:_LONGEST].decode("utf-8", "replace").strip())
    return _read(value, depth=0)


def read_text(message: str) -> ErrorBody:
    """The error that a job's own failure text tells: it may be an upstream's body in JSON."""
    return _read(message, depth=0)


def _read(value: Json, depth: int) -> ErrorBody:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        return ErrorBody(value, inner=_inner(value, depth))
    outer = mapping(value)
    error = outer.get("error")
    if isinstance(error, str):
        # some gateways put a word here, and the upstream's whole body into `message` beside it
        beside = text(outer.get("message")) or ""
        inner = _inner(error, depth) or _inner(beside, depth)
        if inner is None and beside and beside != error:
            inner = ErrorBody(beside)
        return ErrorBody(error, code=_word(outer.get("code")), inner=inner)
    body = error if isinstance(error, dict) else outer
    message = text(body.get("message")) or _invalid(body.get("detail")) or text(outer.get("msg"))
    reason, quota, delay = _details(items(body.get("details")))
    # OpenRouter keeps what the provider answered apart from its own sentence
    raw = text(mapping(body.get("metadata")).get("raw")) or ""
    message = message or ""
    return ErrorBody(
        message=message,
        code=_word(body.get("code")),
        kind=_word(body.get("type")),
        status=_word(body.get("status")),
        reason=reason,
        retry_delay=delay,
        quota=quota,
        inner=_inner(raw, depth) or _inner(message, depth),
    )


def _invalid(detail: Json) -> str:
    """FastAPI's list of what it could not validate, each with its place; or its one sentence."""
    said = [
        f"{'.'.join(str(step) for step in items(row.get('loc')))}: {told}".removeprefix(": ")
        for row in map(mapping, items(detail)[:5])
        if (told := text(row.get("msg")))
    ]
    return text(detail) or "; ".join(said)


def _details(details: list[Json]) -> tuple[str, str, float | None]:
    """Google's error details: reason, quota id, and how long to wait."""
    reason, quota, delay = "", "", None
    for detail in map(mapping, details):
        reason = reason or _word(detail.get("reason"))
        match = _DELAY.fullmatch(text(detail.get("retryDelay")) or "")
        delay = float(match[1]) if match else delay
        for violation in map(mapping, items(detail.get("violations"))):
            quota = quota or _word(violation.get("quotaId"))
    return reason, quota, delay


def _word(value: Json) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _inner(message: str, depth: int) -> ErrorBody | None:
    """An error body inside a message: JSON from its first brace on."""
    start = min((at for at in (message.find("{"), message.find("[{")) if at >= 0), default=-1)
    if start < 0 or depth >= 3:
        return None
    cut = message[start : start + _LONGEST]
    # LiteLLM may quote the bytes as Python prints them, line breaks escaped
    for quoted in (cut, cut.replace("\\n", " ").replace("\\'", "'")):
        try:
            _, end = json.JSONDecoder().raw_decode(quoted)
            value = parse_json(quoted[:end].encode("utf-8", "replace"))
        except (JsonError, ValueError, RecursionError):
            continue
        found = _read(value, depth + 1)
        return found if found.message or found.status or found.code else None
    return None


# Google's own words about a model that is gone or unknown, and about keys.


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
    ("duration-refused", r"unsupported output video duration|supported durations?\b"),
    (
        "duration-refused",
        r"(supported for a|\brequires) duration\b|duration \S+ is not supported",
    ),
    ("combination-unsupported", r"cannot be both set|supported resolutions?:"),
    ("combination-unsupported", r"(unsupported|invalid) (aspect.?ratio|resolution)\b"),
    ("bucket-needed", r"output storage uri is required"),
    ("bucket-denied", r"access to (the )?(cloud storage|gcs) bucket|storage\.objects\.\w+"),
    ("bucket-denied", r"bucket permissions prevent"),
    ("provisioning", r"service agents? (are|is) being provisioned"),
    ("wrong-method", r"must be accessed through the vertex predictlongrunning"),
    ("interactions-only", r"only support(s|ed)( in)? (the )?interactions api"),
    ("wrong-credential", r"api keys are not supported by this api"),
    ("api-disabled", r"SERVICE_DISABLED|BILLING_DISABLED|requires billing to be enabled"),
    ("api-disabled", r"has not been used in project \S+ before or it is disabled"),
    ("token-refused", r"insufficient authentication scopes|ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
    ("project-mismatch", r"RESOURCE_PROJECT_INVALID"),
    ("not-at-location", r"no such model\b.{0,200}\bat this location|is not servable in region"),
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


def key_refused(answer: Response, error: ErrorBody) -> bool:
    """Whether Google refused the key itself: 401, or 400 with the reason API_KEY_INVALID."""
    invalid = error.reason == "API_KEY_INVALID" or error.says(
        "api key not valid", "api key expired"
    )
    return answer.status == 401 or (answer.status == 400 and invalid)


def failure_of(answer: Response, error: ErrorBody) -> Failure:
    """The failure of an answer that tells nothing about the model."""
    if key_refused(answer, error):
        meaning = meaning_of(google_symptom(error) or _of_key(answer))
        said = answer.shown(error.message).replace("; ", ", ")  # what follows "; " is the step
        return Failure(
            "key-refused",
            f"{answer.place} refused the key with {answer.status}: {said} ({meaning.says}); "
            f"{meaning.step(direct=True)}",
            answer.exchange,
            sent=True,
        )
    return answer.failure(error.message)


def _of_key(answer: Response) -> Symptom:
    """What is wrong with a key that Google refused, by what kind it is."""
    if answer.credential == "old-api-key":
        return "old-api-key"
    token = answer.credential == "other" and answer.status == 401
    return "token-refused" if token else "key-refused"


def read_key_answer(answer: Response, model: str) -> KeyAnswer | Failure:
    """How Google took the key, from its answer about one model. A model's 404 accepts the key."""
    error = read_error(answer)
    shown, proof = answer.shown(error.message) or None, (answer.exchange,)
    if key_refused(answer, error):
        symptom = google_symptom(error) or _of_key(answer)
        return KeyAnswer("refused", answer.status, shown, proof, symptom)
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
    answer: Response, model: str, surface: str, now: datetime, location: str | None = None
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
        location=location,
        observed_at=now,
        exchanges=(answer.exchange,),
    )


# Refused or uncertain: what an answer to a paid submit says about whether a job exists.


_REFUSING = frozenset({400, 401, 402, 403, 404, 422, 429, 503})

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
                "budget_exceeded",
            }
        ),
    ),
    ("cooling-down", frozenset({"all_deployments_in_cooldown"})),
    ("model-not-allowed", frozenset({"model_not_allowed", "key_model_access_denied"})),
    ("access-denied", frozenset({"access_denied", "API_KEY_SERVICE_BLOCKED"})),
    (
        "filtered",
        frozenset({"content_policy_violation", "moderation_blocked", "sensitive_words_detected"}),
    ),
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
            "is not a valid model id",
        ),
    ),
    ("key-refused", ("api key not valid", "api key expired", "reported as leaked")),
    ("no-quota", ("key limit exceeded",)),
    ("no-channel", ("no endpoints found for",)),
    ("filtered", ("safety filter", "safety system", "responsible ai", "content policy")),
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


def without_key(answer: Response | Failure, operation: str | None) -> str | None:
    """The operation, unless its id holds a key of this run: such an id is written down nowhere, so
    its job can be followed by nobody and the submit is uncertain."""
    if operation is None or isinstance(answer, Failure) or answer.redactor.knows(operation):
        return None
    return operation


def refused_or_uncertain(
    answer: Response | Failure, model: str, *, direct: bool = False
) -> Submission:
    """What a submit without an operation came to. `direct`: Google itself answered."""
    if isinstance(answer, Failure):
        return _of_failure(answer)
    error = read_error(answer)
    symptom = _refusal(answer, error, direct=direct)
    proof = (answer.exchange,)
    # a body of no known shape is quoted as it is
    text = answer.shown(error.told or answer.body[:4000].decode("utf-8", "replace"), 600) or None
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


def request_id(answer: Response) -> str | None:
    """The gateway's own id of this request: new-api's joins the submit with its log row."""
    for name in ("x-oneapi-request-id", "x-litellm-call-id", "x-request-id"):
        if answer.headers.get(name):
            return answer.shown(answer.headers[name], 200)
    return None


def wait_of(answer: Response, error: ErrorBody) -> float | None:
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


def _refusal(answer: Response, error: ErrorBody, *, direct: bool) -> Symptom | None:
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
    if error.says(*CONFIGURATION_PHRASES):
        return "gateway-misconfigured"
    symptom = "key-refused" if answer.status == 401 else _named(error)
    symptom = symptom or _by_status(answer.status, error)
    if symptom in {"key-refused", "access-denied", "refused"} and from_upstream(error):
        return "gateway-key"
    if symptom == "key-refused" and direct:
        return _of_key(answer)
    return symptom


#: What a proxy says that was not told how to call Google (litellm-and-sdks.md).
CONFIGURATION_PHRASES = ("vertex_project is required", "default credentials were not found")
_KEY_STATES = frozenset({"PERMISSION_DENIED", "UNAUTHENTICATED", "FAILED_PRECONDITION"})
_KEY_ERRORS = ("litellm.authenticationerror", "litellm.permissiondeniederror")


def from_upstream(error: ErrorBody) -> bool:
    """Whether Google refused the caller, and the caller is a gateway that passes its answer on."""
    inner = error.inner
    told = inner is not None and bool(
        inner.words() & {*_KEY_STATES, "API_KEY_INVALID"}
        or inner.says("api key not valid", "api key expired")
    )
    return told or error.says(*_KEY_ERRORS)


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
    about = ("supported", "out of bound", "needs to be", "must be")
    about_support = any(words in message for words in about)
    return "parameter-refused" if fields and about_support else None


def _by_status(status: int, error: ErrorBody) -> Symptom:
    words = error.words()
    if status == 402:
        return "no-quota"
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
