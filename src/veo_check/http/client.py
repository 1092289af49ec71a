"""The only door to the network: who may be asked, with which key, for how long, and the record.

Whether a request may be sent is decided before anything opens (`veo_check.core.key_policy`). What
comes back is an `Answer` or a `Failure`, never an exception, and every exchange is on record,
redacted. GETs are retried politely and asked once per run; a POST is sent once, whatever happens.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from veo_check import __version__
from veo_check.core.clock import Clock
from veo_check.core.secrets import (
    MASK,
    AllowList,
    origin_of,
    printable,
    refusal_of_key,
    refusal_without_key,
)
from veo_check.http.answers import Exchange, Failure, Limits, Recorder, Response
from veo_check.http.keys import GoogleLogin, KeyName, Keys, Secret

if TYPE_CHECKING:
    import httpx

    from veo_check.core.jobs import Sink
    from veo_check.http.transport import PreparedRequest, RawResponse, TransportError, Wire

    #: what carries the requests: None for the network, else the sandbox or a test
    Transport = httpx.BaseTransport


# How long to wait before a GET is asked again, if at all. Nothing else is ever retried.


_AGAIN = frozenset({429, 500, 502, 503, 504})


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header (a number or an HTTP date), or None where there is none."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        return None
    return max((moment - now).total_seconds(), 0.0)


def worth_repeating(status: int) -> bool:
    """Whether an answer of this status may be another one a moment later."""
    return status in _AGAIN


def back_off(attempt: int) -> float:
    """Seconds to wait after the given attempt (1, 2, …) where nobody said how long."""
    return 0.5 * 2.0 ** (attempt - 1)


class Turns:
    """Requests to one place, some time apart, whoever sends them. Thread-safe; in seconds."""

    def __init__(self, gap: float, longest: float) -> None:
        self._gap, self._longest, self._next = gap, longest, 0.0
        self._lock = threading.Lock()

    def take(self, now: float) -> float:
        """How long to wait before the next request; that moment is taken then."""
        with self._lock:
            at = max(now, self._next)
            self._next = at + self._gap
            return at - now

    def slower(self, now: float) -> None:
        """The place said that it is asked too often: twice the time between two, from now on."""
        with self._lock:
            self._gap = min(self._gap * 2, self._longest)
            self._next = max(self._next, now + self._gap)


#: Reads of new-api's usage endpoints: it allows 20 in 20 minutes for one address, and a person may
#: be looking too.
_LIMITED_READS, _LIMITED_WINDOW = 18, 20 * 60.0
#: Reads of a video's own path: Flatkey allows 10 a minute for one address.
_CONTENT_GAP, _LONGEST_GAP = 10.0, 120.0


#: Why an offline run asks nobody, where nothing else is said.
OFFLINE = "no network (--offline)"
_NO_HEADERS: Mapping[str, str] = {}
#: seconds for an answer that may hold a video
_MEDIA_DEADLINE = 120.0
_MemoKey = tuple[str, str, KeyName | None, tuple[tuple[str, str], ...]]


class HttpClient:
    """One run's way to the network. Thread-safe; close it when the run is over."""

    def __init__(
        self,
        *,
        leave: AllowList,
        clock: Clock,
        keys: Keys,
        transport: Transport | None = None,
        offline: bool = False,
        offline_because: str = OFFLINE,
        limits: Limits | None = None,
    ) -> None:
        self.leave, self.clock, self.keys, self.offline = leave, clock, keys, offline
        self.offline_because = offline_because
        self.redactor = keys.redactor
        self.limits = limits or Limits()
        self._transport = transport
        self._recorder = Recorder()
        self._lock = threading.Lock()
        self._memo: dict[_MemoKey, Future[Response | Failure]] = {}
        self._turns: dict[str, Turns] = {}
        self._limited: dict[str, list[float]] = {}
        self._opened: Wire | None = None
        self._login = GoogleLogin(self._send_login, self.redactor)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything sent so far in this run, redacted, in order.

        Masked again on reading: what is known to be secret by now may not have been when it came.
        """
        return self.redactor.masked(self._recorder.exchanges)

    def open(self) -> None:
        """Load what sends, which takes its time, before that is counted against a request."""
        self._wire()

    def close(self) -> None:
        """Close what is open. The record stays."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def refusal(
        self, url: str, key: KeyName | None, on_behalf_of: KeyName | None = None
    ) -> str | None:
        """Why a request would not be sent, or None. Asks nobody; needs no network."""
        asking = key or on_behalf_of
        sandbox_key = asking is not None and self.keys.from_sandbox(asking.variable)
        if key is not None:
            return refusal_of_key(key.variable, url, self.leave, sandbox_key=sandbox_key)
        return refusal_without_key(
            asking.variable if asking else None,
            url,
            self.leave,
            sandbox_key=sandbox_key,
            keyless=asking is None,
        )

    def get(
        self,
        url: str,
        key: KeyName | None = None,
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        on_behalf_of: KeyName | None = None,
        fresh: bool = False,
        tries: int | None = None,
        limited: bool = False,
        limit: int | None = None,
    ) -> Response | Failure:
        """Ask for `url`, with this key's header where one is named.

        `on_behalf_of` names the key that decides whether a keyless request may go there. The same
        request is sent once per run, however many ask for it, unless `fresh`. Connection errors,
        429 and 5xx are retried, at most `tries` times and within the deadline.
        `limited`: one of the reads of which its host allows few; asked once, counted, and refused
        here before the host would. `limit`: the largest answer of a fresh read, in bytes, where it
        may hold media; it then has a POST's patience.
        """
        refused = self._refused(url, key, on_behalf_of)
        if refused is not None:
            return refused
        tries = 1 if limited else tries or self.limits.tries
        if fresh and not limited:
            return self._get(url, key, headers, tries, limit)
        memo_key = ("GET", url, key, tuple(sorted(headers.items())))
        with self._lock:
            waiting = None if fresh else self._memo.get(memo_key)
            mine = waiting is None
            if waiting is None:
                waiting = self._memo[memo_key] = Future()
        if mine:
            try:
                spent = self._too_many(url) if limited else None
                waiting.set_result(spent or self._get(url, key, headers, tries))
            except BaseException as error:
                waiting.set_exception(error)
                raise
        return waiting.result()

    def remembered(self, url: str, key: KeyName | None) -> Response | None:
        """What the newest such GET of this run was answered, where there was one."""
        with self._lock:
            held = self._memo.get(("GET", url, key, ()))
        got = held.result() if held is not None and held.done() else None
        return got if isinstance(got, Response) else None

    def turns(self, url: str) -> Turns:
        """The turns of everybody who asks this origin for a video."""
        with self._lock:
            return self._turns.setdefault(origin_of(url), Turns(_CONTENT_GAP, _LONGEST_GAP))

    def _too_many(self, url: str) -> Failure | None:
        """Count one more limited read of this origin, or say that there are none left."""
        now = self.clock.monotonic()
        with self._lock:
            reads = self._limited.setdefault(origin_of(url), [])
            reads[:] = [at for at in reads if now - at < _LIMITED_WINDOW]
            if len(reads) < _LIMITED_READS:
                reads.append(now)
                return None
            left = _LIMITED_WINDOW - (now - reads[0])
        host, at = self.shown_host(url), self.clock.now() + timedelta(seconds=left)
        return Failure(
            "rate-limited",
            f"{host} allows few reads of its usage record, and this run has used them up; run again"
            f" after {at:%H:%M} UTC",
        )

    def post_once(
        self,
        url: str,
        body: Mapping[str, object],
        key: KeyName | None,
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        deadline: float | None = None,
        limit: int | None = None,
    ) -> Response | Failure:
        """Send `body` as JSON, once: nothing here or below ever sends it again.

        A Failure whose `sent` is False left this machine untouched; any other leaves it open
        whether the other side took the request. The other side may be silent for the whole
        `deadline` (seconds): giving up earlier would only make the outcome uncertain. `limit`: the
        largest answer, in bytes, where it may hold media.
        """
        refused = self._refused(url, key)
        if refused is not None:
            return refused
        content = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        secret = self.secret(key)
        if isinstance(secret, Failure):
            return secret
        self.open()  # before the time starts to count
        patience = deadline or self.limits.deadline
        out = self.outgoing(
            "POST",
            url,
            key,
            secret,
            {"Content-Type": "application/json", **headers},
            content.encode(),
            patience=patience,
        )
        end = self.clock.monotonic() + patience
        got, exchange = self.send_recorded(out, end, limit or self.limits.body)
        return self.judged(url, got, exchange, secret)

    def _get(
        self,
        url: str,
        key: KeyName | None,
        headers: Mapping[str, str],
        tries: int,
        limit: int | None = None,
    ) -> Response | Failure:
        secret = self.secret(key)
        if isinstance(secret, Failure):
            return secret
        self.open()  # before the time starts to count
        out = self.outgoing("GET", url, key, secret, headers)
        end = self.clock.monotonic() + (_MEDIA_DEADLINE if limit else self.limits.deadline)
        for attempt in range(1, tries + 1):
            received, exchange = self.send_recorded(out, end, limit or self.limits.body)
            got = self.judged(url, received, exchange, secret)
            wait = self._wait_after(got, attempt)
            if wait is None or attempt == tries or self.clock.monotonic() + wait >= end:
                break
            self.clock.sleep(wait)
        return got

    def _wait_after(self, got: Response | Failure, attempt: int) -> float | None:
        if isinstance(got, Failure):
            return back_off(attempt) if got.code == "unreachable" else None
        if not worth_repeating(got.status):
            return None
        asked = retry_after(got.headers.get("retry-after"), self.clock.now())
        if asked is None:
            return back_off(attempt)
        return asked if asked <= self.limits.longest_wait else None

    def _refused(
        self, url: str, key: KeyName | None, on_behalf_of: KeyName | None = None
    ) -> Failure | None:
        why = self.refusal(url, key, on_behalf_of)
        if why is not None:
            return Failure("host-refused", self.redactor.shown(why, 500))
        if self.offline:
            return Failure("offline", self.offline_because)
        return None

    def secret(self, key: KeyName | None) -> Secret | Failure | None:
        """The value that goes with this name; only for the header of a request."""
        if key is None:
            return None
        return self._login.token() if key.variable is None else self.keys.read(key.variable)

    def _wire(self) -> Wire:
        with self._lock:
            if self._opened is None:
                from veo_check.http.transport import Wire

                self._opened = Wire(
                    self.clock,
                    self.limits,
                    transport=self._transport,
                    trust_env=self.leave.trust_env,
                )
            return self._opened

    def outgoing(
        self,
        method: str,
        url: str,
        key: KeyName | None,
        secret: Secret | None,
        headers: Mapping[str, str] = _NO_HEADERS,
        content: bytes | None = None,
        *,
        public_only: bool = False,
        patience: float | None = None,
    ) -> PreparedRequest:
        """A request with its key's header, ready for the wire."""
        from veo_check.http.transport import PreparedRequest

        sending = {"User-Agent": f"veo-check/{__version__}", **headers}
        if key is not None and secret is not None:
            name, value = key.header(secret)
            sending[name] = value
        return PreparedRequest(method, url, sending, content, public_only, patience)

    def send_recorded(
        self, out: PreparedRequest, end: float, limit: int, sink: Sink | None = None
    ) -> tuple[RawResponse | TransportError, str]:
        """Send once and put the exchange on record; with its id."""
        from veo_check.http.transport import TransportError

        number, start = self._recorder.begin(), self.clock.monotonic()
        got = self._wire().send(out, end, limit, sink)
        answered = None if isinstance(got, TransportError) else got
        self._recorder.keep(
            number,
            Exchange(
                id=f"x{number}",
                method=out.method,
                url=self.redactor.shown(out.url, 1000),
                request_excerpt=None if out.content is None else self._excerpt(out.content),
                status=answered.status if answered else None,
                ms=round((self.clock.monotonic() - start) * 1000),
                body_excerpt=self._body_excerpt(answered) if answered else None,
                note=self.redactor.shown(got.detail) if isinstance(got, TransportError) else None,
            ),
        )
        return got, f"x{number}"

    def _excerpt(self, body: bytes) -> str:
        """The beginning of a body: masked first, then cut, so that no half of a key is left."""
        limit = self.limits.excerpt
        seen = body[: self.redactor.enough(limit)]
        return self.redactor.shown(seen.decode("utf-8", "replace"), limit)

    def _body_excerpt(self, got: RawResponse) -> str:
        return self._excerpt(got.body) if got.body else f"({got.size} bytes)"

    def judged(
        self, url: str, got: RawResponse | TransportError, exchange: str, secret: Secret | None
    ) -> Response | Failure:
        """What came back, as callers see it."""
        from veo_check.http.transport import TransportError

        parts = urlsplit(url)
        place = self.redactor.shown(f"{parts.netloc}{parts.path}", 200)
        if isinstance(got, TransportError):
            detail = self.redactor.shown(f"{place} {got.detail}", 400)
            return Failure(got.code, detail, exchange, got.sent)
        if 300 <= got.status < 400:
            host = self.shown_host(got.headers.get("location", ""))
            return Failure(
                "unreadable",
                f"{place} answered with a redirect{f' to {host}' if host else ''}; "
                "redirects are not followed with a key",
                exchange,
                sent=True,
            )
        kind = secret.kind if secret is not None else None
        headers = {name: printable(value, 1000) for name, value in got.headers.items()}
        return Response(got.status, headers, got.body, exchange, place, self.redactor, kind)

    def shown_host(self, url: str) -> str:
        """The host of an address that came out of an answer, never its path or query; may be "".

        The whole is masked before it is taken apart: a host may be half of a key.
        """
        host = _host(url)
        whole = host == _host(self.redactor.redact(url))
        return self.redactor.shown(host, 100) if whole else MASK

    def _send_login(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes] | None:
        """A login request of google-auth: on record without headers and bodies."""
        from veo_check.http.transport import PreparedRequest, TransportError

        number, start = self._recorder.begin(), self.clock.monotonic()
        out = PreparedRequest(method, url, dict(headers), content)
        got = self._wire().send(out, start + self.limits.deadline, self.limits.error_body)
        self._recorder.keep(
            number,
            Exchange(
                f"x{number}",
                method,
                self.redactor.shown(url, 1000),
                None,
                None if isinstance(got, TransportError) else got.status,
                round((self.clock.monotonic() - start) * 1000),
                None,
                "login; its content is not recorded",
            ),
        )
        return None if isinstance(got, TransportError) else (got.status, got.headers, got.body)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
