"""A whole run: learn the facts of all routes, judge each, assemble one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from veo_check import __version__
from veo_check.core.clock import Clock, Judging
from veo_check.core.errors import ExitCode
from veo_check.core.findings import Until
from veo_check.core.key_policy import Leave
from veo_check.core.route import Route
from veo_check.core.verdict import Judged, Verdict, exit_code, rule, worst, worst_exit
from veo_check.engine import assemble
from veo_check.engine.judge import Result, judge
from veo_check.engine.learn import Learned, Watcher, learn, wanted
from veo_check.engine.options import Options
from veo_check.engine.quote import quote_report
from veo_check.engine.select import Selected, select
from veo_check.engine.valid import validity
from veo_check.engine.waive import waive
from veo_check.probes.probe import Asking
from veo_check.reference.book import Reference
from veo_check.report.model import (
    ExchangeReport,
    ProblemReport,
    ReferenceUsed,
    Report,
    RouteReport,
    Tool,
)
from veo_check.spec.checklist import Checklist
from veo_check.spec.route_file import Problem, RouteFile


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run stands in: time, network, reference data, checklist, and where crashes go."""

    clock: Clock
    asking: Asking
    reference: Reference
    checklist: Checklist
    watch: Watcher
    on_crash: Callable[[str], None]


def judging_of(options: Options, clock: Clock) -> Judging:
    """The day judged. In the sandbox the clock already stands on the scenario's day."""
    today = clock.now().date()
    day = today if options.as_of is None or options.scenario else options.as_of
    return Judging(day, today, options.within_days, options.max_age_days)


def run(
    files: Sequence[RouteFile],
    problems: Sequence[Problem],
    options: Options,
    around: Surroundings,
) -> Report:
    """Judge every route file and report. Never raises for what a route or an endpoint does."""
    started = around.clock.now()
    judging = judging_of(options, around.clock)
    plan = select(around.checklist, options)
    asked = [wanted(file.route, plan) for file in files]
    facts, interrupted = learn(asked, around.asking, options.parallel, around.watch)
    judged = [
        _judge_route(file, plan, learned, judging, options, around)
        for file, learned in zip(files, facts, strict=True)
    ]
    codes = [one.exit_code for one in judged]
    code = worst_exit([*codes, *([ExitCode.USAGE] if problems else [])])
    holes = [Verdict.INCONCLUSIVE] if problems else []
    return Report(
        tool=Tool(version=__version__),
        started_at=_stamp(started),
        as_of=judging.day.isoformat(),
        hypothetical=judging.hypothetical,
        simulated=options.scenario is not None,
        scenario=options.scenario,
        interrupted=interrupted,
        mode="paid" if options.spend else "offline" if options.offline else "free",
        exit_code=int(ExitCode.INTERRUPTED if interrupted else code),
        verdict=worst([*(Verdict(one.report.verdict) for one in judged), *holes]).value,
        reference=_reference_used(judged, around.reference),
        routes=[one.report for one in judged],
        invalid=[_problem(one) for one in problems],
    )


@dataclass(frozen=True, slots=True)
class _JudgedRoute:
    report: RouteReport
    exit_code: ExitCode
    oldest: date | None  # when the oldest row it stood on was last confirmed


def _judge_route(
    file: RouteFile,
    plan: tuple[Selected, ...],
    facts: Learned,
    judging: Judging,
    options: Options,
    around: Surroundings,
) -> _JudgedRoute:
    route = file.route
    target = options.target or route.target
    values = _values(route, judging, around.reference, options.leave, facts)
    results = judge(plan, values, route.via.gateway, options.strict)
    for result in results:
        if result.crash:
            around.on_crash(result.crash)
    results, ruled = waive(results, tuple(route.waivers), judging, options.strict)
    ruling = rule([_judged(one) for one in results], target)
    holds = validity(_untils(results), judging.day)

    def line_of(at: str) -> int | None:
        place = file.position(at)
        return place[0] if place else None

    report = RouteReport(
        name=route.name,
        file=str(file.path),
        target=target.word,
        tier=ruling.tier.word,
        verdict=ruling.verdict.value,
        quote=quote_report(route, around.reference, facts, judging.day),
        catalog=assemble.catalog_report(route, facts),
        items=assemble.item_reports(around.checklist, results, target),
        checks=assemble.check_reports(results, target, line_of),
        exchanges=_exchanges(facts, around.asking),
        waivers=assemble.waiver_reports(ruled),
        confirmations=assemble.confirmation_reports(route),
        **assemble.validity_fields(holds),
    )
    oldest = min(
        (use.confirmed for result in results for use in result.outcome.uses), default=None
    )
    return _JudgedRoute(report, exit_code(ruling, options.inconclusive), oldest)


def _values(
    route: Route, judging: Judging, reference: Reference, leave: Leave, facts: Learned
) -> Mapping[type, object]:
    return {Route: route, Judging: judging, Reference: reference, Leave: leave} | facts


def _judged(result: Result) -> Judged:
    line = result.selected
    return Judged(line.id, line.required_for, result.statuses, line.left_out)


def _untils(results: list[Result]) -> list[Until]:
    return [
        until
        for result in results
        if result.selected.required_for is not None or result.outcome.untils
        for until in result.outcome.untils
    ]


def _exchanges(facts: Learned, asking: Asking) -> list[ExchangeReport]:
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
        for one in asking.door.exchanges
        if one.id in ids
    ]


def _reference_used(judged: list[_JudgedRoute], reference: Reference) -> ReferenceUsed:
    oldest = min((one.oldest for one in judged if one.oldest is not None), default=None)
    return ReferenceUsed(
        oldest_used=oldest.isoformat() if oldest else None,
        digest=reference.digest,
        origin=reference.origin,
    )


def _problem(one: Problem) -> ProblemReport:
    return ProblemReport(
        file=one.file, line=one.line, column=one.column, path=one.path, message=one.message
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
