"""What each paid scenario changes in a job through Flatkey, as the sandbox plays it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sandbox_box import FLATKEY, Box
from veo_check.sandbox.media import mp4

BODY: dict[str, Any] = {"duration": 8, "metadata": {"resolution": "1080p", "aspectRatio": "16:9"}}


def finished(scenario: str, path: str = "/v1/videos") -> tuple[Box, str]:
    box = Box(scenario)
    task = box.video(path=path, **BODY).json()["id"]
    box.finish()
    return box, task


@pytest.mark.parametrize(
    "scenario", ["job-filtered-wrapped", "job-filtered-unwrapped", "job-no-video"]
)
def test_no_video_is_booked_as_success(scenario: str) -> None:
    box, task = finished(scenario)
    assert box.get(f"{FLATKEY}/v1/videos/{task}").json()["status"] == "completed"
    content = box.get(f"{FLATKEY}/v1/videos/{task}/content")
    assert (content.status_code, content.json()["error"]["message"]) == (
        502,
        "Failed to resolve Vertex video URL",
    )
    assert ([row["type"] for row in box.log()], box.spent) == ([2], "0.96")


def test_a_failed_job_is_refunded_without_a_request_id() -> None:
    box, task = finished("job-error-13")
    assert box.get(f"{FLATKEY}/v1/videos/{task}").json()["status"] == "failed"
    refund, consume = box.log()
    assert (refund["type"], consume["type"], "request_id" in refund) == (6, 2, False)
    assert (refund["quota"], json.loads(refund["other"])["task_id"]) == (480_000, task)
    assert (box.spent, box.usage()["total_used"]) == ("0.00", 1_250_000)


def test_no_poll_tells_why_a_job_failed() -> None:
    """Why stands in the refund's row alone."""
    box, task = finished("job-error-13", "/v1/video/generations")
    data = box.get(f"{FLATKEY}/v1/video/generations/{task}").json()["data"]
    assert (data["status"], data["error"], data["url"]) == ("failed", None, "")
    assert box.get(f"{FLATKEY}/v1/generation/tasks/{task}").json() == {
        "id": task,
        "status": "failed",
        "error": {"message": "task failed", "code": ""},
    }
    refund = box.log()[0]
    assert json.loads(refund["other"])["reason"].startswith("Video generation failed")


def test_a_failed_job_that_stays_charged() -> None:
    box, _ = finished("job-not-refunded")
    assert ([row["type"] for row in box.log()], box.spent) == ([2], "0.96")


def test_charged_twice() -> None:
    box, _ = finished("job-charged-twice")
    rows = box.log()
    assert [(row["type"], row["quota"]) for row in rows] == [(2, 480_000)] * 2
    assert rows[0]["request_id"] == rows[1]["request_id"]
    assert box.usage()["total_used"] == 1_250_000 + 960_000


def test_overcharged() -> None:
    box, _ = finished("job-overcharged")
    assert [row["quota"] for row in box.log()] == [720_000]


def test_a_usage_row_that_never_comes() -> None:
    box, _ = finished("job-usage-missing")
    assert (box.log(), box.usage()["total_used"]) == ([], 1_250_000 + 480_000)


def test_another_model_served() -> None:
    box, task = finished("job-another-model")
    polled = box.get(f"{FLATKEY}/v1/videos/{task}").json()
    assert polled["model"] == "veo-3.1-lite-generate-001"


@pytest.mark.parametrize(
    ("scenario", "status", "code"),
    [
        ("job-retired", 404, "fail_to_fetch_task"),
        ("job-publisher-not-found", 404, "fail_to_fetch_task"),
        ("job-unknown-id", 404, "fail_to_fetch_task"),
        ("job-429", 429, "fail_to_fetch_task"),
        ("job-duration-type", 400, "fail_to_fetch_task"),
        ("job-unsupported-combination", 400, "fail_to_fetch_task"),
        ("job-pre-consume", 403, "insufficient_user_quota"),
        ("job-price-not-configured", 400, "video_price_not_configured"),
        ("veo-retired", 404, "fail_to_fetch_task"),
    ],
)
def test_refusals_cost_nothing(scenario: str, status: int, code: str) -> None:
    box = Box(scenario)
    answer = box.video(**BODY)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (box.world.ledger.accepted, box.spent, box.log()) == ([], "0", [])


def test_the_refusal_before_spending_names_the_price() -> None:
    assert (
        "required pre-deduct quota: \uff040.960000"
        in Box("job-pre-consume").video().json()["message"]
    )


def test_a_row_that_no_channel_serves() -> None:
    box = Box("job-model-not-found")
    assert "veo3.1-fast" in box.get(f"{FLATKEY}/v1/models").text
    answer = box.video(**BODY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_not_found")


@pytest.mark.parametrize(
    ("scenario", "jobs"), [("job-dropped-before", 0), ("job-dropped-after", 1)]
)
def test_dropped_connections(scenario: str, jobs: int) -> None:
    box = Box(scenario)
    with pytest.raises(httpx.RemoteProtocolError):
        box.video(**BODY)
    assert (len(box.world.ledger.accepted), len(box.log())) == (jobs, jobs)


def test_polls_that_fail_or_say_little() -> None:
    broken, passing = Box("job-poll-5xx"), Box("job-poll-5xx-passing")
    unknown, lost = Box("job-status-unknown"), Box("job-task-lost")

    def polls(box: Box) -> list[object]:
        task = box.video(**BODY).json()["id"]
        answers = [box.get(f"{FLATKEY}/v1/videos/{task}") for _ in range(3)]
        return [
            one.json()["status"] if one.status_code == 200 else one.status_code for one in answers
        ]

    assert polls(broken) == [503, 503, 503]
    assert polls(passing) == [503, 503, "queued"]
    assert polls(unknown) == ["unknown", "queued", "queued"]
    assert polls(lost) == [400, 400, 400]


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("job-wrong-resolution", mp4(8, 960, 540)),
        ("job-wrong-duration", mp4(6, 1920, 1080)),
        ("job-silent", mp4(8, 1920, 1080, audio=False)),
        ("job-truncated", mp4(8, 1920, 1080)[: len(mp4(8, 1920, 1080)) * 2 // 3]),
        ("job-empty-file", b""),
    ],
)
def test_deliveries(scenario: str, expected: bytes) -> None:
    box, task = finished(scenario)
    answer = box.get(f"{FLATKEY}/v1/videos/{task}/content")
    assert (answer.status_code, answer.content) == (200, expected)


def test_a_page_instead_of_a_file() -> None:
    box, task = finished("job-html-file")
    answer = box.get(f"{FLATKEY}/v1/videos/{task}/content")
    assert (answer.headers["content-type"], answer.content[:15]) == (
        "text/html",
        b"<!DOCTYPE html>",
    )


def test_content_502() -> None:
    box, task = finished("job-content-502")
    assert box.get(f"{FLATKEY}/v1/videos/{task}").json()["status"] == "completed"
    assert box.get(f"{FLATKEY}/v1/videos/{task}/content").status_code == 502


def test_a_wrong_request_that_is_accepted_or_rerouted() -> None:
    accepted, rerouted = Box("job-wrong-request-accepted"), Box("job-wrong-request-rerouted")
    models = []
    for box in (accepted, rerouted):
        task = box.video(duration=5).json()["id"]
        models.append(box.get(f"{FLATKEY}/v1/videos/{task}").json()["model"])
        assert box.spent == "0.6"
    assert models == ["veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001"]
    right = rerouted.video(**BODY).json()["id"]
    polled = rerouted.get(f"{FLATKEY}/v1/videos/{right}").json()
    assert polled["model"] == "veo-3.1-fast-generate-001"


def test_jobs_that_take_long() -> None:
    slow, never = Box("job-slow"), Box("job-never-done")
    tasks = [box.video(**BODY).json()["id"] for box in (slow, never)]
    seen = []
    for pause in (60, 200, 86_400):
        for box, task in zip((slow, never), tasks, strict=True):
            box.clock.pass_time(pause)
            seen.append(box.get(f"{FLATKEY}/v1/videos/{task}").json()["status"])
    assert seen == [
        "in_progress",
        "in_progress",
        "completed",
        "in_progress",
        "completed",
        "in_progress",
    ]
