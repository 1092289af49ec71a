"""What the state folder says of one route, and taking up what earlier runs left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from veo_check.core.facts import Missing
from veo_check.core.paid_facts import ControlledFailure, JobKind, JobResult
from veo_check.core.proof import Binding, NewestJob, ProofStatus, binding_of
from veo_check.core.symptoms import NOT_ROUTED, Symptom
from veo_check.evidence.proof_status import assess
from veo_check.evidence.proofs import proof_key_variable, read_proofs
from veo_check.smoke.case import Case
from veo_check.smoke.entry import Ended, Entry
from veo_check.smoke.journal import JournalUnreadableError
from veo_check.smoke.steps import Settled, close, put, result_of, seal, settle
from veo_check.smoke.stored_route import stored_route
from veo_check.smoke.tools import Tools
from veo_check.smoke.wrong_job import WrongSettled, take_up


class OnRecord:
    """One route's jobs and proofs. Whoever changes them holds the route's lock."""

    def __init__(self, case: Case, tools: Tools) -> None:
        self.case, self.tools = case, tools
        self.route, self.journal = case.route, tools.journal

    def entries(self) -> tuple[tuple[Entry, ...], str | None]:
        """The route's jobs, oldest first; with the reason where they cannot be read."""
        try:
            return self.journal.entries(self.route.name), None
        except JournalUnreadableError as error:
            return (), str(error)

    def status_now(self) -> ProofStatus:
        """Whether a proof speaks for the route, by what is on disk now."""
        return self.status(*self.entries())

    def status(self, entries: tuple[Entry, ...], problem: str | None) -> ProofStatus:
        """Whether a proof speaks for the route, given its jobs."""
        case, tools = self.case, self.tools
        variable = proof_key_variable(self.route)
        key = tools.key_for(variable) if variable else None
        newest = first(reversed(entries), lambda one: one.intent.kind == "smoke")
        status = assess(
            read_proofs(tools.folder.proofs_of(self.route.name), key),
            self.route,
            tools.now(),
            case.judging,
            simulated=tools.folder.simulated,
            newest=NewestJob(newest.id, newest.state) if newest else None,
            row=case.row,
            row_known=case.row_known,
            journal_problem=problem,
        )
        return replace(
            status,
            refused=self._refusal(entries, _GONE, same_model=True),
            unrouted=self._refusal(entries, NOT_ROUTED, same_model=False),
        )

    def _refusal(
        self, entries: tuple[Entry, ...], symptoms: frozenset[Symptom], *, same_model: bool
    ) -> JobResult | None:
        """The newest refusal of such a kind that no later accepted job of the same door undid.

        From the journal, so that it counts also where no key could seal it.
        """
        now = binding_of(self.route)
        for entry in reversed(entries):
            then = entry.intent.binding
            if (
                entry.intent.kind != "smoke"
                or _door(then) != _door(now)
                or (same_model and then.model != now.model)
            ):
                continue
            if entry.state in _ACCEPTED:
                return None
            if entry.state == "refused" and entry.ended and entry.ended.symptom in symptoms:
                return result_of(entry, exchanges=(f"job:{entry.id}",))
        return None

    def doubt_if_killed(self, entry: Entry) -> Entry:
        """An intent without an answer, and nobody holds the lock: its run was killed."""
        if entry.state != "intent":
            return entry
        text = "the run was killed before an answer was on disk"
        doubted = entry.doubted(Ended(self.tools.now(), "submit-uncertain", text))
        self.journal.save(doubted)
        return doubted

    def take_up_smoke(self, entries: tuple[Entry, ...]) -> Settled | None:
        """Follow a job that an earlier run left open, the way it was submitted."""
        entry = first_open(entries, "smoke")
        if entry is None or entry.operation is None:
            return None
        stored = stored_route(self.route, entry.intent.binding)
        driver = self.tools.driver_for(stored)
        if isinstance(driver, Missing):
            job = replace(result_of(entry), failure=driver.detail)
            return Settled(entry, job, driver, driver)
        return seal(settle(entry, stored, driver, self.tools), stored, self.tools)

    def take_up_wrong(self, entries: tuple[Entry, ...]) -> ControlledFailure | None:
        """Follow an accepted controlled failure of an earlier run to its end."""
        entry = first_open(entries, "controlled-failure")
        if entry is None or entry.operation is None:
            return None
        stored = stored_route(self.route, entry.intent.binding)
        driver = self.tools.driver_for(stored)
        if isinstance(driver, Missing):
            return None
        wrong = take_up(entry, stored, driver, self.tools)
        self.seal_wrong(wrong)
        return wrong.failure

    def seal_wrong(self, wrong: WrongSettled) -> None:
        """Add the controlled failure to the proof that still speaks for the route; then close it.

        In this order: closed and not sealed, it would be sent a second time.
        """
        status, failure = self.status_now(), wrong.failure
        if failure.outcome == "pending":
            return  # open until its end, or its refund, was seen
        if status.proof is not None and failure.outcome != "uncertain":
            added = replace(status.proof, controlled_failure=replace(failure, exchanges=()))
            put(added, self.route, self.tools)
        settled = wrong.settled
        if settled and settled.entry.is_open and settled.entry.state in {"finished", "failed"}:
            close(settled, self.tools)


_ACCEPTED = {"submitted", "unfinished", "finished", "failed"}
_GONE: frozenset[Symptom] = frozenset({"model-retired", "model-unknown"})
#: What decides where a job goes. Who owns the key, and what it is called, does not.
_DOOR = ("gateway", "base_url", "endpoint", "model", "group", "project", "location")
_KEY = ("key.env", "key.adc")


def _door(binding: Binding) -> tuple[str | None, ...]:
    return tuple(binding.via.get(name) for name in (*_DOOR, *_KEY))


def first(entries: Iterable[Entry], wanted: Callable[[Entry], bool]) -> Entry | None:
    """The first entry that is wanted."""
    return next((one for one in entries if wanted(one)), None)


def first_open(entries: Iterable[Entry], kind: JobKind) -> Entry | None:
    """The one job of a kind that still needs something."""
    return first(entries, lambda one: one.is_open and one.intent.kind == kind)
