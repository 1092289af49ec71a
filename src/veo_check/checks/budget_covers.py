"""budget-covers: the worst case of a job, and a month, fit the budget."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from veo_check.checks.price_agrees import PRICED_GATEWAYS
from veo_check.checks.price_known import price_basis
from veo_check.checks.price_unit import gateway_price
from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.fallbacks import candidates
from veo_check.core.findings import Blocked, Finding, Findings, ReferenceUse, blocker, check, note
from veo_check.core.money import usd
from veo_check.core.route import Route
from veo_check.pricing.shape import Refusal, Shape
from veo_check.reference.load import Reference


@check(item="pricing-unit", since="0.1")
def budget_covers(
    route: Route,
    reference: Reference,
    judging: AsOf,
    catalog: Catalog | Missing,
    status: GatewayStatus | Missing,
) -> Findings:
    """The worst case of one job and the expected month fit the declared budget.

    Why: a job that timed out may still finish and be charged, so every retry can cost a whole
    video. The worst case is (1 + retries) times the dearer of gateway and reference price.
    Fix: declare `budget.per_job`, `monthly` and `jobs_per_month`; then raise the budget, or ask for
    fewer seconds, a lower resolution, a cheaper model or fewer retries.
    """
    yield from _undeclared(route)
    basis = price_basis(reference, Shape.of_route(route), judging)
    if isinstance(basis, Refusal):
        yield Blocked(f"there is no reference price: {basis.message}")
        return
    for one in basis:
        yield ReferenceUse(one.rule.id, "price", one.source.confirmed)
    evidence = [f"ref:{one.rule.id}" for one in basis]
    expected, whose = basis[0].expected, "reference price"
    if any(one.bound == "lower" for one in basis):
        yield Blocked("the reference price is a lower bound; no worst case follows from it")
    if route.via.gateway in PRICED_GATEWAYS:
        if isinstance(catalog, Missing):
            yield Blocked(f"the gateway's price is not known: {catalog.detail}")
            return
        price = gateway_price(route, catalog, status)
        if isinstance(price, Refusal) or price.expected is None:
            why = price.message if isinstance(price, Refusal) else price.reading
            yield Blocked(f"the gateway's price is not known: {why}")
            return
        if price.bound == "lower":
            yield Blocked("the gateway's price is a lower bound; no worst case follows from it")
        if price.expected > expected:
            expected, whose = price.expected, "gateway price"
        evidence.extend(catalog.exchanges)
    yield from _judged(route, expected, whose, tuple(evidence))
    yield from _beside(route, reference, judging)


def _undeclared(route: Route) -> Iterator[Finding]:
    for name in ("per_job", "monthly", "jobs_per_month"):
        if getattr(route.budget, name) is None:
            yield blocker(
                "budget-covers/undeclared",
                f"The route file declares no budget.{name}, so nothing can be held against it.",
                at="budget",
                fix=f"set budget.{name}",
            )


def _judged(
    route: Route, expected: Decimal, whose: str, evidence: tuple[str, ...]
) -> Iterator[Finding]:
    budget = route.budget
    tries = 1 + budget.retries
    worst = expected * tries
    job = f"{tries} x ${usd(expected)} ({whose}) = ${usd(worst)}"
    lines = [f"worst case of a job {job}"]
    if budget.per_job is not None:
        lines[0] += f" of ${usd(budget.per_job)}"
        if worst > budget.per_job:
            yield blocker(
                "budget-covers/per-job",
                f"The worst case of one job does not fit: {job}.",
                at="budget.per_job",
                expected=f"at most ${usd(budget.per_job)}",
                actual=f"${usd(worst)}",
                fix="raise budget.per_job, or make the job cheaper",
                evidence=evidence,
            )
    if budget.jobs_per_month is not None:
        month = expected * budget.jobs_per_month
        sum_ = f"{budget.jobs_per_month} x ${usd(expected)} = ${usd(month)}"
        lines.append(f"month {sum_}")
        if budget.monthly is not None:
            lines[1] += f" of ${usd(budget.monthly)}"
            if month > budget.monthly:
                yield blocker(
                    "budget-covers/monthly",
                    f"The expected month does not fit: {sum_}.",
                    at="budget.monthly",
                    expected=f"at most ${usd(budget.monthly)}",
                    actual=f"${usd(month)}",
                    fix="raise budget.monthly, or send fewer or cheaper jobs",
                    evidence=evidence,
                )
    text = "; ".join(lines)
    yield note(
        "budget-covers/arithmetic",
        f"{text[0].upper()}{text[1:]}.",
        at="budget",
        actual=usd(worst),
        evidence=evidence,
    )


def _beside(route: Route, reference: Reference, judging: AsOf) -> Iterator[Finding]:
    """What one job on each fallback costs by the reference; `fallback-cost` judges it."""
    for candidate in candidates(route):
        if candidate.route is None:
            continue
        basis = price_basis(reference, Shape.of_route(candidate.route), judging)
        cost = (
            f"no price is known ({basis.message})"
            if isinstance(basis, Refusal)
            else f"${usd(basis[0].expected)} a job by the reference price"
        )
        yield note(
            "budget-covers/fallback",
            f"Fallback '{candidate.target.name}': {cost}; not part of the worst case.",
            at=candidate.at,
        )
