"""`veo-check init` as somebody types it: what it writes is valid, and claims nothing it was not
told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from init_command import CANARY, Command, command_in
from veo_check.cli.init_template import Draft, route_text
from veo_check.routefile.load import RouteFile, load_route_file

FLATKEY = ("--gateway", "flatkey", "--model", "veo3.1-fast")
FULL = (
    *FLATKEY, "--official", "veo-3.1-fast-generate-001", "--surface", "agent-platform",
    "--group", "plg", "--key-env", "FLATKEY_CI_KEY", "--name", "storyboard", "--target", "staging",
    "--application", "studio", "--environment", "staging", "--workflow", "ads", "--team", "tools",
    "--cost-center", "CC-1", "--contact", "#oncall", "--mode", "text-to-video", "--seconds", "6",
    "--resolution", "1080P", "--aspect-ratio", "9:16", "--no-audio", "--count", "2",
    "--per-job", "2.00", "--monthly", "300", "--jobs-per-month", "100", "--retries", "1",
)  # fmt: skip


@pytest.fixture
def veo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    return command_in(tmp_path, monkeypatch, capfd)


def test_everything_that_was_said_is_in_the_file(veo: Command) -> None:
    ran = veo("--write", "route.yaml", *FULL)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "veo-check: wrote route.yaml; 3 places in it say what is not known\n"
    loaded = load_route_file(Path("route.yaml"))
    assert isinstance(loaded, RouteFile)
    assert loaded.route.model_dump(mode="json", exclude_defaults=True) == {
        "version": 1,
        "route": {
            "name": "storyboard",
            "target": "staging",
            "application": "studio",
            "environment": "staging",
            "workflow": "ads",
            "owner": {"team": "tools", "cost_center": "CC-1", "contact": "#oncall"},
        },
        "via": {
            "gateway": "flatkey",
            "endpoint": "videos",
            "model": "veo3.1-fast",
            "group": "plg",
            "key": {"env": "FLATKEY_CI_KEY"},
        },
        "model": {"official": "veo-3.1-fast-generate-001", "surface": "agent-platform"},
        "request": {
            "seconds": 6,
            "resolution": "1080p",
            "aspect_ratio": "9:16",
            "audio": False,
            "count": 2,
        },
        "budget": {"per_job": "2.00", "monthly": "300", "jobs_per_month": 100, "retries": 1},
    }


def test_what_was_not_said_is_left_out_and_named(veo: Command) -> None:
    ran = veo(*FLATKEY)
    assert (ran.code, ran.err) == (0, "")
    assert ran.data == {
        "version": 1,
        "route": {"name": "veo3-1-fast", "target": "production"},
        "via": {
            "gateway": "flatkey",
            "endpoint": "videos",
            "model": "veo3.1-fast",
            "key": {"env": "FLATKEY_SMOKE_KEY"},
        },
        "model": {"official": "not-known", "surface": "not-known"},
        "request": {
            "mode": "text-to-video",
            "seconds": 8,
            "resolution": "720p",
            "aspect_ratio": "16:9",
            "audio": True,
            "count": 1,
        },
    }
    comments = " ".join(re.findall(r"# +(.*)", ran.out))
    for words in (
        "not known: application, environment, workflow, owner",
        "not known: whose key it is",
        "not known: the official id that runs under veo3.1-fast; do not guess from the name",
        "not known: where it is served; agent-platform, byteplus, gemini-api, openai",
        "not known: mode, seconds, resolution, aspect_ratio, audio, count",
        "not known: per_job, monthly, jobs_per_month, retries",
        "not known: what happens when a job fails",
        "not known: a sample of the application's job log",
    ):
        assert words in comments
    assert max(map(len, ran.out.splitlines())) <= 100


@pytest.mark.parametrize("scenario", [("--sandbox",), ("--offline",)])
def test_such_a_file_is_judged_and_never_ready(veo: Command, scenario: tuple[str, ...]) -> None:
    veo(*FLATKEY, "--write", "route.yaml")
    ran = veo("route.yaml", *scenario, "-o", "json", command="run")
    report = json.loads(ran.out)
    assert ran.code in {1, 3}
    assert report["routes"][0]["verdict"] != "ready"
    assert report["routes"][0]["tier"] == "none"
    assert {one["status"] for one in report["routes"][0]["checks"]} & {"error"} == set()


@pytest.mark.parametrize(
    ("words", "via", "model"),
    [
        (
            ("--gateway", "google", "--official", "veo-3.1-fast-generate-001"),
            {
                "gateway": "google",
                "endpoint": "predict-long-running",
                "model": "veo-3.1-fast-generate-001",
                "key": {"env": "GOOGLE_ACCESS_TOKEN"},
            },
            {"official": "veo-3.1-fast-generate-001", "surface": "agent-platform"},
        ),
        (
            (
                *("--gateway", "google", "--model", "veo-3.1-fast-generate-001"),
                *("--project", "p-1", "--location", "global"),
            ),
            {
                "gateway": "google",
                "endpoint": "predict-long-running",
                "model": "veo-3.1-fast-generate-001",
                "project": "p-1",
                "location": "global",
                "key": {"env": "GOOGLE_ACCESS_TOKEN"},
            },
            {"official": "veo-3.1-fast-generate-001", "surface": "agent-platform"},
        ),
        (
            ("--gateway", "google", "--model", "gemini-omni-1.1-flash"),
            {
                "gateway": "google",
                "endpoint": "interactions",
                "model": "gemini-omni-1.1-flash",
                "key": {"env": "GEMINI_API_KEY"},
            },
            {"official": "gemini-omni-1.1-flash", "surface": "gemini-api"},
        ),
        (
            (
                *("--gateway", "newapi", "--base-url", "https://gw.example/x"),
                *("--model", "veo-3.1-generate-preview"),
            ),
            {
                "gateway": "newapi",
                "base_url": "https://gw.example/x",
                "endpoint": "videos",
                "model": "veo-3.1-generate-preview",
                "key": {"env": "NEWAPI_SMOKE_KEY"},
            },
            # known on two surfaces, and nobody said which
            {"official": "veo-3.1-generate-preview", "surface": "not-known"},
        ),
        (
            ("--gateway", "openai", "--base-url", "https://api.openai.com", "--model", "sora-2"),
            {
                "gateway": "openai",
                "base_url": "https://api.openai.com",
                "endpoint": "videos",
                "model": "sora-2",
                "key": {"env": "OPENAI_API_KEY"},
            },
            {"official": "sora-2", "surface": "openai"},
        ),
    ],
)
def test_gateways(
    veo: Command, words: tuple[str, ...], via: dict[str, object], model: dict[str, object]
) -> None:
    ran = veo(*words)
    assert (ran.code, ran.data["via"], ran.data["model"]) == (0, via, model)


def test_where_a_key_may_go_is_said_on_the_command_line(veo: Command) -> None:
    ran = veo("--gateway", "newapi", "--base-url", "https://gw.example/x", "--model", "v")
    assert "veo-check run route.yaml --allow-host NEWAPI_SMOKE_KEY=https://gw.example\n" in ran.out
    assert "--allow-host" not in veo(*FLATKEY).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--gateway: choose one of flatkey, newapi, openai, openrouter, google"),
        (("--gateway", "nobody"), "--gateway: choose one of"),
        (("--gateway", "flatkey"), "--model LABEL is missing"),
        (("--gateway", "openai", "--model", "x"), "--base-url URL is missing"),
        (("--gateway", "newapi", "--model", "x"), "--base-url URL is missing"),
        (("--from-catalog", "x"), "--from-catalog needs --gateway"),
        (("--from-catalog", "x", "--gateway", "ftp://x"), "--gateway ftp://x"),
        (("--from-catalog", "x", "--gateway", "flatkey", "--seconds", "0"), "--seconds"),
        (("--from-catalog", "x", "--from-litellm", "config.yaml"), "choose one"),
        (("--from-litellm", "gone.yaml"), "there is no such file"),
        (("--from-litellm", "config.yaml", "--model-name", "z"), "--model-name z: not in"),
        ((*FLATKEY, "--model-name", "z"), "belongs to --from-litellm"),
        ((*FLATKEY, "--seconds", "0"), "request.seconds"),
        ((*FLATKEY, "--resolution", "8k"), "request.resolution"),
        ((*FLATKEY, "--target", "moon"), "route.target"),
        ((*FLATKEY, "--endpoint", "chat"), "via.endpoint"),
        ((*FLATKEY, "--surface", "Vertex AI"), "model.surface"),
        ((*FLATKEY, "--per-job", "cheap"), "budget.per_job"),
        ((*FLATKEY, "--base-url", "nowhere"), "via.base_url"),
        ((*FLATKEY, "--key-env", "not a variable"), "via.key.env"),
        ((*FLATKEY, "--write", "config.yaml"), "is there already; --force overwrites it"),
        ((*FLATKEY, "--write", "gone/route.yaml"), "cannot be written"),
    ],
)
def test_usage_errors_exit_2(veo: Command, words: tuple[str, ...], said: str) -> None:
    ran = veo(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize("option", ["--key-env", "--model", "--name", "--contact", "--official"])
def test_a_key_goes_into_no_file_and_no_message(veo: Command, option: str) -> None:
    ran = veo(*FLATKEY, option, CANARY, "--write", "route.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "looks like a key" in ran.err
    assert CANARY not in ran.err
    assert not Path("route.yaml").exists()


def test_only_force_overwrites(veo: Command) -> None:
    Path("route.yaml").write_text("mine")
    assert veo(*FLATKEY, "--write", "route.yaml").code == 2
    assert Path("route.yaml").read_text() == "mine"
    assert veo(*FLATKEY, "--write", "route.yaml", "--force").code == 0
    assert "veo3.1-fast" in Path("route.yaml").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "a: b",
        "true",
        "null",
        "1.5",
        "- x",
        "x # y",
        "'\"",
        "\x1b[31m",
        "é\u202e",
        "{a}",
        "*a",
        "no",
    ],
)
def test_hostile_words_stay_words(veo: Command, name: str) -> None:
    ran = veo(*FLATKEY, "--name", name, "--team", name, "--application", name)
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert (ran.data["route"]["name"], ran.data["route"]["owner"]["team"]) == (name, name)


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=30), st.text(max_size=60))
def test_no_word_breaks_the_file(name: str, note: str) -> None:
    draft = Draft(gateway="flatkey", model="m", name=name, origin=("here.", note), key="K")
    draft.owner = {"team": name}
    draft.note("via.model", note)
    draft.note("budget", note)
    data = yaml.safe_load(route_text(draft))
    assert data["route"] == {"name": name, "target": "production", "owner": {"team": name}}
    assert data["model"] == {"official": "not-known", "surface": "not-known"}
    assert set(data) == {"version", "route", "via", "model", "request"}


def test_the_help_has_an_example(veo: Command) -> None:
    said = " ".join(veo("--help").out.split())
    assert "Example: veo-check init --from-litellm config.yaml --write route.yaml" in said
