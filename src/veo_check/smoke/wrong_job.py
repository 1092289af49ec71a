"""The controlled failure: sent once, like a job; good only when it is refused and costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from veo_check.core.facts import Missing
from veo_check.core.jobs import JobDriver, Submission
from veo_check.core.paid_facts import ControlledFailure, Delivery, UsageProof, WrongKind
from veo_check.core.route import Route
from veo_check.smoke.bill import was_charged
from veo_check.smoke.entry import Entry
from veo_check.smoke.steps import Settled, Step, send, settle
from veo_check.smoke.tools import Tools
from veo_check.smoke.wrong_request import PROBE

#: Refusals that name what is wrong with each kind, whatever words they use.
_CLEAR: Mapping[WrongKind, frozenset[str]] = {
    "unsupported-parameter": frozenset(
        {"duration-refused", "combination-unsupported", "parameter-refused"}
    ),
    "retired-model": frozenset({"model-retired", "model-unknown", "no-channel", "not-priced"}),
}


#: How long a gateway may take to give back what it charged for a request that it refused later.
_REFUND_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class WrongSettled:
    """What became of a controlled failure; `settled` where it was accepted, not yet closed."""

    failure: ControlledFailure
    settled: Settled | None = None


def send_wrong(step: Step, driver: JobDriver, tools: Tools) -> WrongSettled | Missing:
    """Send the request that must be refused, once; where it is accepted, follow it to its end.

    Raises OSError, UsageError, as `steps.send` does.
    """
    entry, submission = send(step, driver, tools)
    if entry.state == "submitted":
        return take_up(entry, step.route, driver, tools)
    if submission.state == "not-sent":
        return Missing(PROBE, "unreachable", submission.text or "nothing left this machine")
    if entry.state != "refused":
        return WrongSettled(doubtful(entry))
    charged = was_charged(entry, submission.request_id, driver)
    return WrongSettled(_refused(entry, submission, charged))


def take_up(entry: Entry, stored: Route, driver: JobDriver, tools: Tools) -> WrongSettled:
    """Follow an accepted controlled failure to its end, or as far as this run can."""
    settled = settle(entry, stored, driver, tools)
    job, usage, delivery = settled.job, settled.usage, settled.delivery
    failure = ControlledFailure(
        job=entry.id,
        kind=_kind(entry),
        sent=entry.intent.what,
        outcome="accepted",
        symptom=job.symptom,
        text=job.failure,
        served_model=job.served_model,
        charged=job.charged,
        exchanges=job.exchanges,
    )
    unseen = job.state == "finished" and isinstance(delivery, Missing)
    if unseen or job.state in {"submitted", "unfinished"}:
        failure = replace(failure, outcome="pending")
    elif job.state == "finished" and isinstance(delivery, Delivery) and not delivery.videos:
        # some gateways report a job that failed upstream as completed, without a word of why
        text = delivery.failure or "reported as completed, and it has no video"
        failure = replace(failure, outcome="refused-unclearly", late=True, text=text)
    elif job.state == "failed":
        record = usage if isinstance(usage, UsageProof) else None
        failure = _refused_inside(failure, record)
        unread = isinstance(usage, Missing) and usage.code != "not-offered"
        recent = job.ended_at is not None and tools.now() - job.ended_at < _REFUND_WITHIN
        if failure.late and recent and (failure.charged or unread):
            failure = replace(failure, outcome="pending")
    return WrongSettled(failure, settled)


def _refused_inside(failure: ControlledFailure, record: UsageProof | None) -> ControlledFailure:
    """An operation that ended with an error: a refusal, where its error names the mistake.

    new-api tells the error in the refund's row alone. An error that says nothing is an unclear
    refusal; one that says something else (a filter, a backend) shows that the mistake was accepted.
    """
    clear = _CLEAR[failure.kind]
    if failure.symptom not in clear and record is not None and record.reason:
        failure = replace(failure, symptom=record.symptom, text=record.reason)
    if failure.symptom in clear:
        return replace(failure, outcome="refused", late=True)
    if failure.symptom in {"failed", "refused", None}:
        return replace(failure, outcome="refused-unclearly", late=True)
    return failure


def doubtful(entry: Entry) -> ControlledFailure:
    """A controlled failure of which nobody knows whether it was accepted."""
    return ControlledFailure(
        job=entry.id,
        kind=_kind(entry),
        sent=entry.intent.what,
        outcome="uncertain",
        symptom="submit-uncertain",
        text=entry.ended.text if entry.ended else None,
    )


def _refused(entry: Entry, submission: Submission, charged: bool | None) -> ControlledFailure:
    kind = _kind(entry)
    clear = submission.names_the_mistake or submission.symptom in _CLEAR[kind]
    return ControlledFailure(
        job=entry.id,
        kind=kind,
        sent=entry.intent.what,
        outcome="refused" if clear else "refused-unclearly",
        symptom=submission.symptom,
        status_code=submission.status_code,
        code=submission.code,
        text=submission.text,
        charged=charged,
        exchanges=submission.exchanges,
    )


def _kind(entry: Entry) -> WrongKind:
    return entry.intent.wrong or "unsupported-parameter"
