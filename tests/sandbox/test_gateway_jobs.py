"""Jobs through Flatkey and new-api as the sandbox plays them: shapes, charges, refunds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox_box import FLATKEY, NEWAPI, Box
from veo_check.sandbox.media import mp4

BODY: dict[str, Any] = {"duration": 8, "metadata": {"resolution": "1080p", "aspectRatio": "16:9"}}
FAMILIES = ["/v1/videos", "/v1/video/generations", "/v1/generation/tasks"]


def statuses(box: Box, path: str, base: str = FLATKEY) -> list[str]:
    """The status of a job when it is queued, running and done."""
    task = box.video(base, path, **BODY).json()["id"]
    seen = []
    for pause in (0, 10, 30):
        box.clock.pass_time(pause)
        body = box.get(f"{base}{path}/{task}").json()
        seen.append((body.get("data") or body)["status"])
    return seen


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        (FLATKEY, "/v1/videos", ["queued", "in_progress", "completed"]),
        (FLATKEY, "/v1/video/generations", ["queued", "processing", "succeeded"]),
        (FLATKEY, "/v1/generation/tasks", ["processing", "processing", "succeeded"]),
        (NEWAPI, "/v1/videos", ["queued", "in_progress", "completed"]),
        (NEWAPI, "/v1/video/generations", ["queued", "processing", "succeeded"]),
    ],
)
def test_the_poll_shapes(base: str, path: str, expected: list[str]) -> None:
    assert statuses(Box("healthy"), path, base) == expected


@pytest.mark.parametrize("path", FAMILIES)
def test_a_job_from_submit_to_bill(path: str) -> None:
    box = Box("healthy")
    before = box.usage()["total_used"]
    answer = box.video(path=path, **BODY)
    task = answer.json()["id"]
    assert answer.headers["x-new-api-other-ratios"] == '{"seconds": 8, "resolution": 1}'
    box.finish()
    file = box.client.get(f"{FLATKEY}/v1/videos/{task}/content")
    assert (file.headers["content-type"], file.content) == ("video/mp4", mp4(8, 1920, 1080))
    assert box.usage()["total_used"] - before == 480_000
    assert box.spent == "0.96"
    (row,) = box.log()
    assert row["request_id"] == answer.headers["x-oneapi-request-id"]
    assert {name: row[name] for name in ("type", "quota", "model_name", "token_name", "group")} == {
        "type": 2,
        "quota": 480_000,
        "model_name": "veo3.1-fast",
        "token_name": "ci-smoke",
        "group": "plg",
    }
    assert task not in json.dumps(row)
    assert json.loads(row["other"]) == {
        "is_task": True,
        "request_path": path,
        "model_price": 0.15,
        "group_ratio": 0.8,
        "seconds": 8,
        "resolution": 1,
        "is_model_mapped": True,
        "upstream_model_name": "veo-3.1-fast-generate-001",
    }


def test_the_submit_answer() -> None:
    box = Box("healthy")
    answer = box.video(**BODY).json()
    task = answer["id"]
    assert answer == {
        "id": task,
        "task_id": task,
        "object": "video",
        "model": "veo3.1-fast",
        "status": "queued",
        "progress": 0,
        "created_at": 1796040000,
    }
    assert (task[:5], len(task)) == ("task_", 37)
    polled = box.get(f"{FLATKEY}/v1/videos/{task}").json()
    assert set(polled) == {
        "id",
        "object",
        "model",
        "status",
        "progress",
        "created_at",
        "completed_at",
    }
    assert polled["model"] == "veo-3.1-fast-generate-001"


def test_new_api_guards_the_content_and_flatkey_does_not() -> None:
    box = Box("healthy")
    ours, theirs = (box.video(base, **BODY).json()["id"] for base in (FLATKEY, NEWAPI))
    box.finish()
    assert box.client.get(f"{FLATKEY}/v1/videos/{ours}/content").status_code == 200
    assert box.client.get(f"{NEWAPI}/v1/videos/{theirs}/content").status_code == 401
    assert box.get(f"{NEWAPI}/v1/videos/{theirs}/content").status_code == 200
    assert box.get(f"{NEWAPI}/v1/videos/{ours}").json()["code"] == "task_not_exist"
    assert box.video(NEWAPI, "/v1/generation/tasks").status_code == 404


@pytest.mark.parametrize(
    ("body", "quota", "size", "seconds"),
    [
        ({"duration": 4}, 240_000, (1280, 720), 4),
        ({"duration": "4"}, 240_000, (1280, 720), 4),
        ({"seconds": "4"}, 240_000, (1280, 720), 8),
        ({}, 480_000, (1280, 720), 8),
        ({"resolution": "1080p", "ratio": "9:16", "duration": 4}, 240_000, (1280, 720), 4),
        ({"size": "1080x1920", "duration": 8}, 480_000, (1080, 1920), 8),
        ({"duration": 8, "metadata": {"durationSeconds": 6}}, 360_000, (1280, 720), 6),
        ({"duration": 8, "metadata": {"resolution": "4k"}}, 1_119_999, (3840, 2160), 8),
    ],
)
def test_what_is_billed_and_what_is_made(
    body: dict[str, Any], quota: int, size: tuple[int, int], seconds: int
) -> None:
    box = Box("healthy")
    task = box.video(**body).json()["id"]
    box.finish()
    assert box.log()[0]["quota"] == quota
    assert box.get(f"{FLATKEY}/v1/videos/{task}/content").content == mp4(seconds, *size)


def test_a_wrong_request_is_refused_with_google_s_words_inside() -> None:
    box = Box("healthy")
    answer = box.video(metadata={"resolution": "480p"})
    assert (answer.status_code, answer.json()["code"]) == (400, "fail_to_fetch_task")
    inner = json.loads(answer.json()["message"])["error"]
    assert inner["code"] == 400
    assert inner["message"].startswith("Your use case is currently not supported.")
    assert (box.log(), box.spent, box.usage()["total_used"]) == ([], "0", 1_250_000)


def test_a_wrong_duration_is_accepted_charged_and_refunded_with_the_reason() -> None:
    """The task ends as failed; why stands in the refund's row alone."""
    box = Box("healthy")
    answer = box.video(duration=5)
    assert answer.status_code == 200
    box.finish()
    shown = box.get(f"{FLATKEY}/v1/videos/{answer.json()['id']}").json()
    assert (shown["status"], "duration" in json.dumps(shown)) == ("failed", False)
    refund, charge = box.log()
    assert (charge["type"], refund["type"], refund["quota"]) == (2, 6, charge["quota"])
    assert json.loads(refund["other"])["reason"] == (
        "Unsupported output video duration 5 seconds, supported durations are [8,4,6] for feature "
        "text_to_video."
    )
    assert (box.spent, box.usage()["total_used"]) == ("0.0", 1_250_000)


def test_a_duration_in_quotes_breaks_the_gateway_s_own_body() -> None:
    box = Box("healthy")
    answer = box.video(metadata={"durationSeconds": "8"})
    assert (answer.status_code, answer.json()["code"]) == (500, "build_request_failed")
    assert box.world.ledger.accepted == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"prompt": ""}, 400, "invalid_request"),
        ({"prompt": 3}, 400, "invalid_request"),
    ],
)
def test_incomplete_submits(body: dict[str, Any], status: int, code: str) -> None:
    answer = Box("healthy").video(**body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_missing_model_is_told_by_the_routing_layer() -> None:
    answer = Box("healthy").video(model="")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Model name not specified")


def test_an_unknown_model_has_no_channel() -> None:
    answer = Box("healthy").video(model="veo9")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "model_not_found"
    assert "No available channel for model veo9 under group plg (distributor)" in answer.text


def test_chat_types_are_routed_by_the_unfiltered_family_only() -> None:
    box = Box("chat-only-types")
    assert [box.video(path=path, **BODY).status_code for path in FAMILIES] == [503, 503, 200]


def test_in_june_chat_types_were_routed() -> None:
    box = Box("article-2026-06-17")
    assert box.video(model="veo-3.1-generate-preview", duration=4).status_code == 200
    assert box.video(model="veo3.1").json()["code"] == "model_price_error"


def test_unknown_tasks() -> None:
    box = Box("healthy")
    poll = box.get(f"{FLATKEY}/v1/videos/task_none")
    assert (poll.status_code, poll.json()) == (
        400,
        {"code": "task_not_exist", "message": "task_not_exist", "data": None},
    )
    assert box.get(f"{FLATKEY}/v1/videos/task_none/content").status_code == 404


def test_content_before_the_end() -> None:
    box = Box("healthy")
    task = box.video(**BODY).json()["id"]
    answer = box.get(f"{FLATKEY}/v1/videos/{task}/content")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        "Task is not completed yet, current status: NOT_START"
    )


def test_what_the_flatkey_cli_sends() -> None:
    """Version 0.2 submits to one family, polls the other, and names what Veo ignores."""
    box = Box("healthy")
    answer = box.video(
        path="/v1/video/generations",
        duration=8,
        aspect="9:16",
        ratio="9:16",
        resolution="1080p",
        quality="1080p",
        generate_audio=True,
        temp_url=True,
    )
    task = answer.json()["task_id"]
    box.finish()
    assert box.get(f"{FLATKEY}/v1/videos/{task}").json()["status"] == "completed"
    assert box.get(f"{FLATKEY}/v1/videos/{task}/content").content == mp4(8, 1280, 720)


def test_a_job_survives_the_process_that_accepted_it() -> None:
    """`run --sandbox` killed under way: the next process's world knows the job by its id."""
    before, after = Box("healthy"), Box("healthy")
    answer = before.video(**BODY)
    task = answer.json()["id"]
    polled = after.get(f"{FLATKEY}/v1/videos/{task}").json()
    assert (polled["status"], polled["model"]) == ("queued", "veo-3.1-fast-generate-001")
    after.finish()
    content = after.get(f"{FLATKEY}/v1/videos/{task}/content")
    assert content.content == mp4(8, 1920, 1080)
    (row,) = after.log()
    assert (row["request_id"], row["quota"]) == (answer.headers["x-oneapi-request-id"], 480_000)
    assert (after.spent, after.usage()["total_used"]) == ("0.96", 1_250_000 + 480_000)
    assert after.world.ledger.submits == []
    assert after.get(f"{NEWAPI}/v1/videos/{task}").json()["code"] == "task_not_exist"
