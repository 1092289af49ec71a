"""usage-recorded: the row, what it tells, and what a person saw where no key can read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from check_world import GOOGLE, LABEL, OPENAI, a_route, codes, heard, judging, missing
from veo_check.checks.usage_recorded import usage_recorded
from veo_check.core.findings import Outcome, Status, Tier, ValidUntil
from veo_check.core.results import JobResult, SmokeShape, UsageProof

ROUTE = a_route({"via.key.name": "ci-smoke", "via.group": "plg"})
JOB = JobResult("j1", "finished", SmokeShape.of_route(ROUTE), operation_id="op-1")
ROW = UsageProof(
    "usage-log",
    1,
    Decimal("0.48"),
    Decimal("0.00048"),
    Decimal("0.48"),
    row_id="req-1",
    model=LABEL,
    key="ci-smoke",
    group="plg",
    route="/v1/videos",
    status="consume",
    unit="second",
)
SEEN = {
    "what": "usage-record",
    "by": "a@example.com",
    "on": "2026-11-20",
    "expires": "2026-12-20",
    "billed": "0.48",
}


def judged(usage: object, route: object = ROUTE, job: JobResult = JOB) -> Outcome:
    return heard(usage_recorded, route=route, job=job, usage=usage, judging=judging())


@pytest.mark.parametrize(
    ("usage", "said", "status"),
    [
        (ROW, ["note row"], Status.PASS),
        (replace(ROW, charges=0), ["blocker missing"], Status.FAIL),
        (replace(ROW, model="sora-2"), ["blocker another-model", "note row"], Status.FAIL),
        (replace(ROW, unit=None, route=None), ["warning incomplete", "note row"], Status.WARN),
        (replace(ROW, key="other"), ["warning another-key", "note row"], Status.WARN),
        (replace(ROW, group="default"), ["blocker another-group", "note row"], Status.FAIL),
        (replace(ROW, group=None), ["note row"], Status.PASS),
        (missing("not-offered", "usage", "none"), [], Status.BLOCKED),
    ],
)
def test_the_row(usage: object, said: list[str], status: Status) -> None:
    outcome = judged(usage)
    assert codes(outcome) == said
    assert outcome.status_at(Tier.PRODUCTION) is status


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"operation": "op-1"}, Status.PASS),
        ({"operation": "op-2"}, Status.BLOCKED),
        ({"operation": "op-1", "on": "2026-11-23"}, Status.BLOCKED),
        ({"operation": "op-1", "expires": "2026-11-21"}, Status.BLOCKED),
        ({"operation": "op-1", "on": "2026-10-20"}, Status.BLOCKED),
        ({"operation": "op-1", "what": "dashboard-record"}, Status.BLOCKED),
        ({"operation": "op-1", "billed": None}, Status.BLOCKED),
    ],
)
@pytest.mark.parametrize("via", [GOOGLE, OPENAI], ids=["google", "openai"])
def test_where_no_key_can_read_a_record_a_person_has_to(
    via: dict[str, object], changed: dict[str, str | None], status: Status
) -> None:
    told = {name: value for name, value in (SEEN | changed).items() if value is not None}
    route = a_route({**via, "confirmations": [told]})
    outcome = judged(missing("not-offered", "usage"), route)
    assert outcome.status_at(Tier.PRODUCTION) is status
    if status is Status.PASS:
        assert outcome.untils == (
            ValidUntil(date(2026, 12, 20), "the usage-record confirmation expires"),
        )
    else:
        assert outcome.blocked


def test_an_estimate_in_a_header_is_no_record() -> None:
    job = replace(JOB, estimate=Decimal("0.32"))
    outcome = judged(missing("not-offered", "usage"), a_route(OPENAI), job)
    assert (codes(outcome), outcome.status_at(Tier.PRODUCTION)) == (
        ["note estimate"],
        Status.BLOCKED,
    )
    said = f"{outcome.findings[0].message} {outcome.blocked}"
    assert "estimated $0.32" in said
    assert "no bill" in said
    assert "billing export" not in said  # of Google's console, which this route has not
    for word in ("charged", "came back", "usage row"):
        assert word not in said


def test_without_an_operation_nothing_can_be_confirmed() -> None:
    route = a_route({**GOOGLE, "confirmations": [SEEN | {"operation": "op-1"}]})
    assert judged(ROW, route, replace(JOB, operation_id=None)).blocked


def test_a_confirmation_does_not_stand_for_a_row_that_can_be_read() -> None:
    route = a_route({"confirmations": [SEEN | {"operation": "op-1"}]})
    assert judged(replace(ROW, charges=0), route).status_at(Tier.PRODUCTION) is Status.FAIL
