"""Judge the fallback targets of a route, each as a route of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from veo_check.checks.price_known import price_basis
from veo_check.checks.price_unit import gateway_price
from veo_check.core.clock import Judging
from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.fallbacks import Candidate, FallbackOutcome, FallbackOutcomes
from veo_check.core.findings import Status
from veo_check.core.route import Route
from veo_check.core.tiers import Tier
from veo_check.engine.judge import Result
from veo_check.engine.select import Selected
from veo_check.pricing.answers import Refusal
from veo_check.pricing.shape import Shape
from veo_check.reference.book import Reference

#: What the primary's own file answers for the whole route, its fallbacks included.
_OF_THE_PRIMARY = frozenset({"fallback-rules", "ownership-declared", "budget-covers"})
JudgeRoute = Callable[[tuple[Selected, ...], Route, Mapping[type, object]], list[Result]]


def target_plan(plan: Sequence[Selected]) -> tuple[Selected, ...]:
    """The checks a fallback has to pass: those for research, and for staging those that are free.

    Every staging check is free. What the primary's file answers once is not asked again.
    """
    return tuple(
        line
        for line in plan
        if line.required_for is not None
        and line.required_for <= Tier.STAGING
        and line.id not in _OF_THE_PRIMARY
        and not (line.check and FallbackOutcomes in line.check.need_types)
    )


@dataclass(frozen=True, slots=True)
class Learnt:
    """A fallback target and the facts learned about it."""

    candidate: Candidate
    facts: Mapping[type, object]


def judge_fallbacks(
    primary: Route,
    primary_facts: Mapping[type, object],
    targets: Sequence[Learnt],
    plan: tuple[Selected, ...],
    reference: Reference,
    judging: Judging,
    tier: Tier,
    judge_route: JudgeRoute,
) -> FallbackOutcomes:
    """What became of each target that makes a route, weighed as the primary's target weighs it."""
    own_price = _job_price(primary, primary_facts, reference, judging)
    outcomes = []
    for learnt in targets:
        route = learnt.candidate.route
        if route is None:
            continue
        results = judge_route(plan, route, learnt.facts)
        price = _job_price(route, learnt.facts, reference, judging)
        bad = {one.selected.id: one for one in results if one.statuses[tier] is not Status.PASS}
        outcomes.append(
            FallbackOutcome(
                name=learnt.candidate.target.name,
                index=learnt.candidate.index,
                statuses={one.selected.id: one.statuses[tier] for one in results},
                reasons={check: _why(one, tier) for check, one in bad.items()},
                shutdowns=_shutdowns(route, reference, judging.day),
                expected=price.amount,
                primary_expected=own_price.amount,
                unit=price.unit,
                primary_unit=own_price.unit,
                price_refused=price.refused,
            )
        )
    return FallbackOutcomes(tuple(outcomes), _shutdowns(primary, reference, judging.day))


@dataclass(frozen=True, slots=True)
class _Price:
    amount: Decimal | None
    unit: str | None
    refused: str | None = None


def _job_price(
    route: Route, facts: Mapping[type, object], reference: Reference, judging: Judging
) -> _Price:
    """USD of one job: the dearer of reference and gateway; refused where either is not known."""
    basis = price_basis(reference, Shape.of_route(route), judging)
    if isinstance(basis, Refusal):
        return _Price(None, None, basis.message)
    price = _Price(basis[0].expected, basis[0].unit)
    if route.via.gateway not in {"flatkey", "newapi"}:
        return price
    catalog, status = facts.get(Catalog), facts.get(GatewayStatus)
    if not isinstance(catalog, Catalog):
        why = catalog.detail if isinstance(catalog, Missing) else "the catalogue was not read"
        return _Price(None, None, f"the gateway's price is not known: {why}")
    known = status if isinstance(status, GatewayStatus) else _NO_STATUS
    row = gateway_price(route, catalog, known)
    if isinstance(row, Refusal) or row.expected is None:
        why = row.message if isinstance(row, Refusal) else row.reading
        return _Price(None, None, f"the gateway's price is not known: {why}")
    return replace(price, amount=max(basis[0].expected, row.expected))


_NO_STATUS = Missing("gateway-status", "not-run", "the gateway's status was not read")


def _shutdowns(route: Route, reference: Reference, day: date) -> tuple[date, ...]:
    rows = reference.lifecycle(route.model.official, route.model.surface)
    return tuple(sorted({row.shutdown for row in rows if row.shutdown and row.shutdown > day}))


def _why(result: Result, tier: Tier) -> str:
    if result.reason:
        return result.reason
    said = [one.message for one in result.outcome.findings if one.severity_at(tier) == "blocker"]
    return said[0] if said else result.statuses[tier].value
