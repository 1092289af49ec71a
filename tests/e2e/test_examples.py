"""Every example file: what it answers in the sandbox, and offline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from socket_guard import SocketGuard

Run = Callable[..., Any]
EXAMPLES = {
    # file: (sandbox options, exit code, verdict, tier)
    "flatkey-veo-3.1-fast": (("--sandbox",), 3, "inconclusive", "none"),
    "article-2026-06-17": (
        ("--scenario", "article-2026-06-17"),
        1,
        "not-ready",
        "research",
    ),
    "google-agent-platform": (("--sandbox",), 0, "ready", "staging"),
    "google-omni": (("--sandbox",), 3, "inconclusive", "staging"),
    "openrouter": (("--sandbox",), 3, "inconclusive", "staging"),
    "openai-litellm": (("--sandbox",), 3, "inconclusive", "none"),
}


def test_every_example_is_here(root: Path) -> None:
    assert {file.stem for file in (root / "examples").glob("*.yaml")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_in_the_sandbox(name: str, veo: Run, root: Path, sockets: SocketGuard) -> None:
    options, code, verdict, tier = EXAMPLES[name]
    ran = veo("run", root / "examples" / f"{name}.yaml", *options, "-o", "json")
    route = ran.report["routes"][0]
    assert (ran.code, route["verdict"], route["tier"]) == (code, verdict, tier)
    assert ran.report["simulated"] is True
    assert all(check["status"] != "error" for check in route["checks"])
    assert sockets.opened == 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_offline_opens_no_socket_and_is_never_ready(
    name: str, veo: Run, root: Path, sockets: SocketGuard
) -> None:
    ran = veo(
        "run", root / "examples" / f"{name}.yaml", "--offline", "--as-of", "2026-11-22",
        "-o", "json",
    )  # fmt: skip
    route = ran.report["routes"][0]
    assert route["verdict"] != "ready"
    assert route["exchanges"] == []
    assert sockets.opened == 0


def test_the_article_s_route_is_not_ready_for_the_article_s_reasons(veo: Run, root: Path) -> None:
    ran = veo(
        "run", root / "examples/article-2026-06-17.yaml",
        "--scenario", "article-2026-06-17", "-o", "json",
    )  # fmt: skip
    said = " ".join(
        one["message"] for check in ran.checks.values() for one in check["findings"]
    ) + " ".join(check["reason"] or "" for check in ran.checks.values())
    for words in (
        "The id veo-3.1-generate-preview is official on gemini-api",
        "$0.40 per second",
        "$0.60",
        "USD per second",
        "gemini, openai",
        "unknown_failure",
    ):
        assert words in said
    assert ran.checks["availability-status"]["status"] == "fail"
    assert ran.checks["endpoint-family"]["status"] == "blocked"
    assert ran.report["as_of"] == "2026-06-17"


def test_the_article_s_route_is_dead_today(veo: Run, root: Path) -> None:
    ran = veo("run", root / "examples/article-2026-06-17.yaml", "--offline", "-o", "json")
    assert ran.code == 1
    [finding] = [
        one for one in ran.checks["model-lifecycle"]["findings"] if one["severity"] == "blocker"
    ]
    assert "2026-10-22" in finding["message"]


def test_another_day_asks_nobody_and_says_so(veo: Run, root: Path, sockets: SocketGuard) -> None:
    file = root / "examples/flatkey-veo-3.1-fast.yaml"
    ran = veo("run", file, "--as-of", "2027-06-01", "-o", "json")
    assert (ran.report["hypothetical"], sockets.opened) == (True, 0)
    assert "live count only for today" in ran.checks["model-listed"]["reason"]


def test_kept_media_is_a_playable_file_in_the_state_folder(
    veo: Run, root: Path, tmp_path: Path
) -> None:
    file = root / "examples/flatkey-veo-3.1-fast.yaml"
    state = tmp_path / "kept"
    words = ("--sandbox", "--spend", "2", "--keep-media", "--state", state, "-o", "json")
    ran = veo("run", file, *words)
    assert ran.code == 0
    kept = Path(ran.report["routes"][0]["job"]["output_location"])
    assert kept.resolve().is_relative_to(state.resolve())
    assert kept.read_bytes()[4:8] == b"ftyp"


def test_a_misspelt_scenario_names_the_nearest(veo: Run, root: Path) -> None:
    ran = veo("run", root / "examples/flatkey-veo-3.1-fast.yaml", "--scenario", "helthy")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("veo-check: --scenario: did you mean healthy? there is no")
