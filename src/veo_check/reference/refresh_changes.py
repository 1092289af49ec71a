"""What a new reading changes, in words: one sentence a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from veo_check.core.money import usd
from veo_check.reference.lifecycle import say_day
from veo_check.reference.prices import PriceRule
from veo_check.reference.refresh_rows import DateRow
from veo_check.reference.rows import LifecycleRow

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
            return [_of("new-id", now, f"new id: {_where(now)}: {says}")]
        since = f"not listed on {before.source.confirmed}"
        return [_of("listed-again", now, f"listed again: {_where(now)}: {says} ({since})")]
    found = []
    if (before.shutdown, before.kind) != (now.shutdown, now.kind):
        found.append(_day_change(before, now, day))
    elif _named(before) != _named(now):
        what = f"replacement changed: {_where(now)}: {_named(before)} -> {_named(now)}"
        found.append(_of("replacement-changed", now, what))
    if now.released and before.released and before.released != now.released:
        what = f"release changed: {_where(now)}: {before.released} -> {now.released}"
        found.append(_of("release-changed", now, what))
    return found


def row_gone(before: LifecycleRow, day: date) -> Change:
    """The page lists the id no more."""
    over = before.kind in {"exact", "earliest"} and before.shutdown is not None
    stays = over and before.shutdown is not None and before.shutdown <= day
    what = (
        f"row gone: {before.model} on {before.surface}: the page lists it no more; it said "
        f"{say_day(before.shutdown, before.kind)}, "
        + ("which has passed: it stays retired" if stays else "now it is unknown")
    )
    return Change("row-gone", before.model, before.surface, what)


def price_new(rule: PriceRule) -> Change:
    """A price where none was known from this page."""
    return _price("price-new", rule, f"price new: {_tier(rule)}: {_rate(rule)}")


def price_changed(before: PriceRule, now: PriceRule) -> Change:
    """Another amount than before."""
    what = f"price changed: {_tier(now)}: {_rate(before)} -> {_rate(now)}, seen {now.valid_from}"
    return _price("price-changed", now, what)


def price_gone(before: PriceRule) -> Change:
    """The page prints no price for it any more."""
    what = f"price gone: {_tier(before)}: the page prints it no more; it was {_rate(before)}"
    return _price("price-gone", before, what)


def _day_change(before: LifecycleRow, now: DateRow, day: date) -> Change:
    was, says = say_day(before.shutdown, before.kind), say_day(now.shutdown, now.kind)
    if now.shutdown is None:
        what = f"date withdrawn: {_where(now)}: {says}; until now {was}"
        if before.shutdown is not None and before.shutdown <= day:
            what += ", which has passed: make sure that this is not an old page"
        return _of("date-withdrawn", now, what)
    if before.shutdown is None:
        return _of("date-set", now, f"date set: {_where(now)}: {says}{_move(now)}; until now {was}")
    order = (now.shutdown > before.shutdown) - (now.shutdown < before.shutdown)
    how = {1: "later", -1: "EARLIER", 0: "the same day, said otherwise"}[order]
    return _of("date-moved", now, f"date moved: {_where(now)}: {was} -> {says} ({how}){_move(now)}")


def _move(now: DateRow) -> str:
    return f", replacement {_named(now)}" if now.replacement or now.replacement_text else ""


def _named(row: DateRow | LifecycleRow) -> str:
    return row.replacement_text or row.replacement or "none"


def _where(now: DateRow) -> str:
    return f"{now.model} on {now.surface}"


def _of(kind: ChangeKind, now: DateRow, text: str) -> Change:
    return Change(kind, now.model, now.surface, text)


def _price(kind: ChangeKind, rule: PriceRule, text: str) -> Change:
    return Change(kind, rule.model, rule.surface, text)


def _tier(rule: PriceRule) -> str:
    named = [
        value
        for key in ("resolution", "audio")
        if isinstance(choice := rule.match.get(key), tuple)
        for value in choice
    ]
    words = {True: "with audio", False: "silent"}
    tier = ", ".join(words[one] if isinstance(one, bool) else str(one) for one in named)
    return f"{rule.model}{f', {tier},' if tier else ''} on {rule.surface}"


def _rate(rule: PriceRule) -> str:
    return f"${usd(rule.components[0].rate)} a second"
