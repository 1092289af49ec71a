"""A reading put into a reference document: rows appended, nothing rewritten, nothing lost.

The document is the same JSON that `veo_check.reference.load` reads. A page read again on a later
day adds its rows once more, with that day and the hash of what was read: the newest reading of a
page counts, and the older ones stay as what was true.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Literal, cast

from veo_check.core.frozen import dataclass
from veo_check.core.money import InvalidFileError, usd
from veo_check.reference.lifecycle import say_day
from veo_check.reference.prices import PriceRule, newest_rules, parse_prices, recency
from veo_check.reference.readings import FIRM, counting, is_over, page_of, read_on
from veo_check.reference.rows import (
    Capability,
    DateKind,
    Document,
    LifecycleRow,
    Source,
    Sources,
    parse_capabilities,
    parse_lifecycle,
    parse_sources,
)
from veo_check.refresh.pages import UnreadablePageError

# What one reading of one page says, before it is compared with what was known.


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
            return [_change("new-id", now, says)]
        since = f"not listed on {before.source.confirmed}"
        return [_change("listed-again", now, f"{says} ({since})")]
    found = []
    if (before.shutdown, before.kind) != (now.shutdown, now.kind):
        found.append(_day_change(before, now, day))
    elif _replacement(before) != _replacement(now):
        says = f"{_replacement(before)} -> {_replacement(now)}"
        found.append(_change("replacement-changed", now, says))
    if now.released and before.released and before.released != now.released:
        found.append(_change("release-changed", now, f"{before.released} -> {now.released}"))
    return found


def _day_change(before: LifecycleRow, now: DateRow, day: date) -> Change:
    was, says = say_day(before.shutdown, before.kind), say_day(now.shutdown, now.kind)
    if now.shutdown is None:
        says += f"; until now {was}"
        if before.shutdown is not None and before.shutdown <= day:
            says += ", which has passed: make sure that this is not an old page"
        return _change("date-withdrawn", now, says)
    if before.shutdown is None:
        return _change("date-set", now, f"{says}{_move(now)}; until now {was}")
    order = (now.shutdown > before.shutdown) - (now.shutdown < before.shutdown)
    how = {1: "later", -1: "EARLIER", 0: "the same day, said otherwise"}[order]
    return _change("date-moved", now, f"{was} -> {says} ({how}){_move(now)}")


def _move(now: DateRow) -> str:
    return f", replacement {_replacement(now)}" if now.replacement or now.replacement_text else ""


def _replacement(row: DateRow | LifecycleRow) -> str:
    return row.replacement_text or row.replacement or "none"


def _change(
    kind: ChangeKind, row: DateRow | LifecycleRow | PriceRule, says: str, tier: str = ""
) -> Change:
    text = f"{kind.replace('-', ' ')}: {row.model}{tier} on {row.surface}: {says}"
    return Change(kind, row.model, row.surface, text)


def _price_change(kind: ChangeKind, rule: PriceRule, says: str) -> Change:
    words = {True: "with audio", False: "silent"}
    named = [
        words[value] if isinstance(value, bool) else str(value)
        for key in ("resolution", "audio")
        for value in _choice(rule, key)
    ]
    return _change(kind, rule, says, f", {', '.join(named)}," if named else "")


def _rate(rule: PriceRule) -> str:
    return f"${usd(rule.components[0].rate)} a second"


# The prices of a reading beside those that were known: confirmed, changed, new or gone.


def merge_prices(
    document: Document, reading: Reading
) -> tuple[tuple[Document, ...], tuple[Change, ...]]:
    """The rows that the reading's prices add to the document, and what they change.

    The document holds the reading's dates and source already. Raises UnreadablePageError for a
    second, different reading of one day, InvalidFileError for a document whose prices cannot be
    used.
    """
    if not reading.price_surfaces:
        return (), ()
    merging = _PriceMerge(document, reading)
    merging.run()
    return tuple(merging.rows), tuple(merging.changes)


class _PriceMerge:
    def __init__(self, document: Document, reading: Reading) -> None:
        self.reading = reading
        self.day = reading.source.confirmed
        sources = parse_sources(document)
        self.capabilities = parse_capabilities(document, sources)
        self.dates = parse_lifecycle(document, sources)
        self.before = _current(self._of_this_list(parse_prices(document)))
        self.raw = {
            str(row.get("id")): row for row in section(document, "prices") if isinstance(row, dict)
        }
        #: (model, surface) -> resolution -> amount
        self.now: dict[tuple[str, str], dict[str | None, Decimal]] = {}
        for row in reading.prices:
            self.now.setdefault((row.model, row.surface), {})[row.resolution] = row.amount
        self.rows: list[Document] = []
        self.changes: list[Change] = []

    def run(self) -> None:
        covered: dict[tuple[str, str], set[str | None]] = {}
        for rule in self.before:
            key = rule.model, rule.surface
            if rule.ends in {"superseded", "withdrawn"} and rule.valid_to is not None:
                continue  # ended by its page: if it is there again, it is a new price
            covered.setdefault(key, set()).update(_resolutions(rule) or {None})
            now = _amount_now(rule, self.now.get(key, {}))
            if now is None:
                self._gone(rule)
            elif now != rule.components[0].rate:
                self._changed(rule, now)
            elif rule.source.confirmed < self.day:
                self._append(rule, ends=self._end(rule))
        for row in self.reading.prices:
            known = covered.get((row.model, row.surface), set())
            if row.resolution not in known and not (row.resolution is None and known):
                self._new(row)

    def _of_this_list(self, rules: Iterable[PriceRule]) -> list[PriceRule]:
        """The rules that the same publisher's same list gave: USD per second of output."""
        new = self.reading.source
        return [
            rule
            for rule in rules
            if rule.source.publisher == new.publisher
            and (not new.official or page_of(rule.source) == page_of(new))
            and rule.surface in self.reading.price_surfaces
            and (rule.unit, rule.currency, rule.bound) == ("second", "USD", "exact")
            and [part.meter for part in rule.components] == ["output-second"]
        ]

    def _gone(self, rule: PriceRule) -> None:
        if rule.live_on(self.day):
            self._close(rule, "withdrawn")
            says = f"the page prints it no more; it was {_rate(rule)}"
            self.changes.append(_price_change("price-gone", rule, says))

    def _changed(self, rule: PriceRule, amount: Decimal) -> None:
        if rule.live_on(self.day):
            self._close(rule, "superseded")
        now = self._parsed(
            self._append(rule, amount=amount, valid_from=self.day, ends=self._end(rule))
        )
        says = f"{_rate(rule)} -> {_rate(now)}, seen {now.valid_from}"
        self.changes.append(_price_change("price-changed", now, says))

    def _close(self, rule: PriceRule, ends: str) -> None:
        """The same price once more, with the day by which it had ended."""
        if rule.source.confirmed >= self.day or (rule.valid_from or date.min) >= self.day:
            raise UnreadablePageError(
                f"it contradicts what was read on the same day about the price of {rule.model}; "
                "read it again on another day"
            )
        self._append(rule, suffix=":ended", ends=(self.day, ends))

    def _append(
        self,
        rule: PriceRule,
        *,
        suffix: str = "",
        amount: Decimal | None = None,
        valid_from: date | None = None,
        ends: tuple[date, str] | None = None,
    ) -> Document:
        row = dict(self.raw[rule.id])
        for key in ("valid_to", "ends", "source"):
            row.pop(key, None)
        row["id"] = self._id(rule, suffix)
        if amount is not None:
            row["amount"] = f"{amount:f}"
        if valid_from is not None:
            row["valid_from"] = valid_from.isoformat()
        if ends is not None:
            row["valid_to"], row["ends"] = ends[0].isoformat(), ends[1]
        row["source"] = self.reading.source_id
        self.rows.append(row)
        return row

    def _id(self, rule: PriceRule, suffix: str) -> str:
        tier = "+".join(map(str, _resolutions(rule))) or "any"
        sounds = _choice(rule, "audio")
        audio = "".join(":audio" if sound is True else ":silent" for sound in sounds)
        return f"price:{rule.surface}:{rule.model}:{tier}{audio}:{self.reading.source_id}{suffix}"

    def _new(self, row: PriceRow) -> None:
        model = self._capability(row)
        offered = model.resolutions if model is not None else ()
        if not self.reading.source.official and row.resolution not in offered:
            return  # a base rate that stands for tiers which the model may not have
        match, allowed = _shape(row, model)
        tier = row.resolution or "any"
        cells: dict[str, object] = {
            "id": f"price:{row.surface}:{row.model}:{tier}:{self.reading.source_id}",
            "surface": row.surface,
            "model": row.model,
            "match": match,
            "allowed": allowed,
            "unit": "second",
            "amount": f"{row.amount:f}",
            "valid_from": self.day.isoformat(),
        }
        end = self._shutdown(row.model, row.surface)
        if end is not None and end > self.day:
            cells.update({"valid_to": end.isoformat(), "ends": "retired"})
        cells["source"] = self.reading.source_id
        written = {key: value for key, value in cells.items() if value != {}}
        self.rows.append(written)
        rule = self._parsed(written)
        self.changes.append(_price_change("price-new", rule, _rate(rule)))

    def _parsed(self, row: Document) -> PriceRule:
        sources = {self.reading.source_id: _cells(self.reading.source)}
        [rule] = parse_prices({"sources": sources, "prices": [row]})
        return rule

    def _end(self, rule: PriceRule) -> tuple[date, str] | None:
        """A price ends with its model."""
        end = self._shutdown(rule.model, rule.surface)
        if end is None or end <= (rule.valid_from or date.min):
            return None
        return end, "retired"

    def _shutdown(self, model: str, surface: str) -> date | None:
        rows: tuple[LifecycleRow, ...] = tuple(
            row for row in self.dates if (row.model, row.surface) == (model, surface)
        )
        return min(
            (
                row.shutdown
                for row in counting(rows, self.day).rows
                if row.source.official and row.kind in FIRM and row.shutdown is not None
            ),
            default=None,
        )

    def _capability(self, row: PriceRow) -> Capability | None:
        known = [
            capability
            for capability in self.capabilities
            if (capability.model, capability.surface) == (row.model, row.surface)
        ]
        return max(known, key=lambda row: (row.source.official, row.source.confirmed), default=None)


def _current(rules: Iterable[PriceRule]) -> list[PriceRule]:
    """Of each model's tiers the rule that holds last, in file order."""
    last: dict[object, PriceRule] = {}
    for rule in newest_rules(tuple(rules)):
        key = rule.surface, rule.model, tuple(sorted(rule.match.items(), key=str))
        if key not in last or recency(rule) >= recency(last[key]):
            last[key] = rule
    return list(last.values())


def _choice(rule: PriceRule, name: str) -> tuple[object, ...]:
    choice = rule.match.get(name)
    return choice if isinstance(choice, tuple) else ()


def _resolutions(rule: PriceRule) -> tuple[str, ...]:
    """The resolutions that a rule prices; none where it prices whatever the model makes."""
    choice = rule.match.get("resolution", rule.allowed.get("resolution"))
    return tuple(map(str, choice)) if isinstance(choice, tuple) else ()


def _amount_now(rule: PriceRule, amounts: Mapping[str | None, Decimal]) -> Decimal | None:
    if None in amounts:
        return amounts[None]
    of_rule = {amounts.get(resolution) for resolution in _resolutions(rule)}
    return of_rule.pop() if len(of_rule) == 1 else None


def _shape(row: PriceRow, model: Capability | None) -> tuple[dict[str, object], dict[str, object]]:
    """What a new rule matches on, and what the model can do at that price, as far as is known."""
    match: dict[str, object] = {}
    allowed: dict[str, object] = {}
    if row.resolution is not None:
        match["resolution"] = row.resolution
    elif model is not None and model.resolutions:
        allowed["resolution"] = list(model.resolutions)
    sound = None if model is None else model.audio
    if sound == "optional" and row.audio is not None:
        match["audio"] = row.audio
    elif row.audio is not None or sound in {"always", "never"}:
        allowed["audio"] = [row.audio if row.audio is not None else sound == "always"]
    if model is None:
        return match, allowed
    if model.seconds:
        longest = row.resolution in model.full_length_only
        every = sorted({*model.seconds, *itertools.chain(*model.mode_seconds.values())})
        allowed["seconds"] = [max(model.seconds)] if longest else every
    if model.aspect_ratios:
        allowed["aspect_ratio"] = list(model.aspect_ratios)
    if model.max_count is not None:
        allowed["count"] = list(range(1, model.max_count + 1))
    return match, allowed


#: `read`: its rows are in. `older`: a newer reading is there, nothing changed. `known`: this very
#: reading is there already.
State = Literal["read", "older", "known"]


@dataclass(frozen=True, slots=True)
class Merged:
    """A document after one reading, and what that changed. `detail` says why nothing did."""

    document: Document
    state: State
    changes: tuple[Change, ...] = ()
    detail: str | None = None


def merge(document: Document, reading: Reading) -> Merged:
    """The document with this reading, or as it was where it knows a newer one.

    Raises UnreadablePageError where the reading cannot be true beside what is known, and
    InvalidFileError where the document is none.
    """
    sources = parse_sources(document)
    older = _older(sources, reading.source)
    if older is not None:
        return Merged(document, "older", detail=older)
    new = reading.source
    if any(
        (known.sha256, known.confirmed) == (new.sha256, new.confirmed) and _same_page(known, new)
        for known in sources.values()
    ):
        return Merged(document, "known", detail="this reading is in the reference already")
    if reading.source_id in sources:
        raise InvalidFileError(f"sources.{reading.source_id}: this id stands for another reading")
    known = parse_lifecycle(document, sources)
    listed, changes = _dates(known, reading)
    written = cast("Document", document.get("sources", {}))
    merged: dict[str, object] = {
        **document,
        "compiled": max(str(document.get("compiled", "")), reading.source.confirmed.isoformat()),
        "sources": {**written, reading.source_id: _cells(reading.source)},
        "lifecycle": [*section(document, "lifecycle"), *listed],
    }
    priced, price_changes = merge_prices(merged, reading)
    merged["prices"] = [*section(document, "prices"), *priced]
    if not listed and not priced:
        return Merged(document, "known", detail="it says nothing that is not known of that day")
    return Merged(merged, "read", (*changes, *price_changes))


def _older(sources: Sources, new: Source) -> str | None:
    same = [source for source in sources.values() if _same_page(source, new)]
    newest = max(same, key=read_on, default=None)
    if newest is not None and new.confirmed < newest.confirmed:
        return f"it was read on {new.confirmed}; a reading of {newest.confirmed} is known already"
    updated = max(
        (source.page_date for source in same if source.page_date is not None), default=None
    )
    if updated is not None and new.page_date is not None and new.page_date < updated:
        return f"it was last updated on {new.page_date}; its state of {updated} is known already"
    return None


def _same_page(known: Source, new: Source) -> bool:
    """Of a third party every page counts as one: its list is filed under several addresses."""
    if new.official:
        return page_of(known) == page_of(new)
    return known.publisher == new.publisher


def _dates(
    known: tuple[LifecycleRow, ...], reading: Reading
) -> tuple[list[dict[str, object]], list[Change]]:
    page = page_of(reading.source)
    before: dict[tuple[str, str], list[LifecycleRow]] = {}
    for row in sorted(known, key=lambda row: read_on(row.source)):
        if page_of(row.source) == page and row.surface in reading.date_surfaces:
            before.setdefault((row.model, row.surface), []).append(row)
    rows: list[dict[str, object]] = []
    changes: list[Change] = []
    for now in reading.dates:
        earlier = before.pop((now.model, now.surface), [None])
        changes.extend(date_changes(earlier[-1], now, reading.source.confirmed))
        rows.append(_date_cells(now, reading.source_id))
    for (model, surface), earlier_rows in before.items():
        newest = earlier_rows[-1]
        listed = next((row for row in reversed(earlier_rows) if row.kind != "absent"), None)
        if (
            newest.kind == "absent"
            and listed is not None
            and is_over(listed, newest.source.confirmed)
        ):
            continue  # retired, and dropped long ago
        if newest.kind != "absent":
            over = is_over(newest, reading.source.confirmed)
            says = (
                "the page lists it no more; it said "
                f"{say_day(newest.shutdown, newest.kind)}, "
                + ("which has passed: it stays retired" if over else "now it is unknown")
            )
            changes.append(_change("row-gone", newest, says))
        gone = DateRow(model, surface, None, None, "absent")
        rows.append(_date_cells(gone, reading.source_id))
    return rows, changes


def _date_cells(row: DateRow, source_id: str) -> dict[str, object]:
    row_id = f"life:{row.surface}:{row.model}:{source_id}"
    return {"id": row_id, **_cells(row), "source": source_id}


def _cells(row: DateRow | Source) -> dict[str, object]:
    """A row or source as the reference file spells it."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in asdict(row).items()
        if value is not None
    }


def section(document: Document, key: str) -> list[object]:
    """The rows of one section; what is no list of rows is refused by whoever reads the rows."""
    value = document.get(key, [])
    return value if isinstance(value, list) else []
