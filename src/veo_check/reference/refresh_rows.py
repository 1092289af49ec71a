"""What one reading of one page says, before it is compared with what was known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from veo_check.reference.rows import DateKind, Source


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


@dataclass(frozen=True, slots=True)
class PriceRow:
    """USD per second of output. `resolution` None: one amount for whatever the model makes."""

    model: str
    surface: str
    resolution: str | None
    amount: Decimal
    audio: bool | None = None  # None: the page does not say


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
    date_surfaces: frozenset[str] = frozenset()
    price_surfaces: frozenset[str] = frozenset()
