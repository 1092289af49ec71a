"""Fallback routes: what each changes for the viewer and the bill, and what became of judging it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from pydantic import ValidationError

from veo_check.core.findings import Status
from veo_check.core.frozen import dataclass
from veo_check.core.route import FallbackTarget, Route, fallback_route


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changes when a fallback takes over.

    `name` is the word that `accepts` uses. `needs_acceptance`: the deliverable or the unit of the
    bill changes, so the owner has to accept it by name; otherwise it is only shown.
    """

    name: str
    primary: str
    target: str
    needs_acceptance: bool


@dataclass(frozen=True, slots=True)
class FallbackOutcome:
    """One fallback target, judged like a route of its own for the required and free checks.

    `statuses` are those of its checks for research and of its free checks for staging, by id;
    `reasons` say why one is not good. `expected` is what is charged for one job on the target, in
    USD; None where that is not known, and then `price_refused` says why. `unit` is the unit on the
    bill. `shutdowns` are the model's published shutdown dates still to come. `stopped`: why no job
    of its own may be paid for. `proof` is the smoke job that proves it, until `proven_until`.
    """

    name: str
    index: int  # its place in fallback.routes
    statuses: Mapping[str, Status]
    reasons: Mapping[str, str] = field(default_factory=dict)
    shutdowns: tuple[date, ...] = ()
    expected: Decimal | None = None
    unit: str | None = None
    price_refused: str | None = None
    stopped: str | None = None
    proof: str | None = None
    proven_until: date | None = None


@dataclass(frozen=True, slots=True)
class FallbackOutcomes:
    """Every fallback target of one route. The fact is Missing where they were not judged."""

    targets: tuple[FallbackOutcome, ...]
    primary_shutdowns: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry of `fallback.routes` and the whole route that it makes.

    `route` is None where the entry and the primary do not make a route together; `problem` says
    why.
    """

    index: int
    target: FallbackTarget
    route: Route | None
    problem: str | None = None

    @property
    def at(self) -> str:
        """The entry's path in the route file."""
        return f"fallback.routes.{self.index}"


def candidates(primary: Route) -> tuple[Candidate, ...]:
    """The fallback targets of a route, in the file's order."""
    if primary.fallback is None or not primary.fallback.routes:
        return ()
    return _candidates(_Same(primary))


class _Same:
    """A route as a key: the very object, since comparing routes costs more than what is kept."""

    __slots__ = ("route",)

    def __init__(self, route: Route) -> None:
        self.route = route

    def __hash__(self) -> int:
        return id(self.route)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.route is other.route


# Asked for by the run, by the report and by four checks, for every route of a run.
@lru_cache(maxsize=2048)
def _candidates(primary: _Same) -> tuple[Candidate, ...]:
    targets = primary.route.fallback.routes if primary.route.fallback else []
    return tuple(_candidate(primary.route, *numbered) for numbered in enumerate(targets))


def _candidate(primary: Route, index: int, target: FallbackTarget) -> Candidate:
    try:
        return Candidate(index, target, fallback_route(primary, target))
    except ValidationError as error:
        return Candidate(index, target, None, _in_words(error))


def differences(
    primary: Route, target: Route, primary_unit: str | None = None, unit: str | None = None
) -> tuple[Difference, ...]:
    """What changes when `target` runs in place of `primary`: deliverable first, then plumbing."""
    pairs = (
        ("style", primary.model.official, target.model.official, True),
        ("mode", primary.request.mode, target.request.mode, True),
        ("duration", f"{primary.request.seconds} s", f"{target.request.seconds} s", True),
        ("resolution", primary.request.resolution, target.request.resolution, True),
        ("aspect-ratio", primary.request.aspect_ratio, target.request.aspect_ratio, True),
        ("audio", _audio(primary), _audio(target), True),
        ("count", str(primary.request.count), str(target.request.count), True),
        ("unit", primary_unit or "unknown", unit or "unknown", True),
        ("endpoint", primary.via.endpoint, target.via.endpoint, False),
        ("gateway", _gateway(primary), _gateway(target), False),
        ("surface", primary.model.surface, target.model.surface, False),
    )
    return tuple(Difference(*pair) for pair in pairs if pair[1] != pair[2])


def _audio(route: Route) -> str:
    return "with audio" if route.request.audio else "silent"


def _gateway(route: Route) -> str:
    return f"{route.via.gateway} at {route.base_url}"


def _in_words(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, held['loc']))} {held['msg'].removeprefix('Value error, ')}".strip()
        for held in error.errors()
    )
