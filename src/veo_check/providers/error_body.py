"""Error bodies of every vendor we meet, read into one shape.

Google's (`error.message/status/details`, sometimes in a one-element array), new-api's three
envelopes (`error` object, `code` and `message` at the top, neither), LiteLLM's and OpenAI's, and
plain text. A gateway may carry its upstream's body inside its own message: that is `inner`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from veo_check.http.answer import Answer, Failure
from veo_check.http.json_text import Json, JsonError, parse_json
from veo_check.providers.reading import items, mapping, text

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

    @property
    def innermost(self) -> ErrorBody:
        """The upstream's own error, where a gateway passed it on; else this one."""
        return self.inner.innermost if self.inner else self

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


def read_error(answer: Answer) -> ErrorBody:
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
    message = text(body.get("message")) or text(body.get("detail")) or text(outer.get("msg")) or ""
    reason, quota, delay = _details(items(body.get("details")))
    return ErrorBody(
        message=message,
        code=_word(body.get("code")),
        kind=_word(body.get("type")),
        status=_word(body.get("status")),
        reason=reason,
        retry_delay=delay,
        quota=quota,
        inner=_inner(message, depth),
    )


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
    try:
        _, end = json.JSONDecoder().raw_decode(message[start : start + _LONGEST])
        value = parse_json(message[start : start + end].encode("utf-8", "replace"))
    except (JsonError, ValueError, RecursionError):
        return None
    found = _read(value, depth + 1)
    return found if found.message or found.status or found.code else None
