"""What goes in and out of the simulated world: one request, one response, no HTTP library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Literal
from urllib.parse import unquote

from veo_check.core.secrets import SANDBOX_KEY_MARK

#: Who is being simulated. `newapi` is Flatkey's gateway without Flatkey's own additions.
Surface = Literal["gemini-api", "agent-platform", "flatkey", "newapi", "openai", "openrouter"]
SURFACES: tuple[Surface, ...] = (
    "gemini-api",
    "agent-platform",
    "flatkey",
    "newapi",
    "openai",
    "openrouter",
)


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


#: The key to use on each surface.
KEYS: dict[str, str] = {
    "gemini-api": f"AQ.{SANDBOX_KEY_MARK}gemini",
    "agent-platform": f"ya29.{SANDBOX_KEY_MARK}agentplatform",
    "flatkey": f"sk-{SANDBOX_KEY_MARK}flatkey",
    "newapi": f"sk-{SANDBOX_KEY_MARK}newapi",
    "openai": f"sk-{SANDBOX_KEY_MARK}openai",
    "openrouter": f"sk-{SANDBOX_KEY_MARK}openrouter",
}

#: Further keys: of the same gateway account, for tests of "another key" and of a production key; an
#: API key for the Agent Platform (wire-2026-11-30 C1: it works on the path with the project).
OTHER_KEYS: dict[str, str] = {
    "agent-platform-api-key": f"AQ.{SANDBOX_KEY_MARK}agentplatform",
    "flatkey-another": f"sk-{SANDBOX_KEY_MARK}another",
    "flatkey-production": f"sk-{SANDBOX_KEY_MARK}production",
}


@dataclass(slots=True)
class Token:
    """One key of a new-api account. Amounts in quota units (500,000 are one USD)."""

    name: str
    group: str = "plg"
    granted: int = 50_000_000
    used: int = 1_250_000
    unlimited: bool = False
    allowed: tuple[str, ...] = ()

    @property
    def available(self) -> int:
        return self.granted - self.used


def looked_up(key: str) -> str:
    """What new-api searches for: without `sk-`, up to the next dash."""
    return key.removeprefix("sk-").split("-", 1)[0]


#: new-api look-up word -> (the surfaces that know it, the key's name there)
_TOKENS: dict[str, tuple[tuple[Surface, ...], str]] = {
    looked_up(KEYS["flatkey"]): (("flatkey",), "ci-smoke"),
    looked_up(KEYS["newapi"]): (("newapi",), "ci-smoke"),
    looked_up(OTHER_KEYS["flatkey-another"]): (("flatkey", "newapi"), "another"),
    looked_up(OTHER_KEYS["flatkey-production"]): (("flatkey", "newapi"), "production"),
}


def token_name(surface: Surface, key: str) -> str | None:
    """The name of this key on a new-api surface, or None when it is unknown there."""
    surfaces, name = _TOKENS.get(looked_up(key), ((), ""))
    return name if surface in surfaces else None


def accepts(surface: Surface, key: str) -> bool:
    if surface in {"flatkey", "newapi"}:
        return token_name(surface, key) is not None
    return key == KEYS[surface] or key == OTHER_KEYS.get(f"{surface}-api-key")


def google_api_key(request: Request) -> str | None:
    """The Gemini API key of a request: header `x-goog-api-key`, else `?key=`."""
    return request.header("x-goog-api-key") or request.query.get("key")


@dataclass(frozen=True, slots=True)
class Submit:
    """One request to start a job, whatever became of it. `operation` is None when refused.

    `at` is in seconds of the world's clock.
    """

    at: float
    surface: str
    model: str
    status: int
    operation: str | None
    seconds: str | None = None
    resolution: str | None = None
    prompt: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether a job runs because of it."""
        return self.operation is not None


@dataclass(frozen=True, slots=True)
class Charge:
    """One movement of money: `quota` in a gateway's units (None at Google), `usd` in USD.

    Amounts of a refund are positive; `kind` gives the direction.
    """

    at: float
    kind: Literal["charge", "refund"]
    surface: str
    operation: str
    key: str
    quota: int | None
    usd: Decimal


@dataclass(slots=True)
class Ledger:
    """Everything that cost or could have cost money, in order."""

    submits: list[Submit] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    @property
    def accepted(self) -> list[Submit]:
        """The submits that became jobs."""
        return [submit for submit in self.submits if submit.accepted]

    @property
    def spent(self) -> Decimal:
        """USD charged less USD refunded."""
        return sum(
            (charge.usd if charge.kind == "charge" else -charge.usd for charge in self.charges),
            Decimal(0),
        )

    def as_json(self) -> str:
        """The whole book, amounts as strings."""
        return json.dumps(
            {
                "submits": [
                    {**asdict(submit), "at": round(submit.at, 3), "accepted": submit.accepted}
                    for submit in self.submits
                ],
                "accepted": len(self.accepted),
                "charges": [
                    {**asdict(charge), "at": round(charge.at, 3), "usd": str(charge.usd)}
                    for charge in self.charges
                ],
                "spent": str(self.spent),
            },
            ensure_ascii=False,
        )


#: Seconds of the world's clock. At the sandbox's usual speed of 20, one job takes 1.25 s.
JOB_SECONDS = 25.0
SLOW_JOB_SECONDS = 240.0
QUEUED_SECONDS = 3.0

Ending = Literal["video", "filtered-wrapped", "filtered-unwrapped", "error", "refused", "nothing"]
Phase = Literal["queued", "running", "done"]
Stored = Literal["NOT_START", "IN_PROGRESS", "SUCCESS", "FAILURE"]

SIZES: dict[str, tuple[int, int]] = {
    "360p": (640, 360),
    "480p": (854, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What Google would be asked to make."""

    seconds: int = 8
    resolution: str = "720p"
    aspect_ratio: str = "16:9"
    audio: bool = True
    count: int = 1
    #: whole seconds of the video that an extension continues; 0: it continues none
    after: int = 0

    def takes(self, lengths: Sequence[int]) -> Sequence[int]:
        """The clip lengths that Google makes of this input, by a model's own."""
        return (7,) if self.after else lengths

    @property
    def size(self) -> tuple[int, int]:
        width, height = SIZES[self.resolution]
        return (height, width) if self.aspect_ratio == "9:16" else (width, height)


_TEXT = "[8,4,6] for feature text_to_video"


@dataclass(slots=True)
class Job:
    """One accepted job. Times are seconds of the world's clock; `ends` None means never."""

    operation: str
    surface: str
    label: str
    upstream: str
    served: str
    shape: Shape
    key: str
    started: float
    ends: float | None
    ending: Ending
    created: int
    request_id: str = ""
    group: str = ""
    quota: int = 0
    usd: Decimal = Decimal(0)
    #: how an interaction's video was asked for: inline, or as the address of a file
    delivery: str = "inline"
    #: the multipliers a gateway charged, as its header prints them
    ratios: str = "{}"
    polls: int = 0
    settled: bool = False
    #: a gateway has charged it and written its usage row
    booked: bool = False
    #: what a new-api gateway's own database says of it, whatever is so at Google
    stored: Stored = "NOT_START"
    #: how often a gateway has asked Google about it
    asked: int = 0

    def phase(self, now: float) -> Phase:
        """Where the job is at `now`."""
        if self.ends is not None and now >= self.ends:
            return "done"
        return "queued" if now - self.started < QUEUED_SECONDS else "running"

    @property
    def failed(self) -> bool:
        # no other: gateways book a filtered job, and one without a video, as success
        return self.ending in {"error", "refused"}

    @property
    def reason(self) -> str:
        """Why it failed, in Google's words."""
        if self.ending == "refused":
            known = "[7] for feature video_extension" if self.shape.after else _TEXT
            return (
                f"Unsupported output video duration {self.shape.seconds} seconds, supported "
                f"durations are {known}."
            )
        return "Video generation failed due to an internal server issue. Please try again."

    @property
    def delivers(self) -> bool:
        return self.ending == "video"
