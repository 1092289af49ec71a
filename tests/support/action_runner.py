"""A GitHub runner, as far as a composite action can tell: inputs, files, steps that are scripts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: In the place of Python: writes its words down, and ends as `veo-check` is asked to.
RECORDER = """#!/usr/bin/env bash
if [[ $2 == -m ]]; then
  printf '%s\\n' "$@" >"$RECORD"
  [[ -z $REPORT ]] || for word; do [[ $word != json:* ]] || cp "$REPORT" "${word#json:}"; done
  exit "${ENDS_WITH:-0}"
fi
exec REAL "$@"
"""


@dataclass(frozen=True)
class RunResult:
    code: int
    out: str
    outputs: Mapping[str, str]
    summary: str
    #: what `veo-check` was asked, where it was only recorded
    words: list[str]


class Runner:
    """Runs the steps of a composite action that are scripts, one after the other."""

    def __init__(self, root: Path, folder: Path, action: Path, home: Path) -> None:
        self.root = root
        self.action = root / action
        self.workspace = folder / "workspace"
        self.temp = folder / "temp"
        self.stubs = folder / "stubs"
        for made in (self.workspace, self.temp / "veo-check" / "bin", self.stubs, home):
            made.mkdir(parents=True)
        self.home = home
        self.definition: dict[str, Any] = yaml.safe_load((self.action / "action.yml").read_text())
        self.use_python(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        self.report: Path | None = None

    def use_python(self, text: str) -> None:
        python = self.temp / "veo-check" / "bin" / "python"
        python.write_text(text.replace("REAL", sys.executable))
        python.chmod(0o755)

    def record(self, report: Mapping[str, object] | None = None) -> None:
        """Only write down what `veo-check` is asked."""
        self.use_python(RECORDER)
        if report is not None:
            self.report = self.temp / "canned.json"
            self.report.write_text(json.dumps(report))

    def stub(self, name: str, text: str) -> None:
        (self.stubs / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
        (self.stubs / name).chmod(0o755)

    def run(
        self,
        inputs: Mapping[str, str],
        event: str = "push",
        head: str = "team/repo",
        env: Mapping[str, str] | None = None,
        steps: tuple[str, ...] = ("Run veo-check", "Scan"),
    ) -> RunResult:
        values = {f"inputs.{name}": str(one.get("default", "")) for name, one in self.inputs()}
        assert {f"inputs.{name}" for name in inputs} <= values.keys()
        values |= {f"inputs.{name}": one for name, one in inputs.items()}
        values["steps.python.outputs.python-path"] = str(self.stubs / "python")
        values["github.event.pull_request.head.repo.full_name"] = head
        files = {name: self.temp / name for name in ("output", "summary", "record")}
        for file in files.values():
            file.write_text("")
        common = {
            "PATH": f"{self.stubs}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_REPOSITORY": "team/repo",
            "GITHUB_ACTOR": "somebody",
            "CI": "true",
            "RECORD": str(files["record"]),
            "REPORT": str(self.report or ""),
            "TTY_COMPATIBLE": "0",
            **(env or {}),
        }
        values = {
            "github.server_url": "https://github.com",
            "github.action_repository": "owner/veo-check",
            "github.action_ref": "0123abc",
            **values,
        }
        code, out = 0, ""
        for step in self.definition["runs"]["steps"]:
            if step["name"] not in steps or code != 0:
                continue
            own = {name: expanded(str(one), values) for name, one in step["env"].items()}
            done = subprocess.run(
                # as the runner starts `shell: bash`
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.workspace,
                env={**common, **own},
                capture_output=True,
                text=True,
                check=False,
            )
            code, out = done.returncode, out + done.stdout + done.stderr
        lines = files["output"].read_text().splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        assert len(outputs) == len(lines)
        words = files["record"].read_text().splitlines()
        return RunResult(code, out, outputs, files["summary"].read_text(), words)

    def inputs(self) -> list[tuple[str, dict[str, Any]]]:
        return list(self.definition["inputs"].items())


def expanded(text: str, values: Mapping[str, str]) -> str:
    """`${{ … }}` as GitHub fills it in. An unknown name is empty there, and an error here."""
    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda match: values[match[1]], text)
