"""The prices of a reading beside those that were known: confirmed, changed, new or gone.

A price that still holds is written again with the new reading's day. One that no longer does is
written again with the day on which it was seen to have ended, because rows are never rewritten:
of one publisher's rules with the same match and the same start, the newest reading counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from veo_check.reference.parse import parse_capabilities, parse_lifecycle, parse_sources
from veo_check.reference.price_rules import parse_prices
from veo_check.reference.prices import PriceRule, newest_rules, recency
from veo_check.reference.readings import FIRM, counting, page_of
from veo_check.reference.refresh_changes import Change, price_changed, price_gone, price_new
from veo_check.reference.refresh_page import UnreadablePageError
from veo_check.reference.refresh_rows import PriceRow, Reading
from veo_check.reference.rows import Capability, LifecycleRow

#: resolution -> amount, by (model, surface)
_Told = dict[tuple[str, str], dict[str | None, Decimal]]


@dataclass(frozen=True, slots=True)
class Priced:
    """Rows to append to the document's prices, and what they change."""

    rows: tuple[Mapping[str, object], ...]
    changes: tuple[Change, ...]


def merge_prices(document: Mapping[str, object], reading: Reading) -> Priced:
    """What the reading's prices add to the document, which holds its dates and source already.

    Raises UnreadablePageError for a second, different reading of one day, InvalidFileError for a
    document whose prices cannot be used.
    """
    if not reading.price_surfaces:
        return Priced((), ())
    return _Merging(document, reading).run()


class _Merging:
    def __init__(self, document: Mapping[str, object], reading: Reading) -> None:
        self.reading = reading
        self.day = reading.source.confirmed
        self.sources = parse_sources(document)
        self.capabilities = parse_capabilities(document, self.sources)
        self.dates = parse_lifecycle(document, self.sources)
        self.raw = _raw_rows(document)
        self.before = _current(self._of_this_list(parse_prices(document)))
        self.told: _Told = {}
        for row in reading.prices:
            self.told.setdefault((row.model, row.surface), {})[row.resolution] = row.amount
        self.rows: list[Mapping[str, object]] = []
        self.changes: list[Change] = []

    def run(self) -> Priced:
        covered: dict[tuple[str, str], set[str | None]] = {}
        for rule in self.before:
            key = rule.model, rule.surface
            if rule.ends in {"superseded", "withdrawn"} and rule.valid_to is not None:
                continue  # ended by its page: if it is there again, it is a new price
            covered.setdefault(key, set()).update(_resolutions(rule) or {None})
            now = _amount_now(rule, self.told.get(key, {}))
            if now is None:
                self._gone(rule)
            elif now == rule.components[0].rate:
                self._confirmed(rule)
            else:
                self._changed(rule, now)
        for row in self.reading.prices:
            known = covered.get((row.model, row.surface), set())
            if row.resolution not in known and not (row.resolution is None and known):
                self._new(row)
        return Priced(tuple(self.rows), tuple(self.changes))

    def _of_this_list(self, rules: Iterable[PriceRule]) -> list[PriceRule]:
        """The rules that the same publisher's same list gave: USD per second of output."""
        new = self.reading.source
        return [
            rule
            for rule in rules
            if rule.source.publisher == new.publisher
            and (not new.official or page_of(rule.source) == page_of(new))
            and rule.surface in self.reading.price_surfaces
            and (rule.kind, rule.unit, rule.currency, rule.bound)
            == ("list", "second", "USD", "exact")
            and [part.meter for part in rule.components] == ["output-second"]
        ]

    def _confirmed(self, rule: PriceRule) -> None:
        if rule.source.confirmed < self.day:
            self._append(rule, ends=self._end(rule))

    def _gone(self, rule: PriceRule) -> None:
        if rule.live_on(self.day):
            self._close(rule, "withdrawn")
            self.changes.append(price_gone(rule))

    def _changed(self, rule: PriceRule, now: Decimal) -> None:
        if rule.live_on(self.day):
            self._close(rule, "superseded")
        row = self._append(rule, amount=now, valid_from=self.day, ends=self._end(rule))
        self.changes.append(price_changed(rule, self._parsed(row)))

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
    ) -> Mapping[str, object]:
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
        audio = "".join(":audio" if one is True else ":silent" for one in _choice(rule, "audio"))
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
        self.changes.append(price_new(self._parsed(written)))

    def _parsed(self, row: Mapping[str, object]) -> PriceRule:
        sources = {self.reading.source_id: _bare_source(self.reading)}
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
            one for one in self.capabilities if (one.model, one.surface) == (row.model, row.surface)
        ]
        return max(known, key=lambda one: (one.source.official, one.source.confirmed), default=None)


def _raw_rows(document: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    listed = document.get("prices", [])
    rows = listed if isinstance(listed, list) else []
    return {str(row.get("id")): row for row in rows if isinstance(row, dict)}


def _bare_source(reading: Reading) -> Mapping[str, object]:
    source = reading.source
    return {
        "url": source.url,
        "kind": source.kind,
        "publisher": source.publisher,
        "confirmed": source.confirmed.isoformat(),
    }


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
    return tuple(str(one) for one in choice) if isinstance(choice, tuple) else ()


def _amount_now(rule: PriceRule, told: Mapping[str | None, Decimal]) -> Decimal | None:
    if None in told:
        return told[None]
    amounts = {told.get(resolution) for resolution in _resolutions(rule)}
    return amounts.pop() if len(amounts) == 1 else None


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
        allowed["seconds"] = [max(model.seconds)] if longest else list(model.seconds)
    if model.aspect_ratios:
        allowed["aspect_ratio"] = list(model.aspect_ratios)
    if model.max_count is not None:
        allowed["count"] = list(range(1, model.max_count + 1))
    return match, allowed
