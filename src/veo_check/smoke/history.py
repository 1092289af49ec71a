"""What is on record of one route: its jobs and proofs, and what earlier runs left to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from veo_check.core.facts import Missing
from veo_check.core.jobs import NOT_ROUTED, Symptom
from veo_check.core.results import (
    Binding,
    ControlledFailure,
    JobKind,
    JobResult,
    NewestJob,
    ProofStatus,
    binding_of,
    stored_route,
)
from veo_check.evidence.proofs import (
    SealedProof,
    Unusable,
    assess,
    proof_path,
    read_proof,
    read_proofs,
)
from veo_check.gateways.registry import GATEWAYS
from veo_check.smoke.collect import WORTH_WAITING
from veo_check.smoke.controlled_failure import (
    WrongSettled,
    from_record,
    resume,
)
from veo_check.smoke.journal import (
    Ended,
    Entry,
    JournalUnreadableError,
    opens_video,
)
from veo_check.smoke.steps import (
    Settled,
    close,
    finish,
    note_total,
    put,
    result_of,
)
from veo_check.smoke.tools import Dependencies, SmokeContext
from veo_check.smoke.watch import ask


class RouteHistory:
    """One route's jobs and proofs. Whoever changes them holds the route's lock."""

    def __init__(self, case: SmokeContext, tools: Dependencies) -> None:
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
        proofs = tools.folder.proofs_of(self.route.name)
        read = read_proofs(proofs, tools.sealing_key(self.route))
        status = assess(
            read,
            self.route,
            tools.now(),
            case.judging,
            simulated=tools.folder.simulated,
            newest=self._newest(entries, read),
            row=case.row,
            row_known=case.row_known,
            journal_problem=problem,
        )
        return replace(
            status,
            refused=self._refusal(entries, _GONE, same_model=True),
            unrouted=self._refusal(entries, NOT_ROUTED, same_model=False),
            misplaced=self._refusal(entries, _ELSEWHERE, same_model=True),
        )

    def _newest(
        self, entries: tuple[Entry, ...], read: tuple[SealedProof | Unusable, ...]
    ) -> NewestJob | None:
        """The newest smoke job. One that was given up unread may have been one, unless the proof
        itself names it as its controlled failure."""
        newest = first(reversed(entries), lambda entry: entry.intent.kind == "smoke")
        head = next(iter(read), None)
        sealed = head.proof.controlled_failure if isinstance(head, SealedProof) else None
        lost = max(
            (
                job
                for job in self.journal.given_up(self.route.name)
                if (sealed is None or job != sealed.job) and (newest is None or job > newest.id)
            ),
            default=None,
        )
        if lost is not None:
            return NewestJob(lost, "abandoned")
        return NewestJob(newest.id, newest.state) if newest else None

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

    def mark_if_killed(self, entry: Entry) -> Entry:
        """An intent without an answer, and nobody holds the lock: its run was killed."""
        if entry.state != "intent":
            return entry
        text = "the run was killed before an answer was on disk"
        doubted = entry.mark_uncertain(Ended(self.tools.now(), "submit-uncertain", text))
        self.journal.save(doubted)
        return doubted

    def ask_again(self, entry: Entry) -> Entry:
        """A failure that a gateway stored is asked about once more, a day or more later: an error
        that passed is stored like one that lasts. Reopened where the job lives after all."""
        ended, operation = entry.ended, entry.operation
        gateway = GATEWAYS.get(entry.intent.binding.via.get("gateway", ""))
        if (
            entry.state != "failed"
            or entry.is_open
            or entry.intent.kind != "smoke"
            or entry.asked_again_at is not None
            or gateway is None
            or not gateway.polls_itself
            or ended is None
            or operation is None
            or self.tools.now() - ended.at < WORTH_WAITING
        ):
            return entry
        driver = self.tools.driver_for(stored_route(self.route, entry.intent.binding))
        if isinstance(driver, Missing):
            return entry
        if opens_video(entry):
            self.tools.hide(operation.id)
        answer = ask(driver, operation.id, self.tools)
        if answer.state in {"trouble", "refused"}:
            return entry
        entry = entry.asked_again(self.tools.now(), lives=answer.state in {"done", "running"})
        self.journal.save(entry)
        return entry

    def note_total(self, entry: Entry) -> Entry:
        """What the key's total says of an uncertain submit, where this run can read it."""
        driver = self.tools.driver_for(stored_route(self.route, entry.intent.binding))
        return entry if isinstance(driver, Missing) else note_total(entry, driver, self.tools)

    def resume_smoke(self, entries: tuple[Entry, ...]) -> Settled | None:
        """Follow a job that an earlier run left open, the way it was submitted."""
        entry = first_open(entries, "smoke")
        if entry is None or entry.state in _DOUBTED:
            return None
        stored = stored_route(self.route, entry.intent.binding)
        driver = self.tools.driver_for(stored)
        if isinstance(driver, Missing):
            job = result_of(entry)
            job = job if entry.state == "refused" else replace(job, failure=driver.detail)
            return Settled(entry, job, driver, driver)
        return finish(entry, stored, driver, self.tools)

    def resume_wrong(self, entries: tuple[Entry, ...]) -> ControlledFailure | Missing | None:
        """Follow an answered controlled failure of an earlier run to its end, and seal it.

        None where there is none, or a proof tells of it, or it was another version of this route's.
        """
        entry = first_open(entries, "controlled-failure")
        if entry is None or entry.state in _DOUBTED:
            return None
        stored = stored_route(self.route, entry.intent.binding)
        driver = self.tools.driver_for(stored)
        if entry.charged is not None:
            wrong = from_record(entry)
        elif isinstance(driver, Missing):
            return driver
        else:
            wrong = resume(entry, stored, driver, self.tools)
        self.seal_wrong(wrong)
        failure = wrong.failure
        same = entry.intent.binding == binding_of(self.route)
        good = isinstance(failure, ControlledFailure) and (
            failure.outcome == "refused" and not failure.charged
        )
        # a good one speaks only with the smoke job that it followed, so the proof tells it
        return failure if same and not good else None

    def seal_wrong(self, wrong: WrongSettled) -> None:
        """Add the controlled failure to the proof of the smoke job that it followed; then close it.

        In this order, and open until the proof holds it: closed and not sealed, it would be sent a
        second time. One that was refused and charged stays open until a person closes it.
        """
        entry, failure = wrong.settled.entry, wrong.failure
        if isinstance(failure, Missing) or failure.outcome in {"uncertain", "pending"}:
            return
        if not self._sealed(entry, replace(failure, exchanges=())) or not entry.is_open:
            return
        done = entry.state in {"finished", "failed"} or entry.charged in {"no", "unknown"}
        if done and not (failure.late and failure.charged):
            close(wrong.settled, self.tools)

    def _sealed(self, entry: Entry, failure: ControlledFailure) -> bool:
        """Whether the proof holds it now, or no proof ever will.

        Whether that proof still speaks for the route today does not matter: a route file that was
        edited may be edited back.
        """
        entries, problem = self.entries()
        smoke = first(
            reversed(entries), lambda job: job.intent.kind == "smoke" and job.id < entry.id
        )
        if problem is not None or (smoke is not None and smoke.is_open):
            return False
        path = proof_path(self.tools.folder.proofs_of(self.route.name), smoke.id) if smoke else None
        if path is None or not path.exists():
            return True  # it was paid without the key that would have sealed it
        stored = stored_route(self.route, entry.intent.binding)
        sealed = read_proof(path, self.tools.sealing_key(stored))
        if isinstance(sealed, Unusable):
            return sealed.code not in {"no-key", "other-key"}
        if sealed.proof.binding == entry.intent.binding:
            put(replace(sealed.proof, controlled_failure=failure), stored, self.tools)
        return True


_ACCEPTED = {"submitted", "unfinished", "finished", "failed", "reopened"}
#: Open, and only a person can say more.
_DOUBTED = {"intent", "uncertain"}
_GONE: frozenset[Symptom] = frozenset({"model-retired", "model-unknown"})
_ELSEWHERE: frozenset[Symptom] = frozenset({"not-at-location", "model-unknown"})
#: What decides where a job goes. Who owns the key, and what it is called, does not.
_DOOR = ("gateway", "base_url", "endpoint", "model", "group", "project", "location")
_KEY = ("key.env", "key.adc")


def _door(binding: Binding) -> tuple[str | None, ...]:
    return tuple(binding.via.get(name) for name in (*_DOOR, *_KEY))


def first(entries: Iterable[Entry], wanted: Callable[[Entry], bool]) -> Entry | None:
    return next((entry for entry in entries if wanted(entry)), None)


def first_open(entries: Iterable[Entry], kind: JobKind) -> Entry | None:
    """The one job of a kind that still needs something."""
    return first(entries, lambda entry: entry.is_open and entry.intent.kind == kind)
