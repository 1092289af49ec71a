"""The paid smoke job of one route, from the decision whether to pay to the facts it leaves.

First what is on record: an open job is followed and never sent again, whatever the route file has
become; an uncertain one stops everything until a person abandons it; a valid proof answers without
money. Only then, and only with leave, a job is sent: once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from veo_check.core.facts import Missing
from veo_check.core.findings import Tier
from veo_check.core.frozen import dataclass
from veo_check.core.jobs import JobDriver
from veo_check.core.money import UsageError, usd
from veo_check.core.results import (
    ControlledFailure,
    ProofCode,
    ProofStatus,
    binding_of,
)
from veo_check.evidence.proofs import (
    PROOF_KEY_VARIABLE,
    SHORTEST_PROOF_KEY,
    longest_validity,
)
from veo_check.gateways.registry import gateway_of
from veo_check.smoke.controlled_failure import (
    WrongRequest,
    doubtful,
    send_wrong,
    smoke_request,
    wrong_request,
)
from veo_check.smoke.cost import CostEstimate, SpendLimit, smoke_stake
from veo_check.smoke.history import RouteHistory, first, first_open
from veo_check.smoke.journal import (
    Entry,
    at_most_spent,
)
from veo_check.smoke.outcome import PROBE, SmokeOutcome, by_proof, unreadable, without_job
from veo_check.smoke.state_folder import route_lock
from veo_check.smoke.steps import Settled, Step, by_job, finish, result_of, send
from veo_check.smoke.tools import Dependencies, Progress, SmokeContext, SpendPolicy


def run_smoke(case: SmokeContext, wish: SpendPolicy, tools: Dependencies) -> SmokeOutcome:
    """Everything above, under the route's lock. Ctrl-C ends it early and keeps everything.

    A journal that cannot be read or written ends it too: then the proof's status says so, and no
    job was sent after that.
    """
    run = _Run(case, wish, tools)
    if not wish.online:
        return run.look()
    try:
        with route_lock(tools.folder.lock_of(case.route.name), tools.clock, run.waiting):
            run.begin()
            try:
                outcome = run.go()
            except KeyboardInterrupt:
                outcome = replace(run.look(), interrupted=True)
            except (UsageError, OSError) as error:
                outcome = unreadable(tools.shown(str(error)))
            return replace(outcome, spent=run.spent(), notes=tuple(run.notes))
    except OSError as error:
        return unreadable(f"the lock of this route cannot be taken ({error.strerror or error})")


def foreseen(case: SmokeContext, wish: SpendPolicy, tools: Dependencies) -> Decimal:
    """What `run_smoke` would set aside for this route, in USD. Sends and writes nothing."""
    purse = SpendLimit(Decimal(10) ** 9)
    run = _Run(case, replace(wish, purse=purse), tools)
    run._plan(run.record.status_now(), None, None, None)
    return purse.total - purse.left


#: What says of a good job of an earlier run, settled only now, that it speaks for today no more.
_PAST: frozenset[ProofCode] = frozenset({"expired", "future-dated", "row-changed", "row-unknown"})


@dataclass(frozen=True, slots=True)
class _Plan:
    """What this run pays for, priced and paid into the purse's reserve."""

    driver: JobDriver
    smoke: CostEstimate | None
    wrong: tuple[WrongRequest, CostEstimate] | None
    no_wrong: str | None


class _Run:
    """One route's smoke job in one run."""

    def __init__(self, case: SmokeContext, wish: SpendPolicy, tools: Dependencies) -> None:
        self.case, self.wish, self.tools = case, wish, tools
        self.route, self.record = case.route, RouteHistory(case, tools)
        self.notes: list[str] = []
        self._before: frozenset[str] = frozenset()

    def begin(self) -> None:
        """Remember what was on record before this run did anything."""
        self._before = frozenset(entry.id for entry in self.record.entries()[0])

    def spent(self) -> Decimal:
        """The most that this run's own jobs can have cost, in USD."""
        own = (entry for entry in self.record.entries()[0] if entry.id not in self._before)
        return sum(map(at_most_spent, own), Decimal(0))

    def waiting(self) -> None:
        """Say that another run is at work on this route."""
        self.tools.progress(
            Progress(
                self.route.name, "", "smoke", "submitted", "waiting for another run", 0, Decimal(0)
            )
        )

    def look(self) -> SmokeOutcome:
        """What is on record, nothing asked and nothing changed."""
        entries, problem = self.record.entries()
        status = self.record.status(entries, problem)
        opened = first_open(entries, "smoke")
        if opened is not None and not status.valid:
            return self._left_open(opened, status)
        return by_proof(status) if status.valid else without_job(status, status.sentence)

    def go(self) -> SmokeOutcome:
        """Settle what is open, then pay for what is missing, if this run may."""
        entries, problem = self.record.entries()
        if problem is not None:
            return unreadable(problem)
        self.tools.journal.add_digests(self.route.name)
        entries = tuple(self.record.mark_if_killed(entry) for entry in entries)
        entries = tuple(map(self._asked_again, entries))
        settled = self.record.resume_smoke(entries)
        if settled is not None:
            self.notes.append(f"job {settled.entry.id} of an earlier run was taken up, none sent")
        wrong = self.record.resume_wrong(entries)
        # only now: a refusal that turns out to be charged is one
        doubted = first(
            self.record.entries()[0],
            lambda entry: entry.is_open and entry.state == "uncertain",
        )
        if doubted is not None and doubted.intent.kind == "smoke":
            doubted = self.record.note_total(doubted)
            return self._left_open(doubted, self.record.status_now())
        status = self.record.status_now()
        plan = self._plan(status, settled, wrong, doubted)
        if isinstance(plan, _Plan):
            with self._turn_of_the_key():
                if plan.smoke is not None:
                    settled = self._pay_smoke(plan.driver, plan.smoke)
                wrong = wrong or self._pay_wrong(plan, settled, self.record.status_now())
            status = self.record.status_now()
        outcome = self._facts(settled, status, plan if isinstance(plan, str) else status.sentence)
        return self._with_wrong(outcome, wrong, doubted, plan)

    def _asked_again(self, entry: Entry) -> Entry:
        asked = self.record.ask_again(entry)
        if asked.state == "reopened":
            self.notes.append(f"job {asked.id} was held for failed, and lives after all")
        return asked

    @contextmanager
    def _turn_of_the_key(self) -> Iterator[None]:
        """Paid steps of one key take turns: its total tells of one only while no other is open."""
        via = binding_of(self.route).via
        if gateway_of(self.route).usage != "log":
            yield
            return
        key = f"\0key\0{via.get('console_url')}\0{via.get('key.env')}"
        with route_lock(self.tools.folder.lock_of(key), self.tools.clock, self.waiting):
            yield

    def _left_open(self, entry: Entry, status: ProofStatus) -> SmokeOutcome:
        """A job of which more has to be learned, by a later run or by a person."""
        none = Missing(PROBE, "not-run", f"job {entry.id} is {entry.state}")
        return replace(
            by_job(Settled(entry, result_of(entry), none, none), status), controlled_failure=none
        )

    def _facts(self, settled: Settled | None, status: ProofStatus, why: str) -> SmokeOutcome:
        if settled is None:
            return by_proof(status) if status.valid else without_job(status, why)
        if settled.entry.intent.binding != binding_of(self.route):
            return without_job(
                status,
                f"job {settled.entry.id} was paid for an earlier version of this route and is "
                f"{settled.entry.state}; run again with --spend to pay for this one",
            )
        past = self._past(settled, status)
        if past is not None:
            return without_job(status, past)
        outcome = by_job(settled, status)
        if status.valid:
            outcome = replace(outcome, controlled_failure=by_proof(status).controlled_failure)
        return outcome

    def _past(self, settled: Settled, status: ProofStatus) -> str | None:
        """Why a good job of an earlier run, settled by this one, speaks for the route no more."""
        entry = settled.entry
        if entry.id not in self._before or entry.state != "finished":
            return None
        if status.code in _PAST:
            return f"{status.sentence}; run again with --spend to pay for a new job"
        if self.tools.now() >= entry.intent.at + longest_validity(self.route):
            return (
                f"job {entry.id} was paid on {entry.intent.at:%Y-%m-%d}, longer ago than "
                "smoke.proof_valid_for; run again with --spend to pay for a new one"
            )
        return None

    def _with_wrong(
        self,
        outcome: SmokeOutcome,
        wrong: ControlledFailure | Missing | None,
        doubted: Entry | None,
        plan: _Plan | str,
    ) -> SmokeOutcome:
        """The outcome with the controlled failure, or with why there is none."""
        if wrong is not None:
            return replace(outcome, controlled_failure=wrong)
        if doubted is not None:
            return replace(outcome, controlled_failure=doubtful(doubted))
        if isinstance(outcome.controlled_failure, ControlledFailure):
            return outcome
        if gateway_of(self.route).controlled_failure(self.route) == "none":
            why = "the route file switches it off (smoke.controlled_failure: none)"
        elif isinstance(plan, _Plan):
            why = plan.no_wrong or "it is sent once the smoke job has finished"
        elif outcome.proof.proof is not None and plan == outcome.proof.sentence:
            why = f"proof {outcome.proof.proof.id} holds none; run again with --spend to send it"
        else:
            why = plan
        return replace(outcome, controlled_failure=Missing("controlled-failure", "not-run", why))

    def _plan(
        self,
        status: ProofStatus,
        settled: Settled | None,
        wrong: ControlledFailure | Missing | None,
        doubted: Entry | None,
    ) -> _Plan | str:
        """What to send, priced; or the sentence that says why nothing is sent."""
        wish = self.wish
        asked = gateway_of(self.route).controlled_failure(self.route) if wish.wrong else "none"
        proven = status.proof is not None and (settled is None or settled.job.state == "finished")
        smoke = settled is None and (not status.valid or wish.renew)
        lacks = status.proof is not None and status.proof.controlled_failure is None
        want_wrong = asked != "none" and wrong is None and (smoke or (proven and lacks))
        if not smoke and not want_wrong:
            return self._unasked(status, settled)
        if wish.purse is None:
            return status.sentence
        if wish.stopped is not None:
            return self._not_sent(wish.stopped)
        if doubted is not None:
            return self._not_sent(
                f"job {doubted.id} may or may not have been accepted; `job abandon` it first"
            )
        left = first(self.record.entries()[0], lambda entry: entry.is_open)
        if left is not None:
            return self._not_sent(
                f"job {left.id} is {left.state} and still open; one job at a time per route "
                f"(`veo-check job show {left.id}` says what it waits for)"
            )
        return self._priced(wish.purse, smoke=smoke, want_wrong=want_wrong)

    def _unasked(self, status: ProofStatus, settled: Settled | None) -> str:
        if self.wish.purse is None:
            return status.sentence
        if settled is not None:
            return (
                f"job {settled.entry.id} of an earlier run was taken up by this one; run again "
                "with --spend for what is missing"
            )
        return self._not_sent(f"{status.sentence}; --renew pays again")

    def _not_sent(self, why: str) -> str:
        self.notes.append(f"nothing was sent: {why}")
        return why

    def _priced(self, purse: SpendLimit, *, smoke: bool, want_wrong: bool) -> _Plan | str:
        route, prices = self.route, self.case.prices
        stake = smoke_stake(route, prices) if smoke else None
        if isinstance(stake, str):
            return self._not_sent(f"what the smoke job costs is not known: {stake}")
        wrong: tuple[WrongRequest, CostEstimate] | None = None
        no_wrong: str | None = None
        if want_wrong:
            planned = self._priced_wrong()
            wrong = planned if not isinstance(planned, str) else None
            no_wrong = planned if isinstance(planned, str) else None
        if smoke and no_wrong is not None and self._for_production():
            # each payment would end below the target that it was made for
            return self._not_sent(
                f"production needs the controlled failure, and it cannot be sent: {no_wrong}"
            )
        limit = route.budget.per_job
        if stake is not None and limit is not None and stake.at_stake > limit:
            return self._not_sent(
                f"the smoke job can cost ${usd(stake.at_stake)}, budget.per_job is ${usd(limit)}"
            )
        steps = [step for step in (stake, wrong[1] if wrong else None) if step is not None]
        if not steps:
            return self._not_sent(no_wrong or "there is nothing to send")
        driver = self.tools.driver_for(route)
        if isinstance(driver, Missing):
            return self._not_sent(driver.detail)
        short = purse.take(sum((step.at_stake for step in steps), Decimal(0)))
        if short is not None:
            return self._not_sent(short)
        return _Plan(driver, stake, wrong, no_wrong)

    def _for_production(self) -> bool:
        return (self.case.target or self.route.target) is Tier.PRODUCTION

    def _priced_wrong(self) -> tuple[WrongRequest, CostEstimate] | str:
        """The request that must be refused and what it can cost, or why there is none."""
        prices = self.case.prices
        planned = wrong_request(self.route, prices)
        if isinstance(planned, Missing):
            return planned.detail
        stake = planned.stake
        if isinstance(stake, str):
            return stake
        limit = self.route.budget.per_job
        if limit is not None and stake.at_stake > limit:
            return (
                f"accepted, it could cost ${usd(stake.at_stake)} ({stake.reading}); budget.per_job "
                f"is ${usd(limit)}"
            )
        return planned, stake

    def _pay_smoke(self, driver: JobDriver, stake: CostEstimate) -> Settled:
        """Send the smoke job and follow it as far as this run can."""
        route, tools = self.route, self.tools
        request = smoke_request(route)
        what = f"{request.seconds} s at {request.resolution} from {request.label}"
        step = Step("smoke", route, request, stake, what, self.case.row, self.case.route_file)
        entry, submission = send(step, driver, tools)
        settled = finish(entry, route, driver, tools, submission.exchanges)
        if settled.entry.operation is None:
            self._give_back(settled.entry)
        self._tell_if_unsealed(settled)
        return settled

    def _give_back(self, entry: Entry) -> None:
        """What was set aside for a refused request is free again, unless it may be charged."""
        if self.wish.purse is not None:
            self.wish.purse.give_back(entry.intent.at_stake - at_most_spent(entry))

    def _tell_if_unsealed(self, settled: Settled) -> None:
        """Say before the next bill that this one leaves nothing to show."""
        if settled.job.state == "finished" and self.tools.sealing_key(self.route) is None:
            variable = self.tools.sealing_variable(self.route)
            why = f"{variable} is not set" if variable else "the route names no key"
            if variable == PROOF_KEY_VARIABLE:
                why = f"{variable} is not set to {SHORTEST_PROOF_KEY} characters or more"
            self.notes.append(f"job {settled.entry.id} leaves no proof for later runs: {why}")

    def _pay_wrong(
        self, plan: _Plan, settled: Settled | None, status: ProofStatus
    ) -> ControlledFailure | Missing | None:
        """Send the controlled failure, once the smoke job is known to work."""
        if plan.wrong is None:
            if plan.no_wrong is not None:
                self.notes.append(f"no controlled failure was sent: {plan.no_wrong}")
            return None
        wrong, stake = plan.wrong
        purse = self.wish.purse
        finished = settled.job.state == "finished" if settled else status.valid
        if not finished:
            if purse is not None:
                purse.give_back(stake.at_stake)
            return None
        step = Step(
            "controlled-failure",
            self.route,
            wrong.request,
            stake,
            wrong.sent,
            self.case.row,
            self.case.route_file,
            wrong.kind,
        )
        wrong_settled = send_wrong(step, plan.driver, self.tools)
        if isinstance(wrong_settled, Missing):
            self.notes.append(f"no controlled failure was sent: {wrong_settled.detail}")
            return None
        if wrong_settled.settled.entry.state == "refused":
            self._give_back(wrong_settled.settled.entry)
        self.record.seal_wrong(wrong_settled)
        return wrong_settled.failure
