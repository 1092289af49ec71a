"""A new-api gateway's quota: whole numbers, cut off after every factor."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

#: Quota units in one USD, unless the gateway's `/api/status` says otherwise.
QUOTA_PER_UNIT = Decimal(500_000)


def size_factor(model: str, resolution: str | None) -> Decimal:
    """What the gateway multiplies a Veo price by, from the upstream id and the resolution."""
    if resolution != "4k" or "3.1" not in model:
        return Decimal(1)
    return Decimal("2.333333") if "3.1-fast-generate" in model else Decimal("1.5")


def quota_charged(
    price: Decimal, ratio: Decimal, factors: tuple[Decimal, ...], quota_per_unit: Decimal
) -> tuple[int, int]:
    """The least and the most quota of one job: truncated after each factor, in any order."""
    base = int(price * quota_per_unit * ratio)
    results = set()
    for order in permutations(factors):
        quota = base
        for factor in order:
            quota = int(quota * factor)
        results.add(quota)
    return min(results), max(results)


def usable(number: Decimal) -> bool:
    """Finite, not negative, and of a size and length that money has; a catalogue may be hostile."""
    if not number.is_finite() or number < 0:
        return False
    return not number or (-12 <= number.adjusted() <= 9 and len(number.as_tuple().digits) <= 40)


def quota_per_usd(told: Decimal | None) -> Decimal:
    """What `/api/status` told, else the code's default."""
    return told if told is not None and usable(told) and told else QUOTA_PER_UNIT
