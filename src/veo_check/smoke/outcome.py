"""What a route's smoke job leaves for the checks: facts, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from veo_check.core.facts import Missing, ProvenLife
from veo_check.core.paid_facts import ControlledFailure, Delivery, JobResult, UsageProof
from veo_check.core.proof import ProofStatus
from veo_check.smoke.steps import Settled

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
    return isinstance(delivery, Delivery) and any(one.complete for one in delivery.videos)


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
