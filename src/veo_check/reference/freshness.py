"""How old a fact may be: warn above one limit, block above another (spec section 5)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from veo_check.core.clock import Judging

Freshness = Literal["fresh", "aging", "stale"]
RowKind = Literal["lifecycle", "price", "capability"]

#: kind of row -> (warn when older than, block when older than), in days. Capabilities change with
#: a model's page, as seldom as prices do.
LIMITS: dict[RowKind, tuple[int, int]] = {
    "lifecycle": (14, 45),
    "price": (45, 120),
    "capability": (45, 120),
}


def limits(kind: RowKind, max_age_days: int | None = None) -> tuple[int, int]:
    """(warn, block) in days; `--max-age` sets the block limit, and warning never comes later."""
    warn, block = LIMITS[kind]
    return (warn, block) if max_age_days is None else (min(warn, max_age_days), max_age_days)


def freshness(kind: RowKind, age_days: int, max_age_days: int | None = None) -> Freshness:
    """What an age in days means for a row of this kind."""
    warn, block = limits(kind, max_age_days)
    if age_days > block:
        return "stale"
    return "aging" if age_days > warn else "fresh"


def last_usable_day(kind: RowKind, confirmed: date, judging: Judging) -> date:
    """The last day on which a row confirmed on `confirmed` is not yet too old."""
    _, block = limits(kind, judging.max_age_days)
    try:
        return confirmed + timedelta(days=block)
    except OverflowError:
        return date.max
