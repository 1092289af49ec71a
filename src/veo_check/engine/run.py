"""A whole run: learn the facts of all routes, judge each, assemble one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check import __version__
from veo_check.core.clock import AsOf, Clock
from veo_check.core.facts import Missing
from veo_check.core.fallbacks import Candidate, FallbackOutcomes, candidates
from veo_check.core.frozen import dataclass
from veo_check.core.money import ExitCode, usd
from veo_check.core.route import Route
from veo_check.core.verdict import Verdict, worst, worst_exit
from veo_check.engine.options import RunOptions, is_simulated
from veo_check.engine.plan import (
    Learned,
    PlannedCheck,
    Wanted,
    Watcher,
    learn,
    needs,
    select,
    wanted,
)
from veo_check.engine.route import (
    Facts,
    FallbackFacts,
    JudgedRoute,
    RunContext,
    judge_route,
    settled,
    target_plan,
)
from veo_check.gateways.probes import Asking
from veo_check.gateways.registry import gateway_of
from veo_check.reference.load import Reference
from veo_check.report.model import ProblemReport, ReferenceUsed, Report, RuleReport, Tool
from veo_check.routefile.checklist import Checklist
from veo_check.routefile.load import Problem, RouteFile

if TYPE_CHECKING:
    from veo_check.engine.route import Paying, Proving
    from veo_check.smoke.steps import SmokeOutcome


STATE_FOLDER = ".veo-check"


@dataclass(frozen=True, slots=True)
class Environment:
    """What a run stands in: time, network, reference data, checklist, and where crashes go."""

    clock: Clock
    asking: Asking
    reference: Reference
    checklist: Checklist
    watch: Watcher
    on_crash: Callable[[str], None]
    #: what is told of paid jobs: progress while they run, and a sentence when something was decided
    on_job: Callable[[object], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: its report, the day judged, and each route with what it was judged by."""

    report: Report
    judging: AsOf
    routes: tuple[JudgedRoute, ...]


def as_of_day(options: RunOptions, clock: Clock) -> AsOf:
    """The day judged. In the sandbox the clock already stands on the scenario's day."""
    today = clock.now().date()
    day = today if options.as_of is None or options.scenario else options.as_of
    return AsOf(day, today, options.within_days, options.max_age_days)


def run(
    files: Sequence[RouteFile],
    problems: Sequence[Problem],
    options: RunOptions,
    around: Environment,
) -> RunResult:
    """Judge every route file and report. Never raises for what a route or an endpoint does."""
    started = around.clock.now()
    judging = as_of_day(options, around.clock)
    plan = select(around.checklist, options)
    files = [settled(file, around.reference, judging.day) for file in files]
    pay = _Payments(files, options, around, judging)
    asked = [_asked(file.route, plan) for file in files]
    wants = [want for one in asked for want in one.wants]
    facts, interrupted = learn(wants, around.asking, options.parallel, around.watch)
    supply = iter(facts)
    bench = RunContext(
        plan,
        judging,
        options,
        around.reference,
        around.checklist,
        lambda: around.asking.door.exchanges,
        around.on_crash,
        pay.primary,
        pay.fallback,
        pay.short,
    )
    judged = []
    for file, one in zip(files, asked, strict=True):
        route = judge_route(file, *one.learnt(supply), bench)
        for note in route.notes:
            around.on_job(f"{file.route.name}: {note}")
        interrupted = interrupted or route.interrupted
        judged.append(route)
    code = worst_exit([*(one.exit_code for one in judged), *([ExitCode.USAGE] if problems else [])])
    verdicts = [Verdict(one.report.verdict) for one in judged]
    report = Report(
        tool=Tool(version=__version__),
        started_at=_stamp(started),
        as_of=judging.day.isoformat(),
        hypothetical=judging.hypothetical,
        simulated=any(is_simulated(options, around.asking, file.route) for file in files)
        or options.scenario is not None,
        scenario=options.scenario,
        interrupted=interrupted,
        mode="paid" if options.spend is not None else "offline" if options.offline else "free",
        exit_code=int(ExitCode.INTERRUPTED if interrupted else code),
        verdict=worst([*verdicts, *([Verdict.INCONCLUSIVE] if problems else [])]).value,
        reference=_reference_used(judged, around.reference),
        rules=[
            RuleReport(id=line.id, title=line.check.title, why=line.check.why, fix=line.check.fix)
            for line in plan
            if line.check is not None
        ],
        routes=[one.report for one in judged],
        invalid=[_problem(problem) for problem in problems],
    )
    return RunResult(report, judging, tuple(judged))


class _Payments:
    """Who answers for paid jobs. Without --spend and without a record there is nothing to load.

    Raises UsageError where money may be spent and its record could not be kept.
    """

    def __init__(
        self,
        files: Sequence[RouteFile],
        options: RunOptions,
        around: Environment,
        judging: AsOf,
    ) -> None:
        self._options, self._around, self._judging = options, around, judging
        self._loaded: Paying | None = None
        if options.spend is not None:
            self._paying().check_places(files)

    def _paying(self) -> Paying:
        if self._loaded is None:
            from veo_check.engine.route import Paying

            around = self._around
            self._loaded = Paying.of(self._options, around.asking, around.reference, around.on_job)
        return self._loaded

    def primary(self, file: RouteFile, facts: Facts, stopped: str | None) -> SmokeOutcome | None:
        """The paid facts of a route."""
        if self._options.spend is None and not has_record(file.path, self._options.state):
            return None
        return self._paying().outcome(file, self._judging, facts, stopped)

    def fallback(self, file: RouteFile, facts: Facts, stopped: str | None) -> SmokeOutcome | None:
        """The paid facts of a fallback of its own."""
        if self._options.spend is None and not has_record(file.path, self._options.state):
            return None
        return self._paying().outcome(file, self._judging, facts, stopped, fallback=True)

    def short(self, file: RouteFile, facts: Facts, proving: Sequence[Proving]) -> str | None:
        """Why --spend does not cover everything that is to be proven."""
        if self._options.spend is None:
            return None
        return self._paying().short(file, self._judging, facts, proving)


def has_record(route_file: Path, state: Path | None) -> bool:
    """Whether a state folder of paid jobs is there at all."""
    return (state or route_file.absolute().parent / STATE_FOLDER).is_dir()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one route file wants to know: about the route itself, and about each fallback."""

    own: Wanted
    fallbacks: tuple[tuple[Candidate, Wanted], ...]

    @property
    def wants(self) -> list[Wanted]:
        return [self.own, *(want for _, want in self.fallbacks)]

    def learnt(self, supply: Iterator[Learned]) -> tuple[Learned, tuple[FallbackFacts, ...]]:
        """The facts in the order of `wants`, taken from the run's own."""
        own = next(supply)
        return own, tuple(FallbackFacts(candidate, next(supply)) for candidate, _ in self.fallbacks)


def _asked(route: Route, plan: tuple[PlannedCheck, ...]) -> _Asked:
    own = wanted(route, plan)
    if not needs(plan, FallbackOutcomes):
        return _Asked(own, ())
    lines = target_plan(plan)
    return _Asked(
        own,
        tuple(
            (candidate, wanted(candidate.route, lines))
            for candidate in candidates(route)
            if candidate.route is not None
        ),
    )


def _reference_used(judged: list[JudgedRoute], reference: Reference) -> ReferenceUsed:
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


# What a run would ask, and the most it can cost: `--plan`.


def describe_plan(files: Sequence[RouteFile], options: RunOptions, around: Environment) -> str:
    """The requests of a run as text, each once, and its greatest cost. Sends nothing."""
    plan = select(around.checklist, options)
    lines: list[str] = []
    seen: set[str] = set()
    day = as_of_day(options, around.clock).day
    for file in (settled(file, around.reference, day) for file in files):
        lines.append(f"{file.route.name}  ({file.path})")
        for probe in wanted(file.route, plan).probes:
            planned = probe.plan(file.route, around.asking)
            if isinstance(planned, Missing):
                lines.append(f"  free  {probe.id}: not asked: {planned.detail}")
                continue
            for request in planned:
                again = "" if request.url not in seen else "  (asked once per run)"
                seen.add(request.url)
                lines.append(f"  free  {request.method} {request.url}{again}")
        if options.spend is not None:
            lines += _paid(file.route, options, around)
        if options.spend is not None and options.prove_fallbacks:
            for candidate in candidates(file.route):
                if candidate.route is not None:
                    name, label = candidate.route.name, candidate.route.via.model
                    lines.append(f"  paid  {name}: one smoke job for {label}, if none proves it")
        lines += [
            f"  {line.required_for.word if line.required_for else 'note':<11}"
            f"{line.id}: {line.reason}"
            for line in plan
            if line.check is None
        ]
    lines.append("")
    if options.spend is None:
        lines.append(f"{len(seen)} requests, all free. This run can cost at most 0.00 USD.")
    else:
        lines.append(
            f"{len(seen)} free requests, then the paid ones. This run can cost at most "
            f"{usd(options.spend)} USD (--spend): a job is priced before it is sent, and not sent "
            "where that does not cover it, where a check stops it, or where a valid proof answers."
        )
    return "\n".join(lines) + "\n"


def _paid(route: Route, options: RunOptions, around: Environment) -> list[str]:
    """What `--spend` may send for one route. What it costs is known once the price was read."""
    from veo_check.pricing.job_cost import PriceSources
    from veo_check.smoke.controlled_failure import wrong_request

    day = as_of_day(options, around.clock)
    wrong = wrong_request(route, PriceSources(around.reference, day, gateway_of))
    said = f"not sent: {wrong.detail}" if isinstance(wrong, Missing) else wrong.sent
    return [
        f"  paid  POST {route.base_url} ({route.via.endpoint})  the smoke job: "
        f"{route.smoke.seconds} s at {route.smoke.resolution} from {route.via.model}; "
        "then its polls, its video and its usage record, all free",
        f"  paid  POST {route.base_url} ({route.via.endpoint})  the controlled failure: {said}",
    ]
