"""What a request came to: an answer of any status, or a failure in words. Never an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from veo_check.core.facts import Missing, MissingCode
from veo_check.core.redaction import Redactor
from veo_check.http.json_text import Json, JsonError, parse_json


@dataclass(frozen=True, slots=True)
class Failure:
    """No usable answer: the code, a sentence for the user, and the exchange that shows it.

    `sent` is whether anything of the request may have reached the other side. It is False only
    where that is certain: refused by our own rules, offline, or no connection came about.
    """

    code: MissingCode
    detail: str
    exchange: str | None = None
    sent: bool = False

    def as_missing(self, probe: str) -> Missing:
        """The fact that could not be learned because of this."""
        return Missing(probe, self.code, self.detail, (self.exchange,) if self.exchange else ())


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of any status but a redirect, its body decoded and complete.

    `headers` have lower-case names. `place` is host and path for sentences. Text out of the body
    goes into facts and sentences only through `shown`.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    exchange: str
    place: str
    redactor: Redactor = field(repr=False, compare=False)
    keyed: bool = False

    @cached_property
    def json(self) -> Json | Failure:
        """The body's JSON value, parsed once; a Failure `unreadable` where it is not JSON."""
        try:
            return parse_json(self.body)
        except JsonError as error:
            return self.unreadable(str(error))

    def shown(self, text: str, limit: int = 300) -> str:
        """Text of this answer, masked and fit to print."""
        return self.redactor.shown(text, limit)

    def unreadable(self, why: str) -> Failure:
        """The failure of an answer that is not what it should be; `why` begins with "it"."""
        return Failure(
            "unreadable",
            f"the answer of {self.place} cannot be used: {self.shown(why)}",
            self.exchange,
            sent=True,
        )

    def failure(self, said: str | None = None) -> Failure:
        """What this status means where another was needed. `said` is the other side's own text."""
        tail = f": {self.shown(said)}" if said else ""
        return Failure(
            _code_of(self.status, keyed=self.keyed),
            f"{self.place} answered {self.status}{tail}",
            self.exchange,
            sent=True,
        )


def _code_of(status: int, *, keyed: bool) -> MissingCode:
    if status == 401 and keyed:
        return "key-refused"
    if status == 429:
        return "rate-limited"
    if status >= 500:
        return "server-error"
    return "refused" if status >= 400 else "unreadable"
