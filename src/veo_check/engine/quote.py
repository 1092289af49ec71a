"""The report's quote: what a job of the route's shape costs by the reference data."""

from __future__ import annotations

from datetime import date

from veo_check.core.money import plain, usd
from veo_check.core.route import Route
from veo_check.pricing.quote import Quote, quote
from veo_check.pricing.shape import Shape
from veo_check.reference.book import Reference
from veo_check.report.model import QuoteReport


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


def _monthly(found: Quote, jobs: int | None) -> str | None:
    return None if jobs is None else usd(found.monthly(jobs))
