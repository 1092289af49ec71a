"""Standard output is the report's alone, whatever a plug-in prints."""

from __future__ import annotations

import json
import os
import sys
import tempfile
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
  - id: data-and-keys
    title: Everything
    why: a test
    evidence: none
    checks: {noisy-plug: note}
"""


@check(item="data-and-keys", since="1.0")
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


class Talker:
    """A plug-in that prints a key that only the route names, and then crashes with it."""

    def load(self) -> object:
        @check(item="data-and-keys", since="1.0")
        def noisy_plug() -> Findings:
            """It prints.

            Why: a test. Fix: none.
            """
            key = os.environ["GATEWAY_ACCESS"]
            print("printed", key, [key], key.encode().hex())
            sys.stderr.writelines(["written ", key.replace("-", "%2D"), "\n"])
            yield note("noisy-plug/done", f"it found {key}")
            raise ValueError(key)

        return noisy_plug


def test_a_key_whose_variable_says_nothing_is_masked_in_what_a_plug_in_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(select, "installed_plugins", lambda: {"noisy-plug": Talker()})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("GATEWAY_ACCESS", "own-format-0123456789")
    checklist = tmp_path / "noisy.yaml"
    checklist.write_text(CHECKLIST, encoding="utf-8")
    text = (ROOT / "examples" / "google-agent-platform.yaml").read_text(encoding="utf-8")
    route = tmp_path / "route.yaml"
    route.write_text(text.replace("GOOGLE_ACCESS_TOKEN", "GATEWAY_ACCESS"), encoding="utf-8")
    words = ["run", str(route), "--offline", "--checklist", str(checklist), "-o", "json"]
    assert main([*words, "--allow-plugin", "noisy-plug"]) == 3
    said = capsys.readouterr()
    crashes = [file.read_text(encoding="utf-8") for file in tmp_path.glob("veo-check-crash-*")]
    assert len(crashes) == 1
    assert "printed [redacted]" in said.err
    assert "ValueError: [redacted]" in crashes[0]
    for text in (said.out, said.err, *crashes):
        assert "0123456789" not in text
        assert "30313233" not in text


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
