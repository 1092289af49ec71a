"""Each free scenario is noticed by the checks it names, and the healthy world by none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenario_runs import ScenarioRuns, SharedRun
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


def said(ran: SharedRun) -> dict[str, CheckOutput]:
    return {check: (found["status"], _reasons(found)) for check, found in ran.checks.items()}


def _reasons(found: dict[str, Any]) -> str:
    codes = [one["code"] for one in found["findings"] if one["severity"] != "note"]
    return " ".join([found["reason"] or "", *codes])


@pytest.mark.parametrize("scenario", FREE, ids=lambda scenario: scenario.name)
def test_a_scenario_is_noticed(scenario: Any, scenario_run: ScenarioRuns) -> None:
    seen: dict[str, list[tuple[CheckOutput, CheckOutput]]] = {}
    for example in EXAMPLES:
        healthy = said(scenario_run("healthy", example))
        for check, now in said(scenario_run(scenario.name, example)).items():
            seen.setdefault(check, []).append((healthy[check], now))
    unnoticed = [
        check
        for check in scenario.notices
        if not any(now[0] not in CLEAN and now != healthy for healthy, now in seen.get(check, []))
    ]
    assert unnoticed == []


def test_the_healthy_world_fails_no_check(scenario_run: ScenarioRuns) -> None:
    found = said(scenario_run("healthy"))
    assert {status for status, _ in found.values()}.isdisjoint({"fail", "error"})


def test_each_check_has_a_scenario_that_it_notices() -> None:
    from veo_check.checks.registry import CHECKS

    named = {check for scenario in SCENARIOS for check in scenario.notices}
    assert {check.id for check in CHECKS} - named == OF_THE_FILE


@pytest.fixture
def lite(root: Path, tmp_path: Path) -> Callable[..., Path]:
    """The Flatkey example with a model whose life nobody contests; other target or family."""

    def write(**changed: str) -> Path:
        text = (root / "examples/flatkey-veo-3.1-fast.yaml").read_text()
        for old, new in {
            "model: veo3.1-fast ": "model: veo3.1-lite ",
            "official: veo-3.1-fast-generate-001": "official: veo-3.1-lite-generate-001",
            "target: production": f"target: {changed.pop('target', 'production')}",
            "endpoint: videos": f"endpoint: {changed.pop('endpoint', 'videos')}",
        }.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        head, _, tail = text.partition("  routes:\n")  # no fallback of its own
        path = tmp_path / "lite" / "route.yaml"
        (path.parent / "logs").mkdir(parents=True, exist_ok=True)
        sample = (root / "examples/logs/veo-jobs.jsonl").read_text()
        (path.parent / "logs/veo-jobs.jsonl").write_text(sample)
        path.write_text(
            head.replace("transient_error: switch", "transient_error: retry_once")
            + tail[tail.index("\nlogging:") :]
        )
        return path

    return write


NOT_ROUTED = ("--scenario", "job-declared-not-routed", "-o", "json")


@pytest.mark.parametrize("endpoint", ["videos", "video-generations"])
def test_a_declared_type_that_is_not_routed_is_never_taken_for_proof(
    endpoint: str, veo: Run, lite: Callable[..., Path]
) -> None:
    file = lite(target="staging", endpoint=endpoint)
    first = veo("run", file, *NOT_ROUTED)
    assert (first.code, first.report["routes"][0]["tier"]) == (0, "staging")
    assert first.checks["endpoint-family"]["status"] == "warn"
    assert "only a job proves" in first.checks["endpoint-family"]["findings"][0]["message"]
    paid = veo("run", file, *NOT_ROUTED, "--spend", "2")
    later = [veo("run", file, *NOT_ROUTED) for _ in range(2)]
    for ran in (paid, *later):
        assert (ran.code, ran.report["routes"][0]["verdict"]) == (1, "not-ready")
        assert ran.checks["endpoint-family"]["status"] == "fail"
        assert "endpoint-family/refused" in ran.codes
    # the refusal does not keep a job from being paid, and only an accepted one clears it
    healed = veo("run", file, "--sandbox", "--spend", "2", "-o", "json")
    assert healed.report["routes"][0]["job"]["video_count"] == 1
    for ran in (healed, veo("run", file, "--sandbox", "-o", "json")):
        assert (ran.code, ran.report["routes"][0]["tier"]) == (0, "production")
        assert ran.checks["endpoint-family"]["status"] == "pass"


def test_a_declared_type_that_is_not_routed_is_never_ready_for_production(
    veo: Run, lite: Callable[..., Path]
) -> None:
    file = lite()
    for words in ((), ("--spend", "2"), (), ("--spend", "2"), ()):
        ran = veo("run", file, *NOT_ROUTED, *words)
        assert ran.report["routes"][0]["verdict"] != "ready"
        assert ran.code in {1, 3}


def test_the_family_that_the_gateway_does_route_delivers_in_the_same_world(
    veo: Run, lite: Callable[..., Path]
) -> None:
    ran = veo("run", lite(endpoint="generation-tasks"), *NOT_ROUTED, "--spend", "2")
    assert (ran.code, ran.report["routes"][0]["tier"]) == (0, "production")


@pytest.mark.parametrize("place", ["europe-west4", "global", "asia-northeast1"])
def test_a_wrong_location_is_one_failure_that_names_the_right_one(
    place: str, veo: Run, root: Path, tmp_path: Path
) -> None:
    text = (root / "examples/google-agent-platform.yaml").read_text()
    assert text.count("location: us-central1") == 1
    path = tmp_path / "route.yaml"
    path.write_text(text.replace("location: us-central1", f"location: {place}"))
    ran = veo("run", path, "--sandbox", "--spend", "3", "-o", "json")
    failed = {name for name, check in ran.checks.items() if check["status"] == "fail"}
    assert (ran.code, failed) == (1, {"location-served"})
    (finding,) = ran.checks["location-served"]["findings"]
    assert (finding["code"], finding["fix"]) == (
        "location-served/elsewhere",
        "set via.location to us-central1",
    )
    assert ran.report["routes"][0]["spent"] in {None, "0.00"}  # it stops the money
