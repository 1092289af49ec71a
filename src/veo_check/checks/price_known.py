"""price-known: a dated price exists for exactly this request."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from veo_check.core.clock import AsOf
from veo_check.core.findings import Blocked, Findings, ReferenceUse, blocker, check, note, warning
from veo_check.core.money import usd
from veo_check.core.route import Route
from veo_check.pricing.quote import Quote, Refusal, quote, quotes_by_source
from veo_check.pricing.shape import Shape
from veo_check.reference.load import Reference

#: Refusals that are findings about the request; every other one is a hole in the price data.
_ABOUT_THE_REQUEST = {"unsupported-combination", "retired"}


@check(item="pricing-unit", since="0.1", waivable=False)
def price_known(route: Route, reference: Reference, judging: AsOf) -> Findings:
    """A dated price from the vendor, or from two sources that agree, matches this request.

    Why: a budget needs a price for this length, resolution and audio setting. One page that nobody
    confirms is a rumour with a dollar sign.
    Fix: change the request to one that is priced, or run `veo-check refresh` and look at
    `veo-check price MODEL`.
    """
    shape = Shape.of_route(route)
    basis = price_basis(reference, shape, judging)
    if isinstance(basis, Refusal):
        sourced = basis.source
        if basis.code in _ABOUT_THE_REQUEST and (sourced is None or sourced.official):
            yield blocker(
                f"price-known/{basis.code}",
                f"{basis.message}.",
                at="model.official" if basis.code == "retired" else "request",
                fix="move to a model that is alive"
                if basis.code == "retired"
                else "change the request to a combination that is offered",
            )
        else:
            yield Blocked(f"{basis.code}: {basis.message}")
        return
    first = basis[0]
    for one in basis:
        yield ReferenceUse(one.rule.id, "price", one.source.confirmed)
    evidence = tuple(f"ref:{one.rule.id}" for one in basis)
    text = f"${usd(first.expected)} for this request: {first.text}"
    if first.source.official:
        yield note(
            "price-known/official",
            f"{text}. Published by {first.source.publisher}, confirmed {first.source.confirmed}.",
            at="request",
            evidence=evidence,
        )
    else:
        publishers = " and ".join(one.source.publisher for one in basis)
        yield warning(
            "price-known/third-parties",
            f"{text}. No price of the vendor was read; {publishers} publish the same amount.",
            at="request",
            fix="compare with the vendor's price page, and run veo-check refresh",
            evidence=evidence,
        )
    rates = _rates(reference, shape, judging)
    if rates:
        yield note(
            "price-known/rates",
            f"{shape.model} costs {rates}.",
            at="request.resolution",
            evidence=evidence,
        )
    if first.bound == "lower":
        yield warning(
            "price-known/lower-bound",
            "The published price is the least it can be, not what this request costs.",
            at="request",
            evidence=evidence,
        )


def _rates(reference: Reference, shape: Shape, judging: AsOf) -> str | None:
    """What a second costs at each resolution of the model: the variant's whole price list."""
    capability = reference.capability(shape.model, shape.surface)
    if capability is None or not capability.seconds:
        return None
    longest = Decimal(max(capability.seconds))
    at: dict[Decimal, list[str]] = {}
    for resolution in capability.resolutions:
        other = replace(shape, resolution=resolution, seconds=longest, count=1)
        basis = price_basis(reference, other, judging)
        if not isinstance(basis, Refusal) and basis[0].per_second is not None:
            at.setdefault(basis[0].per_second, []).append(resolution)
    return ", ".join(
        f"${usd(rate)} per second at {_listed(resolutions)}" for rate, resolutions in at.items()
    )


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def price_basis(reference: Reference, shape: Shape, judging: AsOf) -> tuple[Quote, ...] | Refusal:
    """What prices this shape: one quote of the vendor, or the two freshest that agree.

    A Refusal where there is neither. Two rows of one publisher are one opinion.
    """
    return _basis(reference, shape, judging.day)


# Several checks of a route ask for the same price, and so do many routes of one run.
@lru_cache(maxsize=512)
def _basis(reference: Reference, shape: Shape, day: date) -> tuple[Quote, ...] | Refusal:
    overall = quote(reference, shape, day)
    if isinstance(overall, Refusal) and overall.code == "retired":
        return overall
    answers = quotes_by_source(reference, shape, day)
    quotes = [answer for answer in answers if isinstance(answer, Quote)]
    official = [one for one in quotes if one.source.official]
    if official:
        return (official[0],)
    firm = [
        answer
        for answer in answers
        if isinstance(answer, Refusal)
        and answer.code in _ABOUT_THE_REQUEST
        and answer.source is not None
        and answer.source.official
    ]
    if firm:
        return firm[0]
    camps = agreeing(quotes)
    if len(camps) > 1 and len(camps[0]) == len(camps[1]) and len(camps[0]) > 1:
        views = "; ".join(f"{one.source.publisher} ${usd(one.expected)}" for one in quotes)
        return Refusal("ambiguous", f"sources disagree, and none has more behind it: {views}")
    if camps and len(camps[0]) > 1:
        return tuple(camps[0][:2])
    if quotes:
        views = "; ".join(f"{one.source.publisher} ${usd(one.expected)}" for one in quotes)
        alone = "only one source prices it" if len(quotes) == 1 else "no two sources agree"
        return Refusal("ambiguous", f"no price of the vendor was read, and {alone}: {views}")
    if isinstance(overall, Refusal):
        return overall
    return Refusal("unpriced", f"no price is known for {shape.model} on {shape.surface}")


def agreeing(quotes: list[Quote]) -> list[list[Quote]]:
    """Quotes of one amount together, one a publisher; the largest camp and the freshest first."""
    by_amount: dict[object, dict[str, Quote]] = {}
    for one in sorted(quotes, key=lambda one: one.source.confirmed, reverse=True):
        by_amount.setdefault(one.expected, {}).setdefault(one.source.publisher, one)
    camps = [list(camp.values()) for camp in by_amount.values()]
    return sorted(camps, key=len, reverse=True)
