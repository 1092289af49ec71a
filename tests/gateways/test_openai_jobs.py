from __future__ import annotations

import base64
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from job_world import MODEL, PROXY, SENTENCES, Network, driver, no, ok, proxy, request
from veo_check.core.facts import Missing
from veo_check.core.jobs import FetchAnswer, PollAnswer, Submission, VideoRef
from veo_check.gateways.openai import served_model


def video_id(model: str = MODEL, deployment: str = MODEL) -> str:
    inner = (
        f"litellm:custom_llm_provider:gemini;model_id:{deployment};"
        f"video_id:models/{model}/operations/ok1"
    )
    return "video_" + base64.urlsafe_b64encode(inner.encode()).decode()


VIDEO = video_id()


def shown(status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": VIDEO,
        "object": "video",
        "status": status,
        "error": None,
        "model": "veo-fast",
    } | more


KEY = "sk-proxy-key-value"


@pytest.mark.parametrize("model", [KEY, KEY.upper(), f"veo-{KEY}"])
def test_a_key_in_the_place_of_a_model_is_masked(clock: FakeClock, model: str) -> None:
    network = Network(ok(shown("completed", id=video_id(model))))
    got = driver(proxy(), network, clock).poll("video_of_old")
    assert got.state == "done"
    assert "[redacted]" in (got.served_model or "")
    assert KEY not in (got.served_model or "").lower()


@pytest.mark.parametrize("video", [video_id(KEY), f"video_{KEY}", f"video_{KEY.encode().hex()}"])
def test_an_operation_that_holds_the_key_is_written_down_nowhere(
    clock: FakeClock, video: str
) -> None:
    network = Network(ok(shown("processing", id=video)))
    got = driver(proxy(), network, clock).submit(request("veo-fast", seconds=8))
    assert (got.state, got.operation, got.served_model) == ("uncertain", None, None)


@pytest.mark.parametrize("status", [200, 201, 202, 207])
@pytest.mark.parametrize("state", ["pending", "queued", "in_progress"])
def test_an_answer_with_an_id_is_an_accepted_job(clock: FakeClock, status: int, state: str) -> None:
    for job in ("job-abc123", "x" * 4096):
        body = {"id": job, "polling_url": f"/api/v1/videos/{job}", "status": state}
        network = Network(no(status, body))
        got = driver(proxy(), network, clock).submit(request("veo-fast", seconds=8))
        assert (got.state, got.operation) == ("accepted", job)
    network = Network(no(status, {"id": "x" * 4097, "status": state}))
    assert driver(proxy(), network, clock).submit(request("veo-fast")).state == "uncertain"


def test_a_submit_stops_the_proxys_own_retries(clock: FakeClock) -> None:
    network = Network(
        ok(shown("processing"), x_litellm_response_cost="0.8", x_litellm_call_id="49ec-1")
    )
    got = driver(proxy(), network, clock).submit(request("veo-fast", seconds=8))
    assert got == Submission(
        "accepted",
        operation=VIDEO,
        request_id="49ec-1",
        served_model=MODEL,
        cost=Decimal("0.8"),
        status_code=200,
        exchanges=("x1",),
    )
    assert network.asked == [("POST", f"{PROXY}/v1/videos")]
    assert network.requests[0].headers["x-litellm-num-retries"] == "0"
    assert network.requests[0].headers["authorization"] == "Bearer sk-proxy-key-value"
    assert network.body() == {
        "model": "veo-fast",
        "prompt": "a boat",
        "seconds": "8",
        "size": "1280x720",
    }


@pytest.mark.parametrize(
    ("resolution", "aspect", "asked"),
    [
        ("720p", "9:16", {"size": "720x1280"}),
        ("1080p", "16:9", {"size": "1920x1080"}),
        ("1080p", "9:16", {"size": "1080x1920"}),
        # a size of 3840x2160 would be dropped without a word
        ("4k", "16:9", {"resolution": "4k", "aspectRatio": "16:9"}),
        ("720p", "1:1", {"resolution": "720p", "aspectRatio": "1:1"}),
    ],
)
def test_the_size_is_asked_for_so_that_it_arrives(
    resolution: str, aspect: str, asked: dict[str, str], clock: FakeClock
) -> None:
    network = Network(ok(shown("processing")))
    job = request("veo-fast", resolution=resolution, aspect_ratio=aspect)
    driver(proxy(), network, clock).submit(job)
    assert network.body() == {"model": "veo-fast", "prompt": "a boat", "seconds": "4"} | asked


def test_other_modes_are_not_sent(clock: FakeClock) -> None:
    network = Network(ok(shown("processing")))
    got = driver(proxy(), network, clock).submit(request("veo-fast", mode="image-to-video"))
    assert (got.state, network.requests) == ("not-sent", [])


@pytest.mark.parametrize("cost", ["", "free", "-1", "NaN", "1e999"])
def test_an_odd_cost_is_no_cost(cost: str, clock: FakeClock) -> None:
    network = Network(ok(shown("processing"), x_litellm_response_cost=cost))
    assert driver(proxy(), network, clock).submit(request("veo-fast")).cost is None


@pytest.mark.parametrize(
    ("video", "model"),
    [
        (VIDEO, MODEL),
        (video_id(deployment=""), MODEL),
        (video_id("veo-3.1-generate-001@default"), "veo-3.1-generate-001"),
        (
            "video_" + base64.urlsafe_b64encode(b"other:video_id:models/x/operations/y").decode(),
            None,
        ),
        ("video_68d7512d07848190b3e45da0ecbebcde004da08e1e0678d5", None),
        ("video_!!!", None),
        ("", None),
    ],
)
def test_the_served_model_is_in_the_video_id(video: str, model: str | None) -> None:
    assert served_model(video) == model


def poll(clock: FakeClock, reply: httpx.Response | Exception) -> PollAnswer:
    return driver(proxy(), Network(reply), clock).poll(VIDEO)


@pytest.mark.parametrize(
    ("body", "state", "symptom"),
    [
        (shown("processing"), "running", None),
        (shown("queued"), "running", None),
        (shown("in_progress", progress=40), "running", None),
        (shown("a new word"), "running", None),
        (shown("completed"), "done", None),
        (
            shown("failed", error={"code": "moderation_blocked", "message": "no"}),
            "failed",
            "filtered",
        ),
        (
            shown("failed", error={"code": "internal_error", "message": "internal error"}),
            "failed",
            "backend-error",
        ),
        (shown("failed"), "failed", "failed"),
        (shown("cancelled"), "failed", "cancelled"),
    ],
)
def test_a_poll_tells_how_the_job_is(
    body: dict[str, Any], state: str, symptom: str | None, clock: FakeClock
) -> None:
    got = poll(clock, ok(body))
    assert (got.state, got.status, got.symptom) == (state, body["status"], symptom)
    assert got.served_model == MODEL
    assert got.videos == ((VideoRef(),) if state == "done" else ())


@pytest.mark.parametrize(
    ("symptom", "sentence"), [one for one in SENTENCES if one[0] != "not-allowlisted"]
)
def test_googles_sentences_are_named_through_the_proxy(
    symptom: str, sentence: str, clock: FakeClock
) -> None:
    for error in (
        sentence,
        {"message": sentence},
        {"code": "x", "message": f"litellm: {sentence}"},
    ):
        got = poll(clock, ok(shown("failed", error=error)))
        assert (got.state, got.symptom) == ("failed", symptom)
        assert sentence[:150] in str(got.text)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "litellm.BadRequestError: vertex_project is required for Vertex AI."),
        (400, "something else that a proxy cannot do"),
        (500, "litellm.APIConnectionError: Your default credentials were not found."),
    ],
)
def test_steady_refusals_of_polls_quote_the_proxys_words(
    status: int, words: str, clock: FakeClock
) -> None:
    got = poll(clock, no(status, {"error": {"message": words, "type": "x", "code": str(status)}}))
    assert (got.state, got.symptom, got.text) == ("refused", "poll-misconfigured", words)


def validation_error(holds: str, field: str = ".generatedSamples") -> httpx.Response:
    """LiteLLM 1.106.2's and 1.110.2's answer to every poll of an operation without samples."""
    text = (
        "litellm.InternalServerError: GeminiException InternalServerError - 1 validation error for "
        "GeminiLongRunningOperationResponse\nresponse.generateVideoResponse"
        f"{field}\n"
        f"  Field required [type=missing, input_value={holds}, input_type=dict]\n"
    )
    error = {"message": text, "type": "internal_server_error", "param": None, "code": "500"}
    return no(500, {"error": error})


@pytest.mark.parametrize(
    ("reply", "state", "symptom"),
    [
        (validation_error("{'raiMediaFilteredCount':...Reasons': ['x']}"), "failed", "filtered"),
        (
            validation_error("{'@type': 'type.googleapi...pport codes: 42237218']}", ""),
            "failed",
            "filtered",
        ),
        (validation_error("{'@type': 'type.googleapis.com/x'}", ""), "failed", "empty-result"),
        (validation_error("{}"), "failed", "empty-result"),
        (no(500, {"error": {"message": "Cannot connect to host", "code": "500"}}), "trouble", None),
        (no(500, "Internal Server Error"), "trouble", None),
        (
            no(
                404,
                {
                    "error": {
                        "message": 'litellm.NotFoundError: GeminiException - {"error": {"code": '
                        '404, "message": "Requested entity was not found.", '
                        '"status": "NOT_FOUND"}}',
                        "type": "invalid_request_error",
                        "code": "404",
                    }
                },
            ),
            "gone",
            "operation-unknown",
        ),
        (no(401, {"error": {"message": "x"}}), "refused", "poll-refused"),
        (
            no(401, {"error": {"message": "litellm.AuthenticationError: Vertex_aiException - x"}}),
            "refused",
            "gateway-key",
        ),
        (ok({}), "trouble", None),
        (httpx.Response(200, text="<html>"), "trouble", None),
        (httpx.ConnectError("down"), "trouble", None),
    ],
)
def test_what_the_proxy_cannot_tell(
    reply: httpx.Response | Exception, state: str, symptom: str | None, clock: FakeClock
) -> None:
    got = poll(clock, reply)
    assert (got.state, got.symptom) == (state, symptom)


def test_the_content_is_fetched_through_the_proxy(clock: FakeClock) -> None:
    network = Network(httpx.Response(200, content=b"mp4"))
    got: list[bytes] = []
    answer = driver(proxy(), network, clock).fetch(VIDEO, VideoRef(), 0, got.append)
    assert (answer.ok, b"".join(got)) == (True, b"mp4")
    assert network.asked == [("GET", f"{PROXY}/v1/videos/{VIDEO}/content")]


def test_completed_without_content_is_named(clock: FakeClock) -> None:
    text = "litellm.APIConnectionError: No response data in completed operation"
    network = Network(no(500, {"error": {"message": text}}))
    got = driver(proxy(), network, clock).fetch(VIDEO, VideoRef(), 0, lambda piece: None)
    assert isinstance(got, FetchAnswer)
    assert (got.symptom, got.text, got.status_code) == ("content-unavailable", text, 500)


def test_no_key_can_read_its_usage_here(clock: FakeClock) -> None:
    jobs = driver(proxy(), Network(ok({})), clock)
    for got in (jobs.used(), jobs.usage(VIDEO, "r", datetime(2026, 11, 22, tzinfo=UTC))):
        assert isinstance(got, Missing)
        assert got.code == "not-offered"


def test_health_is_never_asked(clock: FakeClock) -> None:
    """LiteLLM's /health submits a paid job to every video deployment."""
    network = Network(ok(shown("completed")))
    jobs = driver(proxy(), network, clock)
    jobs.submit(request("veo-fast"))
    jobs.poll(VIDEO)
    jobs.fetch(VIDEO, VideoRef(), 0, lambda piece: None)
    jobs.used()
    assert all("health" not in url for _, url in network.asked)
