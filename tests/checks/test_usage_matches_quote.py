"""usage-matches-quote: to the unit, and back where the job failed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from check_world import GOOGLE, a_route, codes, heard, judging, missing
from veo_check.checks.usage_matches_quote import usage_matches_quote
from veo_check.core.findings import Outcome, Status, Tier
from veo_check.core.results import JobResult, SmokeShape, UsageProof

ROUTE = a_route()
JOB = JobResult("j1", "finished", SmokeShape.of_route(ROUTE), operation_id="op-1")
FAILED = replace(JOB, state="failed", symptom="filtered")
ROW = UsageProof("usage-log", 1, Decimal("0.48"), Decimal("0.00048"), Decimal("0.48"))


def judged(usage: object, job: JobResult = JOB, route: object = ROUTE) -> Outcome:
    return heard(usage_matches_quote, route=route, job=job, usage=usage, judging=judging())


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
def test_a_failed_job(usage: UsageProof, said: list[str]) -> None:
    assert codes(judged(usage, FAILED)) == said


@pytest.mark.parametrize("job", [JOB, FAILED])
def test_an_unknown_bill_is_a_hole(job: JobResult) -> None:
    assert judged(replace(ROW, billed=None), job).status_at(Tier.PRODUCTION) is Status.BLOCKED
    assert judged(missing("not-offered", "usage"), job).status_at(Tier.PRODUCTION) is (
        Status.BLOCKED
    )


def test_google_direct_needs_a_person() -> None:
    seen = {
        "what": "usage-record",
        "by": "a@example.com",
        "on": "2026-11-20",
        "expires": "2026-12-20",
        "operation": "op-1",
    }
    confirmed = a_route({**GOOGLE, "confirmations": [seen]})
    assert codes(judged(ROW, route=confirmed)) == ["note confirmed"]
    assert judged(ROW, route=a_route(GOOGLE)).blocked
