"""A request shape against what a model accepts, before anything is sent.

Every difference comes back with a code and the route-file value it is about. Where the reference
does not know, the outcome is `unknown`: not supported, not unsupported, and never a pass by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from veo_check.reference.rows import Capability

Code = Literal[
    "seconds", "resolution", "full-length", "aspect-ratio", "audio", "mode", "count", "capability"
]
Outcome = Literal["unsupported", "unknown"]


class Request(Protocol):
    """The shape asked for; `veo_check.core.route.Request` is one. Read only."""

    @property
    def mode(self) -> str: ...
    @property
    def seconds(self) -> int: ...
    @property
    def resolution(self) -> str: ...
    @property
    def aspect_ratio(self) -> str: ...
    @property
    def audio(self) -> bool: ...
    @property
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Unsupported:
    """One part of the shape that the model refuses, or about which nothing is known.

    `at` is the route-file path; `expected` and `actual` are the two values in words.
    """

    code: Code
    outcome: Outcome
    at: str
    message: str
    expected: str
    actual: str


def unsupported(capability: Capability | None, request: Request) -> tuple[Unsupported, ...]:
    """Everything about `request` that `capability` does not positively allow; empty: supported.

    Without a capability row everything is unknown: one finding with the code `capability`.
    """
    if capability is None:
        return (
            Unsupported(
                "capability",
                "unknown",
                "model.official",
                "nothing is known about what this model accepts on this surface",
                "a capability row",
                "none",
            ),
        )
    return tuple(_differences(capability, request))


def _differences(capability: Capability, request: Request) -> Iterator[Unsupported]:
    yield from _one_of("mode", "request.mode", capability, capability.modes, request.mode)
    lengths = capability.seconds
    yield from _one_of(
        "seconds", "request.seconds", capability, lengths, request.seconds, unit=" s"
    )
    resolutions = capability.mode_resolutions.get(request.mode, capability.resolutions)
    yield from _one_of(
        "resolution", "request.resolution", capability, resolutions, request.resolution
    )
    yield from _full_length(capability, request)
    ratios = capability.aspect_ratios
    yield from _one_of(
        "aspect-ratio", "request.aspect_ratio", capability, ratios, request.aspect_ratio
    )
    yield from _audio(capability, request)
    yield from _count(capability, request)


def _one_of(
    code: Code,
    at: str,
    capability: Capability,
    allowed: tuple[object, ...],
    asked: object,
    unit: str = "",
) -> Iterator[Unsupported]:
    if asked in allowed:
        return
    what = code.replace("-", " ")
    if not allowed:
        yield _unknown(code, at, capability, f"{asked}{unit}")
        return
    yield Unsupported(
        code,
        "unsupported",
        at,
        f"{_name(capability)} does not take {what} {asked}{unit}; it takes {_list(allowed)}{unit}",
        _list(allowed),
        str(asked),
    )


def _full_length(capability: Capability, request: Request) -> Iterator[Unsupported]:
    """What needs the longest clip: 1080p and 4k, and some modes, on Veo 3.1."""
    if not capability.seconds or request.seconds not in capability.seconds:
        return  # said already
    longest = max(capability.seconds)
    needing = [
        part for part in (request.resolution, request.mode) if part in capability.full_length_only
    ]
    if needing and request.seconds != longest:
        yield Unsupported(
            "full-length",
            "unsupported",
            "request.seconds",
            f"{_name(capability)} makes {' and '.join(needing)} at {longest} s only, "
            f"not at {request.seconds} s",
            str(longest),
            str(request.seconds),
        )


def _audio(capability: Capability, request: Request) -> Iterator[Unsupported]:
    match capability.audio:
        case "optional":
            return
        case None:
            yield _unknown("audio", "request.audio", capability, _on_off(request.audio))
        case always_or_never:
            if request.audio == (always_or_never == "always"):
                return
            does = "always" if always_or_never == "always" else "never"
            yield Unsupported(
                "audio",
                "unsupported",
                "request.audio",
                f"{_name(capability)} {does} makes audio; audio: {_on_off(request.audio)} "
                "has no effect there",
                _on_off(always_or_never == "always"),
                _on_off(request.audio),
            )


def _count(capability: Capability, request: Request) -> Iterator[Unsupported]:
    if request.count == 1:
        return  # one video a request is what every surface makes
    if capability.max_count is None:
        yield _unknown("count", "request.count", capability, str(request.count))
    elif request.count > capability.max_count:
        yield Unsupported(
            "count",
            "unsupported",
            "request.count",
            f"{_name(capability)} makes at most {capability.max_count} videos a request, "
            f"not {request.count}",
            f"at most {capability.max_count}",
            str(request.count),
        )


def _unknown(code: Code, at: str, capability: Capability, asked: str) -> Unsupported:
    what = code.replace("-", " ")
    return Unsupported(
        code,
        "unknown",
        at,
        f"nothing is known about {what} on {_name(capability)}; {asked} may be refused",
        "unknown",
        asked,
    )


def _name(capability: Capability) -> str:
    return f"{capability.model} on {capability.surface}"


def _list(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def _on_off(on: bool) -> str:
    return "true" if on else "false"
