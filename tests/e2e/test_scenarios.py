"""Each free scenario is noticed by the checks it names, and the healthy world by none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_check.sandbox.scenarios import SCENARIOS

Run = Callable[..., Any]
FREE = [scenario for scenario in SCENARIOS if not scenario.paid and scenario.name != "healthy"]
EXAMPLES = ("flatkey-veo-3.1-fast", "google-agent-platform", "article-2026-06-17")
CLEAN = {"pass", "not-applicable"}
#: They read the route file, its log sample and the reference data: no world changes what they say.
OF_THE_FILE = {
    "model-official",
    "successor-known",
    "price-known",
    "request-supported",
    "fallback-rules",
    "job-log-complete",
    "ownership-declared",
    "key-hygiene",
}
CheckOutput = tuple[str, str]  # a check's status, and everything it gave as reason


def said(veo: Run, root: Path, example: str, scenario: str) -> dict[str, CheckOutput]:
    ran = veo("run", root / f"examples/{example}.yaml", "--scenario", scenario, "-o", "json")
    return {check: (found["status"], _reasons(found)) for check, found in ran.checks.items()}


def _reasons(found: dict[str, Any]) -> str:
    codes = [one["code"] for one in found["findings"] if one["severity"] != "note"]
    return " ".join([found["reason"] or "", *codes])


@pytest.mark.parametrize("scenario", FREE, ids=lambda scenario: scenario.name)
def test_a_scenario_is_noticed(scenario: Any, veo: Run, root: Path) -> None:
    seen: dict[str, list[tuple[CheckOutput, CheckOutput]]] = {}
    for example in EXAMPLES:
        healthy = said(veo, root, example, "healthy")
        for check, now in said(veo, root, example, scenario.name).items():
            seen.setdefault(check, []).append((healthy[check], now))
    unnoticed = [
        check
        for check in scenario.notices
        if not any(now[0] not in CLEAN and now != healthy for healthy, now in seen.get(check, []))
    ]
    assert unnoticed == []


def test_the_healthy_world_fails_no_check(veo: Run, root: Path) -> None:
    found = said(veo, root, "flatkey-veo-3.1-fast", "healthy")
    assert {status for status, _ in found.values()}.isdisjoint({"fail", "error"})


def test_each_check_has_a_scenario_that_it_notices() -> None:
    from veo_check.checks.registry import CHECKS

    named = {check for scenario in SCENARIOS for check in scenario.notices}
    assert {check.id for check in CHECKS} - named == OF_THE_FILE
