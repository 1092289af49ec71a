"""What pricing answers: a quote in USD, or a refusal with its code. Never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from veo_check.pricing.shape import Shape
from veo_check.reference.price_rules import Bound, Component, PriceRule, Unit
from veo_check.reference.rows import Source

RefusalCode = Literal[
    "unsupported-combination",
    "retired",
    "unpriced",
    "unknown-model",
    "unknown-unit",
    "unknown-currency",
    "unknown-credit",
    "unknown-duration",
    "ambiguous",
]


class RefusedError(Exception):
    """A quantity that cannot be counted. Never leaves this package: it becomes a Refusal."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code: RefusalCode = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Line:
    """One component of a price, worked out for one clip, in the rule's currency."""

    component: Component
    quantity: Decimal
    amount: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A shape that no rule prices, and why.

    `source`: whose rules were asked. `rule`: the one that matched and does not allow the shape.
    """

    code: RefusalCode
    message: str
    source: Source | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a shape costs by one rule, in USD; all clips of one request together.

    `estimate` is the vendor's own estimate where that is known to differ from the bill. `lines` are
    for one clip, in the rule's currency. `agreeing` are the other publishers with the same amount.
    """

    shape: Shape
    rule: PriceRule
    expected: Decimal
    estimate: Decimal
    lines: tuple[Line, ...]
    text: str
    agreeing: tuple[Source, ...] = ()

    @property
    def currency(self) -> str:
        """Always USD: what cannot be said in USD is refused."""
        return "USD"

    @property
    def unit(self) -> Unit:
        """What the vendor counts on the bill."""
        return self.rule.unit

    @property
    def bound(self) -> Bound:
        """`lower`: the published price is only the least it can be."""
        return self.rule.bound

    @property
    def source(self) -> Source:
        """Where the price was read."""
        return self.rule.source

    @property
    def per_second(self) -> Decimal | None:
        """USD per second of finished video, whatever the unit; None where no length is known."""
        return per_second(self.expected, self.shape)

    def worst_case(self, retries: int) -> Decimal:
        """USD when every attempt is charged: a job that timed out may still finish."""
        return self.expected * (1 + retries)

    def monthly(self, jobs: int) -> Decimal:
        """USD for `jobs` requests of this shape."""
        return self.expected * jobs


def per_second(total: Decimal, shape: Shape) -> Decimal | None:
    """`total` over all seconds of finished video; exact, or to nine decimals."""
    if not shape.seconds:
        return None
    seconds = shape.seconds * shape.count
    rate = total / seconds
    return rate if rate * seconds == total else rate.quantize(Decimal("0.000000001"))
