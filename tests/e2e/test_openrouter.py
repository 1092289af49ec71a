"""OpenRouter from the command line: ready by one job, and each refusal with a code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_check.sandbox.scenarios import SCENARIOS

Run = Callable[..., Any]
EXAMPLE = "examples/openrouter.yaml"


def test_one_job_proves_the_route_and_a_free_run_is_based_on_it(veo: Run, root: Path) -> None:
    paid = veo("run", root / EXAMPLE, "--sandbox", "--spend", "2", "-o", "json")
    (route,) = paid.report["routes"]
    assert (paid.code, route["verdict"], route["tier"]) == (0, "ready", "production")
    assert (route["usage"]["billed"], route["usage"]["quoted"]) == ("0.20", "0.20")
    assert route["job"]["served_model"] == "google/veo-3.1-lite"
    assert "personal" not in paid.out
    assert "/signed/" not in paid.out
    for check in ("catalog-group", "availability-status"):
        assert paid.checks[check]["status"] == "not-applicable"
    free = veo("run", root / EXAMPLE, "--sandbox", "-o", "json")
    (later,) = free.report["routes"]
    assert (free.code, later["tier"], later["spent"]) == (0, "production", "0.00")


#: scenario: exit code, tier, and what names it
SYMPTOMS = {
    "bad-key": (1, "research", "key-accepted/refused"),
    "no-quota": (1, "research", "key-accepted/no-quota"),
    "unpriced-row": (1, "research", "price-unit/unpriced"),
    "price-raised": (1, "research", "budget-covers/"),
    "row-missing": (1, "research", "catalog-row/missing"),
    "job-402": (1, "staging", "openrouter_credits"),
    "openrouter-key-limit": (1, "staging", "openrouter_key_limit"),
    "openrouter-in-flight": (3, "staging", "job-completes/rate-limited"),
    "openrouter-budget-spent": (1, "staging", "job-completes/no-quota"),
    "job-429": (3, "staging", "job-completes/rate-limited"),
    "openrouter-upstream-429": (3, "staging", "Resource has been exhausted"),
    "openrouter-previous-job": (1, "staging", "does not support previous_job_id"),
    "openrouter-resolution": (1, "staging", "Supported resolutions: 1080p"),
    "openrouter-zod": (1, "staging", "job-completes/refused"),
    "openrouter-late-refusal": (1, "staging", "job-completes/duration-refused"),
    "openrouter-expired": (1, "staging", "job-completes/failed"),
    "job-task-lost": (3, "staging", "job-completes/operation-unknown"),
    "openrouter-index": (1, "staging", "media-delivered/content-unavailable"),
    "openrouter-record-late": (3, "staging", "is not there yet; the next run asks again"),
    "openrouter-other-provider": (1, "staging", "usage-recorded/another-surface"),
    "job-another-model": (3, "staging", "job-completes/served-name"),
    "job-overcharged": (1, "staging", "usage-matches-quote/differs"),
    "job-wrong-request-accepted": (1, "staging", "controlled-failure/accepted"),
    "job-wrong-request-rerouted": (1, "staging", "controlled-failure/rerouted"),
}


def test_the_table_has_every_scenario_of_openrouter() -> None:
    named = {scenario.name for scenario in SCENARIOS if scenario.name.startswith("openrouter-")}
    assert named <= set(SYMPTOMS)


@pytest.mark.parametrize("scenario", SYMPTOMS)
def test_each_symptom_has_a_code_and_a_verdict(scenario: str, veo: Run, root: Path) -> None:
    ran = veo("run", root / EXAMPLE, "--scenario", scenario, "--spend", "2", "-o", "json")
    code, tier, named = SYMPTOMS[scenario]
    assert (ran.code, ran.report["routes"][0]["tier"]) == (code, tier)
    assert named in str(ran.checks)


def test_a_record_that_is_late_leaves_the_job_open_and_sends_no_second(
    veo: Run, root: Path, tmp_path: Path
) -> None:
    words = ("--scenario", "openrouter-record-late", "--spend", "2")
    state = ("--state", tmp_path / "state", "-o", "json")
    for _ in range(2):
        ran = veo("run", root / EXAMPLE, *words, *state)
        assert ran.report["routes"][0]["tier"] == "staging"
    kept = sorted((tmp_path / "state").glob("simulated/journal/*/*.json"))
    smoke = [job for job in map(Path.read_text, kept) if '"kind": "smoke"' in job]
    assert len(smoke) == 1
    assert '"closed_at": null' in smoke[0]


def test_the_catalogue_and_a_shape_that_it_does_not_take(
    veo: Run, root: Path, tmp_path: Path
) -> None:
    told = veo("catalog", "google/veo-3.1-fast", "--gateway", "openrouter",
               "--official", "veo-3.1-fast-generate-001", "--scenario", "healthy")  # fmt: skip
    assert "0.10 USD per second" in told.out
    path = tmp_path / "route.yaml"
    path.write_text((root / EXAMPLE).read_text().replace("resolution: 1080p", "resolution: 4k"))
    refused = veo("run", path, "--sandbox", "--spend", "5", "-o", "json")
    assert "request-supported/gateway-limits" in refused.codes
    assert refused.report["routes"][0]["spent"] == "0.00"
