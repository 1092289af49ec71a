from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from fake_clock import NOON, FakeClock
from job_world import CONSOLE, MODEL, SENTENCES, door, flatkey
from job_world import Network as _Network
from veo_check.core.facts import Missing
from veo_check.core.jobs import UsageRead, UsageRow
from veo_check.gateways.probes import job_driver

TASK, REQUEST = "task_0123456789abcdef", "20261122120001abc"
SECOND = 1795348801  # 2026-11-22T12:00:01Z
USED = {
    "code": True,
    "data": {"total_granted": 9, "total_used": 777, "total_available": 2, "unlimited_quota": False},
}


def charge(**changes: Any) -> dict[str, Any]:
    row = {
        "id": 3,
        "created_at": SECOND,
        "type": 2,
        "content": "\u64cd\u4f5c textGenerate, seconds: 4.00, resolution: 1.00",
        "username": "somebody",
        "token_name": "ci-smoke",
        "model_name": "veo3.1-fast",
        "quota": 240000,
        "group": "plg",
        "request_id": REQUEST,
        "other": json.dumps(
            {"is_task": True, "request_path": "/v1/videos", "upstream_model_name": MODEL}
        ),
    }
    return row | changes


def refund(**changes: Any) -> dict[str, Any]:
    row = charge(
        id=4, type=6, request_id="", content="", other=json.dumps({"task_id": TASK, "reason": "x"})
    )
    return row | changes


class Console:
    def __init__(self, rows: object, *, unit: object = 500000, used: Any = USED) -> None:
        self.pages: dict[str, Any] = {
            "/api/log/token": {"success": True, "message": "", "data": rows},
            "/api/usage/token/": used,
            "/api/status": {"success": True, "data": {"quota_per_unit": unit, "version": "v"}},
        }
        self.seen: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(str(request.url))
        page = self.pages[request.url.path]
        return page if isinstance(page, httpx.Response) else httpx.Response(200, json=page)


def read(console: Console, clock: FakeClock, since: datetime = NOON) -> UsageRead | Missing:
    network = _Network(httpx.Response(500))
    way = door(network, clock)
    way._transport = httpx.MockTransport(console)
    jobs = job_driver(flatkey(), way)
    assert not isinstance(jobs, Missing)
    return jobs.usage(TASK, REQUEST, since)


def rows(console: Console, clock: FakeClock) -> tuple[UsageRow, ...]:
    got = read(console, clock)
    assert isinstance(got, UsageRead), got
    return got.rows


CHARGE = UsageRow(
    kind="charge",
    row_id=REQUEST,
    at=datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC),
    model="veo3.1-fast",
    served_model=MODEL,
    key="ci-smoke",
    group="plg",
    route="/v1/videos",
    status="consumed",
    quota=240000,
    amount=Decimal("0.48"),
    unit="second",
    quantity=Decimal("4.00"),
)


def test_a_charge_is_joined_by_the_submits_request_id(clock: FakeClock) -> None:
    console = Console([charge(id=9, request_id="another"), charge(), charge(id=1, request_id="x")])
    assert read(console, clock) == UsageRead((CHARGE,), 777, Decimal(500000), ("x1", "x3"))
    assert console.seen == [
        f"{CONSOLE}/api/log/token",
        f"{CONSOLE}/api/status",
        f"{CONSOLE}/api/usage/token/",
    ]


def test_a_refund_is_joined_by_the_task_id_and_comes_after_its_charge(clock: FakeClock) -> None:
    other = refund(other=json.dumps({"task_id": "task_another"}))
    got = rows(Console([other, refund(), charge()]), clock)
    assert [(row.kind, row.quota, row.status) for row in got] == [
        ("charge", 240000, "consumed"),
        ("refund", 240000, "refunded"),
    ]


@pytest.mark.parametrize(
    ("symptom", "sentence"), [one for one in SENTENCES if one[0] != "not-allowlisted"]
)
def test_why_a_job_failed_stands_in_its_refund(
    symptom: str, sentence: str, clock: FakeClock
) -> None:
    for reason in (sentence, json.dumps({"error": {"code": 3, "message": sentence}})):
        other = json.dumps({"task_id": TASK, "reason": reason})
        charged, returned = rows(Console([refund(other=other), charge()]), clock)
        assert (charged.reason, returned.symptom) == (None, symptom)
        assert str(returned.reason).startswith(sentence[:150])
    for odd in (None, 5, "", ["x"]):
        other = json.dumps({"task_id": TASK, "reason": odd})
        assert rows(Console([refund(other=other), charge()]), clock)[1].reason is None


def test_two_charges_of_one_request_are_two_rows(clock: FakeClock) -> None:
    assert len(rows(Console([charge(), charge(id=4)]), clock)) == 2


def test_a_missing_row_is_missing_even_beside_similar_ones(clock: FakeClock) -> None:
    """Other jobs of the same label at the same time are not this job's record."""
    assert rows(Console([charge(request_id="another")]), clock) == ()
    assert rows(Console([]), clock) == ()


def test_builds_without_request_ids_are_read_by_label_and_time(clock: FakeClock) -> None:
    old = charge(id=1, created_at=SECOND - 3600)
    other = charge(id=2, model_name="veo3.1")
    log = [charge(id=5), charge(id=4), other, old]
    for one in log:
        del one["request_id"]
    got = rows(Console([refund(), *log]), clock)
    assert [(row.kind, row.row_id) for row in got] == [
        ("charge", "log row 4"),
        ("charge", "log row 5"),
        ("refund", "log row 4"),
    ]


def test_an_unknown_unit_gives_no_amounts(clock: FakeClock) -> None:
    (row,) = rows(Console([charge()], unit=None), clock)
    assert (row.quota, row.amount) == (240000, None)


def test_odd_rows_are_read_as_far_as_they_go(clock: FakeClock) -> None:
    odd = charge(quota="many", created_at=-1, content=5, other="{broken", token_name=None)
    (row,) = rows(Console([odd, "noise", None]), clock)
    assert (row.kind, row.quota, row.amount, row.at, row.unit, row.key) == (
        "charge",
        None,
        None,
        None,
        None,
        None,
    )


def test_a_total_that_cannot_be_read_leaves_the_rows(clock: FakeClock) -> None:
    got = read(Console([charge()], used=httpx.Response(429)), clock)
    assert isinstance(got, UsageRead)
    assert (len(got.rows), got.used) == (1, None)


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (httpx.Response(429), "rate-limited"),
        (httpx.Response(401, json={"error": {"message": "Invalid token"}}), "key-refused"),
        (httpx.Response(200, json={"success": False, "message": "no"}), "unreadable"),
        (httpx.Response(200, text="<html>"), "unreadable"),
    ],
)
def test_a_log_that_cannot_be_read_is_missing(
    page: httpx.Response, code: str, clock: FakeClock
) -> None:
    console = Console([])
    console.pages["/api/log/token"] = page
    got = read(console, clock)
    assert isinstance(got, Missing)
    assert (got.probe, got.code) == ("job-usage", code)


def test_the_total_is_asked_afresh_each_time(clock: FakeClock) -> None:
    console = Console([])
    way = door(_Network(httpx.Response(500)), clock)
    way._transport = httpx.MockTransport(console)
    jobs = job_driver(flatkey(), way)
    assert not isinstance(jobs, Missing)
    for _ in range(2):
        got = jobs.used()
        assert isinstance(got, UsageRead)
        assert (got.used, got.quota_per_unit) == (777, Decimal(500000))
    assert console.seen.count(f"{CONSOLE}/api/usage/token/") == 2
    assert console.seen.count(f"{CONSOLE}/api/status") == 1
