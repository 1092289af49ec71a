"""The types of price rules: what one model costs for which shapes, by whose word, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from veo_check.reference.row_reader import Raster
from veo_check.reference.rows import Source

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
