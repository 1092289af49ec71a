"""usage-matches-quote: to the unit, and back where the job failed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from check_world import GOOGLE, OPENAI, a_route, codes, heard, judging, missing
from paid_jobs import MEDIA
from veo_check.checks.usage_matches_quote import usage_matches_quote
from veo_check.core.findings import Outcome, Status, Tier
from veo_check.core.results import Delivery, JobResult, SmokeShape, UsageProof

ROUTE = a_route()
JOB = JobResult("j1", "finished", SmokeShape.of_route(ROUTE), operation_id="op-1")
FAILED = replace(JOB, state="failed", symptom="filtered")
ROW = UsageProof("usage-log", 1, Decimal("0.48"), Decimal("0.00048"), Decimal("0.48"))


def judged(
    usage: object,
    job: JobResult = JOB,
    route: object = ROUTE,
    delivery: object = Delivery((MEDIA,), 1),
) -> Outcome:
    return heard(
        usage_matches_quote,
        route=route,
        job=job,
        delivery=delivery,
        usage=usage,
        judging=judging(),
    )


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (ROW, ["note matches"]),
        (replace(ROW, billed=Decimal("0.48048")), ["note matches"]),
        (replace(ROW, billed=Decimal("0.480481")), ["blocker differs"]),
        (replace(ROW, billed=Decimal("0.479519")), ["blocker differs"]),
        (replace(ROW, billed=Decimal("0.72")), ["blocker differs"]),
        (
            replace(ROW, billed=Decimal("0.96"), charges=2),
            ["blocker charged-twice", "blocker differs"],
        ),
        (
            replace(ROW, billed=Decimal("0.96"), charges=2, refunded=Decimal("0.48")),
            ["blocker charged-twice", "note matches"],
        ),
        (replace(ROW, used=Decimal("0.48")), ["note matches"]),
        (replace(ROW, used=Decimal("0.96")), ["note matches", "warning key-total"]),
    ],
)
def test_a_finished_job(usage: UsageProof, said: list[str]) -> None:
    assert codes(judged(usage)) == said


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (replace(ROW, refunded=Decimal("0.48")), ["note refunded"]),
        (ROW, ["blocker not-refunded"]),
        (replace(ROW, refunded=Decimal("0.24")), ["blocker not-refunded"]),
        (replace(ROW, charges=0, billed=None), ["note never-charged"]),
    ],
)
def test_a_job_that_delivered_nothing_has_to_come_back(usage: UsageProof, said: list[str]) -> None:
    assert codes(judged(usage, FAILED)) == said
    nothing = Delivery((), 1, "content-unavailable")
    assert codes(judged(usage, JOB, delivery=nothing)) == said


def test_the_reason_in_the_refunds_row_is_shown() -> None:
    (refunded,) = judged(
        replace(ROW, refunded=Decimal("0.48"), reason="Internal error."), FAILED
    ).findings
    assert refunded.message.endswith('The refund says why: "Internal error.".')


def test_a_refund_of_a_job_that_delivered_is_said_with_its_reason() -> None:
    back = replace(ROW, refunded=Decimal("0.48"), reason="Internal error encountered.")
    (differs,) = judged(back).findings
    assert differs.message == (
        "Job j1 was quoted at $0.48 and billed at $0.00; $0.48 of $0.48 came back, although the "
        'job ended well. The refund says why: "Internal error encountered.".'
    )
    assert "error that passed" in str(differs.fix)


def test_a_task_that_had_to_be_asked_warns_of_what_that_can_cost() -> None:
    outcome = judged(ROW, replace(JOB, task_asked=True))
    assert codes(outcome) == ["note matches", "warning task-asked"]


@pytest.mark.parametrize("job", [JOB, FAILED])
def test_an_unknown_bill_is_a_hole(job: JobResult) -> None:
    assert judged(replace(ROW, billed=None), job).status_at(Tier.PRODUCTION) is Status.BLOCKED
    assert judged(missing("not-offered", "usage"), job).status_at(Tier.PRODUCTION) is (
        Status.BLOCKED
    )


@pytest.mark.parametrize(
    ("billed", "job", "said"),
    [
        ("0.48", replace(JOB, quoted=Decimal("0.48")), "note confirmed"),
        ("0.4804", replace(JOB, quoted=Decimal("0.48")), "note confirmed"),
        ("0.49", replace(JOB, quoted=Decimal("0.48")), "blocker differs"),
        ("0", replace(FAILED, quoted=Decimal("0.48")), "note confirmed"),
        ("0.48", replace(FAILED, quoted=Decimal("0.48")), "blocker differs"),
        ("0.48", JOB, None),
        (None, replace(JOB, quoted=Decimal("0.48")), None),
    ],
)
@pytest.mark.parametrize("via", [GOOGLE, OPENAI], ids=["google", "openai"])
def test_a_bill_that_a_person_read_is_held_against_the_quote(
    via: dict[str, object], billed: str | None, job: JobResult, said: str | None
) -> None:
    seen = {
        "what": "usage-record",
        "by": "a@example.com",
        "on": "2026-11-20",
        "expires": "2026-12-20",
        "operation": "op-1",
    }
    confirmed = a_route({**via, "confirmations": [seen | ({"billed": billed} if billed else {})]})
    outcome = judged(missing("not-offered", "usage"), job, confirmed)
    assert codes(outcome) == ([said] if said else [])
    assert (outcome.blocked is None) is (said is not None)
    assert judged(missing("not-offered", "usage"), job, a_route(via)).blocked
