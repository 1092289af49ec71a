"""usage-matches-quote: the bill is the quote, and a failed job's money came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from veo_check.checks.usage_recorded import confirmation_of
from veo_check.core.clock import AsOf, last_day
from veo_check.core.facts import Missing
from veo_check.core.findings import (
    Blocked,
    CheckOutput,
    Findings,
    ValidUntil,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.gateway import Gateway
from veo_check.core.money import usd
from veo_check.core.results import Delivery, JobResult, UsageProof
from veo_check.core.route import Confirmation, Route


@check(item="usage-proof", since="0.1", waivable=False)
def usage_matches_quote(
    route: Route,
    gateway: Gateway,
    job: JobResult,
    delivery: Delivery | Missing,
    usage: UsageProof | Missing,
    judging: AsOf,
) -> Findings:
    """The bill equals the quote, and a failed job was refunded.

    Why: a catalogue price is a promise; users report jobs charged by another unit, twice, or kept
    after a failure. One bill against one quote, made before the job, shows which it is here.
    Fix: ask the gateway's operator for the difference; until then, budget by the bill.
    """
    if gateway.usage_of(route) == "none":
        yield from _confirmed(route, job, confirmation_of(route, gateway, job, judging))
        return
    if isinstance(usage, Missing):
        yield Blocked(f"{usage.probe}: {usage.detail}")
        return
    if usage.charges > 1:
        yield blocker(
            "usage-matches-quote/charged-twice",
            f"Job {job.job} was charged {usage.charges} times.",
            at="via.gateway",
            expected="one charge",
            actual=usage.charges,
            fix="ask the gateway's operator for the second charge back",
            evidence=usage.exchanges,
        )
    if usage.source == "answer":
        yield from _tokens(job, usage)
    elif job.state == "failed" or (isinstance(delivery, Delivery) and not delivery.videos):
        yield from _refund(job, usage)
    elif usage.billed is None:
        yield Blocked(f"the gateway's record does not give the cost of job {job.job}")
    else:
        yield from _bill(job, usage)
    if job.task_asked:
        yield warning(
            "usage-matches-quote/task-asked",
            "This gateway has no content path that the key may read, so the job's task was asked "
            "while it ran. On new-api that can cost the refund of a job that fails.",
            at="via.gateway",
            fix="have the operator serve /v1/videos/ID/content to this key",
            evidence=usage.exchanges,
        )


def _confirmed(route: Route, job: JobResult, seen: Confirmation | str) -> Iterator[CheckOutput]:
    """The bill that a person read, beside the quote."""
    if isinstance(seen, str):
        yield Blocked(seen)
        return
    assert seen.billed is not None
    expected = job.quoted if job.state == "finished" else Decimal(0)
    if expected is None:
        yield Blocked(f"what job {job.job} was quoted at is not on record")
    elif abs(seen.billed - expected) > expected * _SHARE:
        yield blocker(
            "usage-matches-quote/differs",
            f"{seen.by} saw a bill of ${usd(seen.billed)} for job {job.job}; ${usd(expected)} was "
            "expected.",
            at=f"confirmations.{route.confirmations.index(seen)}",
            expected=f"${usd(expected)}",
            actual=f"${usd(seen.billed)}",
            fix="compare unit, length and resolution with the quote, and budget by the bill",
        )
    else:
        yield note(
            "usage-matches-quote/confirmed",
            f"{seen.by} saw a bill of ${usd(seen.billed)}, as quoted; that counts until "
            f"{last_day(seen)}.",
            at=f"confirmations.{route.confirmations.index(seen)}",
        )
    yield ValidUntil(last_day(seen), "the usage-record confirmation expires")


#: What of a bill a gateway's or a person's rounding explains.
_SHARE = Decimal("0.001")
#: The part of a bill that may be something else than video without a word.
_OTHER_TOKENS = Decimal("0.1")


def _tokens(job: JobResult, usage: UsageProof) -> Iterator[CheckOutput]:
    """What the finished job counted itself, in tokens of video and of everything else."""
    assert usage.billed is not None
    if job.state == "failed":
        yield Blocked(
            f"job {job.job} failed and counts tokens worth ${usd(usage.billed)}; whether Google "
            "charges for them is not published: look in the billing export"
        )
        return
    yield from _bill(job, replace(usage, billed=usage.billed - usage.other))
    if usage.other > usage.billed * _OTHER_TOKENS:
        yield warning(
            "usage-matches-quote/other-tokens",
            f"${usd(usage.other)} of the ${usd(usage.billed)} is for tokens that are no video (the "
            "prompt, the model's thoughts); the quote counts video alone.",
            at="smoke.prompt",
            expected="at most 10 %",
            actual=f"${usd(usage.other)}",
            fix="budget by the bill, or use a shorter prompt and smaller input media",
            evidence=usage.exchanges,
        )


def _refund(job: JobResult, usage: UsageProof) -> Iterator[CheckOutput]:
    if usage.charges == 0:
        yield note(
            "usage-matches-quote/never-charged",
            f"Job {job.job} delivered nothing and was never charged.",
            at="via.gateway",
            evidence=usage.exchanges,
        )
    elif usage.billed is None:
        yield Blocked(
            f"the gateway's record does not give the cost of job {job.job}, which delivered nothing"
        )
    elif usage.billed - usage.refunded > usage.tolerance:
        yield blocker(
            "usage-matches-quote/not-refunded",
            f"Job {job.job} delivered nothing; ${usd(usage.billed)} was charged and "
            f"${usd(usage.refunded)} came back.{_reason(usage)}",
            at="via.gateway",
            expected="$0.00",
            actual=f"${usd(usage.billed - usage.refunded)}",
            fix="ask the gateway's operator for the refund; new-api keeps the charge of a job that "
            "a filter stopped, and of one whose failure a client saw before its own poller did",
            evidence=usage.exchanges,
        )
    else:
        yield note(
            "usage-matches-quote/refunded",
            f"Job {job.job} delivered nothing and its ${usd(usage.billed)} came back."
            f"{_reason(usage)}",
            at="via.gateway",
            evidence=usage.exchanges,
        )


def _reason(usage: UsageProof) -> str:
    """Why the job failed: a new-api gateway says it in the refund's row alone."""
    return f' The refund says why: "{usage.reason}".' if usage.reason else ""


def _bill(job: JobResult, usage: UsageProof) -> Iterator[CheckOutput]:
    assert usage.billed is not None
    net = usage.billed - usage.refunded
    if abs(net - usage.quoted) > usage.tolerance:
        back = f"; ${usd(usage.refunded)} of ${usd(usage.billed)} came back, although the job ended"
        fix = "ask the gateway's operator which unit and ratio it billed by"
        if usage.refunded:
            fix = "tell the gateway's operator: it took an error that passed for the job's end"
        yield blocker(
            "usage-matches-quote/differs",
            f"Job {job.job} was quoted at ${usd(usage.quoted)} and billed at ${usd(net)}"
            f"{back + ' well' if usage.refunded else ''}.{_reason(usage)}",
            at="via.model",
            expected=f"${usd(usage.quoted)}",
            actual=f"${usd(net)}",
            fix=fix,
            evidence=usage.exchanges,
        )
    else:
        yield note(
            "usage-matches-quote/matches",
            f"Job {job.job} was billed at ${usd(net)}, as quoted.",
            at="via.model",
            evidence=usage.exchanges,
        )
    if usage.used is not None and abs(usage.used - net) > usage.tolerance:
        yield warning(
            "usage-matches-quote/key-total",
            f"The key's total grew by ${usd(usage.used)} meanwhile; the job's record says "
            f"${usd(net)}.",
            at="via.key",
            expected=f"${usd(net)}",
            actual=f"${usd(usage.used)}",
            fix="use a key for smoke jobs that nothing else uses",
            evidence=usage.exchanges,
        )
