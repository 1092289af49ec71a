"""Standard output is the report's alone, whatever a plug-in prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from veo_check.cli.main import main
from veo_check.core.findings import Findings, check, note
from veo_check.engine import plan as select

ROOT = Path(__file__).parents[2]
CHECKLIST = """\
version: 1
name: noisy
title: One noisy plug-in
items:
  - id: everything
    title: Everything
    why: a test
    evidence: none
    checks: {noisy-plug: note}
"""


@check(item="everything", since="1.0")
def noisy_plug() -> Findings:
    """It prints.

    Why: a test. Fix: none.
    """
    print("noise of the check")
    yield note("noisy-plug/done", "it printed")


class Point:
    """An entry point that prints when it is loaded."""

    def load(self) -> object:
        print("noise of the import")
        return noisy_plug


@pytest.mark.parametrize("more", [["-o", "json"], ["--plan"]])
def test_what_a_plug_in_prints_goes_to_stderr(
    more: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(select, "installed_plugins", lambda: {"noisy-plug": Point()})
    checklist = tmp_path / "noisy.yaml"
    checklist.write_text(CHECKLIST, encoding="utf-8")
    route = ROOT / "examples" / "google-agent-platform.yaml"
    words = ["run", str(route), "--offline", "--checklist", str(checklist)]
    main([*words, "--allow-plugin", "noisy-plug", *more])
    said = capsys.readouterr()
    assert "noise of the import" in said.err
    assert "noise" not in said.out
    if "json" in more:
        assert "noise of the check" in said.err
        assert json.loads(said.out)["mode"] == "offline"
