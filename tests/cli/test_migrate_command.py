"""`veo-check migrate`: what it lists, what it writes, and that what it writes is a route."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_check.cli.main import main
from veo_check.routefile.load import RouteFile, load_route_file

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    def run(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def article(root: Path) -> Path:
    return root / "examples/article-2026-06-17.yaml"


def moves(told: str) -> dict[tuple[str, str], dict[str, Any]]:
    rows = json.loads(told)["moves"]
    return {(row["model"], row["surface"]): row for row in rows}


def test_without_a_model_it_lists_where_the_route_could_go(call: Call, article: Path) -> None:
    code, out, _ = call("migrate", article, "--as-of", "2026-11-30", "-o", "json")
    found = moves(out)
    assert code == 0
    assert {
        ("veo-3.1-generate-001", "agent-platform"),
        ("veo-3.1-fast-generate-001", "agent-platform"),
        ("gemini-omni-1.2-flash", "agent-platform"),
        ("gemini-omni-1.2-flash", "gemini-api"),
    } <= set(found)
    prices = [float(row["expected"]) for row in found.values() if row["expected"]]
    assert prices == sorted(prices)
    assert all(row["state"] in {"alive", "contested"} for row in found.values())
    assert found["gemini-omni-1.2-flash", "gemini-api"]["endpoint"] == "interactions"
    assert not any("3.0" in model or "preview" in model for model, _ in found if "veo" in model)


def test_the_text_names_state_price_and_the_command(call: Call, article: Path) -> None:
    code, out, _ = call("migrate", article, "--as-of", "2026-11-30")
    assert code == 0
    assert "gemini-omni-1.2-flash on gemini-api\n    alive" in out
    assert "--to gemini-omni-1.2-flash --surface agent-platform" in out


@pytest.mark.parametrize(
    ("words", "tier_code"),
    [
        (("--to", "gemini-omni-1.2-flash"), 0),
        (("--to", "gemini-omni-1.2-flash", "--surface", "agent-platform"), 0),
        (("--to", "veo-3.1-lite-generate-001"), 0),
    ],
)
def test_the_new_file_is_ready_for_staging(
    words: tuple[str, ...],
    tier_code: int,
    call: Call,
    article: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VEO_CHECK_PROOF_KEY", "a-proof-key-of-the-tests")
    new = tmp_path / "new.yaml"
    code, out, _ = call("migrate", article, *words, "--write", new)
    assert code == 0
    assert "Production still needs" in out
    loaded = load_route_file(new)
    assert isinstance(loaded, RouteFile)
    route = loaded.route
    assert (route.route.target, route.waivers, route.confirmations) == ("staging", [], [])
    assert route.name != "article-veo-standard"
    assert route.fallback is not None
    assert (route.fallback.approved_by, route.fallback.approved_on) == (None, None)
    assert "# decide:" in new.read_text()
    paid = ("--sandbox", "--spend", "2", "--state", tmp_path / "state", "-o", "json")
    code, out, _ = call("run", new, *paid)
    (judged,) = json.loads(out)["routes"]
    assert (code, judged["verdict"], judged["tier"]) == (tier_code, "ready", "staging")


def test_an_existing_file_is_never_written_over(call: Call, article: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text("mine")
    code, _, err = call("migrate", article, "--to", "gemini-omni-1.2-flash", "--write", new)
    assert (code, new.read_text()) == (2, "mine")
    assert "it is there already" in err


def test_extends_is_resolved_and_what_speaks_for_the_old_route_is_left_out(
    call: Call, root: Path, tmp_path: Path
) -> None:
    text = (root / "examples/flatkey-veo-3.1-fast.yaml").read_text()
    base, own = tmp_path / "team.yaml", tmp_path / "route.yaml"
    head, _, tail = text.partition("budget:")
    budget, _, rest = tail.partition("\n\n")
    base.write_text(f"budget:{budget}\n")
    (tmp_path / "logs").mkdir()
    sample = (root / "examples/logs/veo-jobs.jsonl").read_text()
    (tmp_path / "logs/veo-jobs.jsonl").write_text(sample)
    own.write_text(f"extends: team.yaml\n{head}{rest}")
    new = tmp_path / "moved" / "new.yaml"
    new.parent.mkdir()
    code, out, _ = call("migrate", own, "--to", "gemini-omni-1.2-flash", "--write", new)
    assert code == 0
    written = new.read_text()
    assert "extends" not in written
    assert "monthly: '6000'" in written
    assert "sample: ../logs/veo-jobs.jsonl" in written
    assert "confirmations" not in written
    assert "  routes:" not in written
    assert "transient_error: retry_once" in written
    assert "flatkey -> google" in out
    assert isinstance(load_route_file(new), RouteFile)


def test_another_gateway_leaves_its_label_to_a_person(
    call: Call, article: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new.yaml"
    words = ("--to", "veo-3.1-fast-generate-001", "--gateway", "openrouter", "--write", new)
    code, out, _ = call("migrate", article, *words)
    assert code == 0
    assert "model: the label under which the gateway offers" in out
    loaded = load_route_file(new)
    assert isinstance(loaded, RouteFile)
    assert loaded.route.via.key is not None
    assert loaded.route.via.key.env == "OPENROUTER_API_KEY"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--to", "veo-99"), 2, "nothing is known of it"),
        (("--to", "veo-3.1-fast-generate-001", "--gateway", "nobody"), 2, "choose one of"),
        (("--write", "x.yaml"), 2, "need --to"),
        (("--to", "sora-2"), 2, "say --gateway"),
        (("--to", "veo-3.0-generate-001", "--as-of", "2026-11-30"), 1, ""),
    ],
)
def test_what_cannot_be_done_is_said(
    words: tuple[str, ...], code: int, said: str, call: Call, article: Path
) -> None:
    got, _, err = call("migrate", article, *words)
    assert got == code
    assert said in err


def test_what_the_new_model_does_not_take_is_moved_to_the_nearest(
    call: Call, root: Path, tmp_path: Path
) -> None:
    text = (root / "examples/google-agent-platform.yaml").read_text()
    route = tmp_path / "route.yaml"
    changed = text.replace("count: 1", "count: 4").replace("audio: true", "audio: false")
    route.write_text(changed)
    code, out, _ = call("migrate", route, "--to", "gemini-omni-1.2-flash", "-o", "json")
    assert code == 0
    ((_, row),) = moves(out).items()
    changes = {change["what"]: change["after"] for change in row["changes"]}
    assert (changes["request.count"], changes["request.audio"]) == ("1", "True")
    assert any("4 videos a job" in decision["what"] for decision in row["decide"])
