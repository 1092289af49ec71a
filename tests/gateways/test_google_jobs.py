from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from job_world import (
    GEMINI,
    KEYS,
    MODEL,
    SENTENCES,
    VERTEX,
    Network,
    agent_platform,
    driver,
    gemini,
    no,
    ok,
    request,
)
from veo_check.core.facts import Missing
from veo_check.core.jobs import FetchAnswer, PollAnswer, Submission, VideoRef
from veo_check.core.route import InputFile
from veo_check.gateways.google_jobs import is_operation
from veo_check.http.keys import KeyName

OPERATION = f"models/{MODEL}/operations/abc123"
PARENT = "projects/proj/locations/us-central1/publishers/google"
LONG_OPERATION = f"{PARENT}/models/{MODEL}/operations/4f6b-7a"
FILTER = (
    "We encountered an issue with the audio for your prompt, which means we could not create your "
    "video. You have not been charged for this attempt."
)


def done(response: Any = None, name: str = OPERATION, **more: Any) -> dict[str, Any]:
    body = {"name": name, "done": True} | more
    return body if response is None else body | {"response": response}


def polled(clock: FakeClock, reply: httpx.Response | Exception) -> PollAnswer:
    return driver(gemini(), Network(reply), clock).poll(OPERATION)


@pytest.mark.parametrize(
    ("value", "header", "sent"),
    [
        ("ya29.a-token", "authorization", "Bearer ya29.a-token"),
        ("AQ.Ab8RN6-a-key", "x-goog-api-key", "AQ.Ab8RN6-a-key"),
    ],
)
def test_an_agent_platform_job_is_sent_and_asked_with_a_token_or_an_api_key(
    value: str, header: str, sent: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KEYS, "GOOGLE_TOKEN", value)
    network = Network(ok({"name": LONG_OPERATION}), ok({"name": LONG_OPERATION}))
    key = KeyName("GOOGLE_TOKEN", "google")
    made = driver(replace(agent_platform(), key=key), network, clock)
    assert made.submit(request()).operation == LONG_OPERATION
    assert made.poll(LONG_OPERATION).state == "running"
    both = {"authorization", "x-goog-api-key"}
    for one in network.requests:
        assert {name: one.headers[name] for name in both & set(one.headers)} == {header: sent}


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize(
    "name", [LONG_OPERATION, f"{PARENT}/models/{MODEL}/operations/{'a' * 3000}"]
)
def test_any_2xx_with_an_operation_is_an_accepted_job(
    name: str, status: int, clock: FakeClock
) -> None:
    got = driver(agent_platform(), Network(no(status, {"name": name})), clock).submit(request())
    assert (got.state, got.operation, got.status_code) == ("accepted", name, status)
    got = driver(agent_platform(), Network(no(status, {"done": True})), clock).submit(request())
    assert got.state == "uncertain"


def test_the_gemini_api_gets_the_body_that_the_sdk_sends(clock: FakeClock) -> None:
    network = Network(ok({"name": OPERATION}))
    got = driver(gemini(), network, clock).submit(request())
    assert got == Submission(
        "accepted",
        operation=OPERATION,
        served_model=MODEL,
        status_code=200,
        exchanges=("x1",),
    )
    assert network.asked == [("POST", f"{GEMINI}/v1beta/models/{MODEL}:predictLongRunning")]
    assert network.requests[0].headers["x-goog-api-key"] == "AQ.gemini-key-value"
    assert "authorization" not in network.requests[0].headers
    assert network.body() == {
        "instances": [{"prompt": "a boat"}],
        "parameters": {
            "aspectRatio": "16:9",
            "durationSeconds": 4,
            "resolution": "720p",
            "sampleCount": 1,
        },
    }
    # a number on the wire, not a number in quotes
    assert b'"durationSeconds":4' in network.requests[0].content


def test_the_agent_platform_gets_its_own_path_token_and_audio_switch(clock: FakeClock) -> None:
    network = Network(ok({"name": LONG_OPERATION}))
    got = driver(agent_platform(), network, clock).submit(request(audio=False, count=2))
    assert (got.state, got.operation, got.served_model) == ("accepted", LONG_OPERATION, MODEL)
    assert network.asked == [("POST", f"{VERTEX}/v1/{PARENT}/models/{MODEL}:predictLongRunning")]
    assert network.requests[0].headers["authorization"] == "Bearer ya29.google-token-value"
    assert network.body()["parameters"] == {
        "aspectRatio": "16:9",
        "durationSeconds": 4,
        "resolution": "720p",
        "sampleCount": 2,
        "generateAudio": False,
    }


IMAGE = {"bytesBase64Encoded": base64.b64encode(b"png").decode(), "mimeType": "image/png"}


@pytest.mark.parametrize(
    ("mode", "instance"),
    [
        ("image-to-video", {"prompt": "a boat", "image": IMAGE}),
        ("interpolation", {"prompt": "a boat", "image": IMAGE, "lastFrame": IMAGE}),
        (
            "reference-images",
            {"prompt": "a boat", "referenceImages": [{"image": IMAGE, "referenceType": "asset"}]},
        ),
        ("extension", {"prompt": "a boat", "video": IMAGE}),
    ],
)
def test_images_are_flat_base64(mode: str, instance: object, clock: FakeClock) -> None:
    network = Network(ok({"name": OPERATION}))
    named = ("last_image", "references", "video")
    files = tuple(InputFile(name, b"png", "image/png", "0" * 64) for name in named)
    asked = request(mode=mode, image=b"png", image_type="image/png", inputs=files)
    assert driver(gemini(), network, clock).submit(asked).state == "accepted"
    assert network.body()["instances"] == [instance]


@pytest.mark.parametrize("mode", ["image-to-video", "interpolation", "extension"])
def test_a_mode_without_its_input_is_not_sent(mode: str, clock: FakeClock) -> None:
    network = Network(ok({"name": OPERATION}))
    assert driver(gemini(), network, clock).submit(request(mode=mode)).state == "not-sent"
    assert network.requests == []


def test_polls_ask_for_the_operation_afresh(clock: FakeClock) -> None:
    network = Network(ok({"name": OPERATION}))
    jobs = driver(gemini(), network, clock)
    for _ in range(2):
        assert jobs.poll(OPERATION).state == "running"
    assert network.asked == [("GET", f"{GEMINI}/v1beta/{OPERATION}")] * 2
    network = Network(ok({"name": LONG_OPERATION}))
    assert driver(agent_platform(), network, clock).poll(LONG_OPERATION).state == "running"
    fetch = f"{VERTEX}/v1/{PARENT}/models/{MODEL}:fetchPredictOperation"
    assert network.asked == [("POST", fetch)]
    assert network.body() == {"operationName": LONG_OPERATION}


@pytest.mark.parametrize(
    "body",
    [
        {"name": OPERATION},
        {"name": OPERATION, "done": False},
        {"name": OPERATION, "done": "true"},
        {"name": OPERATION, "metadata": {}, "response": {"generateVideoResponse": {}}},
    ],
)
def test_without_done_it_is_running(body: object, clock: FakeClock) -> None:
    got = polled(clock, ok(body))
    assert got == PollAnswer("running", "running", served_model=MODEL, exchanges=("x1",))


SAMPLE = {"video": {"uri": f"{GEMINI}/v1beta/files/q:download?alt=media"}}
INLINE = {"bytesBase64Encoded": base64.b64encode(b"mp4").decode(), "mimeType": "video/mp4"}


@pytest.mark.parametrize(
    ("response", "video"),
    [
        (
            {"generateVideoResponse": {"generatedSamples": [SAMPLE]}},
            VideoRef(SAMPLE["video"]["uri"]),
        ),
        ({"generatedSamples": [SAMPLE]}, VideoRef(SAMPLE["video"]["uri"])),
        (
            {"videos": [{"gcsUri": "gs://b/v.mp4", "mimeType": "video/mp4"}]},
            VideoRef("gs://b/v.mp4"),
        ),
        ({"videos": [INLINE], "raiMediaFilteredCount": 0}, VideoRef(content=b"mp4")),
        ({"generateVideoResponse": {"videos": [INLINE]}}, VideoRef(content=b"mp4")),
        (
            {"generateVideoResponse": {"generatedSamples": [{"video": {"encodedVideo": "bXA0"}}]}},
            VideoRef(content=b"mp4"),
        ),
        ({"videos": [{"bytesBase64Encoded": "not base64!"}]}, VideoRef(content=b"")),
    ],
)
def test_videos_are_found_in_either_nesting(
    response: object, video: VideoRef, clock: FakeClock
) -> None:
    got = polled(clock, ok(done(response)))
    assert (got.state, got.status, got.videos, got.served_model) == (
        "done",
        "done",
        (video,),
        MODEL,
    )


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize(
    ("layer", "charged"),
    [
        ({"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [FILTER]}, False),
        ({"raiMediaFilteredReasons": ["You will not be charged for this request."]}, False),
        ({"raiMediaFilteredCount": 2}, None),
    ],
)
def test_filtered_jobs_are_told_from_empty_ones(
    layer: object, charged: bool | None, wrap: bool, clock: FakeClock
) -> None:
    response = {"generateVideoResponse": layer} if wrap else layer
    got = polled(clock, ok(done(response)))
    assert (got.state, got.symptom, got.charged) == ("failed", "filtered", charged)


@pytest.mark.parametrize(
    "body",
    [
        done(),
        done({}),
        done({"generateVideoResponse": {}}),
        done({"videos": []}),
        done({"videos": [{}]}),
    ],
)
def test_done_with_nothing_is_empty(body: object, clock: FakeClock) -> None:
    got = polled(clock, ok(body))
    assert (got.state, got.status, got.symptom) == ("failed", "done, empty", "empty-result")


@pytest.mark.parametrize(
    ("error", "symptom"),
    [
        (
            {"code": 13, "message": "Video generation failed due to an internal server issue."},
            "backend-error",
        ),
        ({"code": 14, "message": "unavailable"}, "backend-error"),
        ({"code": 13}, "backend-error"),
        ({"code": 3, "message": "The prompt was blocked by our safety filters."}, "filtered"),
        ({"code": 1, "message": "The operation was cancelled."}, "cancelled"),
        ({"code": 9, "message": "Something."}, "failed"),
        ({"code": 3, "message": "`seed` is not supported by this model."}, "parameter-refused"),
        ("an error in words", "failed"),
    ],
)
def test_an_operation_with_an_error_failed_for_good(
    error: object, symptom: str, clock: FakeClock
) -> None:
    got = polled(clock, ok(done(error=error)))
    assert (got.state, got.status, got.symptom) == ("failed", "failed", symptom)


@pytest.mark.parametrize(
    ("symptom", "sentence"), [one for one in SENTENCES if one[0] != "not-allowlisted"]
)
def test_an_operation_says_googles_sentences_too(
    symptom: str, sentence: str, clock: FakeClock
) -> None:
    """As they stand, and as JSON inside the message, the way gateways pass them on."""
    inner = json.dumps({"error": {"code": 400, "message": sentence}})
    for message in (sentence, inner, f"task failed: {inner}"):
        got = polled(clock, ok(done(error={"code": 3, "message": message})))
        assert (got.state, got.symptom) == ("failed", symptom)
        assert got.text is not None
        assert got.text.startswith(sentence[:150])


@pytest.mark.parametrize("status", [400, 412, 422])
def test_a_poll_that_is_refused_for_good_is_no_passing_trouble(
    status: int, clock: FakeClock
) -> None:
    body = {"error": {"code": status, "message": "vertex_project is required.", "type": "x"}}
    got = polled(clock, no(status, body))
    assert (got.state, got.symptom) == ("refused", "poll-misconfigured")
    assert got.text == "vertex_project is required."
    late = {"error": {"message": "Your default credentials were not found.", "type": "x"}}
    assert polled(clock, no(500, late)).symptom == "poll-misconfigured"
    assert polled(clock, no(500, {"error": {"message": "oops"}})).state == "trouble"
    assert polled(clock, no(409, body)).state == "trouble"


@pytest.mark.parametrize(
    ("reply", "state", "status", "symptom"),
    [
        (
            no(
                404,
                {
                    "error": {
                        "code": 404,
                        "message": "Requested entity was not found.",
                        "status": "NOT_FOUND",
                    }
                },
            ),
            "gone",
            "http 404",
            "operation-unknown",
        ),
        (no(404, "<html>"), "trouble", "http 404", None),
        (no(503, {"error": {"code": 503, "status": "UNAVAILABLE"}}), "trouble", "http 503", None),
        (no(500, "oops"), "trouble", "http 500", None),
        (
            no(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}),
            "refused",
            "http 401",
            "poll-refused",
        ),
        (
            no(403, {"error": {"code": 403, "status": "PERMISSION_DENIED"}}),
            "refused",
            "http 403",
            "poll-refused",
        ),
        (ok([]), "trouble", "unreadable", None),
        (ok({}), "trouble", "unreadable", None),
        (
            ok({"name": f"models/{MODEL}/operations/another", "done": True}),
            "trouble",
            "unreadable",
            None,
        ),
        (httpx.Response(200, text="<html>"), "trouble", "unreadable", None),
        (httpx.ReadTimeout("slow"), "trouble", "too-slow", None),
        (httpx.ConnectError("down"), "trouble", "unreachable", None),
    ],
)
def test_a_poll_that_tells_nothing_does_not_end_the_job(
    reply: httpx.Response | Exception,
    state: str,
    status: str,
    symptom: str | None,
    clock: FakeClock,
) -> None:
    got = polled(clock, reply)
    assert (got.state, got.status, got.symptom) == (state, status, symptom)
    assert clock.sleeps == []


def test_a_limited_poll_says_when_to_come_back(clock: FakeClock) -> None:
    body = {
        "error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "7s"}]}
    }
    assert polled(clock, no(429, body)).retry_after == 7.0
    assert polled(clock, no(429, None, retry_after="9")).retry_after == 9.0


def test_a_done_answer_without_a_name_counts(clock: FakeClock) -> None:
    got = polled(clock, ok({"done": True, "response": {"generatedSamples": [SAMPLE]}}))
    assert (got.state, got.served_model) == ("done", MODEL)


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        (OPERATION, True),
        (LONG_OPERATION, True),
        (None, False),
        ("", False),
        ("models/../../x/operations/y", False),
        (f"{OPERATION}/../../secret", False),
        (f"{OPERATION}?key=x", False),
        ("https://evil.example/models/x/operations/y", False),
        ("task_123", False),
    ],
)
def test_only_operations_become_part_of_an_address(name: str | None, valid: bool) -> None:
    assert is_operation(name) is valid


def test_a_forged_operation_is_not_asked_about(clock: FakeClock) -> None:
    network = Network(ok({}))
    for place in (gemini(), agent_platform()):
        got = driver(place, network, clock).poll("models/x/operations/../../y")
        assert (got.state, got.symptom) == ("gone", "operation-unknown")
    assert network.requests == []


def test_videos_are_fetched_with_the_key_or_taken_from_the_operation(clock: FakeClock) -> None:
    network = Network(httpx.Response(200, content=b"mp4"))
    jobs = driver(gemini(), network, clock)
    got: list[bytes] = []
    answer = jobs.fetch(OPERATION, VideoRef(SAMPLE["video"]["uri"]), 0, got.append)
    place = "generativelanguage.googleapis.com/v1beta/files/q:download"
    assert answer == FetchAnswer(ok=True, status_code=200, place=place, exchanges=("x1",))
    assert network.requests[0].headers["x-goog-api-key"] == "AQ.gemini-key-value"
    jobs.fetch(OPERATION, VideoRef(content=b" inline"), 1, got.append)
    assert b"".join(got) == b"mp4 inline"
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("video", "reply", "symptom"),
    [
        (VideoRef("gs://bucket/v.mp4"), ok({}), "result-elsewhere"),
        (VideoRef("http://cdn.example/v.mp4"), ok({}), "host-refused"),
        (VideoRef("https://10.0.0.1/v.mp4"), ok({}), "host-refused"),
        (VideoRef(), ok({}), "content-unavailable"),
        (
            VideoRef(SAMPLE["video"]["uri"]),
            no(404, {"error": {"message": "gone"}}),
            "content-unavailable",
        ),
        (
            VideoRef(SAMPLE["video"]["uri"]),
            no(403, {"error": {"message": "no"}}),
            "content-refused",
        ),
        (VideoRef(SAMPLE["video"]["uri"]), httpx.ReadError("cut"), "content-unavailable"),
    ],
)
def test_what_cannot_be_fetched_has_a_name(
    video: VideoRef, reply: httpx.Response | Exception, symptom: str, clock: FakeClock
) -> None:
    got = driver(gemini(), Network(reply), clock).fetch(OPERATION, video, 0, lambda piece: None)
    assert (got.ok, got.symptom) == (False, symptom)


def test_google_tells_no_key_what_it_used(clock: FakeClock) -> None:
    jobs = driver(agent_platform(), Network(ok({})), clock)
    for got in (jobs.used(), jobs.usage("o", "r", datetime(2026, 11, 22, tzinfo=UTC))):
        assert isinstance(got, Missing)
        assert got.code == "not-offered"
