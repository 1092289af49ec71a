"""Routes whose surface refuses a wrong length inside the operation still reach production."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
LOGGING = """
logging:
  sample: logs/veo-jobs.jsonl
  fields: {operation_id: op, poll_attempts: polls}
"""
CONFIRMED = """confirmations:
  - {what: dashboard-record, by: video-platform@example.com, on: 2026-11-20, expires: 2026-12-20}
  - what: usage-record
    by: video-platform@example.com
    on: 2026-11-20
    operation: OPERATION
    billed: BILLED
    expires: 2026-12-20
"""


@pytest.fixture
def production(root: Path, tmp_path: Path) -> Callable[..., Path]:
    """An example that aims at staging, for production, with what only a person can add."""

    def write(example: str, more: str = LOGGING) -> Path:
        text = (root / f"examples/{example}.yaml").read_text()
        assert text.count("target: staging") == 1
        path = tmp_path / "production" / "route.yaml"
        (path.parent / "logs").mkdir(parents=True, exist_ok=True)
        sample = (root / "examples/logs/veo-jobs.jsonl").read_text()
        (path.parent / "logs/veo-jobs.jsonl").write_text(sample)
        path.write_text(text.replace("target: staging", "target: production") + more)
        return path

    return write


def sent(state: Path) -> list[dict[str, Any]]:
    return [json.loads(one.read_text()) for one in sorted(state.glob("simulated/journal/*/*.json"))]


@pytest.mark.parametrize("example", ["google-agent-platform", "openai-litellm"])
def test_a_route_to_the_agent_platform_becomes_ready(
    example: str,
    veo: Run,
    production: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VEO_CHECK_PROOF_KEY", "a-proof-key-of-the-tests")
    state = tmp_path / "s"
    words = ("--sandbox", "--state", state, "-o", "json")
    paid = veo("run", production(example), *words, "--spend", "2")
    (route,) = paid.report["routes"]
    failure = paid.checks["controlled-failure"]
    assert failure["status"] in {"pass", "warn"}
    assert "veo-3.0-fast-generate-001, which was shut down on 2026-06-30" in str(failure)
    operation = route["job"]["operation_id"]
    assert (paid.code, route["tier"]) == (3, "staging")
    assert operation in str(paid.checks["usage-recorded"]["reason"])
    quoted = sent(state)[0]["entry"]["intent"]["quoted"]
    seen = CONFIRMED.replace("OPERATION", operation).replace("BILLED", quoted)
    confirmed = production(example, LOGGING + seen)
    free = veo("run", confirmed, *words)
    assert (free.code, free.report["routes"][0]["tier"]) == (0, "production")
    assert free.report["mode"] == "free"
    assert len(sent(state)) == 2


@pytest.mark.parametrize(
    ("example", "outcome"),
    # at Google and at a proxy it cannot be read whether a request was charged
    [
        ("google-agent-platform", "warn"),
        ("flatkey-veo-3.1-fast", "pass"),
        ("openai-litellm", "warn"),
    ],
)
def test_a_wrong_length_refused_inside_the_operation_counts(
    example: str, outcome: str, veo: Run, root: Path, tmp_path: Path
) -> None:
    text = (root / f"examples/{example}.yaml").read_text()
    if "controlled_failure" not in text:
        text += (
            "\nsmoke: {seconds: 4, resolution: 720p, controlled_failure: unsupported-parameter}\n"
        )
    path = tmp_path / "route.yaml"
    text = text.replace('per_job: "2.00"', 'per_job: "2.50"')
    path.write_text(text.replace("sample: logs/veo-jobs.jsonl", "sample: veo-jobs.jsonl"))
    (tmp_path / "veo-jobs.jsonl").write_text((root / "examples/logs/veo-jobs.jsonl").read_text())
    ran = veo("run", path, "--sandbox", "--spend", "10", "-o", "json")
    check = ran.checks["controlled-failure"]
    assert "controlled-failure/refused-inside" in ran.codes
    assert "Unsupported output video duration 5 seconds" in str(check["findings"])
    assert check["status"] == outcome


def test_a_late_refusal_that_a_proxy_calls_completed_proves_nothing(
    veo: Run, root: Path, tmp_path: Path
) -> None:
    text = (root / "examples/openai-litellm.yaml").read_text()
    text += "\nsmoke: {seconds: 4, resolution: 720p, controlled_failure: unsupported-parameter}\n"
    path = tmp_path / "route.yaml"
    path.write_text(text.replace('per_job: "2.00"', 'per_job: "2.50"'))
    words = ("--scenario", "job-errors-hidden", "--spend", "10", "-o", "json")
    ran = veo("run", path, *words)
    assert ran.checks["controlled-failure"]["status"] == "fail"
    assert "controlled-failure/unclear" in ran.codes
