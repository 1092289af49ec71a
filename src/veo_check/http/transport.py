"""The real way out: httpcore with addresses checked and the deadline kept on every read.

httpx's own transport bounds each read but not their sum, and resolves a name once for whoever
checks it and again for whoever connects. Here one resolution serves both.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeVar

import certifi
import httpcore
import httpx

from veo_check.core.clock import Clock
from veo_check.core.facts import MissingCode
from veo_check.core.frozen import dataclass
from veo_check.core.jobs import Sink
from veo_check.http.answers import MEBIBYTE, Limits

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether a literal IP address is public, in all the ways IPv6 can hide an IPv4 address."""
    try:
        ip = ipaddress.ip_address(address.strip("[]").split("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def is_literal(host: str) -> bool:
    """Whether `host` is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host.strip("[]").split("%")[0])
    except ValueError:
        return False
    return True


#: name, port -> addresses
Resolve = Callable[[str, int], list[str]]
Result = TypeVar("Result")


class NotPublicError(httpx.ConnectError):
    """The host's address is not public, and this request may only go to public ones."""


class _NotPublic(httpcore.ConnectError):
    pass


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a name, as the system resolves it. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Bounds(threading.local):
    """What holds for the request that this thread is sending."""

    remaining: Callable[[], float] | None = None
    public_only: bool = False

    def left(self, timeout: float | None) -> float | None:
        """The time one step may take: its own limit, or what is left of the whole."""
        if self.remaining is None:
            return timeout
        left = self.remaining()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline of the whole request is over")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, bounds: _Bounds) -> None:
        self._inner, self._bounds = inner, bounds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._bounds.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._bounds.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._bounds.left(timeout))
        return _Stream(inner, self._bounds)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, bounds: _Bounds, resolve: Resolve) -> None:
        self._bounds, self._resolve = bounds, resolve
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port, self._bounds.left(timeout))
        if self._bounds.public_only and not all(map(is_public, addresses)):
            raise _NotPublic("not a public address")
        problem: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses[:4]:
            try:
                stream = self._real.connect_tcp(
                    address, port, self._bounds.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return _Stream(stream, self._bounds)
        raise problem or httpcore.ConnectError("the name has no address")

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        """Resolved in a thread of its own, because the system's resolver knows no time limit."""
        found: list[list[str]] = []

        def look_up() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, ValueError):
                found.append([])

        thread = threading.Thread(target=look_up, name="resolve", daemon=True)
        thread.start()
        thread.join(timeout)
        if not found:
            raise httpcore.ConnectTimeout("the name was not resolved in time")
        if not found[0]:
            raise httpcore.ConnectError("the name cannot be resolved")
        return found[0]


def _tls() -> ssl.SSLContext:
    """Certificates as httpx trusts them, and nothing from the environment: Python's default context
    writes every session's keys to SSLKEYLOGFILE, which is what --trust-env is asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    context.load_verify_locations(certifi.where())
    return context


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()


class GuardedTransport(httpx.BaseTransport):
    """HTTP/1.1, a fresh connection for every request, nothing retried, no proxies.

    A request's extensions may hold `remaining` (a function: seconds left of the whole request)
    and `public_only` (True: only to public addresses). No connection is kept: a stale one would
    turn a paid request's fate into "uncertain" for nothing.
    """

    def __init__(self, resolve: Resolve = resolve) -> None:
        self._bounds = _Bounds()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=32,
            max_keepalive_connections=0,
            http1=True,
            http2=False,
            retries=0,
            network_backend=_Backend(self._bounds, resolve),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._bounds.remaining = request.extensions.get("remaining")
        self._bounds.public_only = bool(request.extensions.get("public_only"))
        raw = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": request.extensions.get("timeout", {})},
        )
        with _as_httpx():
            response = self._pool.handle_request(raw)
        stream = response.stream
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(stream if isinstance(stream, Iterable) else ()),
        )

    def close(self) -> None:
        self._pool.close()


_SAME_NAMES: tuple[type[Exception], ...] = (
    httpcore.ConnectTimeout,
    httpcore.ReadTimeout,
    httpcore.WriteTimeout,
    httpcore.PoolTimeout,
    httpcore.ConnectError,
    httpcore.ReadError,
    httpcore.WriteError,
    httpcore.RemoteProtocolError,
    httpcore.LocalProtocolError,
    httpcore.UnsupportedProtocol,
)


@contextmanager
def _as_httpx() -> Iterator[None]:
    """httpcore's exceptions as httpx's of the same name, so callers know one family."""
    try:
        yield
    except _NotPublic:
        raise NotPublicError("the host has an address that is not public") from None
    except _SAME_NAMES as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from None


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request with its secrets in place. Lives no longer than its sending."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None
    public_only: bool = False
    patience: float | None = None  # seconds of silence; None: the usual limit


@dataclass(frozen=True, slots=True)
class RawResponse:
    """An answer, decoded. `body` is empty where a sink took it; `size` counts its bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    size: int


@dataclass(frozen=True, slots=True)
class TransportError:
    """No usable answer. `detail` says what happened, to be put after the host's name."""

    code: MissingCode
    detail: str
    sent: bool


class _StopError(Exception):
    def __init__(self, code: MissingCode, detail: str) -> None:
        super().__init__(detail)
        self.broken = TransportError(code, detail, sent=True)


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
        self, out: PreparedRequest, deadline: float, limit: int, sink: Sink | None = None
    ) -> RawResponse | TransportError:
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
            return TransportError("host-refused", "does not lead to a public address", sent=False)
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            return TransportError("unreachable", "could not be reached in time", sent=False)
        except (httpx.ConnectError, httpx.ProxyError) as error:
            why = f"cannot be reached ({error})"
            return TransportError("unreachable", why, sent=False)
        except httpx.TimeoutException:
            return TransportError("too-slow", "did not answer in time", sent=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            why = "broke off the connection or did not speak HTTP"
            return TransportError("unreachable", why, sent=True)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            why = f"could not be asked ({type(error).__name__})"
            return TransportError("unreachable", why, sent=True)

    def _send(
        self, out: PreparedRequest, deadline: float, limit: int, sink: Sink | None
    ) -> RawResponse | TransportError:
        def remaining() -> float:
            return deadline - self._clock.monotonic()

        left = remaining()
        if left <= 0:
            return TransportError("too-slow", "was not asked: no time was left", sent=False)
        if out.public_only and self._by_proxy and not _leads_to_public(out.url):
            return TransportError("host-refused", "does not lead to a public address", sent=False)
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
        return RawResponse(response.status_code, headers, body, size)

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
