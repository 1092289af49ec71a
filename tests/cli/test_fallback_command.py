"""`veo-check fallback` as somebody types it, and reads it at night."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from veo_check.cli.main import main

ROUTE = """version: 1
route: {{name: night, target: production, owner: {{team: t}}}}
via: {{gateway: flatkey, endpoint: videos, model: veo3.1, group: plg, key: {{env: FLATKEY_KEY}}}}
model: {{official: veo-3.1-generate-001, surface: agent-platform}}
request: {{seconds: 8, resolution: {resolution}, use: {use}}}
budget: {{retries: 1}}
fallback:
  transient_error: {transient}
  deprecated_model: block
  unsupported_parameter: fail_closed
  high_resolution_final: {high}
  draft: switch
  policy_block: {policy}
  approved_by: a@example.com
  approved_on: 2026-11-20
  routes: [{routes}]
"""
LITE = (
    "{name: lite, for: [transient_error], via: {model: lite}, accepts: [style],"
    " model: {official: veo-3.1-lite-generate-001, surface: agent-platform}}"
)
OMNI = (
    "{name: omni, for: [transient_error],"
    " via: {gateway: google, model: gemini-omni-1.1-flash, endpoint: interactions,"
    " key: {env: GEMINI_KEY}},"
    " model: {official: gemini-omni-1.1-flash, surface: gemini-api}}"
)
SORA = (
    "{name: sora, for: [transient_error],"
    " via: {gateway: openai, base_url: 'https://api.openai.com', model: sora-2,"
    " endpoint: videos, key: {env: OPENAI_KEY}},"
    " model: {official: sora-2, surface: openai}}"
)


def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str], **values: str) -> Any:
    given = {
        "resolution": "1080p",
        "use": "final",
        "transient": "switch",
        "high": "require_approval",
        "policy": "fail_closed",
        "routes": LITE,
    } | values
    file = tmp_path / "route.yaml"
    file.write_text(ROUTE.format(**given), encoding="utf-8")
    code = main(["fallback", str(file), "--as-of", "2026-11-22", "-o", "json"])
    found = json.loads(capsys.readouterr().out)
    return code, found, {row["failure"]: row for row in found["failures"]}


def test_what_happens_on_a_safety_block_at_4k(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, rows = ask(tmp_path, capsys, resolution="4k", routes="")
    row = rows["safety block (filtered)"]
    assert row["decision"] == "check for the refund; then stop: no other route"
    assert (row["cost_low"], row["cost_high"]) == ("0.00", "4.80")
    assert row["viewer"] == "no video"


@pytest.mark.parametrize("policy", ["fail_closed", "human_review"])
@pytest.mark.parametrize("use", ["final", "draft"])
def test_a_safety_block_is_never_re_routed(
    policy: str, use: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, rows = ask(tmp_path, capsys, policy=policy, use=use)
    assert "lite" not in rows["safety block (filtered)"]["decision"]


def test_a_retry_costs_a_whole_second_video(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, found, rows = ask(tmp_path, capsys, transient="retry_once", routes="")
    assert found["expected"] == "3.20"
    row = rows["timeout, no operation id"]
    assert (row["cost_low"], row["cost_high"]) == ("3.20", "6.40")


def test_omni_changes_endpoint_unit_and_price(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, _ = ask(tmp_path, capsys, routes=OMNI)
    [target] = found["targets"]
    changed = {one["name"]: (one["from"], one["to"]) for one in target["changes"]}
    assert changed["endpoint"] == ("videos", "interactions")
    assert changed["unit"] == ("second", "token")
    assert target["expected"] == "1.21632"
    assert target["state"] == "retiring"
    assert code in {1, 3}  # what it does not say about audio keeps it from being sure


def test_sora_fails_with_its_shutdown_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, rows = ask(tmp_path, capsys, routes=SORA)
    [target] = found["targets"]
    assert (code, target["state"], target["shutdown"]) == (1, "retired", "2026-09-24")
    assert "no fallback route is usable" in rows["429 rate limit"]["decision"]


def test_a_chain_is_followed_in_its_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = LITE.replace("name: lite,", "name: lite-again,")
    _, _, rows = ask(tmp_path, capsys, routes=f"{LITE}, {second}")
    assert "lite, then lite-again" in rows["429 rate limit"]["decision"]


def test_a_loop_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = LITE.replace("name: lite,", "name: one, fallback: [two],")
    two = LITE.replace("name: lite,", "name: two, fallback: [one],")
    code, found, _ = ask(tmp_path, capsys, routes=f"{one}, {two}")
    assert code == 1
    assert "fallback-rules/loop" in {rule["code"] for rule in found["broken_rules"]}


def test_a_high_resolution_final_may_be_forbidden_to_switch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, rows = ask(tmp_path, capsys, high="fail_closed")
    assert "a high-resolution final does not switch" in rows["429 rate limit"]["decision"]


def test_every_example_fits_a_hundred_columns(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for example in sorted((root / "examples").glob("*.yaml")):
        code = main(["fallback", str(example), "--as-of", "2026-11-22"])
        out = capsys.readouterr().out
        assert code in {0, 1, 3}
        assert max(len(line) for line in out.splitlines()) <= 100
        assert "safety block" in out


def test_an_invalid_file_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "route.yaml"
    file.write_text("version: 1\n", encoding="utf-8")
    assert main(["fallback", str(file)]) == 2
    assert "route.yaml:1:1" in capsys.readouterr().err


@pytest.mark.parametrize("columns", ["40", "72", "99", "100", "200"])
def test_the_runbook_follows_the_terminal(
    columns: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    main(["fallback", str(root / "examples/flatkey-veo-3.1-fast.yaml"), *("-o", "text")])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= min(int(columns), 120)
    assert ("\n  billed   not charged\n" in out) == (int(columns) < 100)
    assert out.count("404 model retired") == 1


def test_the_runbook_as_markdown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["fallback", str(root / "examples/flatkey-veo-3.1-fast.yaml"), "-o", "markdown"])
    out = capsys.readouterr().out
    rows = [line for line in out.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 12  # a head, and each failure
    assert all(row.replace("\\|", "").count("|") == 7 for row in rows)
    assert "## Fallback routes, in this order" in out
