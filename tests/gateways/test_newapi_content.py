"""The content path of a new-api job: what its answers say, and where a video is fetched from."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from job_world import MODEL, ROUTER, Network, door, driver, flatkey, no, ok, request
from veo_check.core.facts import Missing
from veo_check.core.jobs import UsageRead, VideoRef, WatchedDriver
from veo_check.gateways.newapi_jobs import NewapiJobs

TASK = "task_0123456789abcdef0123456789abcdef"
CONTENT = f"{ROUTER}/v1/videos/{TASK}/content"
MP4 = b"\0\0\0\x18ftypmp42 and so on"
WHEN = datetime(2026, 11, 22, 12, tzinfo=UTC)


def told(status: str) -> httpx.Response:
    message = f"Task is not completed yet, current status: {status}"
    return no(400, {"error": {"message": message, "type": "invalid_request_error"}})


def gateways_own(status: int, message: str) -> httpx.Response:
    return no(status, {"error": {"message": message, "type": "new_api_error", "code": ""}})


RESOLVE = {"error": {"message": "Failed to resolve Gemini video URL", "type": "server_error"}}


@pytest.mark.parametrize(
    ("reply", "state", "status"),
    [
        (told("NOT_START"), "running", "NOT_START"),
        (told("IN_PROGRESS"), "running", "IN_PROGRESS"),
        (told("SOME_NEW_WORD"), "running", "SOME_NEW_WORD"),
        (told("FAILURE"), "failed", "FAILURE"),
        (httpx.Response(200, content=MP4), "done", "delivered"),
        (no(502, RESOLVE), "done", "no video to give"),
        (no(404, {"error": {"message": "Task not found"}}), "gone", "http 404"),
        # the path is not there, or not for this key
        (no(404, {"error": {"message": "Invalid URL (GET /v1/videos)"}}), "refused", "http 404"),
        (no(404, "<html>"), "refused", "http 404"),
        (no(401, {"error": {"message": "session required"}}), "refused", "http 401"),
        (no(403), "refused", "http 403"),
        (no(405), "refused", "http 405"),
        # a 200 that is no video is no end
        (httpx.Response(200, content=b"<html>please log in"), "refused", "no video at its path"),
        (ok({"error": {"message": "no"}}), "refused", "no video at its path"),
        (httpx.Response(200), "refused", "no video at its path"),
        # what passes
        (no(429), "trouble", "http 429"),
        (no(502, "<html>bad gateway"), "trouble", "http 502"),
        (gateways_own(502, "Bad Gateway"), "trouble", "http 502"),
        (gateways_own(503, "Service Unavailable"), "trouble", "http 503"),
        (no(400, "what?"), "trouble", "http 400"),
        (httpx.ReadTimeout("slow"), "trouble", "too-slow"),
    ],
)
def test_what_the_content_path_says(
    reply: httpx.Response | Exception, state: str, status: str, clock: FakeClock
) -> None:
    network, got = Network(reply), bytearray()
    jobs = driver(flatkey(), network, clock)
    assert isinstance(jobs, WatchedDriver)
    answer = jobs.watch(TASK, got.extend)
    assert network.asked == [("GET", CONTENT)]
    assert (answer.state, answer.status, answer.delivered) == (
        state,
        status,
        state == "done" and status == "delivered",
    )
    assert bool(answer.videos) is answer.delivered
    if answer.delivered:
        assert bytes(got) == MP4


def test_a_429_slows_everybody_down_and_says_how_long(clock: FakeClock) -> None:
    way = door(Network(no(429, None, retry_after="40")), clock)
    jobs = NewapiJobs(flatkey(), way)
    assert [jobs.turn(), jobs.turn()] == [0, 10]
    assert jobs.watch(TASK, lambda _: None).retry_after == 40
    clock.pass_time(100)
    other = NewapiJobs(flatkey("generation-tasks"), way)
    assert [other.turn(), other.turn()] == [0, 20]


@pytest.mark.parametrize("endpoint", ["videos", "video-generations", "generation-tasks"])
def test_the_served_model_is_read_where_alone_it_stands(endpoint: str, clock: FakeClock) -> None:
    network = Network(ok({"id": TASK, "object": "video", "model": MODEL, "status": "completed"}))
    jobs = driver(flatkey(endpoint), network, clock)
    assert isinstance(jobs, WatchedDriver)
    assert jobs.named(TASK).served_model == MODEL
    assert network.asked == [("GET", f"{ROUTER}/v1/videos/{TASK}")]
    network.answers = [no(403)]
    assert jobs.named(TASK).served_model is None


@pytest.mark.parametrize(
    ("address", "keyed"),
    [
        ("https://storage.example.com/a.mp4", False),
        (f"{ROUTER}/files/a.mp4", True),
    ],
)
def test_another_address_is_asked_after_the_own_path_and_elsewhere_without_the_key(
    address: str, keyed: bool, clock: FakeClock
) -> None:
    network = Network(
        no(404, {"error": {"message": "Invalid URL"}}), httpx.Response(200, content=MP4)
    )
    jobs = driver(flatkey("video-generations"), network, clock)
    assert jobs.fetch(TASK, VideoRef(address), 0, lambda _: None).ok
    assert [url for _, url in network.asked] == [CONTENT, address]
    assert ("authorization" in network.requests[1].headers) is keyed


@pytest.mark.parametrize("address", ["http://localhost:3000/v1/videos/x/content", CONTENT])
def test_an_address_of_this_machine_is_never_asked_for_another_hosts_video(
    address: str, clock: FakeClock
) -> None:
    network = Network(no(404, {"error": {"message": "Invalid URL"}}))
    assert not driver(flatkey(), network, clock).fetch(TASK, VideoRef(address), 0, print).ok
    assert network.asked == [("GET", CONTENT)]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("task", [TASK, "job-abc123", "cHJvamVjdHM" * 24 + "=", "a" * 4096])
def test_any_2xx_with_an_id_is_an_accepted_job(status: int, task: str, clock: FakeClock) -> None:
    network = Network(httpx.Response(status, json={"id": task, "status": "pending"}))
    got = driver(flatkey(), network, clock).submit(request("veo3.1-fast"))
    assert (got.state, got.operation) == ("accepted", task)


def test_a_longer_id_is_none(clock: FakeClock) -> None:
    got = driver(flatkey(), Network(ok({"id": "a" * 4097})), clock).submit(request("l"))
    assert got.state == "uncertain"


def row(number: int, kind: int = 2) -> dict[str, Any]:
    other = {"task_id": f"task_{number}"} if kind == 6 else {}
    return {
        "type": kind,
        "model_name": "veo3.1-fast",
        "quota": 100,
        "request_id": f"req-{number}" if kind == 2 else "",
        "other": json.dumps(other),
    }


def test_one_read_of_the_log_serves_every_job_of_the_key(clock: FakeClock) -> None:
    rows = [row(1), row(2), row(3)]

    def answer(asked: httpx.Request) -> httpx.Response:
        network.requests.append(asked)
        if asked.url.path == "/api/log/token":
            return ok({"success": True, "data": rows})
        if asked.url.path == "/api/status":
            return ok({"success": True, "data": {"quota_per_unit": 500_000}})
        return ok(
            {
                "data": {
                    "total_granted": 9,
                    "total_used": 5,
                    "total_available": 4,
                    "unlimited_quota": False,
                }
            }
        )

    network = Network(ok({}))
    way = door(network, clock)
    way._transport = httpx.MockTransport(answer)

    def read(number: int) -> UsageRead:
        got = NewapiJobs(flatkey(), way).usage(f"task_{number}", f"req-{number}", WHEN)
        assert not isinstance(got, Missing), got
        return got

    def logs() -> int:
        return [asked.url.path for asked in network.requests].count("/api/log/token")

    assert [len(read(number).rows) for number in (1, 2, 3)] == [1, 1, 1]
    assert logs() == 1
    rows.append(row(4))  # a job of which the first read cannot tell
    assert (len(read(4).rows), logs()) == (1, 2)
    jobs = NewapiJobs(flatkey(), way)
    rows.append(row(1, kind=6))
    first, second = (jobs.usage("task_1", "req-1", WHEN) for _ in range(2))
    assert isinstance(first, UsageRead)
    assert isinstance(second, UsageRead)
    assert ([found.kind for found in first.rows], first.used) == (["charge"], None)
    assert [found.kind for found in second.rows] == ["refund", "charge"]  # asked again, read again
    assert second.used == 5
