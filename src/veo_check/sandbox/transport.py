"""The simulated world as an httpx transport: a client that uses it never opens a socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import unquote

import httpx

from veo_check.sandbox.wire import SURFACES, Request, Response, Surface
from veo_check.sandbox.world import World

_GEMINI = "generativelanguage.googleapis.com"
_AGENT_PLATFORM = "aiplatform.googleapis.com"


class SandboxTransport(httpx.BaseTransport):
    """Answers from `world`. Which surface answers is decided by the host alone.

    `origins` names the surfaces of further hosts: `scheme://host[:port]`, with a base path where
    the route has one. Every other host refuses the connection; `strays` remembers who was asked.
    """

    def __init__(self, world: World, origins: Mapping[str, str] | None = None) -> None:
        self._world = world
        self._origins = {url.rstrip("/").lower(): name for url, name in (origins or {}).items()}
        for name in self._origins.values():
            if name not in SURFACES:
                raise ValueError(f"'{name}' is not a surface; known: {', '.join(SURFACES)}")
        self.strays: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange. Raises httpx's own errors where a real network would."""
        body = request.read()
        place = self._place(request.url)
        if place is None:
            self.strays.append(request)
            raise httpx.ConnectError(
                f"{request.url.host} is not part of the sandbox", request=request
            )
        surface, origin, path = place
        answer = self._world.answer(
            Request(
                request.method,
                surface,
                path,
                origin,
                dict(request.url.params),
                {name.lower(): value for name, value in request.headers.items()},
                body,
            )
        )
        self._wait(request, answer)
        if answer.dropped:
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            )
        # a stream, never ready content: the client reads it piece by piece, as from a socket
        headers = dict(answer.headers)
        if answer.chunks is None:
            headers["content-length"] = str(len(answer.body))
        chunks = iter([answer.body]) if answer.chunks is None else answer.chunks()
        return httpx.Response(answer.status, headers=headers, stream=_Chunks(chunks))

    def _wait(self, request: httpx.Request, answer: Response) -> None:
        if not answer.delay:
            return
        timeout = request.extensions.get("timeout", {}).get("read")
        if timeout is not None and answer.delay > timeout:
            self._world.clock.sleep(timeout)
            raise httpx.ReadTimeout("the read timed out", request=request)
        self._world.clock.sleep(answer.delay)

    def _place(self, url: httpx.URL) -> tuple[Surface, str, str] | None:
        origin = f"{url.scheme}://{url.netloc.decode()}".lower()
        path = unquote(url.raw_path.decode().partition("?")[0])
        for base in sorted(self._origins, key=len, reverse=True):
            rest = path[len(base) - len(origin) :]
            if f"{origin}{path}".lower().startswith(base) and (not rest or rest[0] == "/"):
                return cast(Surface, self._origins[base]), base, rest or "/"
        surface = _surface_of(url.host)
        return (surface, origin, path) if surface else None


def _surface_of(host: str) -> Surface | None:
    host = host.lower()
    if host == _GEMINI:
        return "gemini-api"
    if host == _AGENT_PLATFORM or host.endswith(f"-{_AGENT_PLATFORM}"):
        return "agent-platform"
    if host == "flatkey.ai" or host.endswith(".flatkey.ai"):
        return "flatkey"
    return None


class _Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks
