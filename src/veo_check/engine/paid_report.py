"""The report's parts about the paid job: how it went, what it cost, what proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veo_check.core.clock import Judging
from veo_check.core.money import plain, usd
from veo_check.core.paid_facts import Delivery, JobResult, MediaFacts, UsageProof
from veo_check.core.route import Route
from veo_check.report.model import JobReport, ProofReport, UsageReport

if TYPE_CHECKING:
    from veo_check.smoke.outcome import SmokeOutcome


@dataclass(frozen=True, slots=True)
class PaidParts:
    """What the report says of the paid job; all None where there is none."""

    job: JobReport | None = None
    usage: UsageReport | None = None
    proof: ProofReport | None = None
    spent: str = "0.00"


def paid_parts(route: Route, smoke: SmokeOutcome | None, judging: Judging) -> PaidParts:
    """The parts for one route, from this run's job or from the proof of an earlier one."""
    if smoke is None:
        return PaidParts()
    job = smoke.job if isinstance(smoke.job, JobResult) else None
    delivery = smoke.delivery if isinstance(smoke.delivery, Delivery) else None
    usage = smoke.usage if isinstance(smoke.usage, UsageProof) else None
    return PaidParts(
        job=None if job is None else _job(job, delivery),
        usage=None if usage is None else _usage(route, usage),
        proof=_proof(smoke, judging),
        spent=usd(smoke.spent),
    )


def _job(job: JobResult, delivery: Delivery | None) -> JobReport:
    first = delivery.videos[0] if delivery and delivery.videos else None
    return JobReport(
        operation_id=job.operation_id,
        request_id=job.request_id,
        served_model=job.served_model,
        status_history=list(job.statuses),
        polls=job.polls,
        retries=job.retries,
        failure=job.failure or job.symptom,
        video_count=len(delivery.videos) if delivery else job.video_count,
        seconds=None if first is None or first.seconds is None else plain(first.seconds, 1),
        resolution=None if first is None else _size(first),
        frame_rate=None if first is None or first.frame_rate is None else plain(first.frame_rate),
        audio=None if first is None else first.audio,
        sha256=None if first is None else first.sha256,
        output_location=delivery.kept[0] if delivery and delivery.kept else None,
    )


def _size(video: MediaFacts) -> str | None:
    return None if video.width is None else f"{video.width}x{video.height}"


def _usage(route: Route, usage: UsageProof) -> UsageReport:
    owner = route.route.owner
    return UsageReport(
        row_id=usage.row_id,
        model=usage.model,
        key=usage.key,
        group=usage.group,
        status=usage.status,
        unit=usage.unit,
        quantity=None if usage.quantity is None else plain(usage.quantity),
        billed=None if usage.billed is None else usd(usage.billed),
        owner=owner.cost_center or owner.team,
    )


def _proof(smoke: SmokeOutcome, judging: Judging) -> ProofReport | None:
    status = smoke.proof
    if status.proof is None or status.expires is None:
        return None
    return ProofReport(
        id=status.proof.id,
        age_days=status.age_days
        if status.age_days is not None
        else max(0, (judging.day - status.proof.made_at.date()).days),
        expires=status.expires.isoformat(),
    )
