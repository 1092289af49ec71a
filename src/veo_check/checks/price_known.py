"""price-known: a dated price exists for exactly this request."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from veo_check.core.clock import AsOf
from veo_check.core.findings import Blocked, Findings, ReferenceUse, blocker, check, note, warning
from veo_check.core.money import usd
from veo_check.pricing.job_cost import JobCost, no_such_job, reference_quotes
from veo_check.pricing.shape import Refusal, Shape
from veo_check.reference.load import Reference


@check(item="pricing-unit", since="0.1", waivable=False)
def price_known(reference: Reference, judging: AsOf, cost: JobCost) -> Findings:
    """A dated price from the vendor, or from two sources that agree, matches this request.

    Why: a budget needs a price for this length, resolution and audio setting. One page that no
    other source confirms is not enough to budget on.
    Fix: change the request to one that is priced, or run `veo-check refresh` and look at
    `veo-check price MODEL`.
    """
    quotes = cost.quotes
    if isinstance(quotes, Refusal):
        if no_such_job(quotes):
            yield blocker(
                f"price-known/{quotes.code}",
                f"{quotes.message}.",
                at="model.official" if quotes.code == "retired" else "request",
                fix="move to a model that is alive"
                if quotes.code == "retired"
                else "change the request to a combination that is offered",
            )
        else:
            yield Blocked(f"{quotes.code}: {quotes.message}")
        return
    first = quotes[0]
    for quote in quotes:
        yield ReferenceUse(quote.rule.id, "price", quote.source.confirmed)
    evidence = tuple(f"ref:{quote.rule.id}" for quote in quotes)
    text = f"${usd(first.expected)} for this request: {first.text}"
    if first.source.official:
        yield note(
            "price-known/official",
            f"{text}. Published by {first.source.by}, confirmed {first.source.confirmed}.",
            at="request",
            evidence=evidence,
        )
    else:
        publishers = " and ".join(quote.source.by for quote in quotes)
        yield warning(
            "price-known/third-parties",
            f"No official price on file; {publishers} agree on ${usd(first.expected)} for this "
            f"request. That is {first.text}.",
            at="request",
            fix="compare with the vendor's price page, and run veo-check refresh",
            evidence=evidence,
        )
    rates = _rates(reference, first.shape, judging)
    if rates:
        yield note(
            "price-known/rates",
            f"The rates of {first.shape.model}: {rates}.",
            at="request.resolution",
            evidence=evidence,
        )
    if first.bound == "lower":
        yield warning(
            "price-known/lower-bound",
            "The published price is a minimum; this request may cost more.",
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
        quotes = reference_quotes(reference, other, judging.day)
        if not isinstance(quotes, Refusal) and quotes[0].per_second is not None:
            at.setdefault(quotes[0].per_second, []).append(resolution)
    return ", ".join(
        f"${usd(rate)} per second at {_listed(resolutions)}" for rate, resolutions in at.items()
    )


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
