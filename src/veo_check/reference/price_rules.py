"""Price rules: dated, sourced rows that say what one model costs for which shapes.

A price row in a reference file is a mapping:

    {"id": "price:gemini-api:veo-3.1-fast:720p:google", "surface": "gemini-api",
     "model": "veo-3.1-fast-generate-preview", "match": {"resolution": "720p"},
     "allowed": {"seconds": [4, 6, 8]}, "unit": "second", "amount": "0.10",
     "valid_from": "2026-04-07", "valid_to": "2026-10-22", "ends": "retired", "source": "SOURCE-ID"}

`match` chooses the rule: an absent key matches everything, a dimension that the request leaves
open matches nothing, a list means any of its values. `allowed` is what the model can do at this
price: outside it a request is refused, never priced. `valid_to` is the first day the price no
longer holds. Instead of `unit` and `amount` a row may list `components`, which add up. Amounts are
text or whole numbers; a float is refused. Several publishers are several rows; a row repeats only
what its own source says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, cast, get_args

from veo_check.core.errors import InvalidFileError
from veo_check.core.money import exact
from veo_check.reference.prices import (
    Bound,
    Choice,
    Component,
    CreditPool,
    Ending,
    Meter,
    Pack,
    PriceKind,
    PriceRule,
    Span,
    TokenFormula,
    Unit,
    Value,
    recency,
)
from veo_check.reference.row_reader import Raster, Row, read_raster, read_source
from veo_check.reference.rows import Source

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
    return Row("reference", document).mapping(key)


def _pool(name: str, value: object, sources: Mapping[str, Source]) -> CreditPool:
    row = Row(f"credits.{name}", value)
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
    row = Row(name, value)
    row.only({"units", "price", "validity_days"})
    units = row.money("units")
    if not units:
        raise row.fail("units must be more than 0")
    days = None if row.row.get("validity_days") is None else row.whole("validity_days")
    return Pack(units, row.money("price"), days)


def _named_source(row: Row, sources: Mapping[str, Source]) -> Source:
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
    row = Row(f"prices[{index}]", value)
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


def _components(row: Row) -> tuple[tuple[Component, ...], Unit]:
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
    row = Row(name, value)
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


def _tokens(row: Row, rasters: Mapping[str, Raster]) -> TokenFormula | None:
    if row.row.get("tokens") is None:
        return None
    formula = Row(f"{row.name}.tokens", row.row["tokens"])
    formula.only({"raster", "per_second", "fps", "extra_frames", "divisor"})
    raster = formula.optional_text("raster")
    if raster is not None and raster not in rasters:
        raise formula.fail(f"raster '{raster}' is not in the rasters table")
    rates = Row(formula.name, formula.mapping("per_second"))
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


def _currency(row: Row, pools: Mapping[str, CreditPool]) -> tuple[str, CreditPool | None]:
    currency = row.text("currency", "USD")
    kind, colon, pool = currency.partition(":")
    if not colon:
        return currency, None
    if kind != "credit" or pool not in pools:
        raise row.fail(f"currency '{currency}' is not in the credits table")
    return "credit", pools[pool]


def _choice(row: Row, key: object, value: object) -> Choice:
    if isinstance(value, Mapping):
        span = Row(f"{row.name}.{key}", value)
        span.only({"min", "max", "whole"})
        return Span(span.money("min"), span.money("max"), span.row.get("whole", True) is True)
    values = value if isinstance(value, list) else [value]
    if not values:
        raise row.fail(f"{key}: an empty list allows nothing")
    return tuple(_value(row, key, one) for one in values)


def _value(row: Row, key: object, value: object) -> Value:
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
