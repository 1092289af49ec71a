"""A whole run: learn the facts of all routes, judge each, assemble one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check import __version__
from veo_check.core.clock import Clock, Judging
from veo_check.core.errors import ExitCode
from veo_check.core.fallbacks import Candidate, FallbackOutcomes, candidates
from veo_check.core.route import Route
from veo_check.core.verdict import Verdict, worst, worst_exit
from veo_check.engine.fallbacks import Learnt, target_plan
from veo_check.engine.learn import Learned, Wanted, Watcher, learn, wanted
from veo_check.engine.one_route import Bench, Facts, JudgedRoute, PaidFacts, judge_route
from veo_check.engine.options import Options
from veo_check.engine.select import Selected, needs, select
from veo_check.engine.simulated import is_simulated
from veo_check.probes.probe import Asking
from veo_check.reference.book import Reference
from veo_check.report.model import ProblemReport, ReferenceUsed, Report, Tool
from veo_check.spec.checklist import Checklist
from veo_check.spec.route_file import Problem, RouteFile

if TYPE_CHECKING:
    from veo_check.engine.paid import Paying
    from veo_check.smoke.outcome import SmokeOutcome

STATE_FOLDER = ".veo-check"


@dataclass(frozen=True, slots=True)
class Surroundings:
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
class Ran:
    """A finished run: its report, the day judged, and each route with what it was judged by."""

    report: Report
    judging: Judging
    routes: tuple[JudgedRoute, ...]


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
) -> Ran:
    """Judge every route file and report. Never raises for what a route or an endpoint does."""
    started = around.clock.now()
    judging = judging_of(options, around.clock)
    plan = select(around.checklist, options)
    pay = _paying(files, options, around, judging)
    asked = [_asked(file.route, plan) for file in files]
    wants = [want for one in asked for want in one.wants]
    facts, interrupted = learn(wants, around.asking, options.parallel, around.watch)
    supply = iter(facts)
    bench = Bench(
        plan,
        judging,
        options,
        around.reference,
        around.checklist,
        lambda: around.asking.door.exchanges,
        around.on_crash,
        pay,
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
        routes=[one.report for one in judged],
        invalid=[_problem(one) for one in problems],
    )
    return Ran(report, judging, tuple(judged))


def _paying(
    files: Sequence[RouteFile], options: Options, around: Surroundings, judging: Judging
) -> PaidFacts:
    """Who answers for paid jobs. Without --spend and without a record there is nothing to load.

    Raises UsageError where money may be spent and its record could not be kept.
    """
    paying: Paying | None = None
    if options.spend is not None:
        from veo_check.engine.paid import Paying

        paying = Paying.of(options, around.asking, around.reference, around.on_job)
        paying.check_places(files)

    def pay(file: RouteFile, facts: Facts, stopped: str | None) -> SmokeOutcome | None:
        nonlocal paying
        if options.spend is None and not has_record(file.path, options.state):
            return None
        if paying is None:
            from veo_check.engine.paid import Paying

            paying = Paying.of(options, around.asking, around.reference, around.on_job)
        return paying.outcome(file, judging, facts, stopped)

    return pay


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

    def learnt(self, supply: Iterator[Learned]) -> tuple[Learned, tuple[Learnt, ...]]:
        """The facts in the order of `wants`, taken from the run's own."""
        own = next(supply)
        return own, tuple(Learnt(candidate, next(supply)) for candidate, _ in self.fallbacks)


def _asked(route: Route, plan: tuple[Selected, ...]) -> _Asked:
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
