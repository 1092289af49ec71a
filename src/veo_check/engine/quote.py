"""The report's prices: what a job of the route's shape costs by the reference data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from veo_check.core.money import plain, usd
from veo_check.core.route import Route
from veo_check.pricing.quote import Quote, quote
from veo_check.pricing.shape import Shape, normal_resolution
from veo_check.reference.book import Reference
from veo_check.report.model import QuoteReport, ResolutionPrice


def quote_report(route: Route, reference: Reference, day: date) -> QuoteReport | None:
    """What the reference says the route's own shape costs; None where it refuses to say."""
    found = quote(reference, Shape.of_route(route), day)
    if not isinstance(found, Quote):
        return None
    budget, request = route.budget, route.request
    capability = reference.capability(route.model.official, route.model.surface)
    per_second = found.per_second
    return QuoteReport(
        currency=found.currency,
        variant=capability.variant if capability else None,
        seconds=request.seconds,
        resolution=request.resolution,
        audio=request.audio,
        count=request.count,
        retries=budget.retries,
        unit=found.unit,
        per_second=None if per_second is None else plain(per_second, 2),
        expected=usd(found.expected),
        worst_case=usd(found.worst_case(budget.retries)),
        monthly=_monthly(found, budget.jobs_per_month),
        bound="exact" if found.bound == "exact" else "lower",
        source=found.source.url,
        source_date=found.source.confirmed.isoformat(),
    )


def prices_by_resolution(route: Route, reference: Reference, day: date) -> list[ResolutionPrice]:
    """What the route's shape would cost at each resolution that its model takes, in their order.

    Empty where nothing is known of what the model takes.
    """
    capability = reference.capability(route.model.official, route.model.surface)
    shape = Shape.of_route(route)
    known = capability.resolutions if capability else ()
    words = list(dict.fromkeys(normal_resolution(word) for word in known))
    return [_at(reference, replace(shape, resolution=word), shape, day) for word in words]


def _at(reference: Reference, shape: Shape, asked: Shape, day: date) -> ResolutionPrice:
    found = quote(reference, shape, day)
    word, same = shape.resolution or "", shape.resolution == asked.resolution
    if not isinstance(found, Quote):
        return ResolutionPrice(resolution=word, asked=same, refused=found.code)
    per_second = found.per_second
    return ResolutionPrice(
        resolution=word,
        asked=same,
        currency=found.currency,
        expected=usd(found.expected),
        per_second=None if per_second is None else plain(per_second, 2),
        bound="exact" if found.bound == "exact" else "lower",
    )


def _monthly(found: Quote, jobs: int | None) -> str | None:
    return None if jobs is None else usd(found.monthly(jobs))
