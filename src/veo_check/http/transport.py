"""The real way out: httpcore with addresses checked and the deadline kept on every read.

httpx's own transport bounds each read but not their sum, and resolves a name once for whoever
checks it and again for whoever connects. Here one resolution serves both.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpcore
import httpx

from veo_check.http.addresses import is_public

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
            ssl_context=httpx.create_ssl_context(trust_env=False),
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
