"""What one reading of a page says, and what it changes, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from veo_check.reference.lifecycle import say_day
from veo_check.reference.prices import PriceRule
from veo_check.reference.rows import DateKind, LifecycleRow, Source


@dataclass(frozen=True, slots=True)
class DateRow:
    """A model's dates on one surface, as a page prints them."""

    model: str
    surface: str
    released: date | None
    shutdown: date | None
    kind: DateKind
    replacement: str | None = None
    replacement_text: str | None = None


PriceUnit = Literal["second", "million-tokens"]


@dataclass(frozen=True, slots=True)
class PriceRow:
    """USD for a second of output, or for a million tokens of it.

    `resolution` None: one amount for whatever the model makes.
    """

    model: str
    surface: str
    resolution: str | None
    amount: Decimal
    audio: bool | None = None  # None: the page does not say
    unit: PriceUnit = "second"
    per_image: Decimal | None = None  # for each image sent along


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a page says one model accepts, in the names of a capability row; absent: not said."""

    model: str
    surface: str
    cells: Mapping[str, Any]
    longest: int | None = None  # seconds, where only the longest clip is printed


@dataclass(frozen=True, slots=True)
class Reading:
    """One page, read once: its rows, and the source that they are to be filed under.

    `date_surfaces` and `price_surfaces` are what the page speaks for: an id that it listed there
    and lists no more is gone from it.
    """

    source_id: str
    source: Source
    dates: tuple[DateRow, ...] = ()
    prices: tuple[PriceRow, ...] = ()
    models: tuple[ModelFacts, ...] = ()
    date_surfaces: frozenset[str] = frozenset()
    price_surfaces: frozenset[str] = frozenset()


# What a new reading changes, in words: one sentence a change.


ChangeKind = Literal[
    "new-id",
    "listed-again",
    "date-set",
    "date-moved",
    "date-withdrawn",
    "release-changed",
    "replacement-changed",
    "row-gone",
    "price-new",
    "price-changed",
    "price-gone",
    "model-new",
    "model-changed",
    "conflict",
]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between what was known from a page and what it says now."""

    kind: ChangeKind
    model: str
    surface: str
    text: str


def date_changes(before: LifecycleRow | None, now: DateRow, day: date) -> list[Change]:
    """What is new about one id on its page, read on `day`; `before` is that page's last reading."""
    if before is None or before.kind == "absent":
        released = f", released {now.released}" if now.released else ""
        says = f"{say_day(now.shutdown, now.kind)}{released}{_move(now)}"
        if before is None:
            return [change_of("new-id", now, says)]
        since = f"not listed on {before.source.confirmed}"
        return [change_of("listed-again", now, f"{says} ({since})")]
    found = []
    if (before.shutdown, before.kind) != (now.shutdown, now.kind):
        found.append(_day_change(before, now, day))
    elif _replacement(before) != _replacement(now):
        says = f"{_replacement(before)} -> {_replacement(now)}"
        found.append(change_of("replacement-changed", now, says))
    if now.released and before.released and before.released != now.released:
        found.append(change_of("release-changed", now, f"{before.released} -> {now.released}"))
    return found


def _day_change(before: LifecycleRow, now: DateRow, day: date) -> Change:
    was, says = say_day(before.shutdown, before.kind), say_day(now.shutdown, now.kind)
    if now.shutdown is None:
        says += f"; until now {was}"
        if before.shutdown is not None and before.shutdown <= day:
            says += ", which has passed: make sure that this is not an old page"
        return change_of("date-withdrawn", now, says)
    if before.shutdown is None:
        return change_of("date-set", now, f"{says}{_move(now)}; until now {was}")
    order = (now.shutdown > before.shutdown) - (now.shutdown < before.shutdown)
    how = {1: "later", -1: "EARLIER", 0: "the same day, said otherwise"}[order]
    return change_of("date-moved", now, f"{was} -> {says} ({how}){_move(now)}")


def _move(now: DateRow) -> str:
    return f", replacement {_replacement(now)}" if now.replacement or now.replacement_text else ""


def _replacement(row: DateRow | LifecycleRow) -> str:
    return row.replacement_text or row.replacement or "none"


def change_of(
    kind: ChangeKind,
    row: DateRow | LifecycleRow | PriceRule | ModelFacts,
    says: str,
    tier: str = "",
) -> Change:
    text = f"{kind.replace('-', ' ')}: {row.model}{tier} on {row.surface}: {says}"
    return Change(kind, row.model, row.surface, text)


def cells_of(row: DateRow | Source) -> dict[str, object]:
    """A row or source as the reference file spells it."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in asdict(row).items()
        if value is not None
    }
