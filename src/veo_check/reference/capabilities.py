"""A request shape against what a model accepts, before anything is sent.

Every difference comes back with a code and the route-file value it is about. Where the reference
does not know, the outcome is `unknown`: not supported, not unsupported, and never a pass by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol

from veo_check.core.frozen import dataclass
from veo_check.reference.rows import Capability

Code = Literal[
    "seconds", "resolution", "full-length", "aspect-ratio", "audio", "mode", "count", "capability"
]
#: `disputed`: some sources say that it is refused, others made such a clip.
Outcome = Literal["unsupported", "unknown", "disputed"]
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

if TYPE_CHECKING:  # pydantic stays out of commands that need no route file
    from veo_check.core.route import Request, Route


class Asked(Protocol):
    """What a request or a priced shape asks for; None is left open, and nothing is said of it."""

    @property
    def mode(self) -> str | None: ...
    @property
    def seconds(self) -> Decimal | int | None: ...
    @property
    def resolution(self) -> str | None: ...
    @property
    def aspect_ratio(self) -> str | None: ...
    @property
    def audio(self) -> bool | None: ...
    @property
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Unsupported:
    """One part of the shape that the model refuses, or about which too little is known.

    `at` is the route-file path; `expected` and `actual` are the two values in words.
    """

    code: Code
    outcome: Outcome
    at: str
    message: str
    expected: str
    actual: str


def unsupported(capability: Capability | None, request: Asked) -> tuple[Unsupported, ...]:
    """Everything about `request` that `capability` does not positively allow; empty: supported.

    Without a capability row everything is unknown: one finding with the code `capability`.
    """
    if capability is not None:
        return tuple(_differences(capability, request))
    message = "nothing is known about what this model accepts on this surface"
    at = "model.official"
    return (Unsupported("capability", "unknown", at, message, "a capability row", "none"),)


def smoke_request(route: Route) -> Request:
    """The request of the smoke job: the route's, at the smoke job's length and resolution."""
    changed = {"seconds": route.smoke.seconds, "resolution": route.smoke.resolution, "count": 1}
    return route.request.model_copy(update=changed)


def with_smoke_shape(
    route: Route, capability: Capability | None, priced: Callable[[Route], bool] = lambda _: True
) -> Route:
    """The route with the cheapest smoke job that its model and mode take: small and short.

    Only where the file leaves resolution or length open. One that is not `priced` cannot be paid
    for; where none is, the cheapest stands.
    """
    if capability is None:
        return route
    mode, given = route.request.mode, route.smoke.model_fields_set
    sizes = [] if "resolution" in given else capability.sizes(mode)
    lengths = [] if "seconds" in given else sorted(capability.lengths(mode))
    fitting = []
    for size in sizes or [route.smoke.resolution]:
        for seconds in lengths or [route.smoke.seconds]:
            shape = {"resolution": size, "seconds": seconds}
            changed = route.model_copy(update={"smoke": route.smoke.model_copy(update=shape)})
            parts = unsupported(capability, smoke_request(changed))
            if not any(part.code in {"seconds", "full-length"} for part in parts):
                fitting.append(changed)
                break
    best = next((changed for changed in fitting if priced(changed)), None)
    chosen = best or next(iter(fitting), route)
    return route if chosen.smoke == route.smoke else chosen


def _differences(capability: Capability, request: Asked) -> Iterator[Unsupported]:
    resolutions = capability.mode_resolutions.get(request.mode or "", capability.resolutions)
    ratios = capability.aspect_ratios
    lengths, mode = capability.lengths(request.mode), request.mode
    alone = f" for {mode}" if mode in capability.mode_seconds else ""
    yield from _listed("mode", capability, capability.modes, mode)
    yield from _listed("seconds", capability, lengths, request.seconds, " s", alone)
    disputed = request.resolution in capability.resolutions_disputed
    if request.resolution and disputed and mode not in capability.mode_resolutions:
        yield _disputed_resolution(capability, request.resolution)
    else:
        yield from _listed("resolution", capability, resolutions, request.resolution)
    yield from _full_length(capability, request)
    yield from _listed("aspect-ratio", capability, ratios, request.aspect_ratio)
    yield from _audio(capability, request)
    yield from _count(capability, request)


def _disputed_resolution(capability: Capability, resolution: str) -> Unsupported:
    message = (
        f"Google's pages differ on whether {capability.model} on {capability.surface} makes "
        f"{resolution}: one has a price for it, the other does not list it"
    )
    listed = ", ".join(capability.resolutions)
    at = _AT["resolution"]
    return Unsupported("resolution", "disputed", at, message, listed, resolution)


def _listed(
    code: Code,
    capability: Capability,
    allowed: tuple[object, ...],
    asked: object,
    unit: str = "",
    alone: str = "",
) -> Iterator[Unsupported]:
    if asked is None or asked in allowed:
        return
    if not allowed:
        yield _unknown(code, capability, f"{asked}{unit}")
        return
    takes = ", ".join(map(str, allowed))
    what = "a clip of" if code == "seconds" else code.replace("-", " ")
    what, offers = f"{what} {asked}{unit}{alone} is not offered", f"takes {takes}{unit}"
    yield _refused(code, capability, what, offers, takes, asked)


def _full_length(capability: Capability, request: Asked) -> Iterator[Unsupported]:
    """What needs the longest clip: 1080p and 4k, and some modes, on Veo 3.1."""
    lengths = capability.lengths(request.mode)
    if request.seconds is None or request.seconds not in lengths:
        return  # said already
    longest, asked = max(lengths), f"{request.seconds} s"
    if request.seconds == longest:
        return
    parts = [part for part in (request.resolution, request.mode) if part is not None]
    needing = [part for part in parts if part in capability.full_length_only]
    if needing:
        what = f"{' and '.join(needing)} at {asked} is not offered"
        only = f"needs {longest} s"
        yield _refused("full-length", capability, what, only, str(longest), request.seconds)
    for part in parts:
        if part in capability.full_length_disputed:
            message = (
                f"sources differ on whether {capability.model} on {capability.surface} makes "
                f"{part} at {asked}; at {longest} s it does"
            )
            at, seconds = _AT["full-length"], str(request.seconds)
            yield Unsupported("full-length", "disputed", at, message, str(longest), seconds)


def _audio(capability: Capability, request: Asked) -> Iterator[Unsupported]:
    if request.audio is None:
        return
    asked = _on_off(request.audio)
    if capability.audio is None:
        yield _unknown("audio", capability, asked)
    elif capability.audio != "optional" and request.audio != (capability.audio == "always"):
        what, makes = f"audio: {asked} has no effect", f"{capability.audio} makes audio"
        wanted = _on_off(capability.audio == "always")
        yield _refused("audio", capability, what, makes, wanted, asked)


def _count(capability: Capability, request: Asked) -> Iterator[Unsupported]:
    most = capability.max_count
    if request.count == 1:
        return  # one video a request is what every surface makes
    if most is None:
        yield _unknown("count", capability, str(request.count))
    elif request.count > most:
        what = f"{request.count} videos a request are not offered"
        makes = f"makes at most {most}"
        yield _refused("count", capability, what, makes, f"at most {most}", request.count)


def _refused(
    code: Code, capability: Capability, what: str, offers: str, expected: str, asked: object
) -> Unsupported:
    message = f"{what}; {capability.model} on {capability.surface} {offers}"
    return Unsupported(code, "unsupported", _AT[code], message, expected, str(asked))


def _unknown(code: Code, capability: Capability, asked: str) -> Unsupported:
    where = f"{capability.model} on {capability.surface}"
    message = f"nothing is known about {code.replace('-', ' ')} on {where}; {asked} may be refused"
    return Unsupported(code, "unknown", _AT[code], message, "unknown", asked)


def _on_off(on: bool) -> str:
    return "true" if on else "false"
