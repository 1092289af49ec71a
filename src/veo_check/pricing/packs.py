"""What a clip costs when its credits come from a prepaid pack, part of which may lapse."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from veo_check.core.money import plain, usd
from veo_check.pricing.answers import Quote, Refusal
from veo_check.pricing.arithmetic import price_by
from veo_check.reference.price_rules import Pack


def from_pack(quote: Quote, size: Decimal, clips: int | None = None) -> Quote | Refusal:
    """`quote` paid from packs of `size` credits, in USD a clip.

    Without `clips` the whole pack is taken to be used: the pack's own price per credit. With them,
    the packs those clips need are divided by the clips made: what is left over lapses.
    """
    pool = quote.rule.pool
    if pool is None:
        return Refusal("unknown-credit", f"{quote.rule.model} is not paid in credits", quote.source)
    pack = next((one for one in pool.packs if one.units == size), None)
    if pack is None:
        known = ", ".join(plain(one.units) for one in pool.packs) or "none"
        return Refusal(
            "unknown-credit",
            f"no pack of {plain(size)} credits is known; known: {known}",
            quote.source,
        )
    priced = price_by(quote.rule, quote.shape, replace(pool, usd=pack.price, units=pack.units))
    if clips is None or isinstance(priced, Refusal):
        return priced
    return _part_used(priced, pack, clips)


def _part_used(priced: Quote, pack: Pack, clips: int) -> Quote:
    credits = priced.expected * pack.units / pack.price * clips
    packs = (credits / pack.units).to_integral_value(rounding=ROUND_CEILING)
    lapse = f" lapse after {pack.validity_days} days" if pack.validity_days else " stay unused"
    left = packs * pack.units - credits
    text = (
        f"{plain(packs)} x pack of {plain(pack.units)} credits at ${usd(pack.price)} for {clips}"
        f" clips; {plain(left)} credits{lapse}"
    )
    each = packs * pack.price / clips
    return replace(priced, expected=each, estimate=each, text=text)
