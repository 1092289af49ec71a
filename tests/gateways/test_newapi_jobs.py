from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from job_world import (
    CONSOLE,
    MODEL,
    ROUTER,
    SENTENCES,
    Network,
    door,
    driver,
    flatkey,
    no,
    ok,
    request,
)
from veo_check.core.facts import Missing
from veo_check.core.jobs import FetchAnswer, PollAnswer, Submission, VideoRef
from veo_check.gateways.probes import job_driver

TASK = "task_0123456789abcdef0123456789abcdef"
ACCEPTED = {
    "id": TASK,
    "task_id": TASK,
    "object": "video",
    "model": "veo3.1-fast",
    "status": "queued",
    "progress": 0,
    "created_at": 1795000000,
}
PATHS = {
    "videos": "/v1/videos",
    "video-generations": "/v1/video/generations",
    "generation-tasks": "/v1/generation/tasks",
}


@pytest.mark.parametrize("endpoint", PATHS)
def test_the_body_is_the_one_that_the_gateway_honours(endpoint: str, clock: FakeClock) -> None:
    reply = ok(
        ACCEPTED,
        x_oneapi_request_id="20261122abc",
        x_new_api_other_ratios='{"seconds":4,"resolution":1.5,"odd":"x","below":-1}',
    )
    network = Network(reply)
    got = driver(flatkey(endpoint), network, clock).submit(request("veo3.1-fast"))
    assert got == Submission(
        "accepted",
        operation=TASK,
        request_id="20261122abc",
        other_ratios={"seconds": Decimal(4), "resolution": Decimal("1.5")},
        status_code=200,
        exchanges=("x1",),
    )
    assert network.asked == [("POST", f"{ROUTER}{PATHS[endpoint]}")]
    assert network.requests[0].headers["authorization"] == "Bearer sk-flatkey-key-value"
    assert network.body() == {
        "model": "veo3.1-fast",
        "prompt": "a boat",
        "duration": 4,
        "metadata": {
            "resolution": "720p",
            "aspectRatio": "16:9",
            "durationSeconds": 4,
            "generateAudio": True,
        },
    }


def test_the_gemini_api_behind_a_gateway_gets_no_audio_switch(clock: FakeClock) -> None:
    network = Network(ok(ACCEPTED))
    driver(flatkey(surface="gemini-api"), network, clock).submit(request("veo3.1-fast"))
    assert "generateAudio" not in network.body()["metadata"]


def test_an_image_goes_as_a_data_address(clock: FakeClock) -> None:
    network = Network(ok(ACCEPTED))
    asked = request("veo3.1-fast", mode="image-to-video", image=b"jpg", image_type="image/jpeg")
    driver(flatkey(), network, clock).submit(asked)
    assert network.body()["image"] == f"data:image/jpeg;base64,{base64.b64encode(b'jpg').decode()}"


@pytest.mark.parametrize(
    "mode", ["image-to-video", "interpolation", "reference-images", "extension"]
)
def test_what_the_gateway_cannot_be_sent_is_not_sent(mode: str, clock: FakeClock) -> None:
    network = Network(ok(ACCEPTED))
    got = driver(flatkey(), network, clock).submit(request("veo3.1-fast", mode=mode))
    assert (got.state, network.requests) == ("not-sent", [])


@pytest.mark.parametrize(
    "body", [{"task_id": TASK}, {"id": TASK}, {"code": "success", "data": {"task_id": TASK}}]
)
def test_the_task_id_is_found_where_builds_put_it(body: object, clock: FakeClock) -> None:
    got = driver(flatkey(), Network(ok(body)), clock).submit(request("veo3.1-fast"))
    assert (got.state, got.operation, got.other_ratios) == ("accepted", TASK, {})


@pytest.mark.parametrize("header", ["", "{}", "nonsense", "[1]", '{"seconds": NaN}'])
def test_odd_ratios_are_no_ratios(header: str, clock: FakeClock) -> None:
    network = Network(ok(ACCEPTED, x_new_api_other_ratios=header))
    assert driver(flatkey(), network, clock).submit(request("l")).other_ratios == {}


def test_the_task_id_opens_the_video_so_it_is_masked_everywhere(clock: FakeClock) -> None:
    network = Network(ok({"id": "vid-0123456789abcdef"}))
    way = door(network, clock)
    jobs = job_driver(flatkey(), way)
    assert not isinstance(jobs, Missing)
    operation = jobs.submit(request("veo3.1-fast")).operation
    assert operation == "vid-0123456789abcdef"
    jobs.poll(operation)
    jobs.fetch(operation, VideoRef(), 0, lambda piece: None)
    shown = repr(way.exchanges)
    assert operation not in shown
    assert "…cdef" in shown


def video(status: str, **more: Any) -> dict[str, Any]:
    return {"id": TASK, "object": "video", "model": MODEL, "status": status} | more


def live(status: str, **more: Any) -> dict[str, Any]:
    data = {"error": None, "format": "mp4", "metadata": None, "status": status, "task_id": TASK}
    return {"code": "success", "message": "", "data": data | {"url": ""} | more}


def row(status: str, **more: Any) -> dict[str, Any]:
    data = {
        "id": 1,
        "task_id": TASK,
        "platform": "41",
        "quota": 240000,
        "status": status,
        "fail_reason": "",
        "result_url": "",
        "progress": "50%",
        "properties": {"upstream_model_name": MODEL, "origin_model_name": "veo3.1-fast"},
        "data": None,
    }
    return {"code": "success", "message": "", "data": data | more}


CONTENT = f"{ROUTER}/v1/videos/{TASK}/content"
BACKEND = "Video generation failed due to an internal server issue. Please try again."


def poll(
    clock: FakeClock, reply: httpx.Response | Exception, endpoint: str = "videos"
) -> PollAnswer:
    return driver(flatkey(endpoint), Network(reply), clock).poll(TASK)


@pytest.mark.parametrize(
    ("endpoint", "body", "expected"),
    [
        ("videos", video("queued"), PollAnswer("running", "queued", served_model=MODEL)),
        (
            "videos",
            video("in_progress", completed_at=5),
            PollAnswer("running", "in_progress", served_model=MODEL),
        ),
        ("videos", video("unknown"), PollAnswer("running", "unknown", served_model=MODEL)),
        (
            "videos",
            video("some new word"),
            PollAnswer("running", "some new word", served_model=MODEL),
        ),
        (
            "videos",
            video("completed"),
            PollAnswer("done", "completed", videos=(VideoRef(),), served_model=MODEL),
        ),
        (
            "videos",
            video("failed"),
            PollAnswer("failed", "failed", served_model=MODEL, symptom="failed"),
        ),
        (
            "videos",
            video("cancelled"),
            PollAnswer("failed", "cancelled", served_model=MODEL, symptom="cancelled"),
        ),
        ("video-generations", live("processing"), PollAnswer("running", "processing")),
        (
            "video-generations",
            live("succeeded", url=CONTENT),
            PollAnswer("done", "succeeded", videos=(VideoRef(CONTENT),)),
        ),
        (
            "video-generations",
            live("succeeded"),
            PollAnswer("done", "succeeded", videos=(VideoRef(),)),
        ),
        (
            "video-generations",
            live("failed", url=BACKEND),
            PollAnswer("failed", "failed", symptom="backend-error", text=BACKEND),
        ),
        (
            "video-generations",
            row("NOT_START"),
            PollAnswer("running", "NOT_START", served_model=MODEL),
        ),
        (
            "video-generations",
            row("SUCCESS", result_url=CONTENT),
            PollAnswer(
                "done",
                "SUCCESS",
                videos=(VideoRef(CONTENT),),
                served_model=MODEL,
            ),
        ),
        (
            "video-generations",
            row("FAILURE", fail_reason="blocked by our safety filters", quota=0),
            PollAnswer(
                "failed",
                "FAILURE",
                served_model=MODEL,
                symptom="filtered",
                text="blocked by our safety filters",
            ),
        ),
        (
            "generation-tasks",
            {"id": TASK, "status": "processing", "content": []},
            PollAnswer("running", "processing"),
        ),
        (
            "generation-tasks",
            {
                "id": TASK,
                "model": MODEL,
                "status": "succeeded",
                "content": [{"type": "video_url", "video_url": {"url": CONTENT}}],
            },
            PollAnswer("done", "succeeded", videos=(VideoRef(CONTENT),), served_model=MODEL),
        ),
        (
            "generation-tasks",
            {"id": TASK, "status": "failed", "content": [], "error": {"message": BACKEND}},
            PollAnswer("failed", "failed", symptom="backend-error", text=BACKEND),
        ),
    ],
)
def test_three_shapes_tell_how_the_job_is(
    endpoint: str, body: object, expected: PollAnswer, clock: FakeClock
) -> None:
    got = poll(clock, ok(body), endpoint)
    assert got.exchanges == ("x1",)
    assert (
        got.state,
        got.status,
        got.videos,
        got.served_model,
        got.symptom,
        got.text,
    ) == (
        expected.state,
        expected.status,
        expected.videos,
        expected.served_model,
        expected.symptom,
        expected.text,
    )


@pytest.mark.parametrize(
    ("symptom", "sentence"), [one for one in SENTENCES if one[0] != "not-allowlisted"]
)
def test_googles_sentences_are_named_through_the_gateway(
    symptom: str, sentence: str, clock: FakeClock
) -> None:
    inner = json.dumps({"error": {"code": 3, "message": sentence}})
    for endpoint, body in (
        ("video-generations", row("FAILURE", fail_reason=sentence)),
        ("video-generations", row("FAILURE", fail_reason=inner)),
        ("generation-tasks", {"id": TASK, "status": "failed", "error": {"message": inner}}),
    ):
        got = poll(clock, ok(body), endpoint)
        assert (got.state, got.symptom) == ("failed", symptom)
        assert got.text is not None
        assert got.text.startswith(sentence[:150])


@pytest.mark.parametrize(
    ("model", "served"),
    [
        ("veo-3.1-generate-001", "veo-3.1-generate-001"),  # another model, said out loud
        ("veo-3.0-generate-001", None),  # the gateway's literal where it knows nothing
        ("veo3.1-fast", None),  # an echo of the label
        (None, None),
        ("a\x1bb", None),
    ],
)
def test_an_echo_is_no_served_model(
    model: str | None, served: str | None, clock: FakeClock
) -> None:
    assert poll(clock, ok(video("completed", model=model))).served_model == served


@pytest.mark.parametrize(
    ("reply", "state", "symptom"),
    [
        (
            no(400, {"code": "task_not_exist", "message": "task_not_exist", "data": None}),
            "gone",
            "operation-unknown",
        ),
        (
            no(403, {"error": {"message": "This token has no access to model X"}}),
            "refused",
            "poll-refused",
        ),
        (no(401, {"error": {"message": "Invalid token"}}), "refused", "poll-refused"),
        (no(503, {"error": {"message": "Service Unavailable"}}), "trouble", None),
        (no(429), "trouble", None),
        (no(404, "<html>"), "trouble", None),
        (ok({"code": "success", "data": {}}), "trouble", None),
        (ok([1]), "trouble", None),
        (httpx.ReadTimeout("slow"), "trouble", None),
    ],
)
def test_a_poll_that_is_not_about_the_job(
    reply: httpx.Response | Exception, state: str, symptom: str | None, clock: FakeClock
) -> None:
    got = poll(clock, reply)
    assert (got.state, got.symptom) == (state, symptom)


def test_the_content_path_is_asked_where_no_address_was_given(clock: FakeClock) -> None:
    network = Network(httpx.Response(200, content=b"mp4"))
    got: list[bytes] = []
    answer = driver(flatkey(), network, clock).fetch(TASK, VideoRef(), 0, got.append)
    place = "router.flatkey.ai/v1/videos/task_…cdef/content"
    assert answer == FetchAnswer(ok=True, status_code=200, place=place, exchanges=("x1",))
    assert (network.asked, b"".join(got)) == ([("GET", CONTENT)], b"mp4")


@pytest.mark.parametrize(
    ("reply", "symptom", "text"),
    [
        (
            no(
                502,
                {
                    "error": {
                        "message": "Failed to resolve Vertex video URL",
                        "type": "server_error",
                    }
                },
            ),
            "content-unavailable",
            "Failed to resolve Vertex video URL",
        ),
        (
            no(400, {"error": {"message": "Task is not completed yet, current status: FAILURE"}}),
            "content-unavailable",
            "Task is not completed yet, current status: FAILURE",
        ),
        (
            no(404, {"error": {"message": "Task not found"}}),
            "content-unavailable",
            "Task not found",
        ),
        (no(403, {"error": {"message": "no access"}}), "content-refused", "no access"),
    ],
)
def test_completed_is_not_a_video(
    reply: httpx.Response, symptom: str, text: str, clock: FakeClock
) -> None:
    got = driver(flatkey(), Network(reply), clock).fetch(TASK, VideoRef(), 0, lambda piece: None)
    assert (got.ok, got.symptom, got.text, got.status_code) == (
        False,
        symptom,
        text,
        reply.status_code,
    )


def test_the_console_never_gets_a_job(clock: FakeClock) -> None:
    network = Network(ok(ACCEPTED))
    driver(flatkey(), network, clock).submit(request("veo3.1-fast"))
    assert all(CONSOLE not in url for _, url in network.asked)
