"""usage-recorded: the gateway's own record has the job, with everything finance needs."""

from __future__ import annotations

from collections.abc import Iterator

from veo_check.core.clock import AsOf, last_day, why_not
from veo_check.core.facts import Missing
from veo_check.core.findings import (
    Blocked,
    CheckOutput,
    Finding,
    Findings,
    ValidUntil,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.gateway import Gateway
from veo_check.core.results import JobResult, UsageProof
from veo_check.core.route import Confirmation, Route

#: What a record should tell, and how `UsageProof` calls it.
_FIELDS = {
    "model": "model",
    "route": "route",
    "unit": "unit",
    "status": "status",
    "key (the owner)": "key",
    "request id": "row_id",
}


@check(item="usage-proof", since="0.1", waivable=False)
def usage_recorded(
    route: Route, gateway: Gateway, job: JobResult, usage: UsageProof | Missing, judging: AsOf
) -> Findings:
    """The job's usage record exists and names model, route, status, unit and owner.

    Why: a job that finance cannot find is a cost nobody owns; new-api writes the row at submit, and
    joins it to the job by the request id alone.
    Fix: ask the gateway why the row is missing; where no key can read usage (Google directly), look
    it up yourself and add a `usage-record` confirmation that names the operation.
    """
    if gateway.usage_of(route) == "none":
        yield from confirmed_by_hand(route, job, judging, "usage-recorded")
        return
    if isinstance(usage, Missing):
        yield Blocked(f"{usage.probe}: {usage.detail}")
        return
    if usage.charges == 0:
        yield blocker(
            "usage-recorded/missing",
            f"The gateway's usage log has no row for job {job.job}.",
            at="via.key",
            expected="one row",
            actual="none",
            fix="look for it in the gateway's console by time and label",
            evidence=usage.exchanges,
        )
        return
    yield from _fields(route, usage)
    yield note(
        "usage-recorded/row",
        f"The record of request {usage.row_id or 'unknown'} charges {usage.model or 'no model'}"
        f"{f' in group {usage.group}' if usage.group else ''}"
        f"{f' to key {usage.key}' if usage.key else ''}.",
        at="via.key",
        evidence=usage.exchanges,
    )


def _fields(route: Route, usage: UsageProof) -> Iterator[Finding]:
    if usage.source == "cost-header":
        yield warning(
            "usage-recorded/header-only",
            "The only record is a cost header beside the gateway's answer, which nobody stores.",
            at="via.gateway",
            fix="give the gateway a database, or keep the header in your own log",
            evidence=usage.exchanges,
        )
        return
    if usage.source == "answer":
        yield warning(
            "usage-recorded/answer-only",
            "The only record is the usage in the finished job's own answer; no billing record was "
            "read, because no key can read one.",
            at="via.gateway",
            fix="compare it once with Google's billing export",
            evidence=usage.exchanges,
        )
    if usage.surface is not None and usage.surface != route.model.surface:
        yield blocker(
            "usage-recorded/another-surface",
            f"The job was served by {usage.provider}, which is {usage.surface}, not "
            f"{route.model.surface}.",
            at="model.surface",
            expected=route.model.surface,
            actual=usage.surface,
            fix="declare the surface that really serves it, or use a gateway that lets you choose",
            evidence=usage.exchanges,
        )
    if usage.model is not None and usage.model != route.via.model:
        yield blocker(
            "usage-recorded/another-model",
            "The job's usage row is booked on another model than the one called.",
            at="via.model",
            expected=route.via.model,
            actual=usage.model,
            fix="ask the gateway why it books this label on another model",
            evidence=usage.exchanges,
        )
    of_google = {"key", "route"} if usage.source == "answer" else set()  # no answer names them
    absent = [
        shown
        for shown, name in _FIELDS.items()
        if name not in of_google and getattr(usage, name) is None
    ]
    if absent:
        yield warning(
            "usage-recorded/incomplete",
            f"The job's usage row does not tell its {', '.join(absent)}.",
            at="via.gateway",
            fix="keep what is missing in your own job log",
            evidence=usage.exchanges,
        )
    declared = route.via.key.name if route.via.key else None
    if declared is not None and usage.key is not None and usage.key != declared:
        yield warning(
            "usage-recorded/another-key",
            "The job's usage row names another key than via.key.name.",
            at="via.key.name",
            expected=declared,
            actual=usage.key,
            fix="write the key's name as the gateway knows it",
            evidence=usage.exchanges,
        )


def confirmed_by_hand(
    route: Route, job: JobResult, judging: AsOf, check_id: str
) -> Iterator[CheckOutput]:
    """What a person saw of a record that no key can read: for this very operation, not long ago."""
    hole = (
        "Google has no usage record that a key can read: look the job up in the billing export and "
        "add a usage-record confirmation with operation: "
        f"{job.operation_id or 'the operation of the job'}"
    )
    for index, record in enumerate(route.confirmations):
        if record.what != "usage-record" or not _names(record, job):
            continue
        against = why_not(record, judging)
        if against is None:
            yield note(
                f"{check_id}/confirmed",
                f"{record.by} saw the record of this operation on {record.on}; that counts until "
                f"{last_day(record)}.",
                at=f"confirmations.{index}",
            )
            yield ValidUntil(last_day(record), "the usage-record confirmation expires")
            return
        hole = f"{against}; look again and renew confirmations"
    yield Blocked(hole)


def _names(record: Confirmation, job: JobResult) -> bool:
    return job.operation_id is not None and record.operation == job.operation_id
