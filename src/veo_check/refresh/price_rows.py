"""The prices of a reading beside those that were known: confirmed, changed, new or gone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import cast

from veo_check.core.money import usd
from veo_check.reference.load import family_of
from veo_check.reference.prices import PriceRule, newest_rules, parse_prices, recency
from veo_check.reference.readings import FIRM, counting
from veo_check.reference.rows import (
    Capability,
    Document,
    LifecycleRow,
    parse_capabilities,
    parse_lifecycle,
    parse_sources,
)
from veo_check.refresh.pages import UnreadablePageError
from veo_check.refresh.readings import (
    Change,
    ChangeKind,
    PriceRow,
    Reading,
    cells_of,
    change_of,
)

#: What of a price a list of this kind can say: a rate for output, and one for input images.
_READABLE = ({"output-second"}, {"output-second", "input-image"}, {"token"})
_Rates = tuple[Decimal, Decimal | None]


class PriceMerge:
    """`rows` are the document's price rows after the reading."""

    def __init__(self, document: Document, reading: Reading) -> None:
        self.reading = reading
        self.day = reading.source.confirmed
        sources = parse_sources(document)
        self.capabilities = parse_capabilities(document, sources)
        self.dates = parse_lifecycle(document, sources)
        self.before = _current(self._of_this_list(parse_prices(document)))
        self.rows: list[Document] = [
            cast("Document", row) for row in section(document, "prices") if isinstance(row, dict)
        ]
        #: (model, surface) -> (resolution, audio) -> what the list prints
        self.now: dict[tuple[str, str], dict[tuple[str | None, bool | None], PriceRow]] = {}
        for row in reading.prices:
            self.now.setdefault((row.model, row.surface), {})[row.resolution, row.audio] = row
        self.changes: list[Change] = []

    def run(self) -> None:
        covered: dict[tuple[str, str], set[tuple[str | None, bool | None]]] = {}
        families = {family_of(row.model) for row in self.reading.prices}
        for rule in self.before:
            key = rule.model, rule.surface
            if rule.ends in {"superseded", "withdrawn"} and rule.valid_to is not None:
                continue  # ended by its page: if it is there again, it is a new price
            sound = _sound(rule)
            for resolution in resolutions_of(rule) or (None,):
                covered.setdefault(key, set()).update({(resolution, sound), (resolution, None)})
            if rule.valid_to is not None and rule.valid_to <= self.day:
                continue  # it ended with its model: nothing that is printed now is about it
            now = _rates_now(rule, self.now.get(key, {}))
            if now is None:
                # a part of a list, or a page with one family less, says nothing of the others
                if family_of(rule.model) in families or not self.reading.source.official:
                    self._gone(rule)
            elif now != _rates_of(rule):
                self._changed(rule, now)
            else:
                self._confirm(rule)
        for row in self.reading.prices:
            known = covered.get((row.model, row.surface), set())
            if (row.resolution, row.audio) not in known and not (row.resolution is None and known):
                self._new(row)

    def _of_this_list(self, rules: Iterable[PriceRule]) -> list[PriceRule]:
        """The rules that the same publisher gave for the surfaces of its list."""
        return [
            rule
            for rule in rules
            if rule.source.publisher == self.reading.source.publisher
            and rule.surface in self.reading.price_surfaces
            and (rule.currency, rule.bound, rule.by_hand) == ("USD", "exact", None)
            and {part.meter for part in rule.components} in _READABLE
        ]

    def _confirm(self, rule: PriceRule) -> None:
        place = self._place(rule)
        row = self._cells(rule, ends=self._end(rule))
        self.rows[place] = row

    def _gone(self, rule: PriceRule) -> None:
        if rule.live_on(self.day):
            self._close(rule, "withdrawn")
            says = f"the page prints it no more; it was {price_in_words(rule)}"
            self.changes.append(price_change("price-gone", rule, says))

    def _changed(self, rule: PriceRule, rates: _Rates) -> None:
        row = self._cells(rule, rates=rates, valid_from=self.day, ends=self._end(rule))
        if rule.live_on(self.day):
            self._close(rule, "superseded")
        self.rows.append(row)
        now = self._parsed(row)
        says = f"{price_in_words(rule)} -> {price_in_words(now)}, seen {now.valid_from}"
        self.changes.append(price_change("price-changed", now, says))

    def _close(self, rule: PriceRule, ends: str) -> None:
        """The same price, with the day by which it had ended."""
        if rule.source.confirmed >= self.day or (rule.valid_from or date.min) >= self.day:
            raise UnreadablePageError(
                f"it contradicts what was read on the same day about the price of {rule.model}; "
                "read it again on another day"
            )
        self.rows[self._place(rule)] = self._cells(rule, suffix=":ended", ends=(self.day, ends))

    def _place(self, rule: PriceRule) -> int:
        return next(place for place, row in enumerate(self.rows) if row.get("id") == rule.id)

    def _cells(
        self,
        rule: PriceRule,
        *,
        suffix: str = "",
        rates: _Rates | None = None,
        valid_from: date | None = None,
        ends: tuple[date, str] | None = None,
    ) -> Document:
        """The rule's row under this reading, with what of it is other than before."""
        row = dict(self.rows[self._place(rule)])
        for key in ("valid_to", "ends", "source"):
            row.pop(key, None)
        row["id"] = self._id(rule, suffix)
        if rates is not None:
            row.update(_amounts(rates, rule))
        if valid_from is not None:
            row["valid_from"] = valid_from.isoformat()
        if ends is not None:
            row["valid_to"], row["ends"] = ends[0].isoformat(), ends[1]
        row["source"] = self.reading.source_id
        return row

    def _id(self, rule: PriceRule, suffix: str) -> str:
        tier = "+".join(map(str, resolutions_of(rule))) or "any"
        sounds = _choice(rule, "audio")
        audio = "".join(":audio" if sound is True else ":silent" for sound in sounds)
        return f"price:{rule.surface}:{rule.model}:{tier}{audio}:{self.reading.source_id}{suffix}"

    def _new(self, row: PriceRow) -> None:
        model = self._capability(row)
        offered = model.resolutions if model is not None else ()
        if self.reading.source.kind == "third-party" and row.resolution not in offered:
            return  # a base rate that stands for tiers which the model may not have
        printed = self.now[row.model, row.surface]
        both = len({sound for _, sound in printed}) > 1
        match, allowed = _shape(row, model, both=both)
        tokens = self._tokens(row)
        if row.unit == "million-tokens" and tokens is None:
            return  # how many tokens a second is, nobody said: that is no price
        tier = f"{row.resolution or 'any'}{'' if row.audio is None else f':{row.audio}'.lower()}"
        cells: dict[str, object] = {
            "id": f"price:{row.surface}:{row.model}:{tier}:{self.reading.source_id}",
            "surface": row.surface,
            "model": row.model,
            "match": match,
            "allowed": allowed,
            "unit": row.unit,
            "amount": f"{row.amount:f}",
            **({} if tokens is None else {"tokens": tokens}),
            "valid_from": self.day.isoformat(),
        }
        end = self._shutdown(row.model, row.surface)
        if end is not None and end > self.day:
            cells.update({"valid_to": end.isoformat(), "ends": "retired"})
        cells["source"] = self.reading.source_id
        written = {key: value for key, value in cells.items() if value != {}}
        self.rows.append(written)
        rule = self._parsed(written)
        self.changes.append(price_change("price-new", rule, price_in_words(rule)))

    def _tokens(self, row: PriceRow) -> object:
        """The tokens of a second that Google publishes for the family, whatever the version."""
        if row.unit != "million-tokens":
            return None
        family = family_of(row.model)
        return next(
            (
                cells["tokens"]
                for cells in self.rows
                if "tokens" in cells and family_of(str(cells.get("model"))) == family
            ),
            None,
        )

    def _parsed(self, row: Document) -> PriceRule:
        sources = {self.reading.source_id: cells_of(self.reading.source)}
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
        return best_capability(self.capabilities, row.model, row.surface)


def best_capability(known: Iterable[Capability], model: str, surface: str) -> Capability | None:
    return max(
        (row for row in known if (row.model, row.surface) == (model, surface)),
        key=lambda row: (row.source.official, row.source.confirmed),
        default=None,
    )


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


def resolutions_of(rule: PriceRule) -> tuple[str, ...]:
    """The resolutions that a rule prices; none where it prices whatever the model makes."""
    choice = rule.match.get("resolution", rule.allowed.get("resolution"))
    return tuple(map(str, choice)) if isinstance(choice, tuple) else ()


def _sound(rule: PriceRule) -> bool | None:
    choice = rule.match.get("audio", rule.allowed.get("audio"))
    only = choice[0] if isinstance(choice, tuple) and len(choice) == 1 else None
    return only if isinstance(only, bool) else None


def _rates_of(rule: PriceRule) -> _Rates:
    first, *others = rule.components
    return first.rate, others[0].rate if others else None


def _rates_now(
    rule: PriceRule, printed: Mapping[tuple[str | None, bool | None], PriceRow]
) -> _Rates | None:
    """What the list prints for the rule's shape; None: nothing, or several prices."""
    sound = _sound(rule)
    unit = "million-tokens" if rule.components[0].meter == "token" else "second"
    found = set()
    for resolution in resolutions_of(rule) or (None,):
        # a base rate never holds for 4k: a missing tier there means that the model makes none
        keys = [(resolution, sound), (resolution, None)]
        keys += [(None, sound), (None, None)] if resolution != "4k" or unit != "second" else []
        row = next((printed[key] for key in keys if key in printed), None)
        if row is None or row.unit != unit:
            return None
        # a rule for requests without images is the price of a second alone
        found.add((row.amount, row.per_image if len(rule.components) > 1 else None))
    return found.pop() if len(found) == 1 else None


def _amounts(rates: _Rates, rule: PriceRule) -> dict[str, object]:
    amount, image = rates
    if image is None:
        return {"amount": f"{amount:f}"}
    second, *others = rule.components
    free = {"free": f"{others[0].free:f}"} if others and others[0].free else {}
    per_image = {"meter": "input-image", "rate": f"{image:f}", **free}
    return {"components": [{"meter": second.meter, "rate": f"{amount:f}"}, per_image]}


def _shape(
    row: PriceRow, model: Capability | None, *, both: bool
) -> tuple[dict[str, object], dict[str, object]]:
    """What a new rule matches on, and what the model can do at that price, as far as is known.

    `both`: the list has one price with sound and another one.
    """
    match: dict[str, object] = {}
    allowed: dict[str, object] = {}
    if row.resolution is not None:
        match["resolution"] = row.resolution
    elif model is not None and model.resolutions:
        allowed["resolution"] = list(model.resolutions)
    sound = None if model is None else model.audio
    if row.audio is not None and (both or sound == "optional"):
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


def section(document: Document, key: str) -> list[object]:
    """The rows of one section; what is no list of rows is refused by whoever reads the rows."""
    value = document.get(key, [])
    return value if isinstance(value, list) else []


def price_change(kind: ChangeKind, rule: PriceRule, says: str) -> Change:
    words = {True: "with audio", False: "silent"}
    named = [
        words[value] if isinstance(value, bool) else str(value)
        for key in ("resolution", "audio")
        for value in _choice(rule, key)
    ]
    return change_of(kind, rule, says, f", {', '.join(named)}," if named else "")


def price_in_words(rule: PriceRule) -> str:
    first, *others = rule.components
    unit = "a million tokens" if first.meter == "token" else "a second"
    image = "".join(f", ${usd(other.rate)} an image" for other in others)
    return f"${usd(first.rate)} {unit}{image}"
