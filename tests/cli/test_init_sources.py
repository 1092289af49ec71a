"""`veo-check init` from a LiteLLM configuration and from a live catalogue row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from init_command import CANARY, LITELLM, Command, command_in
from socket_guard import SocketGuard


@pytest.fixture
def veo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    return command_in(tmp_path, monkeypatch, capfd)


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


def _files(veo: Command, folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)


def test_what_a_config_includes_is_read(veo: Command, tmp_path: Path) -> None:
    row = "{model_name: ours, litellm_params: {model: vertex_ai/veo-3.1-generate-001}}"
    _files(
        veo,
        tmp_path,
        outer="include: [inner.yaml]\nmodel_list: [{model_name: chat, litellm_params: {model: a}}]",
        inner=f"model_list: [{row}]",
        broken="include: [nowhere.yaml]",
    )
    ran = veo("--from-litellm", "outer.yaml")
    assert ran.code == 0
    assert ran.data["via"]["model"] == "ours"
    assert ran.data["model"] == {"official": "veo-3.1-generate-001", "surface": "agent-platform"}
    ran = veo("--from-litellm", "broken.yaml")
    assert ran.code == 2
    assert "nowhere.yaml" in ran.err


@pytest.mark.parametrize("target", ["ours", "{model: ours, hidden: true}"])
def test_an_alias_of_a_group_is_followed(veo: Command, tmp_path: Path, target: str) -> None:
    row = "{model_name: ours, litellm_params: {model: vertex_ai/veo-3.1-generate-001}}"
    _files(
        veo,
        tmp_path,
        a=f"model_list: [{row}]\nrouter_settings: {{model_group_alias: {{theirs: {target}}}}}",
    )
    ran = veo("--from-litellm", "a.yaml", "--model-name", "theirs")
    assert ran.code == 0
    assert ran.data["via"]["model"] == "theirs"
    assert ran.data["model"]["official"] == "veo-3.1-generate-001"


@pytest.mark.parametrize("provider", ["azure", "fal_ai", "openrouter", "replicate"])
def test_a_resellers_surface_is_not_guessed(veo: Command, tmp_path: Path, provider: str) -> None:
    row = f"{{model_name: ours, litellm_params: {{model: {provider}/veo-3.1-generate-001}}}}"
    _files(veo, tmp_path, a=f"model_list: [{row}]")
    ran = veo("--from-litellm", "a.yaml")
    assert ran.data["model"] == {"official": "veo-3.1-generate-001", "surface": "not-known"}
    assert f"{provider} serves it" in ran.out


@pytest.mark.parametrize("host", ["x.openai.azure.com", "openrouter.ai", "queue.fal.run"])
def test_a_resellers_host_is_no_surface(veo: Command, host: str) -> None:
    ran = veo("--gateway", "openai", "--base-url", f"https://{host}", "--model", "sora-2")
    assert ran.data["model"] == {"official": "sora-2", "surface": "not-known"}
    assert f"{host} serves it" in ran.out


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("models/veo-3.1-fast-generate-preview", "Move to veo-3.1-fast-generate-001"),
        ("veo-3.0-generate-001", "Move to "),
        ("gemini/veo-2.0-generate-001", "Move to "),
    ],
)
def test_a_retired_id_is_told_with_where_to_go(veo: Command, model: str, wanted: str) -> None:
    ran = veo("--gateway", "google", "--model", model)
    said = " ".join(re.sub(r"\n *# +", " ", ran.out).split())
    assert "Retired on " in said
    assert wanted in said
    assert ran.data["model"]["official"] == model.rpartition("/")[2]


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


@pytest.mark.parametrize("gateway", ["flatkey", "newapi"])
def test_a_row_is_asked_for_at_the_address_that_is_given(veo: Command, gateway: str) -> None:
    base = f"https://{gateway}.example/api-gateway"
    ran = veo(
        *("--from-catalog", "veo3.1-fast", "--gateway", gateway, "--base-url", base),
        *("--scenario", "healthy"),
    )
    assert (ran.code, ran.err) == (0, "")
    assert f"the catalogue at {base}/api/" in " ".join(re.sub(r"\n *# +", " ", ran.out).split())
    assert (ran.data["via"]["gateway"], ran.data["via"]["base_url"]) == (gateway, base)


def test_a_gateway_that_needs_an_address_asks_for_it(veo: Command) -> None:
    ran = veo("--from-catalog", "veo3.1-fast", "--gateway", "newapi", "--scenario", "healthy")
    assert ran.code == 2
    assert "name flatkey, or a new-api gateway's address" in ran.err


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
