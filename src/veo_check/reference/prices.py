"""The types of price rules: what one model costs for which shapes, by whose word, and when."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Literal, cast, get_args

from veo_check.core.frozen import dataclass
from veo_check.core.money import InvalidFileError, exact
from veo_check.reference.rows import Cells, Document, Source, Sources, parse_sources, rows, table

#: What a component counts. `token` needs a token formula or reported tokens.
Meter = Literal["output-second", "input-second", "token", "frame", "call", "input-image"]
#: What of a request a price may depend on; a rule that names anything else could never match.
DIMENSIONS = frozenset(
    {"resolution", "seconds", "aspect_ratio", "audio", "count", "mode", "input_video"}
    | {"input_video_seconds", "input_images", "frame_rate"}
)
#: What one unit on the bill is. `clip` is a flat price per finished clip of one length.
Unit = Literal["second", "token", "frame", "call", "clip", "credit"]
Bound = Literal["exact", "lower"]
Ending = Literal["superseded", "retired", "withdrawn"]
Value = str | bool | Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """Any number from `low` to `high`, both included; `whole` numbers only unless said."""

    low: Decimal
    high: Decimal
    whole: bool = True

    def __contains__(self, value: object) -> bool:
        return (
            isinstance(value, Decimal)
            and self.low <= value <= self.high
            and not (self.whole and value % 1)
        )

    def __str__(self) -> str:
        return f"{self.low:f} to {self.high:f}"


Choice = tuple[Value, ...] | Span


@dataclass(frozen=True, slots=True)
class Component:
    """One addend of a price: `rate` for every `per` of what `meter` counts.

    The first `free` are not charged; `min_quantity` is charged at least; then `rounding`.
    """

    meter: Meter
    rate: Decimal
    per: Decimal = Decimal(1)
    free: Decimal = Decimal(0)
    min_quantity: Decimal = Decimal(0)
    rounding: Literal["none", "ceil", "floor"] = "none"


@dataclass(frozen=True, slots=True)
class TokenFormula:
    """How many tokens a clip is.

    `pixels`: resolution -> aspect ratio -> (width, height); tokens = floor(width x height x frames
    / divisor), frames = fps x seconds + `extra_frames` (the vendor's own estimate leaves these
    out). `per_second`: resolution -> tokens per second of output, for vendors that publish that.
    """

    pixels: Raster = field(default_factory=dict)
    per_second: Mapping[str, Decimal] = field(default_factory=dict)
    fps: int = 24
    extra_frames: int = 1
    divisor: int = 1024


@dataclass(frozen=True, slots=True)
class CreditPool:
    """What a vendor's credits cost: `usd` buys `units`. None: nobody published it."""

    usd: Decimal | None
    units: Decimal
    source: Source


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One publisher's price for one model on one surface, and the shapes and days it holds for."""

    id: str
    surface: str
    model: str
    match: Mapping[str, Choice]
    allowed: Mapping[str, Choice]
    components: tuple[Component, ...]
    tokens: TokenFormula | None
    unit: Unit
    currency: str  # "USD", "CNY", ... or "credit"
    pool: CreditPool | None
    multiplier: Decimal
    min_charge: Decimal
    bound: Bound
    valid_from: date | None
    valid_to: date | None
    ends: Ending
    note: str | None
    source: Source
    by_hand: str | None = None  # why it may stay although no command can read it again

    @property
    def flat(self) -> bool:
        """Whether one amount is charged whatever is asked."""
        return all(part.meter == "call" for part in self.components)

    def live_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


def recency(rule: PriceRule) -> tuple[date, date]:
    """What orders two readings of one publisher: the later start, then the later reading."""
    return rule.valid_from or date.min, rule.source.confirmed


def newest_rules(rules: tuple[PriceRule, ...]) -> tuple[PriceRule, ...]:
    """Of one publisher's readings of one price the newest alone, in file order.

    One price has one model, surface, match and start. A later reading confirms it or says
    when it ended; the earlier ones stay in the file as what was read then.
    """
    newest: dict[object, PriceRule] = {}
    for rule in rules:
        match = tuple(sorted(rule.match.items()))
        publisher = rule.source.publisher
        key = rule.surface, rule.model, publisher, match, rule.valid_from
        if key not in newest or rule.source.confirmed > newest[key].source.confirmed:
            newest[key] = rule
    kept = set(map(id, newest.values()))
    return tuple(rule for rule in rules if id(rule) in kept)


# Reading price rules.


#: resolution -> aspect ratio -> (width, height)
Raster = Mapping[str, Mapping[str, tuple[int, int]]]

#: `unit` of a one-line row -> what it counts and how many make one unit.
_SHORT: dict[str, tuple[Meter, Decimal, Unit]] = {
    "second": ("output-second", Decimal(1), "second"),
    "million-tokens": ("token", Decimal(1_000_000), "token"),
    "call": ("call", Decimal(1), "call"),
    "clip": ("call", Decimal(1), "clip"),
}
#: The unit of a row of components: the first of these that one of them counts, else a call.
_UNIT_OF_METERS: tuple[tuple[Meter, Unit], ...] = (
    ("token", "token"),
    ("frame", "frame"),
    ("output-second", "second"),
    ("input-second", "second"),
)


def parse_prices(document: Document) -> tuple[PriceRule, ...]:
    """All price rules of a reference document: `prices`, with its `sources`, `rasters`, `credits`.

    Raises InvalidFileError, naming the row, for anything that is not a usable price, for a repeated
    id, and for two rules of one publisher that would tie.
    """
    sources = parse_sources(document)
    rasters = table(document, "rasters", "reference", _raster)
    pools = table(document, "credits", "reference", lambda cells: _pool(cells, sources))
    rules = rows(
        document, "prices", "reference", lambda cells: _rule(cells, sources, rasters, pools)
    )
    _refuse_ties(rules)
    return rules


def _raster(cells: Cells) -> Raster:
    return {
        resolution: {ratio: _size(ratios, ratio) for ratio in ratios}
        for resolution in cells
        for ratios in [cells.below(resolution)]
    }


def _size(ratios: Cells, ratio: str) -> tuple[int, int]:
    width, _, height = ratios.text(ratio).partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ratios.problem(ratio, "a size is written as text such as 1280x720")
    return int(width), int(height)


def _pool(cells: Cells, sources: Sources) -> CreditPool:
    pool = CreditPool(
        usd=cells.optional(cells.money, "usd"),
        units=cells.money("units", "1", above_zero=True),
        source=cells.named("source", sources, "sources"),
    )
    cells.finish()
    return pool


def _rule(
    cells: Cells,
    sources: Sources,
    rasters: Mapping[str, Raster],
    pools: Mapping[str, CreditPool],
) -> PriceRule:
    cells.where = cells.text("id")
    components, unit = _components(cells)
    currency, pool = _currency(cells, pools)
    start, end = cells.optional(cells.day, "valid_from"), cells.optional(cells.day, "valid_to")
    if start is not None and end is not None and end <= start:
        raise cells.problem("valid_to", "must be after valid_from")
    tokens = None if cells.get("tokens") is None else _tokens(cells.below("tokens"), rasters)
    return PriceRule(
        id=cells.where,
        surface=cells.text("surface"),
        model=cells.text("model"),
        match=_choices(cells.below("match")),
        allowed=_choices(cells.below("allowed")),
        components=components,
        tokens=tokens,
        unit="credit" if pool is not None else unit,
        currency=currency,
        pool=pool,
        multiplier=cells.money("multiplier", "1"),
        min_charge=cells.money("min_charge", "0"),
        bound=cells.word("bound", get_args(Bound), "exact"),
        valid_from=start,
        valid_to=end,
        ends=cells.word("ends", get_args(Ending), "superseded"),
        note=cells.optional(cells.text, "note"),
        by_hand=cells.optional(cells.text, "by_hand"),
        source=cells.named("source", sources, "sources"),
    )


def _components(cells: Cells) -> tuple[tuple[Component, ...], Unit]:
    if cells.get("components") is None:
        meter, per, charged = _SHORT[cells.word("unit", _SHORT)]
        return (Component(meter, cells.money("amount"), per),), charged
    listed = cells.list("components")
    if "amount" in cells or not listed:
        raise cells.problem("components", "give either unit and amount, or a list of components")
    parts = tuple(_component(Cells(part, f"{cells.where}: components")) for part in listed)
    meters = {part.meter for part in parts}
    derived = next((unit for meter, unit in _UNIT_OF_METERS if meter in meters), "call")
    return parts, cells.word("unit", get_args(Unit), derived)


def _component(cells: Cells) -> Component:
    component = Component(
        meter=cells.word("meter", get_args(Meter)),
        rate=cells.money("rate"),
        per=cells.money("per", "1", above_zero=True),
        free=cells.money("free", "0"),
        min_quantity=cells.money("min_quantity", "0"),
        rounding=cells.word("rounding", ("none", "ceil", "floor"), "none"),
    )
    cells.finish()
    return component


def _tokens(cells: Cells, rasters: Mapping[str, Raster]) -> TokenFormula:
    rates = cells.below("per_second")
    formula = TokenFormula(
        pixels=cells.optional(lambda key: cells.named(key, rasters, "rasters"), "raster") or {},
        per_second={resolution: rates.money(resolution) for resolution in rates},
        fps=cells.whole("fps", 24),
        extra_frames=cells.whole("extra_frames", 1),
        divisor=cells.whole("divisor", 1024),
    )
    cells.finish()
    if not formula.divisor:
        raise cells.problem("divisor", "must be more than 0")
    return formula


def _currency(cells: Cells, pools: Mapping[str, CreditPool]) -> tuple[str, CreditPool | None]:
    currency = cells.text("currency", "USD")
    kind, colon, pool = currency.partition(":")
    if not colon:
        return currency, None
    if kind != "credit" or pool not in pools:
        raise cells.problem("currency", f"{currency[:60]!a} is not in the credits table")
    return "credit", pools[pool]


def _choices(cells: Cells) -> dict[str, Choice]:
    unknown = next((key for key in cells if key not in DIMENSIONS), None)
    if unknown is not None:
        known = ", ".join(sorted(DIMENSIONS))
        raise cells.problem(unknown[:60], f"a price cannot depend on it; it can on {known}")
    return {key: _choice(cells, key) for key in cells}


def _choice(cells: Cells, key: str) -> Choice:
    value = cells.get(key)
    if isinstance(value, Mapping):
        span = cells.below(key)
        whole = span.get("whole")
        choice = Span(span.money("min"), span.money("max"), whole is None or whole is True)
        span.finish()
        return choice
    values = value if isinstance(value, list) else [value]
    if not values:
        raise cells.problem(key, "an empty list allows nothing")
    try:
        return tuple(held if isinstance(held, str | bool) else exact(held) for held in values)
    except ValueError as problem:
        raise cells.problem(key, str(problem)) from None


def _refuse_ties(rules: tuple[PriceRule, ...]) -> None:
    """Two rules of one publisher that match one shape on one day with equal right."""
    groups: dict[tuple[str, str, str], list[PriceRule]] = {}
    for rule in rules:
        key = rule.surface, rule.model, rule.source.publisher
        groups.setdefault(key, []).append(rule)
    for group in groups.values():
        for first, second in itertools.combinations(group, 2):
            if _tie(first, second):
                raise InvalidFileError(
                    f"{second.id}: ties with {first.id}; give one of them more in match,"
                    " or days on which only one holds"
                )


def _tie(first: PriceRule, second: PriceRule) -> bool:
    if len(first.match) != len(second.match) or not _days_meet(first, second):
        return False
    if first.match == second.match:  # a later reading takes over from an earlier one
        return recency(first) == recency(second)
    shared = first.match.keys() & second.match.keys()
    return all(_meet(first.match[key], second.match[key]) for key in shared)


def _days_meet(first: PriceRule, second: PriceRule) -> bool:
    starts = max(first.valid_from or date.min, second.valid_from or date.min)
    ends = min(first.valid_to or date.max, second.valid_to or date.max)
    return starts < ends


def _meet(first: Choice, second: Choice) -> bool:
    if isinstance(first, Span) and isinstance(second, Span):
        return first.low <= second.high and second.low <= first.high
    if isinstance(first, Span):
        first, second = second, first
    return any(value in second for value in cast("tuple[Value, ...]", first))
