"""One rule applied to one shape: the sum, in USD and in words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from veo_check.core.money import plain, usd
from veo_check.pricing.answers import Line, Quote, Refusal, RefusedError
from veo_check.pricing.quantities import line
from veo_check.pricing.shape import Shape
from veo_check.reference.price_rules import CreditPool, PriceRule


def price_by(rule: PriceRule, shape: Shape, pool: CreditPool | None = None) -> Quote | Refusal:
    """`shape` priced by this one rule, whatever its day.

    `pool` replaces what the rule's credits cost.
    """
    try:
        return _priced(rule, shape, pool or rule.pool)
    except RefusedError as refused:
        return Refusal(refused.code, refused.message, rule.source)


def _priced(rule: PriceRule, shape: Shape, pool: CreditPool | None) -> Quote:
    if shape.tokens is not None and not any(one.meter == "token" for one in rule.components):
        raise RefusedError(
            "unknown-unit",
            f"{rule.model} is billed by {rule.unit}: a count of tokens means nothing here"
            " (some gateways report seconds in a field called tokens)",
        )
    lines = tuple(line(one, rule, shape) for one in rule.components)
    guess = tuple(line(one, rule, shape, estimate=True) for one in rule.components)
    expected = _in_usd(rule, pool, lines, shape.count)
    estimate = _in_usd(rule, pool, guess, shape.count)
    return Quote(shape, rule, expected, estimate, lines, _arithmetic(rule, pool, lines, shape))


def _in_usd(rule: PriceRule, pool: CreditPool | None, lines: Iterable[Line], count: int) -> Decimal:
    one_clip = max(sum((one.amount for one in lines), Decimal(0)), rule.min_charge)
    total = one_clip * rule.multiplier * count
    if rule.currency == "USD":
        return total
    if pool is None:
        raise RefusedError(
            "unknown-currency",
            f"{rule.model} is priced in {rule.currency}; that is never converted to USD here",
        )
    if pool.usd is None:
        raise RefusedError(
            "unknown-credit",
            f"{rule.model} costs {plain(total)} credits and nobody says what a credit costs",
        )
    return total * pool.usd / pool.units


def _arithmetic(
    rule: PriceRule, pool: CreditPool | None, lines: Iterable[Line], shape: Shape
) -> str:
    """The sum in words, e.g. "$0.12 per second x 8 s"."""
    money = "" if pool is not None else "$"
    coin = " credits" if pool is not None else ""
    parts = []
    for one in lines:
        if not one.quantity:
            continue
        rate = plain(one.component.rate, 0 if pool is not None else 2)
        per = "per clip" if rule.flat and rule.unit != "call" else _PER[one.component.meter]
        if one.component.per != 1:
            size = plain(one.component.per)
            per = f"per {_LARGE.get(size, size)} {one.component.meter}s"
        fixed = one.component.meter == "call"
        parts.append(f"{money}{rate}{coin} {per}" + ("" if fixed else f" x {one.text}"))
    text = " + ".join(parts) or "nothing is charged"
    if rule.min_charge and rule.min_charge > sum((one.amount for one in lines), Decimal(0)):
        text = f"at least {money}{plain(rule.min_charge, 2)}{coin} ({text})"
    if rule.multiplier != 1:
        text += f" x {plain(rule.multiplier)}"
    if shape.count > 1:
        text += f" x {shape.count} clips"
    if pool is not None and pool.usd is not None:
        credits = "1 credit" if pool.units == 1 else f"{plain(pool.units)} credits"
        text += f"; {credits} = ${usd(pool.usd)}"
    return text


_PER = {
    "output-second": "per second",
    "input-second": "per second",
    "token": "per token",
    "frame": "per frame",
    "call": "per call",
    "input-image": "per image",
}
_LARGE = {"1000000": "million"}
