"""usage-recorded: the gateway's own record has the job, with everything finance needs."""

from __future__ import annotations

from collections.abc import Iterator

from veo_check.core.clock import AsOf, last_day, why_not
from veo_check.core.facts import Missing
from veo_check.core.findings import (
    Blocked,
    Finding,
    Findings,
    ValidUntil,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.gateway import Gateway
from veo_check.core.money import usd
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

    Why: a job that finance cannot find is a cost without an owner; new-api writes the row at
    submit, and joins it to the job by the request id alone.
    Fix: ask the gateway why the row is missing; where no key can read usage (Google directly), look
    it up yourself and add a `usage-record` confirmation with the operation and what was billed.
    """
    if gateway.usage_of(route) == "none":
        if job.estimate is not None:
            yield note(
                "usage-recorded/estimate",
                f"The gateway estimated ${usd(job.estimate)} in a header of its answer to the "
                "submit, before the job ran. Nobody stores that, and it is no bill.",
                at="via.gateway",
                evidence=job.exchanges,
            )
        seen = confirmation_of(route, gateway, job, judging)
        if isinstance(seen, str):
            yield Blocked(seen)
            return
        yield note(
            "usage-recorded/confirmed",
            f"{seen.by} saw the record of this operation on {seen.on}; that counts until "
            f"{last_day(seen)}.",
            at=f"confirmations.{route.confirmations.index(seen)}",
        )
        yield ValidUntil(last_day(seen), "the usage-record confirmation expires")
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
    group = route.via.group
    if group is not None and usage.group is not None and usage.group != group:
        yield blocker(
            "usage-recorded/another-group",
            f"The job was billed in group {usage.group}; the route declares {group}.",
            at="via.group",
            expected=group,
            actual=usage.group,
            fix="write the group that the key bills under via.group, or use a key of that group: "
            "prices differ by group",
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
            f"The job's usage row does not give its {', '.join(absent)}.",
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


def confirmation_of(
    route: Route, gateway: Gateway, job: JobResult, judging: AsOf
) -> Confirmation | str:
    """What a person saw of a record that no key can read: for this very operation, not long ago,
    with what was billed. Else what is missing."""
    whose = "Google" if gateway.direct else "this gateway"
    where = "the billing export" if gateway.direct else "its own spend log or in Google's bill"
    hole = (
        f"{whose} has no usage record that a key can read; look job {job.job} up in {where}, and "
        "add a usage-record confirmation that says what was billed and names its operation "
        f"(`veo-check job show` prints it): {job.operation_id or 'not known'}"
    )
    for record in route.confirmations:
        if record.what != "usage-record" or job.operation_id in {None, ""}:
            continue
        if record.operation != job.operation_id:
            continue
        against = why_not(record, judging)
        if against is not None:
            hole = f"{against}; look again and renew confirmations"
        elif record.billed is None:
            hole = f"the usage-record confirmation of {record.on} lacks billed: what the job cost"
        else:
            return record
    return hole
