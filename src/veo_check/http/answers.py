"""What a request came to: an answer of any status, or a failure in words. Never an exception."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TypeAlias

from veo_check.core.facts import Missing, MissingCode
from veo_check.core.frozen import dataclass
from veo_check.core.secrets import CredentialKind, Redactor


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `status` None: no answer; `note` says why, or is None."""

    id: str
    method: str
    url: str
    request_excerpt: str | None
    status: int | None
    ms: int
    body_excerpt: str | None
    note: str | None = None


class Recorder:
    """Numbers exchanges (x1, x2, …) in the order in which they began. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._kept: dict[int, Exchange] = {}

    def begin(self) -> int:
        """The number of an exchange that starts now."""
        with self._lock:
            self._count += 1
            return self._count

    def keep(self, number: int, exchange: Exchange) -> None:
        """File a finished exchange under its number."""
        with self._lock:
            self._kept[number] = exchange

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything finished so far, in order."""
        with self._lock:
            return tuple(self._kept[number] for number in sorted(self._kept))


MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of one request. Times in seconds, sizes in bytes.

    `deadline` holds for a GET with all its retries and waits, and for a POST; `read` for the
    silence between two pieces of an answer.
    """

    connect: float = 5.0
    read: float = 10.0
    deadline: float = 20.0
    tries: int = 3
    longest_wait: float = 8.0
    body: int = 32 * MEBIBYTE
    error_body: int = MEBIBYTE
    excerpt: int = 2000


Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 64
_WORDLESS = b" \t\r\n\xef\xbb\xbf"


class JsonError(ValueError):
    """The text is not JSON that can be trusted; the message says why, without quoting it."""


def parse_json(body: bytes) -> Json:
    """The value of a JSON text in UTF-8.

    Fractions are Decimal, exactly as written. Raises JsonError for anything else than JSON, for
    doubled keys, NaN and infinities, numbers of absurd size, and nesting deeper than MAX_DEPTH.
    """
    start = body[:64].lstrip(_WORDLESS)
    if not start:
        raise JsonError("it is empty")
    if start.startswith(b"<"):
        raise JsonError("it is a web page (HTML or XML), not JSON")
    with _no_collections(len(body)):
        value = _parsed(body)
        if _is_deep(value):
            raise JsonError(f"it is nested deeper than {MAX_DEPTH} levels")
    return value


def _parsed(body: bytes) -> Json:
    try:
        text = body.decode("utf-8-sig")
        value: Json = json.loads(
            text, parse_float=_fraction, parse_constant=_refuse, object_pairs_hook=_mapping
        )
    except JsonError:
        raise
    except RecursionError:
        raise JsonError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    except UnicodeDecodeError:
        raise JsonError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"it is not JSON ({error.msg} at character {error.pos})") from None
    except ValueError:
        raise JsonError("it holds a number of absurd size") from None
    return value


def _fraction(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise JsonError("it holds a number of absurd size") from None
    if not -60 < number.adjusted() < 60:
        raise JsonError("it holds a number of absurd size")
    return number


def _refuse(word: str) -> None:
    raise JsonError(f"it holds {word}, which is not a number in JSON")


def _mapping(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise JsonError("the same key stands twice in one object")
    return made


def _is_deep(value: Json) -> bool:
    """Whether containers nest deeper than MAX_DEPTH. By levels, so that depth costs no stack."""
    level: list[dict[str, Json] | list[Json]] = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        below: list[dict[str, Json] | list[Json]] = []
        for parent in level:
            children = parent.values() if type(parent) is dict else parent
            below += [child for child in children if type(child) is dict or type(child) is list]
        if not below:
            return False
        level = below
    return True


_pauses = threading.Lock()
_paused = 0


@contextmanager
def _no_collections(size: int) -> Iterator[None]:
    """No garbage collection while a large text becomes objects: it would look through all of them
    again and again, and take as long as the parsing. They hold no cycles."""
    global _paused
    if size < 1_000_000 or not (_paused or gc.isenabled()):
        yield
        return
    with _pauses:
        _paused += 1
        gc.disable()
    try:
        yield
    finally:
        with _pauses:
            _paused -= 1
            if not _paused:
                gc.enable()


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
class Response:
    """An HTTP answer of any status but a redirect, its body decoded and complete.

    `headers` have lower-case names. `place` is host and path for sentences. Text out of the body
    goes into facts and sentences only through `shown`. `credential`: what kind of key was sent, or
    None.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    exchange: str
    place: str
    redactor: Redactor = field(repr=False, compare=False)
    credential: CredentialKind | None = None

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
        wait = self.headers.get("retry-after", "")
        if self.status == 429 and wait.isascii() and wait.isdecimal():
            tail += f"; it asks to wait {wait[:9]} s"
        return Failure(
            _code_of(self.status, keyed=self.credential is not None),
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
