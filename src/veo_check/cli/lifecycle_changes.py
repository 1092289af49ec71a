"""What changes when one model takes over from another: endpoint family, limits, unit and price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from veo_check.reference.book import Reference
from veo_check.reference.lifecycle import LifecycleJudgement
from veo_check.reference.rows import Capability, LifecycleRow

if TYPE_CHECKING:
    from veo_check.pricing.answers import Quote, Refusal

Change = tuple[str, str, str]


def changes(
    old: LifecycleJudgement, new: LifecycleJudgement, book: Reference, day: date
) -> Iterator[Change]:
    """(what, before, after) for everything that differs, as far as the reference knows."""
    before = book.capability(old.model, old.surface)
    after = book.capability(new.model, new.surface)
    if old.surface != new.surface:
        yield "surface", old.surface, new.surface
    for name, say in _SAID:
        was = "unknown" if before is None else say(before)
        becomes = "unknown" if after is None else say(after)
        if was != becomes:
            yield name, was, becomes
    yield from _prices(old, new, book, day)


def _list(values: Iterable[object]) -> str:
    return ", ".join(map(str, values)) or "unknown"


def _seconds(capability: Capability) -> str:
    lengths = capability.seconds
    if len(lengths) > 3 and lengths == tuple(range(lengths[0], lengths[-1] + 1)):
        return f"{lengths[0]} to {lengths[-1]}"
    return _list(lengths)


_SAID: tuple[tuple[str, Callable[[Capability], str]], ...] = (
    ("endpoint", lambda row: _list(row.endpoints)),
    ("seconds", _seconds),
    ("resolutions", lambda row: _list(row.resolutions)),
    ("aspect ratio", lambda row: _list(row.aspect_ratios)),
    ("audio", lambda row: row.audio or "unknown"),
    ("modes", lambda row: _list(row.modes)),
    ("count", lambda row: "unknown" if row.max_count is None else f"up to {row.max_count}"),
)


class _WithoutDates:
    """As much of the reference as pricing a model needs.

    It knows no shutdown dates: what a retired model last cost is still worth comparing.
    """

    def __init__(self, book: Reference) -> None:
        self.prices_of = book.prices_of

    def lifecycle(self, model: str, surface: str | None = None) -> tuple[LifecycleRow, ...]:
        return ()


def _prices(
    old: LifecycleJudgement, new: LifecycleJudgement, book: Reference, day: date
) -> Iterator[Change]:
    # Only here is a price needed, so only here is the price code loaded.
    from decimal import Decimal

    from veo_check.core.money import usd
    from veo_check.pricing.answers import Quote
    from veo_check.pricing.quote import quote
    from veo_check.pricing.shape import Shape

    priced = _WithoutDates(book)

    def ask(one: LifecycleJudgement) -> Quote | Refusal:
        ended = one.shutdown if one.state == "retired" else None
        last = day if ended is None else min(day, ended - timedelta(days=1))
        shape = Shape(one.model, one.surface, seconds=Decimal(8), resolution="720p")
        return quote(priced, shape, last)

    was, becomes = ask(old), ask(new)
    units = [str(one.unit) if isinstance(one, Quote) else "unknown" for one in (was, becomes)]
    costs = [
        f"${usd(one.expected)}" if isinstance(one, Quote) else "unknown" for one in (was, becomes)
    ]
    for name, (before, after) in (("unit", units), ("8 s at 720p", costs)):
        if before != after:
            yield name, before, after
