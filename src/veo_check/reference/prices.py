"""The types of price rules: what one model costs for which shapes, by whose word, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, cast, get_args

from veo_check.core.money import InvalidFileError, exact
from veo_check.reference.rows import Raster, RowReader, Source, read_raster, read_source

#: What a component counts. `token` needs a token formula or reported tokens.
Meter = Literal["output-second", "input-second", "token", "frame", "call", "input-image"]
#: What one unit on the bill is. `clip` is a flat price per finished clip of one length.
Unit = Literal["second", "token", "frame", "call", "clip", "credit"]
Bound = Literal["exact", "lower"]
#: `promo` ends; `estimate` was worked out by its publisher from something else.
PriceKind = Literal["list", "promo", "estimate"]
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
class Pack:
    """A prepaid number of credits. What is not used within `validity_days` lapses."""

    units: Decimal
    price: Decimal
    validity_days: int | None = None


@dataclass(frozen=True, slots=True)
class CreditPool:
    """What a vendor's credits cost: `usd` buys `units`. None: nobody published it."""

    id: str
    usd: Decimal | None
    units: Decimal
    packs: tuple[Pack, ...]
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
    kind: PriceKind
    valid_from: date | None
    valid_to: date | None
    ends: Ending
    note: str | None
    source: Source

    @property
    def flat(self) -> bool:
        """Whether one amount is charged whatever is asked."""
        return all(part.meter == "call" for part in self.components)

    def live_on(self, day: date) -> bool:
        """Whether the price holds on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


def recency(rule: PriceRule) -> tuple[date, date]:
    """What orders two readings of one publisher: the later start, then the later reading."""
    return rule.valid_from or date.min, rule.source.confirmed


def newest_rules(rules: tuple[PriceRule, ...]) -> tuple[PriceRule, ...]:
    """Of one publisher's readings of one price the newest alone, in file order.

    One price has one model, surface, kind, match and start. A later reading confirms it or says
    when it ended; the earlier ones stay in the file as what was read then.
    """
    newest: dict[object, PriceRule] = {}
    for rule in rules:
        match = tuple(sorted(rule.match.items()))
        publisher = rule.source.publisher
        key = rule.surface, rule.model, publisher, rule.kind, match, rule.valid_from
        if key not in newest or rule.source.confirmed > newest[key].source.confirmed:
            newest[key] = rule
    kept = set(map(id, newest.values()))
    return tuple(rule for rule in rules if id(rule) in kept)


# Price rules: dated, sourced rows that say what one model costs for which shapes.


__all__ = [
    "Bound",
    "Choice",
    "Component",
    "CreditPool",
    "Meter",
    "Pack",
    "PriceKind",
    "PriceRule",
    "Span",
    "TokenFormula",
    "Unit",
    "Value",
    "parse_prices",
    "recency",
]

#: `unit` of a one-line row -> what it counts and how many make one unit.
_SHORT: dict[str, tuple[Meter, Decimal, Unit]] = {
    "second": ("output-second", Decimal(1), "second"),
    "million-tokens": ("token", Decimal(1_000_000), "token"),
    "call": ("call", Decimal(1), "call"),
    "clip": ("call", Decimal(1), "clip"),
}
_KEYS = frozenset(
    {"id", "surface", "model", "match", "allowed", "unit", "amount", "components", "tokens"}
    | {"currency", "multiplier", "min_charge", "bound", "kind", "note"}
    | {"valid_from", "valid_to", "ends", "source"}
)


def parse_prices(document: Mapping[str, object]) -> tuple[PriceRule, ...]:
    """All price rules of a reference document: `prices`, with its `sources`, `rasters`, `credits`.

    Raises InvalidFileError, naming the row, for anything that is not a usable price, for a repeated
    id, and for two rules of one publisher that would tie.
    """
    sources = {name: read_source(name, row) for name, row in _table(document, "sources").items()}
    rasters = {name: read_raster(name, row) for name, row in _table(document, "rasters").items()}
    pools = {name: _pool(name, row, sources) for name, row in _table(document, "credits").items()}
    listed = document.get("prices", [])
    if not isinstance(listed, list):
        raise InvalidFileError("prices: must be a list of rows")
    rules = tuple(_rule(index, row, sources, rasters, pools) for index, row in enumerate(listed))
    _refuse_ties(rules)
    return rules


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    return RowReader("reference", document).mapping(key)


def _pool(name: str, value: object, sources: Mapping[str, Source]) -> CreditPool:
    row = RowReader(f"credits.{name}", value)
    row.only({"usd", "units", "packs", "source"})
    packs = row.row.get("packs", [])
    if not isinstance(packs, list):
        raise row.fail("packs must be a list")
    units = row.money("units", "1")
    if not units:
        raise row.fail("units must be more than 0")
    return CreditPool(
        id=name,
        usd=None if row.row.get("usd") is None else row.money("usd"),
        units=units,
        packs=tuple(_pack(f"{row.name}.packs", pack) for pack in packs),
        source=_named_source(row, sources),
    )


def _pack(name: str, value: object) -> Pack:
    row = RowReader(name, value)
    row.only({"units", "price", "validity_days"})
    units = row.money("units")
    if not units:
        raise row.fail("units must be more than 0")
    days = None if row.row.get("validity_days") is None else row.whole("validity_days")
    return Pack(units, row.money("price"), days)


def _named_source(row: RowReader, sources: Mapping[str, Source]) -> Source:
    name = row.text("source")
    if name not in sources:
        raise row.fail(f"source '{name}' is not in the sources table")
    return sources[name]


def _rule(
    index: int,
    value: object,
    sources: Mapping[str, Source],
    rasters: Mapping[str, Raster],
    pools: Mapping[str, CreditPool],
) -> PriceRule:
    row = RowReader(f"prices[{index}]", value)
    row.name = row.text("id")
    row.only(_KEYS)
    components, unit = _components(row)
    tokens = _tokens(row, rasters)
    currency, pool = _currency(row, pools)
    start, end = row.day("valid_from"), row.day("valid_to")
    if start is not None and end is not None and end <= start:
        raise row.fail("valid_to must be after valid_from")
    kind = cast("PriceKind", row.word("kind", get_args(PriceKind), "list"))
    if kind == "promo" and end is None:
        raise row.fail("a promotion needs the day it ends (valid_to)")
    return PriceRule(
        id=row.name,
        surface=row.text("surface"),
        model=row.text("model"),
        match={str(key): _choice(row, key, one) for key, one in row.mapping("match").items()},
        allowed={str(key): _choice(row, key, one) for key, one in row.mapping("allowed").items()},
        components=components,
        tokens=tokens,
        unit="credit" if pool is not None else unit,
        currency=currency,
        pool=pool,
        multiplier=row.money("multiplier", "1"),
        min_charge=row.money("min_charge", "0"),
        bound=cast("Bound", row.word("bound", get_args(Bound), "exact")),
        kind=kind,
        valid_from=start,
        valid_to=end,
        ends=cast("Ending", row.word("ends", get_args(Ending), "superseded")),
        note=row.optional_text("note"),
        source=_named_source(row, sources),
    )


def _components(row: RowReader) -> tuple[tuple[Component, ...], Unit]:
    listed = row.row.get("components")
    if listed is None:
        unit = row.word("unit", _SHORT, "")
        meter, per, charged = _SHORT[unit]
        return (Component(meter, row.money("amount"), per),), charged
    if "amount" in row.row or not isinstance(listed, list) or not listed:
        raise row.fail("give either unit and amount, or a list of components")
    parts = tuple(_component(f"{row.name}.components", part) for part in listed)
    meters = {part.meter for part in parts}
    order: tuple[tuple[Meter, Unit], ...] = (
        ("token", "token"),
        ("frame", "frame"),
        ("output-second", "second"),
        ("input-second", "second"),
    )
    derived = next((unit for meter, unit in order if meter in meters), "call")
    return parts, cast("Unit", row.word("unit", get_args(Unit), derived))


def _component(name: str, value: object) -> Component:
    row = RowReader(name, value)
    row.only({"meter", "rate", "per", "free", "min_quantity", "rounding"})
    per = row.money("per", "1")
    if not per:
        raise row.fail("per must be more than 0")
    rounding = row.word("rounding", ("none", "ceil", "floor"), "none")
    return Component(
        meter=cast("Meter", row.word("meter", get_args(Meter), "")),
        rate=row.money("rate"),
        per=per,
        free=row.money("free", "0"),
        min_quantity=row.money("min_quantity", "0"),
        rounding=cast("Literal['none', 'ceil', 'floor']", rounding),
    )


def _tokens(row: RowReader, rasters: Mapping[str, Raster]) -> TokenFormula | None:
    if row.row.get("tokens") is None:
        return None
    formula = RowReader(f"{row.name}.tokens", row.row["tokens"])
    formula.only({"raster", "per_second", "fps", "extra_frames", "divisor"})
    raster = formula.optional_text("raster")
    if raster is not None and raster not in rasters:
        raise formula.fail(f"raster '{raster}' is not in the rasters table")
    rates = RowReader(formula.name, formula.mapping("per_second"))
    divisor = formula.whole("divisor", 1024)
    if not divisor:
        raise formula.fail("divisor must be more than 0")
    return TokenFormula(
        pixels=rasters[raster] if raster is not None else {},
        per_second={key: rates.money(key) for key in rates.row},
        fps=formula.whole("fps", 24),
        extra_frames=formula.whole("extra_frames", 1),
        divisor=divisor,
    )


def _currency(row: RowReader, pools: Mapping[str, CreditPool]) -> tuple[str, CreditPool | None]:
    currency = row.text("currency", "USD")
    kind, colon, pool = currency.partition(":")
    if not colon:
        return currency, None
    if kind != "credit" or pool not in pools:
        raise row.fail(f"currency '{currency}' is not in the credits table")
    return "credit", pools[pool]


def _choice(row: RowReader, key: object, value: object) -> Choice:
    if isinstance(value, Mapping):
        span = RowReader(f"{row.name}.{key}", value)
        span.only({"min", "max", "whole"})
        return Span(span.money("min"), span.money("max"), span.row.get("whole", True) is True)
    values = value if isinstance(value, list) else [value]
    if not values:
        raise row.fail(f"{key}: an empty list allows nothing")
    return tuple(_value(row, key, one) for one in values)


def _value(row: RowReader, key: object, value: object) -> Value:
    if isinstance(value, str | bool):
        return value
    try:
        return exact(value)
    except ValueError as problem:
        raise row.fail(f"{key}: {problem}") from None


def _refuse_ties(rules: tuple[PriceRule, ...]) -> None:
    """Two rules of one publisher that match one shape on one day with equal right."""
    seen: set[str] = set()
    groups: dict[tuple[str, str, str, str], list[PriceRule]] = {}
    for rule in rules:
        if rule.id in seen:
            raise InvalidFileError(f"{rule.id}: this id is used twice")
        seen.add(rule.id)
        key = rule.surface, rule.model, rule.source.publisher, rule.kind
        groups.setdefault(key, []).append(rule)
    for group in groups.values():
        for first, second in _pairs(group):
            if _tie(first, second):
                raise InvalidFileError(
                    f"{second.id}: ties with {first.id}; give one of them more in match,"
                    " or days on which only one holds"
                )


def _pairs(rules: list[PriceRule]) -> Iterator[tuple[PriceRule, PriceRule]]:
    for index, first in enumerate(rules):
        for second in rules[index + 1 :]:
            yield first, second


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
