"""What goes in and out of the simulated world: one request, one response, no HTTP library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import unquote

#: Who is being simulated. `newapi` is Flatkey's gateway without Flatkey's own additions.
Surface = Literal["gemini-api", "agent-platform", "flatkey", "newapi", "openai"]
SURFACES: tuple[Surface, ...] = ("gemini-api", "agent-platform", "flatkey", "newapi", "openai")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it reached the simulated host.

    `origin` is what the client put before `path` (scheme, host, port and any base path); `path` is
    decoded; header names are lower case.
    """

    method: str
    surface: Surface
    path: str
    origin: str = "https://sandbox.invalid"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The header's value, or None."""
        return self.headers.get(name.lower())

    @property
    def bearer(self) -> str | None:
        """The token after `Authorization: Bearer`, or None."""
        word, _, token = (self.header("authorization") or "").partition(" ")
        return token.strip() or None if word.lower() == "bearer" else None

    def fields(self) -> dict[str, object] | None:
        """The body's fields, from a JSON object or a multipart form; None when it is neither."""
        kind = self.header("content-type") or ""
        if kind.startswith("multipart/form-data"):
            return _form(kind, self.body)
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


def _form(kind: str, body: bytes) -> dict[str, object] | None:
    _, found, boundary = kind.partition("boundary=")
    if not found:
        return None
    fields: dict[str, object] = {}
    for part in body.split(b"--" + boundary.strip('" ').encode())[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        _, named, rest = head.partition(b' name="')
        if named:
            name = unquote(rest.split(b'"', 1)[0].decode("utf-8", "replace"))
            fields[name] = value.removesuffix(b"\r\n").decode("utf-8", "replace")
    return fields


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `delay` is in seconds of the world's clock, before the first byte.

    `chunks` replaces `body` for bodies too large to hold. `dropped`: the connection closes without
    an answer; whether the world took the request is in its ledger.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunks: Callable[[], Iterator[bytes]] | None = None
    delay: float = 0.0
    dropped: bool = False

    def with_headers(self, **headers: str) -> Response:
        """The same answer with more headers; `_` in a name is written `-`."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})


def as_json(value: object, status: int = 200) -> Response:
    """`value` as a JSON answer."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, {"content-type": "application/json; charset=utf-8"}, body)


def as_text(text: str, status: int, kind: str = "text/plain; charset=utf-8") -> Response:
    """`text` as it is."""
    return Response(status, {"content-type": kind}, text.encode())


DROPPED = Response(0, dropped=True)
