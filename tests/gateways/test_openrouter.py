"""OpenRouter's wire, by wire-2026-11-30.md B: real shapes, unknown fields, its own refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from answers import answer
from check_world import a_route
from fake_clock import FakeClock
from job_world import KEYS, Network, driver, no, ok, proxy, request
from veo_check.core.facts import Catalog, GatewayStatus, KeyAnswer, KeyUsage, Missing
from veo_check.core.jobs import PollAnswer, Submission, UsageRead, VideoRef
from veo_check.core.secrets import Redactor
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.openrouter import (
    READS,
    read_catalog,
    read_key_answer,
    read_listing,
    read_status,
    read_usage,
)
from veo_check.http.answers import Failure
from veo_check.http.keys import KeyName
from veo_check.pricing.gateway_row import GatewayPrice, price_of_row
from veo_check.pricing.shape import Refusal, Shape

HOST = "https://openrouter.ai"
ROOT = f"{HOST}/api/v1"
LABEL = "google/veo-3.1-fast"
JOB = "gen-vid-1759400000-AbCdEfGhIjKlMnOpQrSt"
SINCE = datetime(2026, 11, 30, tzinfo=UTC)
SKUS = {
    "duration_seconds_with_audio": "0.12",
    "duration_seconds_with_audio_720p": "0.10",
    "duration_seconds_with_audio_4k": "0.30",
    "duration_seconds_without_audio": "0.10",
    "duration_seconds_without_audio_720p": "0.08",
}
ROW = {
    "id": LABEL,
    "canonical_slug": "google/veo-3.1-fast-20251015",
    "supported_resolutions": ["720p", "1080p", "4K"],
    "supported_durations": [4, 6, 8],
    "supported_aspect_ratios": None,
    "pricing_skus": SKUS,
    "a_field_of_tomorrow": {"deep": [1]},
}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KEYS, "OPENROUTER_KEY", "sk-or-v1-value-of-a-key")


def place() -> JobEndpoint:
    return replace(
        proxy(),
        gateway="openrouter",
        label=LABEL,
        surface="agent-platform",
        base_url=HOST,
        console_url=HOST,
        key=KeyName("OPENROUTER_KEY"),
    )


def job(status: str = "pending", **more: Any) -> dict[str, Any]:
    return {"id": JOB, "polling_url": f"{ROOT}/videos/{JOB}", "status": status} | more


def submitted(clock: FakeClock, reply: httpx.Response) -> Submission:
    return driver(place(), Network(reply), clock).submit(request(LABEL))


def polled(clock: FakeClock, body: object) -> PollAnswer:
    return driver(place(), Network(ok(body)), clock).poll(JOB)


def test_a_job_is_202_with_an_id(clock: FakeClock) -> None:
    network = Network(httpx.Response(202, json=job(new_field=[{}])))
    got = driver(place(), network, clock).submit(request(LABEL, resolution="4k", audio=False))
    assert (got.state, got.operation, got.status_code) == ("accepted", JOB, 202)
    assert network.asked == [("POST", f"{ROOT}/videos")]
    assert network.requests[0].headers["authorization"] == "Bearer sk-or-v1-value-of-a-key"
    assert network.body() == {
        "model": LABEL,
        "prompt": "a boat",
        "duration": 4,
        "resolution": "4K",  # capital, or it is refused
        "aspect_ratio": "16:9",
        "generate_audio": False,
    }


@pytest.mark.parametrize(
    "body", [{}, {"id": JOB}, {"data": job()}, job(error="no"), {"id": "../x", "status": "pending"}]
)
def test_an_id_that_is_not_the_jobs_own_is_uncertain(body: object, clock: FakeClock) -> None:
    got = submitted(clock, httpx.Response(202, json=body))
    assert (got.state, got.symptom) == ("uncertain", "submit-uncertain")


def refusal(status: int, message: str, **metadata: Any) -> httpx.Response:
    error = {"code": status, "message": message, "metadata": metadata}
    return no(status, {"error": error, "user_id": "user_personal"})


@pytest.mark.parametrize(
    ("reply", "symptom"),
    [
        (refusal(401, "User not found."), "key-refused"),
        (refusal(400, "Duration 99s is not supported for this model. Supported durations: 4s",
                 failed_routing_step="Validate Video Parameters"), "duration-refused"),
        (refusal(400, "Resolution 4K is not supported for this model."), "parameter-refused"),
        (refusal(400, "google/veo-3.1 does not support previous_job_id"), "parameter-refused"),
        (refusal(402, "Insufficient", limit_source="openrouter_credits"), "no-quota"),
        (refusal(402, "Insufficient", limit_source="openrouter_key_limit"), "no-quota"),
        (refusal(402, "Busy", limit_source="openrouter_in_flight_budget"), "rate-limited"),
        (refusal(403, "Budget", limit_source="openrouter_budget"), "no-quota"),
        (refusal(429, "Slow down", error_type="rate_limit_exceeded"), "rate-limited"),
        (refusal(429, "Provider returned error", raw="quota", retry_after_seconds=30),
         "rate-limited"),
        (no(400, {"success": False, "error": {"name": "ZodError", "message": "[{}]"}}), "refused"),
    ],
)  # fmt: skip
def test_each_refusal_has_a_name(reply: httpx.Response, symptom: str, clock: FakeClock) -> None:
    got = submitted(clock, reply)
    assert (got.state, got.symptom) == ("refused", symptom)
    assert "user_personal" not in str(got)


def test_what_the_upstream_said_and_when_to_come_back_are_kept(clock: FakeClock) -> None:
    raw = {"raw": "Resource exhausted", "retry_after_seconds": 30}
    got = submitted(clock, refusal(429, "Provider returned error", **raw))
    assert (got.retry_after, got.text) == (30.0, "Provider returned error (Resource exhausted)")


@pytest.mark.parametrize("status", [499, 500, 502, 503])
def test_what_is_no_refusal_is_uncertain(status: int, clock: FakeClock) -> None:
    assert submitted(clock, refusal(status, "oops")).state == "uncertain"


def test_a_poll_goes_to_the_gateways_own_host(clock: FakeClock) -> None:
    network = Network(ok(job(polling_url="https://elsewhere.example/steal")))
    assert driver(place(), network, clock).poll(JOB).state == "running"
    assert network.asked == [("GET", f"{ROOT}/videos/{JOB}")]


@pytest.mark.parametrize(
    ("body", "state", "symptom"),
    [
        (job("in_progress"), "running", None),
        (job("a_word_of_tomorrow"), "running", None),
        (job("completed", unsigned_urls=["u"], urls=["https://signed"]), "done", None),
        (job("failed", error="Unsupported output video duration 4 seconds, supported durations "
             "are [8] for feature reference_to_video."), "failed", "duration-refused"),
        (job("failed", error="blocked by safety filters"), "failed", "filtered"),
        (job("failed"), "failed", "failed"),
        (job("expired"), "failed", "failed"),
        (job("cancelled"), "failed", "cancelled"),
        (job("completed", id="gen-vid-another"), "trouble", None),
        ({}, "trouble", None),
    ],
)  # fmt: skip
def test_each_state(body: object, state: str, symptom: str | None, clock: FakeClock) -> None:
    got = polled(clock, body)
    assert (got.state, got.symptom) == (state, symptom)


def test_a_job_that_is_gone_is_said_so(clock: FakeClock) -> None:
    got = driver(place(), Network(refusal(404, f"Job {JOB} not found")), clock).poll(JOB)
    assert (got.state, got.symptom) == ("gone", "operation-unknown")


def test_content_is_fetched_with_the_key_and_never_by_a_signed_address(clock: FakeClock) -> None:
    done = job("completed", unsigned_urls=["https://x"], urls=["https://signed.example/v"])
    network = Network(ok(done), no(200, "mp4"))
    jobs = driver(place(), network, clock)
    (video,) = jobs.poll(JOB).videos
    assert video == VideoRef()
    kept: list[bytes] = []
    assert jobs.fetch(JOB, video, 0, kept.append).ok
    assert network.asked[-1] == ("GET", f"{ROOT}/videos/{JOB}/content?index=0")
    assert network.requests[-1].headers["authorization"].startswith("Bearer ")


GENERATION = {
    "id": JOB,
    "model": "google/veo-3.1-fast-20251015",
    "provider_name": "Google",
    "total_cost": 0.4,
    "a_field_of_tomorrow": None,
}


def used(clock: FakeClock, reply: httpx.Response, cost: object = 0.4) -> UsageRead | Missing:
    network = Network(ok(job("completed", usage={"cost": cost, "is_byok": False})), reply)
    jobs = driver(place(), network, clock)
    jobs.poll(JOB)
    return jobs.usage(JOB, None, SINCE)


def test_the_generation_record_says_what_it_cost_and_who_served_it(clock: FakeClock) -> None:
    read = used(clock, ok({"data": GENERATION}))
    assert isinstance(read, UsageRead)
    (row,) = read.rows
    assert (row.amount, row.served_model) == (Decimal("0.4"), LABEL)
    assert (row.provider, row.surface, read.pending) == ("Google", "agent-platform", False)


@pytest.mark.parametrize(
    ("provider", "surface"),
    [
        ("Google AI Studio", "gemini-api"),
        ("google-ai-studio", "gemini-api"),
        ("Google Vertex", "agent-platform"),
        ("ByteDance", "bytedance"),
        (None, None),
    ],
)
def test_a_provider_is_a_surface(
    provider: str | None, surface: str | None, clock: FakeClock
) -> None:
    read = used(clock, ok({"data": GENERATION | {"provider_name": provider}}))
    assert isinstance(read, UsageRead)
    assert read.rows[0].surface == surface


def test_a_record_that_is_not_there_yet_is_pending_and_never_free(clock: FakeClock) -> None:
    read = used(clock, refusal(404, f"Generation {JOB} not found"))
    assert isinstance(read, UsageRead)
    assert (read.pending, read.rows[0].amount) == (True, Decimal("0.4"))


def test_of_two_amounts_the_higher_counts(clock: FakeClock) -> None:
    read = used(clock, ok({"data": GENERATION | {"total_cost": 0.1}}))
    assert isinstance(read, UsageRead)
    assert read.rows[0].amount == Decimal("0.4")


def test_another_snapshot_is_another_model(clock: FakeClock) -> None:
    read = used(clock, ok({"data": GENERATION | {"model": "google/veo-3.1-lite-20260402"}}))
    assert isinstance(read, UsageRead)
    assert read.rows[0].served_model == "google/veo-3.1-lite"


# The free reads.


def priced(resolution: str, audio: bool = True, **skus: str) -> GatewayPrice | Refusal:
    row = ROW | ({"pricing_skus": skus} if skus else {})
    catalog = read_catalog(answer({"data": [row]}), LABEL, ROOT)
    assert isinstance(catalog, Catalog)
    shape = Shape(
        "veo-3.1-fast-generate-001",
        "agent-platform",
        seconds=Decimal(8),
        resolution=resolution,
        audio=audio,
    )
    return price_of_row(catalog, None, shape)


@pytest.mark.parametrize(
    ("resolution", "audio", "expected"),
    [("720p", True, "0.80"), ("1080p", True, "0.96"), ("4k", True, "2.40"), ("720p", False, "0.64"),
     ("1080p", False, "0.80")],
)  # fmt: skip
def test_the_sku_that_fits_best_is_the_price(resolution: str, audio: bool, expected: str) -> None:
    got = priced(resolution, audio)
    assert isinstance(got, GatewayPrice)
    assert got.expected == Decimal(expected)


@pytest.mark.parametrize(
    ("skus", "resolution", "code"),
    [
        ({"duration_seconds_without_audio": "0.1"}, "4k", "unknown-unit"),  # not what 4k costs
        ({"video_tokens": "0.000007"}, "720p", "unknown-unit"),
        ({"a_unit_of_tomorrow": "0.1"}, "720p", "unknown-unit"),
        ({"duration_seconds": "0"}, "720p", "unpriced"),
        ({"duration_seconds": "-1"}, "720p", "unpriced"),
        ({"duration_seconds": "NaN"}, "720p", "unpriced"),
        ({"duration_seconds": "a dollar"}, "720p", "unpriced"),
    ],
)
def test_a_sku_without_a_known_unit_is_no_price(
    skus: dict[str, str], resolution: str, code: str
) -> None:
    got = priced(resolution, False, **skus)
    assert isinstance(got, Refusal)
    assert got.code == code


def test_cents_floors_and_images_are_counted() -> None:
    got = priced("720p", cents_per_second="10", minimum_cents_per_generation="200")
    assert isinstance(got, GatewayPrice)
    assert got.expected == Decimal("2.00")


def test_the_list_is_read_with_no_key_and_its_limits_are_kept() -> None:
    (ask,) = READS.prices.catalog(a_route({"via.gateway": "openrouter"})) if READS.prices else ()
    assert (ask.url.endswith("/api/v1/videos/models"), ask.key) == (True, None)
    catalog = read_catalog(answer({"data": [ROW]}), LABEL, ROOT)
    assert isinstance(catalog, Catalog)
    (row,) = catalog.rows
    assert row.limits == {"seconds": ("4", "6", "8"), "resolution": ("720p", "1080p", "4k")}
    listing = read_listing(answer({"data": [ROW]}), ROOT)
    assert not isinstance(listing, Failure)
    assert listing.find(LABEL) is not None


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": [{"name": "x"}]}, [], "page"])
def test_what_is_no_list_is_unreadable(body: object) -> None:
    assert isinstance(read_catalog(answer(body), LABEL, ROOT), Failure)


KEY = {
    "label": "ci-smoke",
    "limit": 50,
    "limit_remaining": 40.5,
    "usage": 9.5,
    "creator_user_id": "user_personal",
}


def test_the_key_tells_its_limit_in_usd() -> None:
    got = read_usage(answer({"data": KEY}))
    assert isinstance(got, KeyUsage)
    assert (got.available, got.unlimited, got.name) == (40_500_000, False, "ci-smoke")
    status = read_status(answer({"data": KEY}))
    assert isinstance(status, GatewayStatus)
    assert status.quota_per_unit == 1_000_000
    unlimited = read_usage(answer({"data": KEY | {"limit": None, "limit_remaining": None}}))
    assert isinstance(unlimited, KeyUsage)
    assert unlimited.unlimited


@pytest.mark.parametrize("change", [{"usage": "9"}, {"limit": "50"}, {"limit_remaining": None}])
def test_a_limit_that_cannot_be_read_is_not_known(change: dict[str, Any]) -> None:
    assert isinstance(read_usage(answer({"data": KEY | change})), Failure)


@pytest.mark.parametrize(("status", "state"), [(401, "refused"), (403, "denied")])
def test_a_refused_key_is_a_finding(status: int, state: str) -> None:
    got = read_key_answer(answer({"error": {"code": status, "message": "User not found."}}, status))
    assert isinstance(got, KeyAnswer)
    assert got.state == state


def test_personal_ids_and_signed_addresses_are_masked() -> None:
    body = (
        '{"creator_user_id":"user_2abcPersonal","user_id": "user_2abcPersonal",'
        '"urls":["https://s.example/v?x=1"],"unsigned_urls":["https://openrouter.ai/v"]}'
    )
    shown = Redactor().shown(body, 1000)
    assert "Personal" not in shown
    assert "s.example" not in shown
    assert "unsigned_urls" in shown
