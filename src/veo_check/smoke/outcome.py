"""What a run knows of a route's paid job: the facts of a job, of a proof, or why there are none."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from veo_check.core.facts import Missing, ProvenLife
from veo_check.core.frozen import dataclass
from veo_check.core.results import (
    ControlledFailure,
    Delivery,
    JobResult,
    ProofStatus,
    UsageProof,
)

#: What the absence of a paid fact names as its probe.
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


def nothing_on_record() -> SmokeOutcome:
    """The outcome where there is no state folder and no leave to spend."""
    status = ProofStatus("none", "no smoke job is on record")
    return without_job(status, status.sentence)


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
