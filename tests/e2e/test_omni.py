"""Omni over the Interactions API, from the command line to the ledger of the simulated Google."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_check.sandbox.scenarios import SCENARIOS

Run = Callable[..., Any]


@pytest.fixture
def on(root: Path, tmp_path: Path) -> Callable[[str], Path]:
    """The example, on either surface."""

    def write(surface: str) -> Path:
        text = (root / "examples/google-omni.yaml").read_text()
        if surface == "agent-platform":
            place = "  project: studio-dev\n  location: global\n  key: {env: GOOGLE_ACCESS_TOKEN,"
            for old, new in (
                ("surface: gemini-api", "surface: agent-platform"),
                ("  key: {env: GEMINI_API_KEY,", place),
            ):
                assert text.count(old) == 1
                text = text.replace(old, new)
        folder = tmp_path / surface
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        sample = (root / "examples/logs/veo-jobs.jsonl").read_text()
        (folder / "logs/veo-jobs.jsonl").write_text(sample)
        (folder / "route.yaml").write_text(text)
        return folder / "route.yaml"

    return write


@pytest.mark.parametrize("surface", ["gemini-api", "agent-platform"])
def test_one_job_proves_the_route_and_a_free_run_is_based_on_it(
    surface: str, veo: Run, on: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEO_CHECK_PROOF_KEY", "a-proof-key-of-the-tests")
    paid = veo("run", on(surface), "--sandbox", "--spend", "1", "-o", "json")
    (route,) = paid.report["routes"]
    assert (paid.code, route["verdict"], route["tier"]) == (0, "ready", "production")
    assert route["job"]["served_model"] == "gemini-omni-1.2-flash"
    told = {name: route["usage"][name] for name in ("quantity", "quoted", "billed")}
    if surface == "gemini-api":
        # 55 tokens of prompt and thought beside those of the video
        assert told == {"quantity": "5793", "quoted": "0.069516", "billed": "0.070176"}
        assert route["job"]["resolution"] == "640x360"
    else:  # 360p has one source of a price there, which is none
        assert told == {"quantity": "17376", "quoted": "0.208512", "billed": "0.209172"}
        assert route["job"]["resolution"] == "1280x720"
    assert (route["usage"]["unit"], route["usage"]["seconds"]) == ("video token", "3")
    assert route["job"]["seconds"] == "3.0"
    assert {"usage-recorded/answer-only", "controlled-failure/refused"} <= paid.codes
    free = veo("run", on(surface), "--sandbox", "-o", "json")
    (later,) = free.report["routes"]
    assert (free.code, later["tier"], later["spent"]) == (0, "production", "0.00")
    assert later["proof"]["id"] == route["proof"]["id"]


#: scenario: exit code, tier, and a code or reason that names what happened
SYMPTOMS = {
    "omni-invalid-argument": (1, "staging", "job-completes/refused"),
    "omni-create-503": (3, "staging", "job-completes/submit-uncertain"),
    "omni-no-background": (1, "staging", "background=true is not supported"),
    "omni-poll-error": (3, "staging", "job-completes/poll-answers-error"),
    "omni-incomplete": (1, "staging", "job-completes/incomplete"),
    "omni-budget-exceeded": (1, "staging", "job-completes/no-quota"),
    "omni-cancelled": (1, "staging", "job-completes/cancelled"),
    "omni-only-user-input": (1, "staging", "job-completes/empty-result"),
    "omni-text-only": (1, "staging", "job-completes/empty-result"),
    "omni-no-output": (1, "staging", "job-completes/empty-result"),
    "omni-inline": (0, "production", "media-delivered/facts"),
    "omni-file-failed": (1, "staging", "job-completes/content-unavailable"),
    "omni-thinking": (0, "production", "usage-matches-quote/other-tokens"),
    "omni-unknown-modality": (3, "staging", "tokens of hologram, which is not known"),
    "job-usage-missing": (3, "staging", "that does not make it free"),
    "job-overcharged": (1, "staging", "usage-matches-quote/differs"),
    "job-another-model": (1, "staging", "job-completes/another-model"),
    "job-duration-type": (1, "staging", "Invalid input at"),
    "job-429": (3, "staging", "job-completes/rate-limited"),
    "job-task-lost": (3, "staging", "job-completes/operation-unknown"),
    "job-wrong-request-accepted": (1, "staging", "controlled-failure/accepted"),
    "job-filtered-wrapped": (1, "staging", "job-completes/filtered"),
    "job-error-13": (1, "staging", "job-completes/backend-error"),
}


def test_the_table_has_every_scenario_of_the_interactions_api() -> None:
    named = {scenario.name for scenario in SCENARIOS if scenario.name.startswith("omni-")}
    assert named <= set(SYMPTOMS)


@pytest.mark.parametrize("scenario", SYMPTOMS)
def test_each_symptom_has_a_code_and_a_verdict(
    scenario: str, veo: Run, on: Callable[[str], Path]
) -> None:
    words = ("--scenario", scenario, "--spend", "1", "-o", "json")
    ran = veo("run", on("gemini-api"), *words)
    code, tier, named = SYMPTOMS[scenario]
    assert (ran.code, ran.report["routes"][0]["tier"]) == (code, tier)
    assert named in str(ran.checks)


@pytest.mark.parametrize("scenario", ["job-dropped-before", "job-dropped-after"])
def test_a_create_that_nobody_answered_is_never_sent_again(
    scenario: str, veo: Run, on: Callable[[str], Path]
) -> None:
    words = ("--scenario", scenario, "--spend", "1", "-o", "json")
    for _ in range(2):
        ran = veo("run", on("gemini-api"), *words)
        assert ran.code == 3
        assert "job-completes/submit-uncertain" in ran.codes
    listed = veo("job", "list", "--state", on("gemini-api").parent.parent / "state")
    assert listed.out.count("uncertain") >= 1
    assert listed.out.count("submit-uncertain") <= 2
