"""What a poll answers where it is not the job's own status, and fetching the video it announced."""

from __future__ import annotations

from veo_check.core.jobs import FetchAnswer, PollAnswer, Sink, Symptom, VideoRef
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.errors import (
    CONFIGURATION_PHRASES,
    ErrorBody,
    field_refused,
    from_upstream,
    google_symptom,
    key_refused,
    read_error,
    read_text,
    text,
    wait_of,
)
from veo_check.http.answers import Failure, Json, Response
from veo_check.http.client import HttpClient
from veo_check.http.media import Fetched, fetch_media

#: a gateway's and OpenAI's words for the three ways in which a job is
DONE = frozenset({"completed", "complete", "succeeded", "success", "done"})
FAILED = frozenset({"failed", "failure", "error", "expired", "timeout"})
CANCELLED = frozenset({"cancelled", "canceled"})

_GONE_WORDS = frozenset({"task_not_exist", "NOT_FOUND", "not_found"})
_FILTER_PHRASES = (
    "safety",
    "filtered",
    "raimedia",
    "issue with the audio",
    "could not generate",
    "responsible ai",
    "content policy",
    "moderation",
    "sensitive",
    "prohibited",
)
#: statuses of a poll that may pass by themselves
_PASSING = frozenset({404, 408, 409, 425, 429})
_BACKEND_PHRASES = ("internal server issue", "internal error", "try again in a few minutes")
_NOT_CHARGED = ("not been charged", "not be charged", "won't be charged")


def poll_failure(failure: Failure) -> PollAnswer:
    """A poll that got no usable answer. Our own refusals are for good; the rest may pass."""
    proof = (failure.exchange,) if failure.exchange else ()
    if failure.code in {"host-refused", "no-key", "key-refused"}:
        symptom: Symptom = "host-refused" if failure.code == "host-refused" else "poll-refused"
        return PollAnswer(
            "refused", failure.code, symptom=symptom, text=failure.detail, exchanges=proof
        )
    return PollAnswer("trouble", failure.code, text=failure.detail, exchanges=proof)


def poll_error(answer: Response) -> PollAnswer:
    """A poll answered by another status than 200."""
    error = read_error(answer)
    said = answer.shown(error.told) or None
    proof = (answer.exchange,)
    structured = not isinstance(answer.json, Failure)
    status = f"http {answer.status}"
    if answer.status in {400, 404} and structured and error.words() & _GONE_WORDS:
        return PollAnswer("gone", status, symptom="operation-unknown", text=said, exchanges=proof)
    if answer.status == 404 and structured and error.says("not found", "not exist"):
        return PollAnswer("gone", status, symptom="operation-unknown", text=said, exchanges=proof)
    if answer.status in {401, 403} or key_refused(answer, error):
        whose: Symptom = "gateway-key" if from_upstream(error) else "poll-refused"
        return PollAnswer("refused", status, symptom=whose, text=said, exchanges=proof)
    if _misconfigured(answer.status, error, structured=structured):
        symptom: Symptom = google_symptom(error) or "poll-misconfigured"
        return PollAnswer("refused", status, symptom=symptom, text=said, exchanges=proof)
    return PollAnswer(
        "trouble", status, text=said, retry_after=wait_of(answer, error), exchanges=proof
    )


def unreadable_poll(answer: Response, why: str) -> PollAnswer:
    """A 200 that is not about the job."""
    detail = answer.unreadable(why).detail
    return PollAnswer("trouble", "unreadable", text=detail, exchanges=(answer.exchange,))


def _misconfigured(status: int, error: ErrorBody, *, structured: bool) -> bool:
    """Whether time will not change this answer: the poll itself is refused, or a proxy cannot ask
    its upstream."""
    if status == 500:
        return error.says(*CONFIGURATION_PHRASES)
    return structured and 400 <= status < 500 and status not in _PASSING


def read_failure(answer: Response, message: str, code: int | None = None) -> tuple[Symptom, str]:
    """(what went wrong, the sentence that says so) of a job that failed, by its own error text."""
    error = read_text(message)
    return _symptom_of(error, code), answer.shown(error.told, 600)


def _symptom_of(error: ErrorBody, code: int | None) -> Symptom:
    known = google_symptom(error)
    if known is not None:
        return known
    if error.says(*_FILTER_PHRASES):
        return "filtered"
    if code in {13, 14} or error.says(*_BACKEND_PHRASES):
        return "backend-error"
    if code == 1 or error.says("cancelled", "canceled"):
        return "cancelled"
    return field_refused(error) or "failed"


def charged_by(message: str) -> bool | None:
    """Whether a text says that nothing was charged; None where it says neither."""
    return False if any(phrase in message.casefold() for phrase in _NOT_CHARGED) else None


def web_address(value: Json) -> VideoRef:
    """The video at this address; its gateway's own content path where it is no address.

    new-api puts the text of a failure where an address belongs.
    """
    found = text(value)
    if found is not None and found.startswith(("http://", "https://", "gs://")):
        return VideoRef(url=found)
    return VideoRef()


#: what may have been different a moment later
_PASSING_FAILURES = frozenset({"unreachable", "too-slow", "rate-limited", "server-error"})


def fetch_video(door: HttpClient, place: JobEndpoint, url: str, sink: Sink) -> FetchAnswer:
    """Stream the video at `url` into `sink`, asked once."""
    if url.startswith("gs://"):
        text = "the video was left in a Cloud Storage bucket"
        return FetchAnswer(ok=False, symptom="result-elsewhere", text=text)
    got = fetch_media(door, url, place.key, place.base_url, sink)
    if isinstance(got, Fetched):
        return FetchAnswer(ok=True, status_code=200, place=got.place, exchanges=got.exchanges)
    if isinstance(got, Failure):
        return FetchAnswer(
            ok=False,
            symptom=(symptom := _symptom_of_failure(got)),
            text=got.detail,
            passing=symptom == "content-unavailable" and got.code in _PASSING_FAILURES,
            exchanges=(got.exchange,) if got.exchange else (),
        )
    return _refused(got)


def _refused(answer: Response) -> FetchAnswer:
    error = read_error(answer)
    wait = wait_of(answer, error)
    message = error.message + (f" (it asks to wait {wait:.0f} s)" if wait is not None else "")
    return FetchAnswer(
        ok=False,
        symptom="content-refused" if answer.status in {401, 403} else "content-unavailable",
        status_code=answer.status,
        text=answer.shown(message) or None,
        passing=answer.status in {429, 503, 504}
        or (answer.status >= 500 and isinstance(answer.json, Failure)),
        place=answer.place,
        exchanges=(answer.exchange,),
    )


def _symptom_of_failure(failure: Failure) -> Symptom:
    if failure.code == "host-refused":
        return "host-refused"
    return "too-large" if "answered with more than" in failure.detail else "content-unavailable"
