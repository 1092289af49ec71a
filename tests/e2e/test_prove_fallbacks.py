"""Fallbacks proven by jobs of their own: paid together or not at all, and named as proven."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
EXAMPLE = "examples/flatkey-veo-3.1-fast.yaml"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def jobs(state: Path) -> list[tuple[str, str]]:
    """(route, kind) of every paid job, in the order in which they were begun."""
    kept = [json.loads(job.read_text()) for job in state.glob("simulated/journal/*/*.json")]
    intents = sorted((job["entry"]["intent"] for job in kept), key=lambda intent: intent["at"])
    return [(intent["route"], intent["kind"]) for intent in intents]


def test_each_is_proven_by_its_own_job_and_said_so(
    veo: Run, root: Path, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    words = ("--sandbox", "--state", state, "-o", "json", "-o", f"html:{page}")
    paid = veo("run", root / EXAMPLE, *words, "--spend", "2", "--prove-fallbacks")
    (route,) = paid.report["routes"]
    assert (paid.code, route["tier"], route["spent"]) == (0, "production", "0.80")
    assert jobs(state) == [
        ("storyboard-drafts", "smoke"),
        ("storyboard-drafts", "controlled-failure"),
        ("storyboard-drafts > lite", "smoke"),
    ]
    (target,) = route["fallback"]["targets"]
    assert target["proof"] is not None
    assert f"proven by its own smoke job {target['proof']}" in page.read_text()
    assert paid.checks["fallback-alive"]["status"] == "pass"
    # a second free run is based on both proofs, and pays for none
    again = veo("run", root / EXAMPLE, *words, "--spend", "2", "--prove-fallbacks")
    free = veo("run", root / EXAMPLE, *words)
    for ran in (again, free):
        (route,) = ran.report["routes"]
        assert (ran.code, route["spent"]) == (0, "0.00")
        assert route["fallback"]["targets"][0]["proof"] == target["proof"]
        assert "fallback-alive/unproved" not in ran.codes
    assert len(jobs(state)) == 3
    monkeypatch.setenv("FLATKEY_SMOKE_KEY", "sk-vcsandboxflatkey")
    told = veo("fallback", root / EXAMPLE, "--state", state, "--as-of", "2026-11-22")
    assert f"lite: proven by its own smoke job {target['proof']} (simulated)" in told.out
    monkeypatch.delenv("FLATKEY_SMOKE_KEY")
    told = veo("fallback", root / EXAMPLE, "--state", state, "--as-of", "2026-11-22")
    assert "has not the key that sealed it" in told.out


def test_without_the_option_no_fallback_is_paid_for(veo: Run, root: Path, state: Path) -> None:
    words = ("--sandbox", "--state", state, "-o", "json", "--spend", "5")
    ran = veo("run", root / EXAMPLE, *words)
    assert [name for name, _ in jobs(state)] == ["storyboard-drafts"] * 2
    assert ran.report["routes"][0]["fallback"]["targets"][0]["proof"] is None
    assert "fallback-alive/unproved" in ran.codes


def test_money_that_does_not_cover_all_covers_none(veo: Run, root: Path, state: Path) -> None:
    words = ("--sandbox", "--state", state, "--prove-fallbacks")
    ran = veo("run", root / EXAMPLE, *words, "--spend", "1.70", "-o", "json")
    assert (ran.report["routes"][0]["spent"], jobs(state)) == ("0.00", [])
    assert "can cost $1.76 together, and --spend leaves $1.70" in ran.err
    enough = veo("run", root / EXAMPLE, *words, "--spend", "1.76", "-o", "json")
    assert enough.code == 0
    assert len(jobs(state)) == 3


def test_a_fallback_that_its_own_checks_stop_is_not_paid_for(
    veo: Run, root: Path, state: Path
) -> None:
    words = ("--scenario", "fallback-retired", "--state", state, "--spend", "2")
    ran = veo("run", root / EXAMPLE, *words, "--prove-fallbacks", "-o", "json")
    assert [name for name, _ in jobs(state)] == ["storyboard-drafts"] * 2
    assert ran.code == 1
    assert ran.report["routes"][0]["fallback"]["targets"][0]["proof"] is None


def test_renew_renews_both(veo: Run, root: Path, state: Path) -> None:
    words = ("--sandbox", "--state", state, "--prove-fallbacks", "--spend", "4")
    veo("run", root / EXAMPLE, *words)
    veo("run", root / EXAMPLE, *words, "--renew")
    kinds = [name for name, kind in jobs(state) if kind == "smoke"]
    assert sorted(kinds) == ["storyboard-drafts"] * 2 + ["storyboard-drafts > lite"] * 2


def test_the_plan_lists_them_and_money_has_to_be_allowed(veo: Run, root: Path, state: Path) -> None:
    words = ("--sandbox", "--state", state, "--prove-fallbacks")
    plan = veo("run", root / EXAMPLE, *words, "--spend", "2", "--plan")
    assert "storyboard-drafts > lite: one smoke job for veo3.1-lite" in plan.out
    refused = veo("run", root / EXAMPLE, *words)
    assert (refused.code, refused.out) == (2, "")
    assert "--prove-fallbacks needs --spend" in refused.err


def test_a_kept_bundle_says_the_same_when_it_is_judged_again(
    veo: Run, root: Path, state: Path, tmp_path: Path
) -> None:
    words = ("--sandbox", "--state", state, "--spend", "2", "--prove-fallbacks")
    veo("run", root / EXAMPLE, *words, "--evidence", tmp_path / "kept")
    (bundle,) = (tmp_path / "kept").iterdir()
    told = veo("evidence", "verify", bundle)
    assert told.code == 0, told.out + told.err
