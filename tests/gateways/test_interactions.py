"""The wire of Google's Interactions API: wire-2026-11-30.md A3 to A9."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from job_world import GEMINI, Network, agent_platform, driver, gemini, no, ok, request
from veo_check.core.facts import Missing
from veo_check.core.jobs import FetchAnswer, PollAnswer, UsageRead, VideoRef
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.interactions import UNKNOWN_KEY

OMNI = "gemini-omni-1.2-flash"
ID = "v1_ChdabcDEF-012_x"
GLOBAL = "https://aiplatform.googleapis.com"
ROOT = f"{GEMINI}/v1beta/interactions"
VIDEO = {"type": "video", "mime_type": "video/mp4", "data": base64.b64encode(b"mp4").decode()}
SINCE = datetime(2026, 11, 30, tzinfo=UTC)


def place(surface: str = "gemini-api") -> JobEndpoint:
    if surface == "gemini-api":
        return replace(gemini(), endpoint="interactions", official=OMNI, label=OMNI)
    return replace(
        agent_platform(),
        endpoint="interactions",
        official=OMNI,
        label=OMNI,
        base_url=GLOBAL,
        location="global",
    )


def interaction(status: str = "in_progress", **more: Any) -> dict[str, Any]:
    return {"id": ID, "object": "interaction", "status": status, "model": OMNI} | more


def output(*content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "model_output", "content": list(content)} | more


def usage(video: int = 5793, thought: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "total_tokens": video + thought + 15,
        "total_input_tokens": 15,
        "total_output_tokens": video,
        "total_thought_tokens": thought,
        "output_tokens_by_modality": [{"modality": "video", "tokens": video}] if video else [],
    } | more


def polled(clock: FakeClock, *answers: httpx.Response | Exception) -> PollAnswer:
    return driver(place(), Network(*answers), clock).poll(ID)


def test_a_create_says_background_and_store_and_names_every_limit(clock: FakeClock) -> None:
    network = Network(ok(interaction()))
    got = driver(place(), network, clock).submit(request(OMNI, seconds=3, resolution="360p"))
    assert (got.state, got.operation, got.served_model) == ("accepted", ID, OMNI)
    assert network.asked == [("POST", ROOT)]
    assert network.requests[0].headers["x-goog-api-key"] == "AQ.gemini-key-value"
    assert network.body() == {
        "model": OMNI,
        "input": "a boat",
        "background": True,
        "store": True,
        "generation_config": {"video_config": {"task": "text_to_video"}},
        "response_format": {
            "type": "video",
            "resolution": "360p",
            "aspect_ratio": "16:9",
            "duration": "3s",
            "delivery": "uri",
        },
    }


def test_the_agent_platform_has_its_own_path_and_takes_the_bytes_inline(clock: FakeClock) -> None:
    network = Network(ok(interaction(id="opaque-ID_0")))
    got = driver(place("agent-platform"), network, clock).submit(request(OMNI))
    assert got.operation == "opaque-ID_0"
    parent = f"{GLOBAL}/v1beta1/projects/proj/locations/global"
    assert network.asked == [("POST", f"{parent}/interactions")]
    assert network.requests[0].headers["authorization"] == "Bearer ya29.google-token-value"
    assert "delivery" not in network.body()["response_format"]  # by uri it needs a bucket


def test_an_image_stands_before_the_text(clock: FakeClock) -> None:
    network = Network(ok(interaction()))
    asked = request(OMNI, mode="image-to-video", image=b"png", image_type="image/png")
    assert driver(place(), network, clock).submit(asked).state == "accepted"
    image, text = network.body()["input"]
    assert image == {"type": "image", "data": "cG5n", "mime_type": "image/png"}
    assert text == {"type": "text", "text": "a boat"}
    assert network.body()["generation_config"]["video_config"]["task"] == "image_to_video"


@pytest.mark.parametrize(
    "body",
    [
        {"id": ID},  # says nothing of a status
        {"id": ID, "object": "operation", "status": "in_progress"},
        {"interaction": interaction()},
        {"id": "../../models", "object": "interaction", "status": "in_progress"},
        {"id": "a b", "object": "interaction", "status": "queued"},
        [interaction()],
    ],
)
def test_an_id_that_is_no_interactions_own_leaves_the_create_uncertain(
    body: object, clock: FakeClock
) -> None:
    got = driver(place(), Network(ok(body)), clock).submit(request(OMNI))
    assert (got.state, got.symptom) == ("uncertain", "submit-uncertain")


def test_a_field_that_nobody_knows_changes_nothing(clock: FakeClock) -> None:
    body = interaction("queued", webhook={"x": [1]}, errors=[], a_new_field={"deep": [None]})
    assert driver(place(), Network(ok(body)), clock).submit(request(OMNI)).operation == ID
    assert polled(clock, ok(body)).state == "running"


@pytest.mark.parametrize("code", ["invalid_request", 400])
@pytest.mark.parametrize(
    ("message", "names"),
    [
        (f"Unknown parameter '{UNKNOWN_KEY}' at 'response_format'", True),
        ("Unknown parameter 'delivery' at 'response_format'", False),
        ("Invalid input at 'response_format'", False),
        ("Request contains an invalid argument.", False),
    ],
)
def test_only_a_refusal_that_names_the_unknown_key_is_clear(
    message: str, names: bool, code: object, clock: FakeClock
) -> None:
    network = Network(no(400, {"error": {"message": message, "code": code}}))
    got = driver(place(), network, clock).submit(request(OMNI, unknown_key=True))
    assert list(network.body()["response_format"])[-1] == UNKNOWN_KEY
    assert (got.state, got.names_the_mistake, got.text) == ("refused", names, message)
    assert (got.symptom == "parameter-refused") is names


@pytest.mark.parametrize("status", ["in_progress", "queued", "idle", "a_word_of_tomorrow"])
def test_a_state_that_is_no_end_is_running(status: str, clock: FakeClock) -> None:
    assert polled(clock, ok(interaction(status))).state == "running"


@pytest.mark.parametrize("status", ["completed", "requires_action", "requires_continuation"])
def test_a_video_in_the_steps_is_used_as_it_is(status: str, clock: FakeClock) -> None:
    steps = [{"type": "user_input", "content": [VIDEO]}, {"type": "thought"}, output(VIDEO)]
    network = Network(ok(interaction(status, steps=steps, usage=usage())))
    jobs = driver(place(), network, clock)
    got = jobs.poll(ID)
    assert (got.state, got.videos) == ("done", (VideoRef(content=b"mp4"),))
    kept: list[bytes] = []
    assert jobs.fetch(ID, got.videos[0], 0, kept.append).ok
    assert (kept, len(network.requests)) == ([b"mp4"], 1)  # nothing is asked for twice


URI = f"{GEMINI}/v1beta/files/abc-12_3:download?alt=media"


def test_a_video_by_address_waits_until_its_file_is_active(clock: FakeClock) -> None:
    done = interaction("completed", steps=[output({"type": "video", "uri": URI})])
    network = Network(
        ok(done), ok({"state": "PROCESSING"}), ok(done), ok({"state": "ACTIVE"}), no(200, "mp4")
    )
    jobs = driver(place(), network, clock)
    first, second = jobs.poll(ID), jobs.poll(ID)
    assert (first.state, first.status) == ("running", "completed, file PROCESSING")
    assert (second.state, second.videos) == ("done", (VideoRef(url=URI),))
    kept: list[bytes] = []
    got = jobs.fetch(ID, second.videos[0], 0, kept.append)
    assert isinstance(got, FetchAnswer)
    assert (got.ok, b"".join(kept)) == (True, b"mp4")
    assert [url for _, url in network.asked] == [
        f"{ROOT}/{ID}", f"{GEMINI}/v1beta/files/abc-12_3",
        f"{ROOT}/{ID}", f"{GEMINI}/v1beta/files/abc-12_3", URI,
    ]  # fmt: skip


def test_a_file_that_failed_is_no_delivery(clock: FakeClock) -> None:
    done = interaction("completed", steps=[output({"type": "video", "uri": URI})])
    got = polled(clock, ok(done), ok({"state": "FAILED"}))
    assert (got.state, got.symptom) == ("failed", "content-unavailable")


USER_ONLY = [{"type": "user_input", "content": [{"type": "text", "text": "a boat"}]}] * 3


@pytest.mark.parametrize(
    ("body", "symptom"),
    [
        (interaction("completed", steps=USER_ONLY), "empty-result"),
        (interaction("completed", steps=[{"type": "user_input", "content": [VIDEO]}]),
         "empty-result"),
        (interaction("completed", steps=[output({"type": "text", "text": "No."})]),
         "empty-result"),
        (interaction("completed", steps=[output({"type": "image", "data": "cG5n"})]),
         "empty-result"),
        (interaction("completed", steps=[output({"type": "text", "text": "It violates our "
         "policies."})]), "filtered"),
        (interaction("completed"), "empty-result"),
        (interaction("requires_action", steps=[]), "empty-result"),
        (interaction("failed", errors=[{"code": "internal", "message": "internal error"}]),
         "backend-error"),
        (interaction("failed", steps=[output(error={"code": 3, "message": "Prohibited."})]),
         "filtered"),
        (interaction("failed"), "failed"),
        (interaction("incomplete"), "incomplete"),
        (interaction("budget_exceeded"), "no-quota"),
        (interaction("cancelled"), "cancelled"),
    ],
)  # fmt: skip
def test_an_end_without_a_video_has_a_name(
    body: dict[str, Any], symptom: str, clock: FakeClock
) -> None:
    got = polled(clock, ok(body))
    assert (got.state, got.symptom, got.videos) == ("failed", symptom, ())


@pytest.mark.parametrize(
    ("status", "message", "state", "symptom"),
    [
        (400, "Unsupported file uri: blobstore:///genai-api/blobref/x", "refused",
         "poll-answers-error"),
        (400, "Invalid interaction name", "gone", "operation-unknown"),
        (403, "The caller does not have permission", "refused", "poll-refused"),
        (429, "Resource has been exhausted", "trouble", None),
        (503, "unavailable", "trouble", None),
    ],
)  # fmt: skip
def test_a_poll_that_is_answered_by_an_error(
    status: int, message: str, state: str, symptom: str | None, clock: FakeClock
) -> None:
    got = polled(clock, no(status, {"error": {"message": message, "code": "invalid_request"}}))
    assert (got.state, got.symptom, got.text) == (state, symptom, message)


def test_a_resource_path_before_the_id_is_left_out(clock: FakeClock) -> None:
    name = f"projects/12/locations/global/interactions/{ID}"
    got = driver(place(), Network(ok(interaction(id=name))), clock).submit(request(OMNI))
    assert got.operation == ID


ANOTHER = {"id": "v1_another", "status": "completed"}


@pytest.mark.parametrize("body", [{}, interaction("completed", id=None), ANOTHER, [], "page"])
def test_an_answer_about_something_else_tells_nothing(body: object, clock: FakeClock) -> None:
    assert polled(clock, ok(body)).state == "trouble"


def told(clock: FakeClock, tokens: object) -> UsageRead | Missing:
    more = {} if tokens is None else {"usage": tokens}
    done = interaction("completed", steps=[output(VIDEO)], **more)
    jobs = driver(place(), Network(ok(done)), clock)
    assert isinstance(jobs.usage(ID, None, SINCE), Missing)  # before the end nothing is known
    jobs.poll(ID)
    return jobs.usage(ID, None, SINCE)


def test_video_tokens_are_told_apart_from_all_others(clock: FakeClock) -> None:
    read = told(clock, usage(5793, thought=40))
    assert isinstance(read, UsageRead)
    (row,) = read.rows
    assert (row.unit, row.quantity, row.other_tokens) == ("video token", Decimal(5793), 55)
    assert (row.row_id, row.model, row.kind) == (ID, OMNI, "charge")


@pytest.mark.parametrize(
    "tokens",
    [
        None,
        {},
        {"total_output_tokens": 5793},
        usage(output_tokens_by_modality=[{"modality": "smell", "tokens": 5793}]),
        usage(input_tokens_by_modality=[{"modality": "smell", "tokens": 1}]),
        usage(output_tokens_by_modality=[{"modality": "video", "tokens": -1}]),
        usage(output_tokens_by_modality=[{"modality": "video"}]),
        usage(total_thought_tokens="many"),
        usage(total_input_tokens=-5),
    ],
)
def test_tokens_that_cannot_be_told_apart_are_no_bill(tokens: object, clock: FakeClock) -> None:
    read = told(clock, tokens)
    assert isinstance(read, Missing)
    assert read.code == "unreadable"


def test_output_that_no_modality_names_counts_as_other(clock: FakeClock) -> None:
    read = told(clock, usage(5793, total_output_tokens=6000))
    assert isinstance(read, UsageRead)
    assert read.rows[0].other_tokens == 15 + 207
