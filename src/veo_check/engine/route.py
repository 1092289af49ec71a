"""Judge one route over its facts: fallbacks first, then its own checks, waivers and verdict."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check import __version__
from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, Missing, ProvenLife
from veo_check.core.fallbacks import Candidate, FallbackOutcome, FallbackOutcomes
from veo_check.core.findings import ReferenceUse, Status, Tier, ValidUntil
from veo_check.core.frozen import dataclass
from veo_check.core.gateway import Gateway
from veo_check.core.job_log import LogSample
from veo_check.core.money import ExitCode, UsageError, usd
from veo_check.core.results import (
    ControlledFailure,
    Delivery,
    JobResult,
    ProofStatus,
    UsageProof,
    binding_of,
    row_seen,
)
from veo_check.core.route import InputFile, Route
from veo_check.core.secrets import AllowList
from veo_check.core.verdict import CheckResult, decide, exit_code
from veo_check.engine import report as assemble
from veo_check.engine.causes import RouteContext, causes_of, counts_of, decided_by, open_job
from veo_check.engine.judge import (
    Result,
    judge,
    passed_not_before,
    validity,
    waive,
    what_stops_money,
)
from veo_check.engine.log_sample import learn_log_sample
from veo_check.engine.options import RunOptions, is_simulated
from veo_check.engine.plan import PlannedCheck, needs
from veo_check.engine.report import fallback_report, paid_parts, prices_by_resolution, quote_report
from veo_check.evidence.proofs import PROOF_KEY_VARIABLE, SHORTEST_PROOF_KEY
from veo_check.gateways.base import place_of
from veo_check.gateways.probes import Asking, job_driver
from veo_check.gateways.registry import gateway_of
from veo_check.http.answers import Exchange
from veo_check.http.keys import Secret
from veo_check.pricing.job_cost import JobCost, JobPrice, PriceSources, reference_quotes
from veo_check.pricing.shape import Refusal, Shape
from veo_check.reference.capabilities import with_smoke_shape
from veo_check.reference.load import Reference
from veo_check.report.model import ExchangeReport, RouteReport
from veo_check.routefile.checklist import Checklist
from veo_check.routefile.load import RouteFile
from veo_check.smoke.cost import SpendLimit
from veo_check.smoke.outcome import SmokeOutcome, nothing_on_record, unreadable
from veo_check.smoke.state_folder import open_state_folder, state_folder

if TYPE_CHECKING:
    from veo_check.smoke.outcome import SmokeOutcome
    from veo_check.smoke.tools import Dependencies, SmokeContext


def settled(file: RouteFile, reference: Reference, day: date) -> RouteFile:
    """The file with what it leaves open, and what depends on its model, decided."""
    route = file.route
    if file.media:
        smoke = route.smoke.with_inputs(tuple(_inputs(file)))
        route = route.model_copy(update={"smoke": smoke})
    capability = reference.capability(route.model.official, route.model.surface)

    def priced(changed: Route) -> bool:
        shape = Shape.of_smoke(changed)
        return gateway_of(changed).has_catalogue or not isinstance(
            reference_quotes(reference, shape, day), Refusal
        )

    return replace(file, route=with_smoke_shape(route, capability, priced))


# Judge the fallback targets of a route, each as a route of its own.


#: What the primary's own file answers for the whole route, its fallbacks included.
_OF_THE_PRIMARY = frozenset({"fallback-rules", "ownership-declared"})
JudgeRoute = Callable[[tuple[PlannedCheck, ...], Route, Mapping[type, object]], list[Result]]


def target_plan(plan: Sequence[PlannedCheck]) -> tuple[PlannedCheck, ...]:
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
class FallbackFacts:
    """A fallback target and the facts learned about it."""

    candidate: Candidate
    facts: Mapping[type, object]


def judge_fallbacks(
    primary: Route,
    targets: Sequence[FallbackFacts],
    plan: tuple[PlannedCheck, ...],
    reference: Reference,
    judging: AsOf,
    tier: Tier,
    judge_route: JudgeRoute,
) -> FallbackOutcomes:
    """What became of each target that makes a route, weighed as the primary's target weighs it."""
    outcomes = []
    for learnt in targets:
        route = learnt.candidate.route
        if route is None:
            continue
        cost = PriceSources.of(learnt.facts, reference, judging, gateway_of).cost(route)
        results = judge_route(plan, route, {**learnt.facts, JobCost: cost})
        charged, life = cost.charged, learnt.facts.get(ProvenLife)
        bad = {
            result.selected.id: result
            for result in results
            if result.statuses[tier] is not Status.PASS
        }
        outcomes.append(
            FallbackOutcome(
                name=learnt.candidate.target.name,
                index=learnt.candidate.index,
                statuses={result.selected.id: result.statuses[tier] for result in results},
                reasons={check: _why(one, tier) for check, one in bad.items()},
                shutdowns=_shutdowns(route, reference, judging.day),
                expected=charged.expected if isinstance(charged, JobPrice) else None,
                unit=cost.unit,
                price_refused=charged.message if isinstance(charged, Refusal) else None,
                stopped=what_stops_money(results, tier),
                proof=life.proof_id if isinstance(life, ProvenLife) else None,
                proven_until=life.expires if isinstance(life, ProvenLife) else None,
            )
        )
    return FallbackOutcomes(tuple(outcomes), _shutdowns(primary, reference, judging.day))


def _shutdowns(route: Route, reference: Reference, day: date) -> tuple[date, ...]:
    rows = reference.lifecycle(route.model.official, route.model.surface)
    return tuple(sorted({row.shutdown for row in rows if row.shutdown and row.shutdown > day}))


def _why(result: Result, tier: Tier) -> str:
    if result.reason:
        return result.reason
    said = [
        finding.message
        for finding in result.outcome.findings
        if finding.severity_at(tier) == "blocker"
    ]
    return said[0] if said else result.statuses[tier].value


#: A fallback that a job of its own can prove: its facts, its route, and why none may be paid for.
Proving = tuple[FallbackFacts, RouteFile, str | None]
#: What makes a fallback another route than the primary, so that the primary's job says nothing.
_APART = ("gateway", "base_url", "endpoint", "group", "model")


def _proving(
    file: RouteFile, fallbacks: Sequence[FallbackFacts], outcomes: FallbackOutcomes
) -> Iterator[Proving]:
    """Each fallback that another door, label or model serves than the primary's."""
    stopped = {outcome.index: outcome.stopped for outcome in outcomes.targets}
    own = binding_of(file.route)
    for learnt in fallbacks:
        route = learnt.candidate.route
        if route is None:
            continue
        other = binding_of(route)
        same_door = all(own.via.get(name) == other.via.get(name) for name in _APART)
        if not same_door or own.model != other.model:
            # a smoke file of the primary's own is not the fallback's
            yield learnt, replace(file, route=route), stopped.get(learnt.candidate.index)


Facts = Mapping[type, object]
_NO_JOB = Missing("smoke-job", "not-run", "no smoke job is on record")
#: Facts that only a paid job or a valid proof gives.
_ABSENT: Facts = dict.fromkeys(
    (JobResult, Delivery, UsageProof, ControlledFailure, ProvenLife, ProofStatus), _NO_JOB
)
#: Asks for the paid facts of a route: file, what is known so far, and why no money may be spent.
PaidFacts = Callable[[RouteFile, Facts, str | None], "SmokeOutcome | None"]


@dataclass(frozen=True, slots=True)
class RunContext:
    """What every route of a run is judged with."""

    plan: tuple[PlannedCheck, ...]
    judging: AsOf
    options: RunOptions
    reference: Reference
    checklist: Checklist
    #: every request of the run and its answer, as far as they are recorded by now
    exchanges: Callable[[], Sequence[Exchange]]
    on_crash: Callable[[str], None]
    pay: PaidFacts
    #: the same for a fallback's own job, without a controlled failure
    prove: PaidFacts = lambda _file, _facts, _stopped: None
    #: why --spend does not cover the primary and these fallbacks together, if it does not
    short: Callable[[RouteFile, Facts, Sequence[Proving]], str | None] = lambda *_: None

    def judge(self, plan: tuple[PlannedCheck, ...], route: Route, facts: Facts) -> list[Result]:
        """The results of `plan` for one route; a crash is reported once, where it happened."""
        values = {
            **_ABSENT,
            **facts,
            Route: route,
            Gateway: (gateway := gateway_of(route)),
            AsOf: self.judging,
            Reference: self.reference,
            AllowList: self.options.leave,
        }
        results = judge(plan, values, gateway, self.options.strict)
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
    used: tuple[ReferenceUse, ...]
    facts: Facts
    fallbacks: tuple[FallbackFacts, ...]
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
    file: RouteFile, facts: Facts, fallbacks: tuple[FallbackFacts, ...], bench: RunContext
) -> JudgedRoute:
    """The verdict of one route file."""
    route, judging, options = file.route, bench.judging, bench.options
    target = options.target or route.target
    if needs(bench.plan, LogSample) and LogSample not in facts:
        facts = {**facts, LogSample: learn_log_sample(route, file.sample)}
    learned = facts
    prices = PriceSources.of(facts, bench.reference, judging, gateway_of)
    cost = prices.cost(route)
    facts = {**facts, JobCost: cost}

    def judged_fallbacks(targets: Sequence[FallbackFacts]) -> FallbackOutcomes:
        plan, reference = target_plan(bench.plan), bench.reference
        return judge_fallbacks(route, targets, plan, reference, judging, target, bench.judge)

    wanted = needs(bench.plan, FallbackOutcomes)
    if wanted:
        facts = {**facts, FallbackOutcomes: (outcomes := judged_fallbacks(fallbacks))}
    before = bench.judge(bench.plan, route, facts)
    allowed, _ = waive(before, tuple(route.waivers), judging, options.strict)
    stopped = what_stops_money(allowed, target)
    proving = [] if not wanted else list(_proving(file, fallbacks, outcomes))
    if options.prove_fallbacks:
        stopped = stopped or bench.short(file, facts, proving)
    smoke = bench.pay(file, facts, stopped)
    proofs = {
        own.candidate.index: bench.prove(target_file, own.facts, stopped or why)
        for own, target_file, why in proving
    }
    paid_for = [outcome for outcome in proofs.values() if outcome is not None]
    if paid_for:
        fallbacks = tuple(
            replace(own, facts={**own.facts, **found.facts})
            if (found := proofs.get(own.candidate.index)) is not None
            else own
            for own in fallbacks
        )
        facts = {**facts, FallbackOutcomes: judged_fallbacks(fallbacks)}
        before = bench.judge(bench.plan, route, facts)
    if smoke is not None:
        notes = [*smoke.notes, *(note for outcome in paid_for for note in outcome.notes)]
        spent = sum((outcome.spent for outcome in paid_for), smoke.spent)
        ended = smoke.interrupted or any(outcome.interrupted for outcome in paid_for)
        smoke = replace(smoke, spent=spent, notes=tuple(notes), interrupted=ended)
    if smoke is not None:
        facts = {**facts, **smoke.facts}
    results = before if smoke is None else bench.judge(bench.plan, route, facts)
    results, ruled = waive(results, tuple(route.waivers), judging, options.strict)
    ruling = decide([_judged(one) for one in results], target)
    holds = validity(_untils(results), judging.day)

    def line_of(at: str) -> int | None:
        place = file.position(at)
        return place[0] if place else None

    paid = paid_parts(route, smoke, judging)
    everything = [{**_ABSENT, **facts}, *(fallback.facts for fallback in fallbacks)]
    context = RouteContext(file.path, route, target, options, prices, everything, stopped, line_of)
    context = replace(context, open_job=open_job(smoke, context))
    causes = causes_of(results, context)
    quote = quote_report(route, bench.reference, cost)
    catalog = assemble.catalog_report(route, facts)
    fallback = fallback_report(route, facts.get(FallbackOutcomes), cost, judging, prices)
    known = assemble.known_in_short(quote, catalog, fallback, paid, holds.model_until)
    report = RouteReport(
        name=route.name,
        file=str(file.path),
        target=target.target_word,
        tier=ruling.tier.word,
        verdict=ruling.verdict.value,
        model=assemble.model_report(route),
        open_job=context.open_job,
        decided_by=decided_by(ruling.verdict, causes, results, target),
        next=causes,
        counts=counts_of(result.statuses[target] for result in results),
        valid_until=holds.until.isoformat() if holds.until else None,
        valid_because=holds.because,
        model_until=holds.model_until.isoformat() if holds.model_until else None,
        not_before=passed_not_before(route, bench.reference, judging),
        quote=quote,
        budget=assemble.budget_report(route),
        price_by_resolution=prices_by_resolution(route, prices, cost),
        catalog=catalog,
        fallback=fallback,
        job=paid.job,
        usage=paid.usage,
        spent=paid.spent,
        proof=paid.proof,
        items=assemble.item_reports(bench.checklist, results, target, causes, known),
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


def _judged(result: Result) -> CheckResult:
    line = result.selected
    return CheckResult(line.id, line.required_for, result.statuses, line.left_out)


def _untils(results: list[Result]) -> list[ValidUntil]:
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


# The paid half of a run: everything the smoke job of a route works with, put together.


@dataclass(frozen=True, slots=True)
class Paying:
    """What every paid step of a run shares. `purse` is None without --spend."""

    options: RunOptions
    asking: Asking
    reference: Reference
    purse: SpendLimit | None
    environ: Mapping[str, str]
    progress: Callable[[object], None]

    @classmethod
    def of(
        cls,
        options: RunOptions,
        asking: Asking,
        reference: Reference,
        progress: Callable[[object], None],
    ) -> Paying:
        """The paid half of one run; `--spend` fills one purse for all its routes."""
        purse = None if options.spend is None else SpendLimit(options.spend)
        return cls(options, asking, reference, purse, os.environ, progress)

    def outcome(
        self,
        file: RouteFile,
        judging: AsOf,
        facts: Mapping[type, object],
        stopped: str | None,
        *,
        fallback: bool = False,
    ) -> SmokeOutcome:
        """What is on record for this route, and the job that this run pays for if it may.

        A `fallback` has a job of its own only where --prove-fallbacks asks for it.
        """
        place = self._place(file)
        if self.purse is None and not place.is_dir():
            return nothing_on_record()
        try:
            tools = self._tools(file, place)
        except UsageError as error:
            return unreadable(str(error))  # of this route; the reports of all are kept
        online = not self.options.offline and not judging.hypothetical
        asked = not fallback or self.options.prove_fallbacks
        purse = self.purse if asked else None
        # a run that neither pays nor finds a record waits for none of this code
        from veo_check.smoke.job import run_smoke
        from veo_check.smoke.tools import SpendPolicy

        wish = SpendPolicy(purse, stopped, self.options.renew, online, wrong=not fallback)
        return run_smoke(self._case(file, judging, facts), wish, tools)

    def short(
        self, file: RouteFile, judging: AsOf, facts: Facts, proving: Sequence[Proving]
    ) -> str | None:
        """Why --spend does not cover the primary and its fallbacks together; None where it does.

        Summed before anything is sent, so that no part is paid for a whole that cannot be.
        """
        if self.purse is None:
            return None
        from veo_check.smoke.job import foreseen
        from veo_check.smoke.tools import SpendPolicy

        wanted: list[tuple[RouteFile, Facts, bool]] = [(file, facts, True)]
        wanted += [(target, own.facts, False) for own, target, why in proving if why is None]
        total = Decimal(0)
        for target, known, wrong in wanted:
            wish = SpendPolicy(self.purse, None, self.options.renew, wrong=wrong)
            case = self._case(target, judging, known)
            total += foreseen(case, wish, self._tools(target, self._place(target)))
        if total <= self.purse.left:
            return None
        return (
            f"the route and its {len(wanted) - 1} unproven fallbacks can cost ${usd(total)} "
            f"together, and --spend leaves ${usd(self.purse.left)}"
        )

    def _tools(self, file: RouteFile, place: Path) -> Dependencies:
        from veo_check.smoke.tools import Dependencies, pace_of

        simulated = is_simulated(self.options, self.asking, file.route)
        folder = open_state_folder(place, simulated=simulated)
        return Dependencies(
            folder=folder,
            clock=self.asking.clock,
            driver_for=lambda route: job_driver(place_of(route), self.asking.door),
            key_for=self._key,
            pace_for=lambda route: pace_of(gateway_of(route)),
            hide=self.asking.redactor.learn_capability,
            shown=self.asking.redactor.shown,
            progress=self.progress,
            keep_media=folder.home / "media" if self.options.keep_media else None,
            tool_version=__version__,
        )

    def check_places(self, files: Sequence[RouteFile]) -> None:
        """Open every state folder before anything is paid, so that no route's job is followed by
        a usage error about another's. Raises UsageError, also where two different routes would
        void each other's proofs."""
        seen: dict[tuple[Path, str], RouteFile] = {}
        for file in files:
            place = self._place(file)
            simulated = is_simulated(self.options, self.asking, file.route)
            root = open_state_folder(place, simulated=simulated).root
            other = seen.setdefault((root, file.route.name), file)
            if binding_of(other.route) != binding_of(file.route):
                raise UsageError(
                    f"{other.path} and {file.path} both call their route {file.route.name!r} and "
                    f"share the state folder {place}, so each job would void the other's proof; "
                    "rename one (route.name)"
                )

    def _place(self, file: RouteFile) -> Path:
        simulated = is_simulated(self.options, self.asking, file.route)
        # the record of simulated money may be lost with the machine
        spend = self.purse is not None and not simulated
        return state_folder(file.path, self.options.state, self.environ, spend=spend)

    def _key(self, variable: str) -> Secret | None:
        read = self.asking.keys.read(variable)
        if not isinstance(read, Secret):
            return None
        guessable = variable == PROOF_KEY_VARIABLE and read.shorter_than(SHORTEST_PROOF_KEY)
        return None if guessable else read

    def _case(self, file: RouteFile, judging: AsOf, facts: Mapping[type, object]) -> SmokeContext:
        from veo_check.smoke.tools import SmokeContext

        route = file.route
        catalog = facts.get(Catalog)
        return SmokeContext(
            route=route,
            judging=judging,
            prices=PriceSources.of(facts, self.reference, judging, gateway_of),
            row=row_seen(catalog, route.via.group) if isinstance(catalog, Catalog) else None,
            row_known=isinstance(catalog, Catalog) or not gateway_of(route).has_catalogue,
            route_file=str(file.path),
            target=self.options.target,
        )


_IMAGE_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_LARGEST_INPUT = 20 * 1024 * 1024


def _inputs(file: RouteFile) -> Iterator[InputFile]:
    """The smoke job's files that are what their key says; the others are as if not named."""
    from veo_check.smoke.media import inspect

    for name, path in file.media:
        try:
            with path.open("rb") as handle:
                content = handle.read(_LARGEST_INPUT + 1)
            seconds = inspect(path).seconds if name == "video" else None
        except OSError:
            continue
        starts = (kind for start, kind in _IMAGE_TYPES.items() if content.startswith(start))
        kind = next(starts, None) if name != "video" else "video/mp4" if seconds else None
        if kind is not None and len(content) <= _LARGEST_INPUT:
            digest = hashlib.sha256(content).hexdigest()
            yield InputFile(name, content, kind, digest, seconds)
