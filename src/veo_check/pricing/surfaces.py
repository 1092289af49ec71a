"""Which surface a model's price is taken from when nobody names one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from veo_check.core.money import usd
from veo_check.pricing.answers import Quote, Refusal
from veo_check.pricing.quote import LIST, WITH_PROMOTIONS, Priced, quote, rank
from veo_check.pricing.shape import Shape


def own_surfaces(reference: Priced, model: str) -> tuple[str, ...]:
    """The surfaces whose prices the best source speaks for: the vendor's before any reseller's."""
    best: dict[str, int] = {}
    for rule in reference.prices_of(model):
        weight = rank(rule.source)
        best[rule.surface] = min(weight, best.get(rule.surface, weight))
    top = min(best.values(), default=0)
    return tuple(sorted(surface for surface, weight in best.items() if weight == top))


def quote_anywhere(
    reference: Priced, shape: Shape, day: date, *, promotions: bool = False
) -> Quote | Refusal:
    """The price on the model's own surface; `ambiguous` where several differ.

    A surface that refuses leaves the word to another of the vendor's own, never to a reseller.
    """
    kinds = WITH_PROMOTIONS if promotions else LIST
    surfaces = own_surfaces(reference, shape.model) or (shape.surface,)
    answers = [
        quote(reference, replace(shape, surface=surface), day, kinds=kinds) for surface in surfaces
    ]
    quotes = [answer for answer in answers if isinstance(answer, Quote)]
    if len({one.expected for one in quotes}) > 1:
        views = ", ".join(f"{one.shape.surface} ${usd(one.expected)}" for one in quotes)
        return Refusal(
            "ambiguous", f"{shape.model} costs differently by surface: say which ({views})"
        )
    return quotes[0] if quotes else answers[0]
