"""Judge one route over its facts: fallbacks first, then its own checks, waivers and verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from veo_check.core.clock import Judging
from veo_check.core.errors import ExitCode
from veo_check.core.facts import Missing, ProvenLife
from veo_check.core.fallbacks import FallbackOutcomes
from veo_check.core.findings import Until, Uses
from veo_check.core.job_log import LogSample
from veo_check.core.key_policy import Leave
from veo_check.core.paid_facts import ControlledFailure, Delivery, JobResult, UsageProof
from veo_check.core.proof import ProofStatus
from veo_check.core.route import Route
from veo_check.core.verdict import Judged, exit_code, rule
from veo_check.engine import assemble
from veo_check.engine.fallback_report import fallback_report
from veo_check.engine.fallbacks import Learnt, judge_fallbacks, target_plan
from veo_check.engine.judge import Result, judge
from veo_check.engine.money import what_stops_money
from veo_check.engine.options import Options
from veo_check.engine.paid_report import paid_parts
from veo_check.engine.quote import prices_by_resolution, quote_report
from veo_check.engine.select import Selected, needs
from veo_check.engine.valid import passed_not_before, validity
from veo_check.engine.waive import waive
from veo_check.http.exchange import Exchange
from veo_check.reference.book import Reference
from veo_check.report.model import ExchangeReport, RouteReport
from veo_check.smoke.log_sample import learn_log_sample
from veo_check.spec.checklist import Checklist
from veo_check.spec.route_file import RouteFile

if TYPE_CHECKING:
    from veo_check.smoke.outcome import SmokeOutcome

Facts = Mapping[type, object]
_NO_JOB = Missing("smoke-job", "not-run", "no paid smoke job is on record for this route")
#: Facts that only a paid job or a valid proof gives.
_ABSENT: Facts = dict.fromkeys(
    (JobResult, Delivery, UsageProof, ControlledFailure, ProvenLife, ProofStatus), _NO_JOB
)
#: Asks for the paid facts of a route: file, what is known so far, and why no money may be spent.
PaidFacts = Callable[[RouteFile, Facts, str | None], "SmokeOutcome | None"]


@dataclass(frozen=True, slots=True)
class Bench:
    """What every route of a run is judged with."""

    plan: tuple[Selected, ...]
    judging: Judging
    options: Options
    reference: Reference
    checklist: Checklist
    #: every request of the run and its answer, as far as they are recorded by now
    exchanges: Callable[[], Sequence[Exchange]]
    on_crash: Callable[[str], None]
    pay: PaidFacts

    def judge(self, plan: tuple[Selected, ...], route: Route, facts: Facts) -> list[Result]:
        """The results of `plan` for one route; a crash is reported once, where it happened."""
        values = {
            **_ABSENT,
            **facts,
            Route: route,
            Judging: self.judging,
            Reference: self.reference,
            Leave: self.options.leave,
        }
        results = judge(plan, values, route.via.gateway, self.options.strict)
        for result in results:
            if result.crash:
                self.on_crash(result.crash)
        return results


@dataclass(frozen=True, slots=True)
class JudgedRoute:
    """A route's report and exit code, and what they stand on.

    `used` are reference rows. `facts` and `fallbacks` are what was learned, `smoke` what the paid
    job or its proof had to say, if there was any; judging these again gives the same report.
    """

    file: RouteFile
    report: RouteReport
    exit_code: ExitCode
    used: tuple[Uses, ...]
    facts: Facts
    fallbacks: tuple[Learnt, ...]
    smoke: SmokeOutcome | None

    @property
    def oldest(self) -> date | None:
        """When the oldest row it stood on was confirmed."""
        return min((use.confirmed for use in self.used), default=None)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the paid job."""
        return self.smoke.notes if self.smoke else ()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the paid job."""
        return self.smoke is not None and self.smoke.interrupted


def judge_route(
    file: RouteFile, facts: Facts, fallbacks: tuple[Learnt, ...], bench: Bench
) -> JudgedRoute:
    """The verdict of one route file."""
    route, judging, options = file.route, bench.judging, bench.options
    target = options.target or route.target
    if needs(bench.plan, LogSample) and LogSample not in facts:
        facts = {**facts, LogSample: learn_log_sample(route, file.sample)}
    learned = facts
    if needs(bench.plan, FallbackOutcomes):
        outcomes = judge_fallbacks(
            route,
            facts,
            fallbacks,
            target_plan(bench.plan),
            bench.reference,
            judging,
            target,
            bench.judge,
        )
        facts = {**facts, FallbackOutcomes: outcomes}
    before = bench.judge(bench.plan, route, facts)
    allowed, _ = waive(before, tuple(route.waivers), judging, options.strict)
    smoke = bench.pay(file, facts, what_stops_money(allowed, target))
    if smoke is not None:
        facts = {**facts, **smoke.facts}
    results = before if smoke is None else bench.judge(bench.plan, route, facts)
    results, ruled = waive(results, tuple(route.waivers), judging, options.strict)
    ruling = rule([_judged(one) for one in results], target)
    holds = validity(_untils(results), judging.day)

    def line_of(at: str) -> int | None:
        place = file.position(at)
        return place[0] if place else None

    paid = paid_parts(route, smoke, judging)
    report = RouteReport(
        name=route.name,
        file=str(file.path),
        target=target.target_word,
        tier=ruling.tier.word,
        verdict=ruling.verdict.value,
        valid_until=holds.until.isoformat() if holds.until else None,
        valid_because=holds.because,
        model_until=holds.model_until.isoformat() if holds.model_until else None,
        not_before=passed_not_before(route, bench.reference, judging),
        quote=quote_report(route, bench.reference, judging.day),
        price_by_resolution=prices_by_resolution(route, bench.reference, judging.day),
        catalog=assemble.catalog_report(route, facts),
        fallback=fallback_report(route, facts.get(FallbackOutcomes)),
        job=paid.job,
        usage=paid.usage,
        spent=paid.spent,
        proof=paid.proof,
        items=assemble.item_reports(bench.checklist, results, target),
        checks=assemble.check_reports(results, target, line_of),
        exchanges=_exchanges(facts, bench.exchanges()),
        waivers=assemble.waiver_reports(ruled),
        confirmations=assemble.confirmation_reports(route),
    )
    return JudgedRoute(
        file,
        report,
        exit_code(ruling, options.inconclusive),
        tuple(dict.fromkeys(use for result in results for use in result.outcome.uses)),
        learned,
        fallbacks,
        smoke,
    )


def _judged(result: Result) -> Judged:
    line = result.selected
    return Judged(line.id, line.required_for, result.statuses, line.left_out)


def _untils(results: list[Result]) -> list[Until]:
    return [until for result in results for until in result.outcome.untils]


def _exchanges(facts: Facts, recorded: Sequence[Exchange]) -> list[ExchangeReport]:
    ids = assemble.exchange_ids(facts)
    return [
        ExchangeReport(
            id=one.id,
            method=one.method,
            url=one.url,
            request_excerpt=one.request_excerpt,
            status=one.status,
            ms=one.ms,
            body_excerpt=one.body_excerpt,
        )
        for one in recorded
        if one.id in ids
    ]
