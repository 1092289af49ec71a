"""One request, one answer, within its limits: the only module that speaks through httpx.

Imported when the first request is sent, so that offline runs never load an HTTP library.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from veo_check.core.clock import Clock
from veo_check.core.facts import MissingCode
from veo_check.http.addresses import is_public
from veo_check.http.limits import MEBIBYTE, Limits
from veo_check.http.transport import GuardedTransport, NotPublicError, resolve

Sink = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request with its secrets in place. Lives no longer than its sending."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None
    public_only: bool = False
    patience: float | None = None  # seconds of silence; None: the usual limit


@dataclass(frozen=True, slots=True)
class Received:
    """An answer, decoded. `body` is empty where a sink took it; `size` counts its bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Broken:
    """No usable answer. `detail` says what happened, to be put after the host's name."""

    code: MissingCode
    detail: str
    sent: bool


class _StopError(Exception):
    def __init__(self, code: MissingCode, detail: str) -> None:
        super().__init__(detail)
        self.broken = Broken(code, detail, sent=True)


class _SinkError(Exception):
    """What the caller's own sink raised, on its way back to the caller."""

    def __init__(self, original: Exception) -> None:
        super().__init__()
        self.original = original


class Wire:
    """Sends requests. Never follows a redirect, keeps no cookie, retries nothing."""

    def __init__(
        self,
        clock: Clock,
        limits: Limits,
        *,
        transport: httpx.BaseTransport | None = None,
        trust_env: bool = False,
    ) -> None:
        self._clock, self._limits = clock, limits
        self._by_proxy = transport is None and trust_env
        if transport is None and not trust_env:
            transport = GuardedTransport()
        self._client = httpx.Client(
            transport=transport,
            trust_env=trust_env,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=0),
            headers={"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"},
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def send(
        self, out: Outgoing, deadline: float, limit: int, sink: Sink | None = None
    ) -> Received | Broken:
        """Send once. `deadline` is on the clock's monotonic scale; `limit` in bytes, decoded.

        With a sink, the body of a 200 or 206 goes there piece by piece, and what it raises passes
        through. Nothing else is raised: httpx's exceptions hold the request, key and all.
        """
        try:
            return self._send(out, deadline, limit, sink)
        except _SinkError as failed:
            raise failed.original from None
        except _StopError as stop:
            return stop.broken
        except NotPublicError:
            return Broken("host-refused", "does not lead to a public address", sent=False)
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            return Broken("unreachable", "could not be reached in time", sent=False)
        except (httpx.ConnectError, httpx.ProxyError) as error:
            why = f"cannot be reached ({error})"
            return Broken("unreachable", why, sent=False)
        except httpx.TimeoutException:
            return Broken("too-slow", "did not answer in time", sent=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            why = "broke off the connection or did not speak HTTP"
            return Broken("unreachable", why, sent=True)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            why = f"could not be asked ({type(error).__name__})"
            return Broken("unreachable", why, sent=True)

    def _send(
        self, out: Outgoing, deadline: float, limit: int, sink: Sink | None
    ) -> Received | Broken:
        def remaining() -> float:
            return deadline - self._clock.monotonic()

        left = remaining()
        if left <= 0:
            return Broken("too-slow", "was not asked: no time was left", sent=False)
        if out.public_only and self._by_proxy and not _leads_to_public(out.url):
            return Broken("host-refused", "does not lead to a public address", sent=False)
        request = self._client.build_request(
            out.method,
            out.url,
            headers=dict(out.headers),
            content=out.content,
            timeout=httpx.Timeout(
                min(out.patience or self._limits.read, left),
                connect=min(self._limits.connect, left),
            ),
            extensions={"remaining": remaining, "public_only": out.public_only},
        )
        response = self._client.send(request, stream=True)
        try:
            delivered = response.status_code in {200, 206}
            if not delivered:
                sink, limit = None, min(limit, self._limits.error_body)
            body, size = self._read(response, remaining, limit, sink, strict=delivered)
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Received(response.status_code, headers, body, size)

    def _read(
        self,
        response: httpx.Response,
        remaining: Callable[[], float],
        limit: int,
        sink: Sink | None,
        *,
        strict: bool,
    ) -> tuple[bytes, int]:
        """The decoded body, or what a sink left of it. A body over the limit stops the reading:
        an error where `strict`, else (an error page) the rest is left unread."""
        stream = response.stream
        if not isinstance(stream, httpx.SyncByteStream):
            raise _StopError("unreachable", "was asked through a transport that does not fit")
        decoder = Decoder(response.headers.get("content-encoding", ""))
        kept: list[bytes] = []
        raw = size = 0
        if remaining() <= 0:
            raise _StopError("too-slow", "did not answer in time")
        for chunk in stream:
            if remaining() <= 0:
                raise _StopError("too-slow", "did not finish its answer in time")
            raw += len(chunk)
            piece = decoder.feed(chunk, limit - size + 1)
            size += len(piece)
            if size > limit or raw > limit:
                if strict:
                    shown = f"{limit // MEBIBYTE} MiB" if limit >= MEBIBYTE else f"{limit} bytes"
                    raise _StopError("unreadable", f"answered with more than {shown}")
                return b"".join([*kept, piece])[:limit], limit
            if sink is not None:
                _pour(piece, sink)
            else:
                kept.append(piece)
        decoder.finish()
        return b"".join(kept), size


def _pour(piece: bytes, sink: Sink) -> None:
    try:
        sink(piece)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's
        raise _SinkError(error) from None


def _leads_to_public(url: str) -> bool:
    """Whether all addresses of the host are public, as far as this machine can tell.

    A proxy resolves the name again, so this is weaker than the check on connecting; it is what
    can be done where the person running the command chose the proxy.
    """
    parts = httpx.URL(url)
    try:
        addresses = resolve(parts.host, parts.port or 443)
    except OSError:
        return False
    return bool(addresses) and all(map(is_public, addresses))


class Decoder:
    """Content decoding that never makes more than it is asked for."""

    def __init__(self, encoding: str) -> None:
        self._name = encoding.strip().lower()
        if self._name in {"", "identity"}:
            self._inflate = None
        elif self._name in {"gzip", "x-gzip", "deflate"}:
            self._inflate = zlib.decompressobj(31 if "gzip" in self._name else 15)
        else:
            raise _StopError("unreadable", "answered in a content encoding that was not asked for")
        self._fed = False

    def feed(self, chunk: bytes, at_most: int) -> bytes:
        """Decoded bytes of this chunk, at most `at_most`; the rest is given up."""
        if self._inflate is None:
            return chunk
        try:
            try:
                piece = self._inflate.decompress(chunk, at_most)
            except zlib.error:
                if self._fed or self._name != "deflate":
                    raise
                self._inflate = zlib.decompressobj(-15)  # some servers leave out zlib's header
                piece = self._inflate.decompress(chunk, at_most)
        except zlib.error:
            raise _StopError("unreadable", "answered with damaged compressed data") from None
        self._fed = self._fed or bool(chunk)
        if self._inflate.unused_data.strip(b"\0"):
            raise _StopError("unreadable", "answered with data after its compressed data")
        return piece

    def finish(self) -> None:
        """The body is over: a compressed one must be complete."""
        if self._inflate is not None and self._fed and not self._inflate.eof:
            raise _StopError("unreadable", "answered with compressed data that breaks off")
