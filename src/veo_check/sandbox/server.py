"""The simulated world on a real socket of this machine, for clients that nobody here wrote.

Google and Flatkey share the bare origin, told apart by path as their own hosts would be by name;
the other gateways have a base path. `/SURFACE/...` reaches any of them without doubt.
"""

from __future__ import annotations

import re
import socket
import socketserver
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from veo_check.sandbox.wire import SURFACES, Request, Response, Surface
from veo_check.sandbox.world import World

HOST = "127.0.0.1"
_BARE: tuple[Surface, ...] = ("gemini-api", "agent-platform", "flatkey")
_AGENT_PLATFORM = re.compile(r"/(v1|v1beta1)/(projects|publishers)/")
_GEMINI = re.compile(r"/(download/)?(v1beta|v1alpha)/")
#: what differs from new-api's `/v1/models` by nothing but the key's header
_GEMINI_V1 = re.compile(r"/v1/(models|files|interactions)(/|$)")
_LARGEST_BODY = 64 * 1024 * 1024


class SandboxServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 from the moment it is made; `serve_forever` answers.

    `port` 0 picks a free one. Raises OSError when the port is taken.
    """

    daemon_threads = True
    request_queue_size = 128
    # on Windows the option would let two servers share a port; elsewhere it skips a minute's wait
    allow_reuse_address = not hasattr(socket, "SO_EXCLUSIVEADDRUSE")

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        super().__init__((HOST, port), _Handler)

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://{HOST}:{self.server_address[1]}"

    @property
    def base_urls(self) -> dict[str, str]:
        """What a client takes as base URL, by surface."""
        return {
            surface: self.origin if surface in _BARE else f"{self.origin}/{surface}"
            for surface in SURFACES
        }

    @property
    def introduction(self) -> dict[str, object]:
        """What `veo-check sandbox` prints first: where everything is and which keys it takes."""
        return {
            "simulated": True,
            "scenario": self.world.scenario.name,
            "day": self.world.scenario.day.isoformat(),
            "base_urls": self.base_urls,
            "keys": self.world.keys,
            "other_keys": self.world.other_keys,
            "ledger": f"{self.origin}/sandbox/ledger",
        }

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's name, as the base class would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


def serve(world: World, port: int) -> None:
    """Answer until interrupted. Raises OSError when the port is taken."""
    with SandboxServer(world, port) as server:
        server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "veo-check-sandbox"
    sys_version = ""
    timeout = 120
    # headers and body leave in one segment, lest a delayed acknowledgement slow every answer
    wbufsize = -1

    def do_GET(self) -> None:
        self._exchange()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a request line can hold a key."""

    def _exchange(self) -> None:
        server = cast(SandboxServer, self.server)
        body = self._body()
        if body is None:
            self.close_connection = True
            self._send(Response(413))
            return
        url = urlsplit(self.path)
        path = unquote(url.path)
        if path == "/sandbox/ledger":
            text = server.world.ledger_json().encode()
            self._send(Response(200, {"content-type": "application/json"}, text))
            return
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        surface, base = _surface_of(path, query, headers)
        answer = server.world.answer(
            Request(
                self.command,
                surface,
                path[len(base) :] or "/",
                f"{server.origin}{base}",
                query,
                headers,
                body,
            )
        )
        if answer.delay:
            server.world.clock.sleep(answer.delay)
        if answer.dropped:
            self.close_connection = True
            return
        self._send(answer)

    def _body(self) -> bytes | None:
        """The request's body, or None when it is larger than a sandbox should take."""
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            return self._chunked_body()
        length = self.headers.get("content-length") or "0"
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            return None
        return self.rfile.read(int(length))

    def _chunked_body(self) -> bytes | None:
        parts: list[bytes] = []
        total = 0
        while True:
            line = self.rfile.readline(100).split(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError:
                return None
            total += size
            if size < 0 or total > _LARGEST_BODY:
                return None
            if size == 0:
                while self.rfile.readline(1000).strip():
                    pass
                return b"".join(parts)
            parts.append(self.rfile.read(size))
            self.rfile.readline(10)

    def _send(self, answer: Response) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.chunks is not None:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        try:
            self.end_headers()
            if self.command != "HEAD":
                self._send_body(answer)
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    def _send_body(self, answer: Response) -> None:
        if answer.chunks is None:
            self.wfile.write(answer.body)
            return
        for chunk in answer.chunks():
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")


def _surface_of(path: str, query: dict[str, str], headers: dict[str, str]) -> tuple[Surface, str]:
    """The surface and the base path that named it, empty on the bare origin."""
    for surface in SURFACES:
        if path == f"/{surface}" or path.startswith(f"/{surface}/"):
            return surface, f"/{surface}"
    if _AGENT_PLATFORM.match(path):
        return "agent-platform", ""
    google_key = "x-goog-api-key" in headers or "key" in query
    if _GEMINI.match(path) or (google_key and _GEMINI_V1.match(path)):
        return "gemini-api", ""
    return "flatkey", ""


_GEMINI_HOST = "generativelanguage.googleapis.com"
_AGENT_PLATFORM_HOST = "aiplatform.googleapis.com"


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
        surface = _surface_of_host(url.host)
        return (surface, origin, path) if surface else None


def _surface_of_host(host: str) -> Surface | None:
    host = host.lower()
    if host == _GEMINI_HOST:
        return "gemini-api"
    if host == _AGENT_PLATFORM_HOST or host.endswith(f"-{_AGENT_PLATFORM_HOST}"):
        return "agent-platform"
    if host == "openrouter.ai":
        return "openrouter"
    if host == "flatkey.ai" or host.endswith(".flatkey.ai"):
        return "flatkey"
    return None


class _Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks
