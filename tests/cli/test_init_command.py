"""`veo-check init` as somebody types it: what it writes is valid, and claims nothing it was not
told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from socket_guard import SocketGuard
from veo_check.cli.init_draft import Draft, route_text
from veo_check.cli.main import main
from veo_check.core.clock import SystemClock
from veo_check.spec.route_file import RouteFile, load_route_file

CANARY = "sk-canary1234567890abcdef"
LITELLM = f"""
model_list:
  - model_name: veo-fast
    litellm_params:
      model: vertex_ai/veo-3.1-fast-generate-001
      vertex_project: my-proj
      vertex_location: us-central1
      api_key: {CANARY}
  - model_name: veo-old
    litellm_params: {{model: gemini/veo-3.1-generate-preview, api_key: os.environ/GEMINI_API_KEY}}
  - model_name: two
    litellm_params: {{model: vertex_ai/veo-3.1-generate-001}}
  - model_name: two
    litellm_params: {{model: gemini/veo-3.1-generate-preview}}
  - model_name: elsewhere
    litellm_params: {{model: os.environ/VIDEO_MODEL, vertex_project: "Not A Name"}}
    model_info: {{mode: video_generation}}
  - model_name: chat
    litellm_params: {{model: openai/gpt-4o, api_base: "https://user:secretword@host"}}
general_settings: {{master_key: secretword}}
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The file that was printed, as YAML."""
        return yaml.safe_load(self.out)


Command = Callable[..., Ran]


@pytest.fixture
def veo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 11, 22, 12, tzinfo=UTC))
    (tmp_path / "config.yaml").write_text(LITELLM)

    def run(*words: object, command: str = "init") -> Ran:
        capfd.readouterr()
        code = main([command, *(str(one) for one in words)])
        return Ran(code, *capfd.readouterr())

    return run


FLATKEY = ("--gateway", "flatkey", "--model", "veo3.1-fast")
FULL = (
    *FLATKEY, "--official", "veo-3.1-fast-generate-001", "--surface", "agent-platform",
    "--group", "plg", "--key-env", "FLATKEY_CI_KEY", "--name", "storyboard", "--target", "staging",
    "--application", "studio", "--environment", "staging", "--workflow", "ads", "--team", "tools",
    "--cost-center", "CC-1", "--contact", "#oncall", "--mode", "text-to-video", "--seconds", "6",
    "--resolution", "1080P", "--aspect-ratio", "9:16", "--no-audio", "--count", "2",
    "--per-job", "2.00", "--monthly", "300", "--jobs-per-month", "100", "--retries", "1",
)  # fmt: skip


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


def test_a_litellm_config(veo: Command) -> None:
    ran = veo("--from-litellm", "config.yaml", "--model-name", "veo-fast")
    assert (ran.code, ran.err) == (0, "")
    assert ran.data["via"] == {
        "gateway": "openai",
        "base_url": "http://127.0.0.1:4000",
        "endpoint": "videos",
        "model": "veo-fast",
        "key": {"env": "LITELLM_KEY"},
    }
    assert ran.data["model"] == {
        "official": "veo-3.1-fast-generate-001",
        "surface": "agent-platform",
    }
    for words in (
        "# not known: where the proxy is; 4000 is LiteLLM's usual port",
        "# listing: {project: my-proj, location: us-central1, key: {adc: true}}",
        "# The proxy may repeat a failed call by itself",
        "--allow-host LITELLM_KEY=http://127.0.0.1:4000",
    ):
        assert words in ran.out
    for secret in (CANARY, "secretword", "GEMINI_API_KEY", "master_key"):
        assert secret not in ran.out + ran.err


@pytest.mark.parametrize(
    ("label", "official", "surface"),
    [
        ("veo-old", "veo-3.1-generate-preview", "gemini-api"),
        ("two", "not-known", "not-known"),
        ("elsewhere", "not-known", "not-known"),
        ("chat", "gpt-4o", "openai"),
    ],
)
def test_what_a_litellm_label_stands_for(
    veo: Command, label: str, official: str, surface: str
) -> None:
    ran = veo("--from-litellm", "config.yaml", "--model-name", label)
    assert (ran.code, ran.data["model"]) == (0, {"official": official, "surface": surface})


def test_two_deployments_are_told(veo: Command) -> None:
    out = veo("--from-litellm", "config.yaml", "--model-name", "two").out
    said = " ".join(re.sub(r"\n *# +", " ", out).split())
    assert (
        "not known: which of its 2 deployments serves a job: veo-3.1-generate-001 on "
        "agent-platform, veo-3.1-generate-preview on gemini-api. Give each a model_name" in said
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("litellm_settings: {num_retries: 2}", "repeats a failed call up to 2 times"),
        ("router_settings: {num_retries: 3}", "repeats a failed call up to 3 times"),
        ("litellm_settings: {num_retries: 0}", None),
        ("litellm_settings: {num_retries: 0, fallbacks: [{v: [w, x]}]}", "falls back from v to w"),
    ],
)
def test_what_the_proxy_does_by_itself(
    veo: Command, tmp_path: Path, settings: str, said: str | None
) -> None:
    row = "model_list: [{model_name: v, litellm_params: {model: vertex_ai/veo-3.1-generate-001}}]\n"
    (tmp_path / "one.yaml").write_text(row + settings)
    out = " ".join(veo("--from-litellm", "one.yaml").out.split())
    assert ("The proxy" in out) is (said is not None)
    assert (said or "") in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LITELLM, "elsewhere, two, veo-fast, veo-old; choose one with --model-name"),
        ("model_list: []", "video models there: none"),
        ("model_list: 7\nx: [1, 2]", "video models there: none"),
        ("model_list: [7, {model_name: 7}, {model_name: x, litellm_params: 7}]", "none"),
        ("[", "--from-litellm: one.yaml"),
        ("", "is empty"),
        ("x: " + "[" * 50, "--from-litellm: one.yaml"),
        ("a: &a [x]\nb: [*a, *a]", "none"),
    ],
)
def test_a_litellm_config_that_does_not_do(
    veo: Command, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "one.yaml").write_text(text)
    ran = veo("--from-litellm", "one.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert CANARY not in ran.err


def test_a_live_row(veo: Command, sockets: SocketGuard) -> None:
    ran = veo(
        *("--from-catalog", "veo3.1-fast", "--gateway", "flatkey", "--scenario", "healthy"),
        *("--official", "veo-3.1-fast-generate-001", "--group", "plg"),
    )
    assert (ran.code, ran.err, sockets.opened) == (0, "", 0)
    assert ran.data["via"] == {
        "gateway": "flatkey",
        "base_url": "https://router.flatkey.ai",
        "endpoint": "videos",
        "model": "veo3.1-fast",
        "group": "plg",
        "key": {"env": "FLATKEY_SMOKE_KEY"},
    }
    said = " ".join(re.sub(r"\n *# +", " ", ran.out).split())
    assert "(SIMULATED, sandbox scenario healthy)" in said
    assert "model_price" in said
    assert "USD per second for 720p in group plg." in said


def test_a_row_without_a_group_of_its_own_leaves_it_out(veo: Command) -> None:
    ran = veo("--from-catalog", "veo3.1-fast", "--gateway", "flatkey", "--scenario", "healthy")
    assert "group" not in ran.data["via"]
    assert "not known: the group of your key; the row is enabled for default, plg" in ran.out


def test_a_row_of_the_article_s_day_says_what_it_lists(veo: Command) -> None:
    ran = veo(
        *("--from-catalog", "veo-3.1-generate-preview", "--gateway", "flatkey"),
        *("--scenario", "article-2026-06-17"),
    )
    said = " ".join(re.sub(r"\n *# +", " ", ran.out).split())
    assert "not known: how jobs are sent; the row lists gemini, openai" in said
    assert "status unknown_failure" in said
    assert ran.data["model"] == {"official": "veo-3.1-generate-preview", "surface": "not-known"}


@pytest.mark.parametrize(
    ("scenario", "code", "said"),
    [("row-missing", 1, "no such row"), ("html-200", 3, "nothing was read")],
)
def test_no_row_no_file(veo: Command, scenario: str, code: int, said: str) -> None:
    ran = veo(
        *("--from-catalog", "veo3.1-fast", "--gateway", "flatkey", "--scenario", scenario),
        *("--write", "route.yaml"),
    )
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert not Path("route.yaml").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--gateway: choose one of flatkey, newapi, openai, google"),
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
