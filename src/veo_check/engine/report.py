"""One route's results as a RouteReport."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog
from veo_check.core.fallbacks import Candidate, FallbackOutcome, candidates, differences
from veo_check.core.fallbacks import FallbackOutcomes as Outcomes
from veo_check.core.findings import GOOD, Finding, Severity, Status, Tier
from veo_check.core.frozen import dataclass
from veo_check.core.money import plain, usd
from veo_check.core.results import Delivery, JobResult, MediaFacts, UsageProof
from veo_check.core.route import Route, Situation
from veo_check.engine.judge import Result, WaiverOutcome, a_job_settles
from veo_check.engine.runbook import incidents
from veo_check.pricing.job_cost import JobCost, JobPrice, PriceSources
from veo_check.pricing.shape import Refusal, Shape, normal_resolution
from veo_check.reference.load import Reference
from veo_check.report.model import (
    BudgetReport,
    CatalogReport,
    CauseReport,
    CheckReport,
    ConfirmationReport,
    FailureReport,
    FallbackReport,
    FallbackTargetReport,
    FindingReport,
    ItemReport,
    JobReport,
    ModelReport,
    OtherPrice,
    ProofReport,
    QuoteReport,
    ResolutionPrice,
    UsageReport,
    WaiverReport,
)
from veo_check.report.shown import first_sentence
from veo_check.routefile.checklist import Checklist

if TYPE_CHECKING:
    from veo_check.smoke.steps import SmokeOutcome


#: Worst first: what an item shows of its checks.
_WORST = (
    Status.ERROR,
    Status.FAIL,
    Status.BLOCKED,
    Status.SKIPPED,
    Status.WAIVED,
    Status.WARN,
    Status.PASS,
    Status.NOT_APPLICABLE,
)
LineOf = Callable[[str], int | None]


def check_reports(results: list[Result], target: Tier, line_of: LineOf) -> list[CheckReport]:
    """The checks in the plan's order, with the status they have at the target."""
    return [
        CheckReport(
            id=result.selected.id,
            item=result.selected.item,
            required_for=result.selected.required_for.target_word
            if result.selected.required_for
            else None,
            status=result.statuses[target].value,
            reason=result.reason,
            findings=_findings(result.outcome.findings, target, line_of),
            duration_ms=result.duration_ms,
        )
        for result in results
    ]


def item_reports(
    checklist: Checklist,
    results: list[Result],
    target: Tier,
    causes: Sequence[CauseReport],
    known: Mapping[str, str],
) -> list[ItemReport]:
    """The checklist's items, each showing its worst check. What a checklist leaves out comes last,
    under its item's id: a required check that did not run is shown, whatever the list says.

    `known` is what a good item says, where there is more to say than how many checks passed.
    """
    titles = {item.id: item.title for item in checklist.items}
    why = {item.id: item.why for item in checklist.items}
    for result in results:
        titles.setdefault(result.selected.item, result.selected.item)
    reports = []
    for item, title in titles.items():
        own = [result for result in results if result.selected.item == item]
        status = _worst(result.statuses[target] for result in own)
        worst = next((result for result in own if result.statuses[target] is status), None)
        if worst is None or status in {Status.PASS, Status.NOT_APPLICABLE}:
            passed = sum(result.statuses[target] is Status.PASS for result in own)
            summary = known.get(item) or f"{passed} of {len(own)} checks passed"
        else:
            summary = _summary(worst, target, causes)
        reports.append(
            ItemReport(
                id=item,
                title=title,
                why=why.get(item, ""),
                status=status.value,
                summary=summary,
            )
        )
    return reports


def _summary(result: Result, target: Tier, causes: Sequence[CauseReport]) -> str:
    """A sentence for an item that is not good: its worst check's finding or cause."""
    findings = sorted(result.outcome.findings, key=lambda finding: _weight(finding, target))
    if result.statuses[target] in {Status.FAIL, Status.WARN, Status.WAIVED} and findings:
        return first_sentence(findings[0].message)
    cause = next((cause for cause in causes if result.selected.id in cause.blocks), None)
    if cause is not None and cause.kind == "failure":
        return f"not checked: waits for {cause.blocks[0]}"
    said = cause.cause if cause else result.reason or result.statuses[target].value
    if cause and cause.kind == "smoke-test" and result.reason and a_job_settles(result, target):
        said = result.reason  # what is open without a job
    return f"not checked: {first_sentence(said)}"


def _weight(finding: Finding, target: Tier) -> int:
    return get_args(Severity).index(finding.severity_at(target))


def known_in_short(
    quote: QuoteReport | None,
    catalog: CatalogReport | None,
    fallback: FallbackReport | None,
    paid: PaidParts,
    model_until: date | None,
) -> dict[str, str]:
    """A phrase for each item of the built-in checklist of which something is known."""
    known = {"lifecycle": f"serves until {model_until}" if model_until else "no shutdown announced"}
    if quote is not None:
        rate = f"${quote.per_second}/s" if quote.per_second else f"${quote.expected} a job"
        known["pricing-unit"] = f"{rate} by the {quote.basis} price"
    if paid.job is not None:
        clip = f"{paid.job.seconds} s at {paid.job.resolution}" if paid.job.seconds else "no video"
        known["async-job"] = f"a job ran: {paid.job.polls} polls, {clip}"
    if catalog is not None:
        known["catalog-row"] = f"one row '{catalog.label}', {catalog.status or 'status not given'}"
    if fallback is not None:
        made = sum(decision is not None for decision in fallback.decisions.values())
        names = ", ".join(target.name for target in fallback.targets) or "no target"
        known["fallback"] = f"{made} of {len(fallback.decisions)} situations decided; {names}"
    if paid.usage is not None and paid.usage.billed is not None:
        known["usage-proof"] = f"${paid.usage.billed} billed, paid by {paid.usage.owner}"
    return known


def model_report(route: Route) -> ModelReport:
    """The route in one line."""
    return ModelReport(
        label=route.via.model,
        gateway=route.via.gateway,
        official=route.model.official,
        surface=route.model.surface,
    )


def budget_report(route: Route) -> BudgetReport:
    """What the route file allows a job and a month to cost."""
    budget = route.budget
    return BudgetReport(
        per_job=_amount(budget.per_job),
        monthly=_amount(budget.monthly),
        jobs_per_month=budget.jobs_per_month,
    )


def catalog_report(route: Route, facts: Mapping[type, object]) -> CatalogReport | None:
    """The gateway's row as served, where exactly one was found."""
    catalog = facts.get(Catalog)
    if not isinstance(catalog, Catalog) or len(catalog.rows) != 1:
        return None
    row, group = catalog.rows[0], route.via.group
    ratio = catalog.ratio_for(group) if group else None
    label = catalog.display[0] if catalog.display else None
    return CatalogReport(
        label=row.model_name,
        endpoint_types=list(row.endpoint_types),
        group=group,
        group_ratio=None if ratio is None else f"{ratio:f}",
        price_label=label.billing_kind if label else None,
        price_fields=dict(row.price_fields),
        status=row.availability_status,
        checked_at=_instant(row.availability_checked_at),
    )


def waiver_reports(ruled: tuple[WaiverOutcome, ...]) -> list[WaiverReport]:
    """Every waiver of the route file, and what became of it."""
    return [
        WaiverReport(
            finding=one.waiver.finding,
            reason=one.waiver.reason,
            owner=one.waiver.owner,
            expires=one.waiver.expires.isoformat(),
            state=one.state,
        )
        for one in ruled
    ]


def confirmation_reports(route: Route) -> list[ConfirmationReport]:
    """What people say to have seen, as the route file has it."""
    return [
        ConfirmationReport(
            what=confirmation.what,
            by=confirmation.by,
            on=confirmation.on.isoformat(),
            expires=confirmation.expires.isoformat(),
            link=confirmation.link,
            operation=confirmation.operation,
        )
        for confirmation in route.confirmations
    ]


def exchange_ids(facts: Mapping[type, object]) -> set[str]:
    """The ids of all exchanges that the route's facts stand on."""
    return {one for fact in facts.values() for one in getattr(fact, "exchanges", ())}


def _findings(findings: Sequence[Finding], target: Tier, line_of: LineOf) -> list[FindingReport]:
    """The findings of a check, the heaviest first."""
    made = [
        FindingReport(
            code=finding.code,
            severity=finding.severity_at(target),
            message=finding.message,
            at=finding.at,
            line=line_of(finding.at) if finding.at else None,
            expected=finding.expected,
            actual=finding.actual,
            fix=finding.fix,
            evidence=list(finding.evidence),
        )
        for finding in findings
    ]
    return sorted(made, key=lambda finding: get_args(Severity).index(finding.severity))


def _worst(statuses: Iterable[Status]) -> Status:
    seen = set(statuses)
    return next((one for one in _WORST if one in seen), Status.SKIPPED)


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else None


# The report's parts about the paid job: how it went, what it cost, what proves it.


@dataclass(frozen=True, slots=True)
class PaidParts:
    """What the report says of the paid job; all None where there is none."""

    job: JobReport | None = None
    usage: UsageReport | None = None
    proof: ProofReport | None = None
    spent: str = "0.00"


def paid_parts(route: Route, smoke: SmokeOutcome | None, judging: AsOf) -> PaidParts:
    """The parts for one route, from this run's job or from the proof of an earlier one."""
    if smoke is None:
        return PaidParts()
    job = smoke.job if isinstance(smoke.job, JobResult) else None
    delivery = smoke.delivery if isinstance(smoke.delivery, Delivery) else None
    usage = smoke.usage if isinstance(smoke.usage, UsageProof) else None
    return PaidParts(
        job=None if job is None else _job(job, delivery),
        usage=None if usage is None else _usage(route, usage),
        proof=_proof(smoke, judging),
        spent=usd(smoke.spent),
    )


def _job(job: JobResult, delivery: Delivery | None) -> JobReport:
    first = delivery.videos[0] if delivery and delivery.videos else None
    return JobReport(
        operation_id=job.operation_id,
        request_id=job.request_id,
        served_model=job.served_model,
        status_history=list(job.statuses),
        polls=job.polls,
        retries=job.retries,
        failure=job.failure or job.symptom,
        video_count=len(delivery.videos) if delivery else job.video_count,
        seconds=None if first is None or first.seconds is None else plain(first.seconds, 1),
        resolution=None if first is None else _size(first),
        frame_rate=None if first is None or first.frame_rate is None else plain(first.frame_rate),
        audio=None if first is None else first.audio,
        sha256=None if first is None else first.sha256,
        output_location=delivery.kept[0] if delivery and delivery.kept else None,
    )


def _size(video: MediaFacts) -> str | None:
    return None if video.width is None else f"{video.width}x{video.height}"


def _usage(route: Route, usage: UsageProof) -> UsageReport:
    owner = route.route.owner
    return UsageReport(
        row_id=usage.row_id,
        model=usage.model,
        key=usage.key,
        group=usage.group,
        status=usage.status,
        unit=usage.unit,
        quantity=None if usage.quantity is None else plain(usage.quantity),
        seconds=None if usage.seconds is None else plain(usage.seconds),
        quoted=usd(usage.quoted),
        billed=None if usage.billed is None else usd(usage.billed),
        owner=owner.cost_center or owner.team,
    )


def _proof(smoke: SmokeOutcome, judging: AsOf) -> ProofReport | None:
    status = smoke.proof
    if status.proof is None or status.expires is None:
        return None
    return ProofReport(
        id=status.proof.id,
        age_days=status.age_days
        if status.age_days is not None
        else max(0, (judging.day - status.proof.made_at.date()).days),
        expires=status.expires.isoformat(),
    )


# The report's prices: what a job of the route's shape is charged, and the price beside it.


def quote_report(route: Route, reference: Reference, cost: JobCost) -> QuoteReport | None:
    """What the payer is charged for the route's own shape; the reference price where that is not
    known, and None where neither is."""
    price, other = cost.shown, cost.other
    if isinstance(price, Refusal):
        return None
    budget, request = route.budget, route.request
    jobs = budget.jobs_per_month
    capability = reference.capability(route.model.official, route.model.surface)
    return QuoteReport(
        variant=capability.variant if capability else None,
        seconds=request.seconds,
        resolution=request.resolution,
        audio=request.audio,
        count=request.count,
        retries=budget.retries,
        unit=price.unit,
        worst_case=usd(price.maximum(budget.retries)),
        monthly=None if jobs is None else usd(price.monthly(jobs)),
        source=price.source,
        source_date=price.day.isoformat(),
        basis=price.basis,
        other=OtherPrice(expected=usd(other.expected), source=other.source) if other else None,
        **_figures(price),
    )


def prices_by_resolution(
    route: Route, prices: PriceSources, cost: JobCost
) -> list[ResolutionPrice]:
    """What the route's shape would cost at each resolution that its model takes, in their order,
    by the side that the route's own price is from.

    Empty where nothing is known of what the model takes.
    """
    capability = prices.reference.capability(route.model.official, route.model.surface)
    shape, found = Shape.of_route(route), []
    for word in dict.fromkeys(map(normal_resolution, capability.resolutions if capability else ())):
        there = prices.cost(route, replace(shape, resolution=word))
        price = there.charged if cost.shown is cost.charged else there.reference
        figures = {"refused": price.code} if isinstance(price, Refusal) else _figures(price)
        found.append(ResolutionPrice(resolution=word, asked=word == shape.resolution, **figures))
    return found


def _figures(price: JobPrice) -> dict[str, Any]:
    rate = None if price.per_second is None else plain(price.per_second, 2)
    return {"expected": usd(price.expected), "per_second": rate, "bound": price.bound}


# The report's fallback table: what is decided for each situation, and what each target changes.


def fallback_report(
    route: Route, outcomes: object, cost: JobCost, judging: AsOf, prices: PriceSources
) -> FallbackReport | None:
    """The table of a route and its runbook; None where its file has no fallback section.

    `cost` is the primary's; `outcomes` the fact of that name where targets were judged, else
    anything.
    """
    rules = route.fallback
    if rules is None:
        return None
    judged = outcomes.targets if isinstance(outcomes, Outcomes) else ()
    by_index = {one.index: one for one in judged}
    situations: tuple[Situation, ...] = get_args(Situation)
    return FallbackReport(
        decisions={situation: getattr(rules, situation) for situation in situations},
        approved_by=rules.approved_by,
        approved_on=rules.approved_on.isoformat() if rules.approved_on else None,
        targets=[
            _target(route, candidate, by_index.get(candidate.index), cost)
            for candidate in candidates(route)
        ],
        failures=[
            FailureReport(
                failure=row.failure,
                decision=row.decision,
                billed=row.billed,
                cost_low=_amount(row.cost[0] if row.cost else None),
                cost_high=_amount(row.cost[1] if row.cost else None),
                viewer=row.viewer,
            )
            for row in incidents(route, prices.reference, judging, prices.cost)[2]
        ],
    )


def _target(
    primary: Route, candidate: Candidate, outcome: FallbackOutcome | None, cost: JobCost
) -> FallbackTargetReport:
    target, route = candidate.target, candidate.route
    units = (cost.unit, outcome.unit) if outcome else (None, None)
    own = cost.charged.expected if outcome and isinstance(cost.charged, JobPrice) else None
    changes = differences(primary, route, *units) if route else ()
    return FallbackTargetReport(
        name=target.name,
        situations=list(target.for_),
        gateway=target.via.gateway or primary.via.gateway,
        model=target.model.official,
        surface=target.model.surface,
        expected=_amount(outcome.expected if outcome else None),
        primary_expected=_amount(own),
        unit=outcome.unit if outcome else None,
        price_refused=outcome.price_refused if outcome else candidate.problem,
        proof=outcome.proof if outcome else None,
        proven_until=outcome.proven_until.isoformat() if outcome and outcome.proven_until else None,
        changes=[f"{change.name}: {change.primary} -> {change.target}" for change in changes],
        bad_checks=None
        if outcome is None
        else {
            check: status.value for check, status in outcome.statuses.items() if status not in GOOD
        },
    )


def _amount(number: Decimal | None) -> str | None:
    return None if number is None else usd(number)
