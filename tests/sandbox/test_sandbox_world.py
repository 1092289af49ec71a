"""The world as a whole: hosts, troubled reads, the ledger, the list of scenarios."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, date, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_clock import FakeClock
from sandbox_box import AGENT_PLATFORM, FLATKEY, GEMINI, NEWAPI, OPENAI, PUBLISHER, Box
from veo_check.core.clock import SandboxClock, WaitingClock
from veo_check.core.secrets import SANDBOX_KEY_MARK
from veo_check.sandbox.scenarios import SCENARIOS, Scenario
from veo_check.sandbox.server import SandboxTransport
from veo_check.sandbox.wire import SURFACES, Request, Surface
from veo_check.sandbox.world import UnknownScenarioError, open_world

READS = [
    f"{GEMINI}/v1beta/models",
    f"{AGENT_PLATFORM}/v1beta1/publishers/google/models/veo-3.1-generate-001",
    "https://console.flatkey.ai/api/website/pricing?group=plg",
    f"{FLATKEY}/v1/models",
    f"{NEWAPI}/api/pricing",
    f"{OPENAI}/v1/models",
]


@pytest.mark.parametrize("url", READS)
def test_every_surface_answers_at_its_host(url: str) -> None:
    answer = Box("healthy").get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "application/json; charset=utf-8",
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v1/models",
        "https://flatkey.ai.example/v1/models",
        "https://evilflatkey.ai/v1/models",
        "https://gateway.example.com/other/v1/models",
        "https://gateway.example.com/videos/v1/models",
        "http://newapi.example.com/v1/models",
        "https://newapi.example.com:8443/v1/models",
        "https://storage.googleapis.com/x",
    ],
)
def test_every_other_host_refuses_the_connection(url: str) -> None:
    box = Box("healthy")
    with pytest.raises(httpx.ConnectError, match="is not part of the sandbox"):
        box.client.get(url)
    assert [str(stray.url) for stray in box.transport.strays] == [url]


def test_an_unknown_surface_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="'veo' is not a surface"):
        SandboxTransport(open_world("healthy"), {"https://a.example": "veo"})


def test_an_unknown_scenario_names_the_command_that_lists_them() -> None:
    with pytest.raises(UnknownScenarioError, match=r"no scenario 'sunny'; `veo-check"):
        open_world("sunny")


def test_the_clock_is_the_scenario_s_unless_given(clock: FakeClock) -> None:
    world = open_world("article-2026-06-17")
    assert isinstance(world.clock, SandboxClock)
    assert world.clock.now().date() == world.scenario.day
    assert open_world("healthy", clock).clock is clock


def test_in_a_run_only_waiting_passes_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    real = {"now": 1000.0}
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        real["now"] += seconds

    monkeypatch.setattr("time.monotonic", lambda: real["now"])
    monkeypatch.setattr("time.sleep", nap)
    clock = WaitingClock(date(2026, 11, 22))
    real["now"] += 7  # a busy machine
    assert clock.monotonic() == 7
    clock.sleep(100)
    assert (clock.monotonic(), naps) == (107, [1])
    assert clock.now() == datetime(2026, 11, 22, 12, 1, 47, tzinfo=UTC)

    def another_waits_too(seconds: float) -> None:
        nap(seconds)
        monkeypatch.setattr("time.sleep", nap)
        clock.sleep(60)  # in the middle of it

    monkeypatch.setattr("time.sleep", another_waits_too)
    clock.sleep(60)
    assert clock.monotonic() == pytest.approx(107 + 60 + 0.6)  # overlapping, not one by one


def test_keys_carry_the_mark_and_no_dash_where_it_would_cut() -> None:
    world = open_world("healthy")
    assert set(world.keys) == set(SURFACES)
    every = [*world.keys.values(), *world.other_keys.values()]
    assert len(set(every)) == len(every)
    for key in every:
        assert SANDBOX_KEY_MARK in key
        assert "-" not in key.removeprefix("sk-")
    for surface, key in world.keys.items():
        assert [other for other in SURFACES if world.accepts(other, key)] == [surface]


# --- troubled reads ---------------------------------------------------------------------------


@pytest.mark.parametrize("url", READS)
@pytest.mark.parametrize(
    ("scenario", "status", "kind"),
    [
        ("html-200", 200, "text/html; charset=utf-8"),
        ("garbage-json", 200, "application/json; charset=utf-8"),
        ("redirect-elsewhere", 302, None),
        ("rate-limited", 429, None),
    ],
)
def test_troubled_reads(scenario: str, status: int, kind: str | None, url: str) -> None:
    answer = Box(scenario).get(url)
    assert answer.status_code == status
    if kind is not None:
        assert answer.headers["content-type"] == kind
        with pytest.raises(json.JSONDecodeError):
            answer.json()


def test_where_a_redirect_leads() -> None:
    answer = Box("redirect-elsewhere").get(f"{FLATKEY}/v1/models")
    assert answer.headers["location"] == "https://elsewhere.example/v1/models"


def test_each_side_limits_rates_in_its_own_words() -> None:
    box = Box("rate-limited")
    google, gateway = box.get(READS[0]), box.get(READS[3])
    assert google.json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert (gateway.content, gateway.headers["retry-after"]) == (b"", "2")


@pytest.mark.parametrize("scenario", ["html-200", "slow", "rate-limited", "garbage-json"])
def test_trouble_is_for_free_reads_only(scenario: str) -> None:
    box = Box(scenario)
    task = box.video(duration=8).json()["id"]
    box.finish()
    assert box.get(f"{FLATKEY}/v1/videos/{task}").json()["status"] == "completed"
    assert box.get(f"{FLATKEY}/v1/videos/{task}/content").status_code == 200
    assert box.clock.sleeps == []


def test_a_slow_read_runs_into_the_client_s_own_limit() -> None:
    box = Box("slow")
    with pytest.raises(httpx.ReadTimeout):
        box.get(f"{FLATKEY}/v1/models")
    patient = box.client.get(f"{FLATKEY}/api/status", timeout=None)
    assert (patient.status_code, box.clock.sleeps) == (200, [30, 120])


def test_a_catalogue_that_does_not_end() -> None:
    box = Box("huge-body")
    total = 0
    with box.client.stream("GET", f"{FLATKEY}/api/pricing") as answer:
        for chunk in answer.iter_raw():
            total += len(chunk)
            if total > 5_000_000:
                break
    assert total > 5_000_000


def test_a_listing_that_unpacks_to_a_gigabyte() -> None:
    box = Box("huge-body")
    packed = b""
    with box.client.stream("GET", f"{FLATKEY}/v1/models") as answer:
        assert answer.headers["content-encoding"] == "gzip"
        for chunk in answer.iter_raw():
            packed += chunk
            if packed:
                break
    assert (len(packed) < 100_000, len(gzip.decompress(packed))) == (True, 16 * 1024 * 1024)


# --- the ledger -------------------------------------------------------------------------------


def test_the_ledger_tells_everything_that_could_cost() -> None:
    box = Box("healthy")
    box.video(duration=8)
    box.video(duration=5)
    box.predict(durationSeconds=4)
    book = json.loads(box.world.ledger_json())
    assert [(one["surface"], one["status"], one["accepted"]) for one in book["submits"]] == [
        ("flatkey", 200, True),
        ("flatkey", 200, True),
        ("agent-platform", 200, True),
    ]
    assert (book["accepted"], book["spent"]) == (3, "1.56")
    box.finish()
    book = json.loads(box.world.ledger_json())
    assert [(one["kind"], one["surface"], one["quota"], one["usd"]) for one in book["charges"]] == [
        ("charge", "flatkey", 480_000, "0.96"),
        ("charge", "flatkey", 300_000, "0.6"),
        ("charge", "agent-platform", None, "0.40"),
        ("refund", "flatkey", 300_000, "0.6"),
    ]
    assert box.spent == "1.36"


def test_free_reads_leave_no_trace_in_the_ledger() -> None:
    box = Box("healthy")
    for url in READS:
        box.get(url)
    assert (box.world.ledger.submits, box.world.ledger.charges) == ([], [])


# --- the list ---------------------------------------------------------------------------------

ASKED = {
    "healthy",
    "article-2026-06-17",
    "veo-retired",
    "unpriced-row",
    "row-missing",
    "duplicate-row",
    "group-disabled",
    "bad-key",
    "no-quota",
    "model-not-allowed",
    "html-200",
    "slow",
    "rate-limited",
    "huge-body",
    "redirect-elsewhere",
    "garbage-json",
}


def test_scenarios_are_named_apart_and_described() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    assert set(names) >= ASKED
    for scenario in SCENARIOS:
        assert re.fullmatch(r"[a-z0-9-]+", scenario.name)
        assert scenario.description.endswith(".")
        assert len(set(scenario.notices)) == len(scenario.notices)
    faults = [scenario.fault for scenario in SCENARIOS if scenario.fault]
    assert len(set(faults)) == len(faults)


#: The files of facts, and where in one of them.
SEEN = re.compile(
    r"none|(flatkey-gateway|google-veo|litellm-and-sdks|changes-2026-11-30|wire-2026-11-30"
    r"|official-sources|video-prices)\.md( [A-Z\d]\d*(\.\d+)*(, symptom \d+)?|, \w[\w' -]+)"
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_each_scenario_says_where_it_was_observed(scenario: Scenario) -> None:
    assert SEEN.fullmatch(scenario.cites), scenario.cites


def test_healthy_owns_up_to_being_invented() -> None:
    (healthy,) = [scenario for scenario in SCENARIOS if scenario.name == "healthy"]
    assert "was never observed" in healthy.description
    assert (healthy.notices, healthy.fault) == ((), None)


@pytest.mark.parametrize("scenario", [one.name for one in SCENARIOS if one.fault and not one.paid])
def test_every_free_scenario_differs_from_the_healthy_one(scenario: str) -> None:
    """Seen through free reads alone, on the scenario's own day."""
    box = Box(scenario)
    healthy = Box("healthy", box.world.scenario.day)
    reads = [*READS[1:], f"{FLATKEY}/api/usage/token/", f"{FLATKEY}/api/website/pricing"]
    assert [seen(box, url) for url in reads] != [seen(healthy, url) for url in reads]


def seen(box: Box, url: str) -> object:
    try:
        with box.client.stream("GET", url, headers=box.headers(url)) as answer:
            # no more than a megabyte, and without what is random in every answer
            body = b""
            for chunk in answer.iter_raw():
                body += chunk
                if len(body) > 1_000_000:
                    break
            text = re.sub(r"request id: \w+", "", body.decode("latin-1"))
            return answer.status_code, text
    except httpx.TransportError as error:
        return type(error)


# --- anything a client can send ---------------------------------------------------------------

_PATHS = st.sampled_from(
    [
        "/",
        "/v1/videos",
        "/v1/video/generations",
        "/v1/generation/tasks",
        "/v1/models",
        "/v1beta/models",
        "/v1beta/models/veo-3.1-generate-preview:predictLongRunning",
        f"/v1/{PUBLISHER}/veo-3.1-generate-001:predictLongRunning",
        f"/v1/{PUBLISHER}/veo-3.1-generate-001:fetchPredictOperation",
        "/v1/videos/task_x/content",
    ]
)
_NAMES = [
    "model",
    "prompt",
    "duration",
    "seconds",
    "size",
    "metadata",
    "instances",
    "parameters",
    "durationSeconds",
    "sampleCount",
    "resolution",
    "aspectRatio",
    "operationName",
    "image",
    "referenceImages",
]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(
    surface=st.sampled_from(SURFACES),
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    path=_PATHS | st.text(max_size=30).map(lambda text: f"/{text}"),
    body=_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50),
    kind=st.sampled_from(["application/json", "multipart/form-data; boundary=b", "text/plain"]),
    query=st.dictionaries(st.sampled_from(["pageSize", "pageToken", "key", "group"]), st.text()),
)
def test_nothing_a_client_sends_breaks_the_world(
    surface: Surface, method: str, path: str, body: bytes, kind: str, query: dict[str, str]
) -> None:
    world = open_world("healthy", FakeClock())
    key = world.keys[surface]
    headers = {"content-type": kind, "authorization": f"Bearer {key}"}
    if surface == "gemini-api":
        headers["x-goog-api-key"] = key
    answer = world.answer(Request(method, surface, path, query=query, headers=headers, body=body))
    assert 200 <= answer.status < 600
