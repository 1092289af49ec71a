"""A request shape against what a model accepts, before anything is sent.

Every difference comes back with a code and the route-file value it is about. Where the reference
does not know, the outcome is `unknown`: not supported, not unsupported, and never a pass by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from veo_check.core.route import Request
from veo_check.reference.rows import Capability

Code = Literal[
    "seconds", "resolution", "full-length", "aspect-ratio", "audio", "mode", "count", "capability"
]
Outcome = Literal["unsupported", "unknown"]
#: code -> the route-file value it is about
_AT: dict[Code, str] = {
    "seconds": "request.seconds",
    "resolution": "request.resolution",
    "full-length": "request.seconds",
    "aspect-ratio": "request.aspect_ratio",
    "audio": "request.audio",
    "mode": "request.mode",
    "count": "request.count",
}


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
    if capability is not None:
        return tuple(_differences(capability, request))
    message = "nothing is known about what this model accepts on this surface"
    at = "model.official"
    return (Unsupported("capability", "unknown", at, message, "a capability row", "none"),)


def _differences(capability: Capability, request: Request) -> Iterator[Unsupported]:
    resolutions = capability.mode_resolutions.get(request.mode, capability.resolutions)
    ratios = capability.aspect_ratios
    yield from _listed("mode", capability, capability.modes, request.mode)
    yield from _listed("seconds", capability, capability.seconds, request.seconds, unit=" s")
    yield from _listed("resolution", capability, resolutions, request.resolution)
    yield from _full_length(capability, request)
    yield from _listed("aspect-ratio", capability, ratios, request.aspect_ratio)
    yield from _audio(capability, request)
    yield from _count(capability, request)


def _listed(
    code: Code, capability: Capability, allowed: tuple[object, ...], asked: object, unit: str = ""
) -> Iterator[Unsupported]:
    if asked in allowed:
        return
    if not allowed:
        yield _unknown(code, capability, f"{asked}{unit}")
        return
    what, takes = code.replace("-", " "), ", ".join(map(str, allowed))
    says = f"does not take {what} {asked}{unit}; it takes {takes}{unit}"
    yield _refused(code, capability, says, takes, asked)


def _full_length(capability: Capability, request: Request) -> Iterator[Unsupported]:
    """What needs the longest clip: 1080p and 4k, and some modes, on Veo 3.1."""
    if not capability.seconds or request.seconds not in capability.seconds:
        return  # said already
    longest = max(capability.seconds)
    needing = [
        part for part in (request.resolution, request.mode) if part in capability.full_length_only
    ]
    if needing and request.seconds != longest:
        says = f"makes {' and '.join(needing)} at {longest} s only, not at {request.seconds} s"
        yield _refused("full-length", capability, says, str(longest), request.seconds)


def _audio(capability: Capability, request: Request) -> Iterator[Unsupported]:
    asked = _on_off(request.audio)
    if capability.audio is None:
        yield _unknown("audio", capability, asked)
    elif capability.audio != "optional" and request.audio != (capability.audio == "always"):
        says = f"{capability.audio} makes audio; audio: {asked} has no effect there"
        yield _refused("audio", capability, says, _on_off(capability.audio == "always"), asked)


def _count(capability: Capability, request: Request) -> Iterator[Unsupported]:
    most = capability.max_count
    if request.count == 1:
        return  # one video a request is what every surface makes
    if most is None:
        yield _unknown("count", capability, str(request.count))
    elif request.count > most:
        says = f"makes at most {most} videos a request, not {request.count}"
        yield _refused("count", capability, says, f"at most {most}", request.count)


def _refused(
    code: Code, capability: Capability, says: str, expected: str, asked: object
) -> Unsupported:
    message = f"{capability.model} on {capability.surface} {says}"
    return Unsupported(code, "unsupported", _AT[code], message, expected, str(asked))


def _unknown(code: Code, capability: Capability, asked: str) -> Unsupported:
    where = f"{capability.model} on {capability.surface}"
    message = f"nothing is known about {code.replace('-', ' ')} on {where}; {asked} may be refused"
    return Unsupported(code, "unknown", _AT[code], message, "unknown", asked)


def _on_off(on: bool) -> str:
    return "true" if on else "false"
