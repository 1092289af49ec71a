"""The OpenAI-compatible gateway, as the sandbox plays it."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from sandbox_box import OPENAI, Box
from veo_check.sandbox.media import mp4

REFUSED_INSIDE = (
    "Unsupported output video duration 5 seconds, supported durations are [8,4,6] for feature "
    "text_to_video."
)


def submit(box: Box, **body: Any) -> httpx.Response:
    return box.video(OPENAI, **body)


def decoded(video: str) -> str:
    return base64.urlsafe_b64decode(video.removeprefix("video_")).decode()


def test_a_job_from_submit_to_content() -> None:
    box = Box("healthy")
    answer = submit(box, seconds="8", size="1920x1080")
    video = answer.json()["id"]
    assert answer.json() == {
        "id": video,
        "object": "video",
        "status": "processing",
        "created_at": None,
        "completed_at": None,
        "expires_at": None,
        "error": None,
        "progress": None,
        "remixed_from_video_id": None,
        "seconds": None,
        "size": None,
        "model": "veo3.1-fast",
        "usage": {"duration_seconds": 8.0, "video_resolution": "1080p"},
    }
    assert answer.headers["x-litellm-response-cost"] == "0.96"
    assert answer.headers["x-litellm-model-group"] == "veo3.1-fast"
    assert decoded(video).startswith(
        "litellm:custom_llm_provider:vertex_ai;model_id:veo-3.1-fast-generate-001;video_id:"
    )
    polled = box.get(f"{OPENAI}/v1/videos/{video}").json()
    assert polled["status"] == "processing"
    assert ";model_id:;" in decoded(polled["id"])
    early = box.get(f"{OPENAI}/v1/videos/{video}/content")
    assert (early.status_code, "not complete yet" in early.text) == (500, True)
    box.finish()
    for name in (video, polled["id"]):
        assert box.get(f"{OPENAI}/v1/videos/{name}").json()["status"] == "completed"
        assert box.get(f"{OPENAI}/v1/videos/{name}/content").content == mp4(8, 1920, 1080)
    assert box.spent == "0.96"


def test_a_form_is_read_as_well() -> None:
    box = Box("healthy")
    files = {name: (None, value) for name, value in (("model", "veo-fast"), ("prompt", "A boat."))}
    files["seconds"] = (None, "4")
    answer = box.client.post(f"{OPENAI}/v1/videos", files=files, headers=box.headers(OPENAI))
    assert answer.json()["usage"] == {"duration_seconds": 4.0, "video_resolution": "720p"}
    (job,) = box.world.ledger.accepted
    assert (job.model, job.prompt) == ("veo-fast", "A boat.")


@pytest.mark.parametrize(
    ("body", "seconds", "resolution"),
    [
        ({}, "8", "720p"),
        ({"seconds": "abc"}, "8", "720p"),
        ({"seconds": 4}, "4", "720p"),
        ({"size": "3840x2160"}, "8", "720p"),
        ({"resolution": "4k"}, "8", "4k"),
        ({"n": 4, "duration_seconds": 4}, "8", "720p"),
    ],
)
def test_what_reaches_google(body: dict[str, Any], seconds: str, resolution: str) -> None:
    box = Box("healthy")
    submit(box, **body)
    (job,) = box.world.ledger.accepted
    assert (job.seconds, job.resolution) == (seconds, resolution)


def test_listings() -> None:
    box = Box("healthy")
    rows = box.get(f"{OPENAI}/v1/models").json()["data"]
    assert [row["id"] for row in rows] == ["veo3.1", "veo3.1-fast", "veo3.1-lite", "veo-fast"]
    info = box.get(f"{OPENAI}/model/info").json()["data"][1]
    assert info["litellm_params"] == {"model": "vertex_ai/veo-3.1-fast-generate-001"}
    assert info["model_info"]["output_cost_per_second_1080p"] == 0.12


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ({"authorization": "Bearer sk-x"}, 400, "No connected db."),
        ({}, 500, "Internal Server Error"),
    ],
)
def test_a_proxy_without_a_database_and_a_wrong_key(
    headers: dict[str, str], status: int, text: str
) -> None:
    answer = Box("healthy").client.get(f"{OPENAI}/v1/models", headers=headers)
    assert answer.status_code == status
    assert text in answer.text


@pytest.mark.parametrize(
    ("scenario", "body", "status", "text"),
    [
        ("healthy", {"model": "nope"}, 400, "Invalid model name passed in model=nope"),
        ("healthy", {"resolution": "480p"}, 400, "litellm.BadRequestError"),
        ("job-retired", {}, 404, "is no longer available"),
        ("veo-retired", {}, 404, "Publisher Model"),
        ("job-429", {}, 429, "litellm.RateLimitError"),
    ],
)
def test_refusals(scenario: str, body: dict[str, Any], status: int, text: str) -> None:
    box = Box(scenario)
    answer = submit(box, **body)
    assert answer.status_code == status
    assert text in answer.json()["error"]["message"]
    assert (box.world.ledger.accepted, box.spent) == ([], "0")


@pytest.mark.parametrize(
    ("scenario", "poll", "content"),
    [
        ("job-error-13", "failed", 500),
        ("job-no-video", "completed", 500),
        ("job-filtered-wrapped", "completed", 500),
        ("job-content-502", "completed", 403),
        ("job-task-lost", 404, 500),
        ("job-empty-file", "completed", 200),
    ],
)
def test_endings(scenario: str, poll: object, content: int) -> None:
    box = Box(scenario)
    video = submit(box).json()["id"]
    box.finish()
    polled = box.get(f"{OPENAI}/v1/videos/{video}")
    said = polled.json()["status"] if polled.status_code == 200 else polled.status_code
    assert said == poll
    assert box.get(f"{OPENAI}/v1/videos/{video}/content").status_code == content
    assert box.spent == "0.80"


@pytest.mark.parametrize(
    ("scenario", "status", "error"),
    [
        ("healthy", "failed", {"code": 3, "message": REFUSED_INSIDE}),
        ("job-errors-hidden", "completed", None),
    ],
)
def test_a_refusal_inside_the_operation(scenario: str, status: str, error: object) -> None:
    box = Box(scenario)
    video = submit(box, seconds="5").json()["id"]
    box.finish()
    said = box.get(f"{OPENAI}/v1/videos/{video}").json()
    assert (said["status"], said["error"]) == (status, error)
    assert box.get(f"{OPENAI}/v1/videos/{video}/content").status_code == 500


def test_another_model_shows_in_the_id() -> None:
    video = submit(Box("job-another-model")).json()["id"]
    assert "/models/veo-3.1-lite-generate-001/operations/" in decoded(video)


def test_what_nobody_sent() -> None:
    box = Box("healthy")
    for video in ("video_none", "video_%%%", "x" * 300, "video_w7_DvyE="):
        assert box.get(f"{OPENAI}/v1/videos/{video}").status_code == 404
    assert box.get(f"{OPENAI}/v1/other").status_code == 404
    assert box.client.get(f"{OPENAI}/health/liveliness").status_code == 200


def test_a_foreign_task_is_not_found() -> None:
    box = Box("healthy")
    inner = f"videos/{box.video().json()['id']}"
    video = "video_" + base64.urlsafe_b64encode(inner.encode()).decode()
    assert box.get(f"{OPENAI}/v1/videos/{video}").status_code == 404
