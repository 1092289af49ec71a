"""What drifted between two runs of the same routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from veo_check.core.findings import GOOD


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What two runs of one route are compared by, each by name; a name that is absent has no value.

    `facts`: a change of one of these matters: verdict, price, unit, ratio, row fields, dates.
    `passing`: what changes by itself as days go by. `checks`: statuses by id. `latency`: ms.
    """

    facts: Mapping[str, str]
    passing: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    latency: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is not as it was. None: it was not there, or is not there any more."""

    route: str
    what: str
    before: str | None
    after: str | None
    matters: bool


def drifts(before: Mapping[str, Snapshot], after: Mapping[str, Snapshot]) -> tuple[Drift, ...]:
    """Everything that drifted, by route name, what matters first within each route.

    A route that is in only one of the two matters. A check's status matters where evidence became
    a hole or a failure, or the other way round; latency never does.
    """
    found: list[Drift] = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            sides = [None if one is None else "in this run" for one in (old, new)]
            found.append(Drift(name, "route", sides[0], sides[1], matters=True))
        else:
            found += sorted(_of_route(name, old, new), key=lambda one: not one.matters)
    return tuple(found)


def _of_route(name: str, old: Snapshot, new: Snapshot) -> Iterator[Drift]:
    for what, was, now in _changed(old.facts, new.facts):
        yield Drift(name, what, was, now, True)
    for check, was, now in _changed(old.checks, new.checks):
        matters = (was in GOOD) is not (now in GOOD)
        yield Drift(name, f"check {check}", was, now, matters)
    for what, was, now in _changed(old.passing, new.passing):
        yield Drift(name, what, was, now, False)
    for what in old.latency:
        slower = _much_slower(old.latency[what], new.latency.get(what))
        if slower is not None:
            yield Drift(name, f"latency of {what}", f"{old.latency[what]} ms", slower, False)


def _changed(
    old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    for what in dict.fromkeys([*old, *new]):
        if old.get(what) != new.get(what):
            yield what, old.get(what), new.get(what)


def _much_slower(was: int, now: int | None) -> str | None:
    """The new latency where it is another order: twice or half, and more than a fifth of a second
    apart."""
    if now is None or abs(now - was) <= 200 or was < 2 * now < 4 * was:
        return None
    return f"{now} ms"
