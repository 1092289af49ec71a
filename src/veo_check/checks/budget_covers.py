"""budget-covers: a job with its retries, and a month, fit the budget."""

from __future__ import annotations

from collections.abc import Iterator

from veo_check.core.facts import Missing
from veo_check.core.fallbacks import FallbackOutcomes
from veo_check.core.findings import (
    Blocked,
    Finding,
    Findings,
    ReferenceUse,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.money import usd
from veo_check.core.route import Route
from veo_check.pricing.job_cost import JobCost, JobPrice
from veo_check.pricing.shape import Refusal


@check(item="pricing-unit", since="0.1")
def budget_covers(route: Route, cost: JobCost, outcomes: FallbackOutcomes | Missing) -> Findings:
    """One job with all its retries and the expected month fit the declared budget.

    Why: a job that timed out may still finish and be charged, so every retry can cost a whole
    video. The maximum is (1 + retries) times what is charged: the gateway's price, or the reference
    price where the gateway publishes none.
    Fix: declare `budget.per_job`, `monthly` and `jobs_per_month`; then raise the budget, or ask for
    fewer seconds, a lower resolution, a cheaper model or fewer retries.
    """
    yield from _undeclared(route)
    if not isinstance(cost.quotes, Refusal):
        for quote in cost.quotes:
            yield ReferenceUse(quote.rule.id, "price", quote.source.confirmed)
    charged = cost.charged
    if isinstance(charged, Refusal):
        yield Blocked(charged.message)
        return
    if charged.bound == "lower":
        yield Blocked(f"the {charged.basis} price is a lower bound; no maximum follows from it")
    yield from _judged(route, charged)
    if isinstance(cost.reference, JobPrice) and cost.reference.expected > charged.expected:
        yield _higher_reference(route, charged, cost.reference)
    yield from _fallbacks(outcomes)


def _undeclared(route: Route) -> Iterator[Finding]:
    for name in ("per_job", "monthly", "jobs_per_month"):
        if getattr(route.budget, name) is None:
            yield blocker(
                "budget-covers/undeclared",
                f"The route file has no budget.{name}, so the cost cannot be compared with it.",
                at="budget",
                fix=f"set budget.{name}",
            )


def _judged(route: Route, charged: JobPrice) -> Iterator[Finding]:
    budget, one_job = route.budget, f"${usd(charged.expected)}"
    most = charged.maximum(budget.retries)
    maximum = f"{1 + budget.retries} x {one_job} = ${usd(most)}"
    lines = [f"One job costs {one_job} ({charged.basis} price)", f"with retries at most {maximum}"]
    if budget.per_job is not None:
        lines[-1] += f" of ${usd(budget.per_job)}"
        if most > budget.per_job:
            yield blocker(
                "budget-covers/per-job",
                f"One job with its retries can cost ${usd(most)}, more than the budget of "
                f"${usd(budget.per_job)}. That is {maximum} ({charged.basis} price).",
                at="budget.per_job",
                expected=f"at most ${usd(budget.per_job)}",
                actual=f"${usd(most)}",
                fix="raise budget.per_job, or make the job cheaper",
                evidence=charged.evidence,
            )
    if budget.jobs_per_month is not None:
        month = charged.monthly(budget.jobs_per_month)
        sum_ = f"{budget.jobs_per_month:,} x {one_job} = ${usd(month)}"
        lines.append(f"month {sum_}")
        if budget.monthly is not None:
            lines[-1] += f" of ${usd(budget.monthly)}"
            if month > budget.monthly:
                yield blocker(
                    "budget-covers/monthly",
                    f"The expected monthly cost, ${month:,.2f}, exceeds the budget of "
                    f"${budget.monthly:,.2f}. That is {sum_} ({charged.basis} price).",
                    at="budget.monthly",
                    expected=f"at most ${usd(budget.monthly)}",
                    actual=f"${usd(month)}",
                    fix="raise budget.monthly, or send fewer or cheaper jobs",
                    evidence=charged.evidence,
                )
    yield note(
        "budget-covers/arithmetic",
        f"{'; '.join(lines)}.",
        at="budget",
        actual=usd(most),
        evidence=charged.evidence,
    )


def _higher_reference(route: Route, charged: JobPrice, reference: JobPrice) -> Finding:
    """The gateway is cheaper today; what the budget has to cover if it stops being so."""
    most = usd(reference.maximum(route.budget.retries))
    return warning(
        "budget-covers/higher-reference",
        f"The reference price is higher: ${usd(reference.expected)} a job, ${most} with retries; "
        f"the gateway charges ${usd(charged.expected)}.",
        at="budget",
        actual=f"${most}",
        fix=f"plan for ${most} a job, in case the gateway raises its price to the reference",
        evidence=(*charged.evidence, *reference.evidence),
    )


def _fallbacks(outcomes: FallbackOutcomes | Missing) -> Iterator[Finding]:
    """What one job on each fallback costs; `fallback-cost` judges it."""
    for target in () if isinstance(outcomes, Missing) else outcomes.targets:
        cost = f"no price is known ({target.price_refused})"
        if target.expected is not None:
            cost = f"${usd(target.expected)} a job"
        yield note(
            "budget-covers/fallback",
            f"Fallback '{target.name}': {cost}; not part of the maximum.",
            at=f"fallback.routes.{target.index}",
        )
