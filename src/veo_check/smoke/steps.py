"""The steps of a paid job that change something: intent, submit, follow, seal. In that order only.

Every step leaves the journal in a state from which a later run can go on, whatever kills this one:
the intent is on disk before the request leaves, the operation before the first poll, the seal
before the entry is closed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from veo_check.core.facts import Missing, ProvenLife
from veo_check.core.frozen import dataclass
from veo_check.core.jobs import (
    JobDriver,
    JobRequest,
    PollAnswer,
    Submission,
    WatchedDriver,
    meaning_of,
)
from veo_check.core.money import UsageError
from veo_check.core.results import (
    ControlledFailure,
    Delivery,
    JobKind,
    JobResult,
    Proof,
    ProofStatus,
    RowSeen,
    UsageProof,
    WrongKind,
    binding_of,
)
from veo_check.core.route import Route
from veo_check.evidence.proofs import write_proof
from veo_check.gateways.registry import is_direct
from veo_check.smoke.collect import (
    AFTER_A_REFUSAL,
    PASSING,
    WORTH_WAITING,
    charge_of_refusal,
    cost_nothing,
    download,
    read_bill,
    used_before,
)
from veo_check.smoke.cost import CostEstimate
from veo_check.smoke.journal import (
    Ended,
    Entry,
    Intent,
    Operation,
    opens_video,
    shown_operation,
    told_by,
)
from veo_check.smoke.tools import Dependencies
from veo_check.smoke.watch import ask, follow, progress_of


@dataclass(frozen=True, slots=True)
class Step:
    """One paid request: what, for how much, and in whose name."""

    kind: JobKind
    route: Route
    request: JobRequest
    stake: CostEstimate
    what: str
    row: RowSeen | None = None
    route_file: str = ""
    wrong: WrongKind | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A job followed as far as this run could: its entry on disk, and its facts."""

    entry: Entry
    job: JobResult
    delivery: Delivery | Missing
    usage: UsageProof | Missing


def send(step: Step, driver: JobDriver, tools: Dependencies) -> tuple[Entry, Submission]:
    """Write the intent, submit once, write what came of it. Raises OSError, UsageError.

    Whatever is raised after the intent was written leaves the job uncertain, never unrecorded.
    """
    journal, at = tools.journal, tools.now()
    entry = journal.begin(_intent(step, at, used_before(driver), tools))
    tools.progress(progress_of(entry, "sending"))
    submission: Submission | None = None
    try:
        submission = driver.submit(step.request)
        return _keep(entry, submission, tools), submission
    except BaseException as error:  # also Ctrl-C: the request may have left
        if submission is None:
            journal.save(
                entry.mark_uncertain(Ended(tools.now(), "submit-uncertain", "interrupted"))
            )
        elif isinstance(error, KeyboardInterrupt):
            _keep(entry, submission, tools)  # only the answer names the operation
        raise


def _keep(entry: Entry, submission: Submission, tools: Dependencies) -> Entry:
    """Write what the submit was answered. Raises UsageError, with the answer in words."""
    if submission.operation and opens_video(entry):
        tools.hide(submission.operation)
    entry = _answered(entry, _unless_known(submission, tools), tools)
    try:
        tools.journal.save(entry)
    except OSError as error:
        raise UsageError(
            f"the journal cannot be written ({error.strerror or error}) after job {entry.id} was"
            f" sent; the gateway's answer was {submission.state}"
            f" (operation {submission.operation or 'none'}): write that down"
        ) from error
    return entry


def _unless_known(submission: Submission, tools: Dependencies) -> Submission:
    """The submission; uncertain where it names the operation of a job that is on record already."""
    if submission.state != "accepted":
        return submission
    for other in tools.journal.everything():
        if (
            isinstance(other, Entry)
            and other.operation is not None
            and other.operation.id == submission.operation
        ):
            why = f"the answer names the operation of job {other.id}, which is on record already"
            return replace(submission, state="uncertain", operation=None, text=why)
    return submission


def settle(entry: Entry, route: Route, driver: JobDriver, tools: Dependencies) -> Settled:
    """Follow an accepted job, fetch and inspect what it delivered, read its bill.

    The entry stays open: `seal` closes it.
    """
    assert entry.operation is not None
    if opens_video(entry):
        tools.hide(entry.operation.id)
    operation = entry.operation.id
    answer: PollAnswer | None = None
    none = Missing("smoke-job", "not-run", "nothing was delivered")
    delivery: Delivery | Missing | None = None
    # where the look that ends a job delivers it, what was not kept is looked for again
    again = isinstance(driver, WatchedDriver) and not entry.task_asked
    if entry.state in {"submitted", "unfinished", "reopened"} or (
        entry.state == "finished" and again
    ):
        followed = follow(entry.resume(), route, driver, tools)
        entry, answer, delivery = followed.entry, followed.answer, followed.delivery
    elif entry.state == "finished":
        answer = ask(driver, operation, tools)
    usage: UsageProof | Missing = Missing("usage", "not-run", "the job has not ended")
    if entry.state == "finished" and answer is not None and delivery is None:
        tools.progress(progress_of(entry, "fetching"))
        delivery = _delivered(entry, driver, answer, tools)
    if entry.state in {"finished", "failed"}:
        tools.progress(progress_of(entry, "reading usage"))
        usage = read_bill(entry, driver, stake_of(entry), tools)
    elif entry.ended is not None and entry.ended.symptom == "operation-unknown":
        return _vanished(entry, entry.ended, driver, answer, tools)
    job = result_of(entry, exchanges=answer.exchanges if answer else ())
    return Settled(entry, _with_record(job, usage, answer), delivery or none, usage)


def _vanished(
    entry: Entry, ended: Ended, driver: JobDriver, answer: PollAnswer | None, tools: Dependencies
) -> Settled:
    """A job that the other side knows no more: over only where its bill says that it cost nothing.

    Closed, the next run would pay for another one beside it.
    """
    tools.progress(progress_of(entry, "reading usage"))
    usage = read_bill(entry, driver, stake_of(entry), tools)
    delivery = Missing("smoke-job", "not-run", "nothing was delivered")
    job = result_of(entry, exchanges=answer.exchanges if answer else ())
    if cost_nothing(entry, usage, tools):
        tools.journal.save(entry := entry.resume().failed(ended))
        return Settled(entry, replace(job, state=entry.state, charged=False), delivery, usage)
    charged = isinstance(usage, UsageProof) and usage.source == "usage-log" and usage.charges > 0
    why = "its operation can no longer be found, and what the job cost is not settled"
    usage = Missing("usage", "not-run", why, usage.exchanges)
    return Settled(entry, replace(job, charged=charged or None), delivery, usage)


def weigh(entry: Entry, driver: JobDriver, tools: Dependencies) -> Entry:
    """Write down whether a refused request was charged, where that can be read now.

    A smoke job that was charged was not refused: then nobody knows whether it was accepted.
    """
    ended = entry.ended
    if entry.state != "refused" or entry.charged is not None or ended is None:
        return entry
    tools.progress(progress_of(entry, "reading usage"))
    charged = charge_of_refusal(entry, driver, tools)
    if charged is None:
        return entry
    entry = entry.weighed(charged)
    if charged == "yes" and entry.intent.kind == "smoke":
        said = f": {ended.text}" if ended.text else ""
        why = f"answered as refused ({ended.symptom}) and charged all the same{said}"
        entry = entry.mark_uncertain(replace(ended, symptom="submit-uncertain", text=why))
    tools.journal.save(entry)
    return entry


def seal(settled: Settled, route: Route, tools: Dependencies) -> Settled:
    """Seal the result of an ended job, where this run has the key, then close its entry.

    What a passing trouble kept from this run leaves the entry open: sealed, it could only be
    learned by paying again.
    """
    entry = settled.entry
    if entry.state not in {"finished", "failed", "refused"} or _to_be_read_again(settled, tools):
        return settled
    put(_proof(settled, route, tools), route, tools)
    return close(settled, tools) if entry.is_open else settled


def finish(
    entry: Entry,
    route: Route,
    driver: JobDriver,
    tools: Dependencies,
    exchanges: tuple[str, ...] = (),
) -> Settled:
    """An answered smoke job taken as far as this run can: to its end, or to its refusal's charge.

    Sealed and closed where all is known of it.
    """
    if entry.operation is not None:
        return seal(settle(entry, route, driver, tools), route, tools)
    entry = note_total(weigh(entry, driver, tools), driver, tools)
    return seal(not_accepted(entry, exchanges), route, tools)


def note_total(entry: Entry, driver: JobDriver, tools: Dependencies) -> Entry:
    """Write down the key's total after a submit of which nobody knows whether it was accepted.

    Read once, when a gateway that takes the money first has given back what it will. Beside the
    total before, it is the only trace of a job that a gateway was killed under.
    """
    ended, before = entry.ended, entry.intent.used_before
    if entry.state != "uncertain" or ended is None or before is None:
        return entry
    if ended.used_after is not None:
        return entry
    tools.progress(progress_of(entry, "reading usage"))
    wait = AFTER_A_REFUSAL[-1] - (tools.now() - ended.at).total_seconds()
    if wait > 0:
        tools.clock.sleep(wait)
    read = driver.used()
    if isinstance(read, Missing) or read.used is None:
        return entry
    entry = entry.mark_uncertain(replace(ended, used_after=read.used))
    tools.journal.save(entry)
    return entry


def not_accepted(entry: Entry, exchanges: tuple[str, ...] = ()) -> Settled:
    """What is known of a job that has no operation."""
    none = Missing(PROBE, "not-run", f"job {entry.id} was not accepted ({entry.state})")
    return Settled(entry, result_of(entry, exchanges), none, none)


def close(settled: Settled, tools: Dependencies) -> Settled:
    """Close the entry of an ended job with what it cost."""
    usage, billed = settled.usage, None
    if isinstance(usage, UsageProof) and usage.billed is not None:
        billed = max(usage.billed - usage.refunded, Decimal(0))
    entry = settled.entry.closed(tools.now(), billed)
    tools.journal.save(entry)
    return replace(settled, entry=entry)


def put(proof: Proof, route: Route, tools: Dependencies) -> bool:
    """Seal a proof under the key that its route pays with, if this run has it."""
    key = tools.sealing_key(route)
    if key is None:
        return False
    write_proof(tools.folder.proofs_of(route.name), proof, key, tools.disk)
    return True


def result_of(entry: Entry, exchanges: tuple[str, ...] = ()) -> JobResult:
    """What an entry says of its job. What an accepted one cost is left open."""
    operation, ended = entry.operation, entry.ended
    served = ended.served_model if ended else None
    return JobResult(
        job=entry.id,
        state=entry.state,
        shape=entry.intent.binding.shape,
        symptom=ended.symptom if ended else None,
        failure=told_by(entry),
        status_code=ended.status_code if ended else None,
        operation_id=shown_operation(entry),
        replacement=ended.replacement if ended else None,
        request_id=operation.request_id if operation else ended.request_id if ended else None,
        served_model=served or (operation.served_model if operation else None),
        statuses=entry.statuses,
        polls=entry.polls,
        submitted_at=operation.at if operation else entry.intent.at,
        ended_at=ended.at if ended else None,
        video_count=ended.video_count if ended else None,
        charged={"yes": True, "no": False}.get(entry.charged or "unknown"),
        task_asked=entry.task_asked,
        estimate=operation.cost if operation else None,
        quoted=entry.intent.quoted,
        other_ratios=operation.other_ratios if operation else {},
        exchanges=exchanges,
    )


def stake_of(entry: Entry) -> CostEstimate:
    """What was quoted when the job was sent."""
    intent = entry.intent
    return CostEstimate(
        intent.quoted,
        intent.at_stake,
        intent.tolerance,
        intent.what,
        intent.quota_per_unit,
        intent.tokens,
    )


def _intent(step: Step, at: datetime, used: int | None, tools: Dependencies) -> Intent:
    route = step.route
    return Intent(
        id="",
        kind=step.kind,
        route=route.name,
        simulated=tools.folder.simulated,
        at=at,
        what=step.what,
        binding=binding_of(route),
        at_stake=step.stake.at_stake,
        quoted=step.stake.quoted,
        prompt_sha256=hashlib.sha256(step.request.prompt.encode()).hexdigest(),
        deadline_seconds=int(route.smoke.deadline.total_seconds()),
        route_file=step.route_file,
        tool_version=tools.tool_version,
        owner=_owner(route),
        used_before=used,
        quota_per_unit=step.stake.quota_per_unit,
        tokens=step.stake.tokens,
        tolerance=step.stake.tolerance,
        row=step.row,
        wrong=step.wrong,
    )


def _owner(route: Route) -> Mapping[str, str]:
    head = route.route
    named = {
        "application": head.application,
        "environment": head.environment,
        "workflow": head.workflow,
        "team": head.owner.team,
        "cost_center": head.owner.cost_center,
    }
    return {name: value for name, value in named.items() if value is not None}


def _answered(entry: Entry, submission: Submission, tools: Dependencies) -> Entry:
    now = tools.now()
    if submission.state == "accepted" and submission.operation:
        return entry.accepted(
            Operation(
                submission.operation,
                now,
                submission.request_id,
                submission.served_model,
                submission.cost,
                submission.other_ratios,
            )
        )
    ended = Ended(
        now,
        submission.symptom,
        submission.text,
        submission.status_code,
        submission.served_model,
        code=submission.code,
        request_id=submission.request_id,
        replacement=submission.replacement,
        names_the_mistake=submission.names_the_mistake,
    )
    if submission.state == "refused":
        return entry.refused(replace(ended, symptom=submission.symptom or "refused"))
    if submission.state == "not-sent":
        return entry.refused(replace(ended, symptom="not-sent")).weighed("no").closed(now)
    return entry.mark_uncertain(replace(ended, symptom="submit-uncertain"))


def _delivered(
    entry: Entry, driver: JobDriver, answer: PollAnswer, tools: Dependencies
) -> Delivery | Missing:
    """The videos of a finished job. A Missing where the other side cannot be asked now."""
    if answer.state == "done":
        return download(entry, driver, answer, tools)
    if answer.state != "failed":
        direct = is_direct(entry.intent.binding.via)
        step = meaning_of("operation-unknown").step(direct=direct)
        lost = f": {step}" if answer.state == "gone" else ""
        return Missing(
            "smoke-job",
            "server-error",
            f"job {entry.id} is done, and where its video is cannot be asked now"
            f" ({answer.status}); the next run asks again{lost}",
            answer.exchanges,
        )
    count = entry.ended.video_count if entry.ended else None
    symptom = answer.symptom or "failed"
    return Delivery((), count, symptom, answer.text, exchanges=answer.exchanges)


def _to_be_read_again(settled: Settled, tools: Dependencies) -> bool:
    entry, delivery, usage = settled.entry, settled.delivery, settled.usage
    if entry.state == "refused":
        return entry.charged is None
    if entry.state not in {"finished", "failed"} or not entry.is_open:
        return False
    if entry.state == "finished" and isinstance(delivery, Missing):
        return True
    passing = isinstance(usage, Missing) and usage.code in PASSING
    return passing and tools.now() - entry.intent.at < WORTH_WAITING


def _with_record(
    job: JobResult, usage: UsageProof | Missing, answer: PollAnswer | None
) -> JobResult:
    """The job with what its usage record tells beside the charge: why it failed, what served it."""
    if isinstance(usage, UsageProof):
        if job.served_model is None:
            job = replace(job, served_model=usage.served_model)
        if job.state == "failed" and job.symptom in {None, "failed"} and usage.reason:
            job = replace(job, symptom=usage.symptom or job.symptom, failure=usage.reason)
    if isinstance(usage, UsageProof) and usage.billed is not None:
        return replace(job, charged=usage.billed > usage.refunded)
    if isinstance(usage, UsageProof) and usage.charges == 0:
        return replace(job, charged=False)
    return replace(job, charged=answer.charged if answer else None)


def _proof(settled: Settled, route: Route, tools: Dependencies) -> Proof:
    """The result as it is kept: without the exchanges, whose ids are this run's own."""
    entry, intent = settled.entry, settled.entry.intent
    delivery, usage = settled.delivery, settled.usage
    return Proof(
        id=entry.id,
        simulated=intent.simulated,
        binding=intent.binding,
        paid_at=intent.at,
        made_at=tools.now(),
        valid_for_seconds=int(route.smoke.proof_valid_for.total_seconds()),
        job=replace(settled.job, exchanges=()),
        delivery=replace(delivery, exchanges=(), kept=())
        if isinstance(delivery, Delivery)
        else None,
        usage=replace(usage, exchanges=()) if isinstance(usage, UsageProof) else None,
        row=intent.row,
        owner=intent.owner,
    )


PROBE = "smoke-job"


@dataclass(frozen=True, slots=True)
class SmokeOutcome:
    """The facts of the paid job, each or why not. `spent`: USD at most, by this run."""

    job: JobResult | Missing
    delivery: Delivery | Missing
    usage: UsageProof | Missing
    controlled_failure: ControlledFailure | Missing
    proof: ProofStatus
    life: ProvenLife | Missing
    spent: Decimal = Decimal(0)
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def facts(self) -> dict[type, object]:
        """By type, as checks ask for them."""
        return {
            JobResult: self.job,
            Delivery: self.delivery,
            UsageProof: self.usage,
            ControlledFailure: self.controlled_failure,
            ProvenLife: self.life,
            ProofStatus: self.proof,
        }


def without_job(status: ProofStatus, why: str) -> SmokeOutcome:
    """Nothing to judge: no job of this run, no proof of an earlier one."""
    none = Missing(PROBE, "not-run", why)
    return SmokeOutcome(none, none, none, none, status, none)


def unreadable(why: str) -> SmokeOutcome:
    """The journal cannot be read or written, so nothing in the state folder can be relied on."""
    return without_job(ProofStatus("journal-unreadable", why), why)


def delivered(delivery: Delivery | Missing | None) -> bool:
    """Whether a whole video came: a status alone is no evidence that a model is alive."""
    return isinstance(delivery, Delivery) and any(video.complete for video in delivery.videos)


def by_proof(status: ProofStatus) -> SmokeOutcome:
    """The facts of a valid proof. Their evidence is the proof, not an exchange of this run."""
    proof = status.proof
    if proof is None or status.expires is None:
        return without_job(status, status.sentence)
    cited = (f"proof:{proof.id}",)
    none = Missing(PROBE, "not-run", f"proof {proof.id} does not hold it")
    return SmokeOutcome(
        job=replace(proof.job, exchanges=cited),
        delivery=replace(proof.delivery, exchanges=cited) if proof.delivery else none,
        usage=replace(proof.usage, exchanges=cited) if proof.usage else none,
        controlled_failure=(
            replace(proof.controlled_failure, exchanges=cited) if proof.controlled_failure else none
        ),
        proof=status,
        life=(
            ProvenLife(proof.job.served_model, proof.id, status.expires, cited)
            if delivered(proof.delivery)
            else none
        ),
    )


def by_job(settled: Settled, status: ProofStatus) -> SmokeOutcome:
    """The facts of a job that this run sent or followed to its end (or as far as it came)."""
    job = settled.job
    none = Missing(PROBE, "not-run", f"job {job.job} has not finished")
    life: ProvenLife | Missing = none
    if job.state == "finished" and job.ended_at is not None and delivered(settled.delivery):
        expires = status.expires or job.ended_at.date()
        life = ProvenLife(job.served_model, job.job, expires, job.exchanges)
    return SmokeOutcome(job, settled.delivery, settled.usage, none, status, life)
