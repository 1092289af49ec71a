"""The weekly workflow's own scripts, run on this machine with a stand-in for `gh` and the pages."""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "git", "gzip"))), reason="needs what a runner has"
)
DATA = "src/veo_check/reference/data"
ROW = "date set: veo-9 on gemini-api: 2026-12-24 at the earliest; until now no date announced"


def script(root: Path, job: str, step: str) -> str:
    """The shell text of one step of the workflow."""
    workflow: Any = yaml.safe_load((root / ".github/workflows/refresh.yml").read_text())
    [found] = [one["run"] for one in workflow["jobs"][job]["steps"] if one.get("name") == step]
    return str(found)


@dataclass
class Runner:
    """A clone with a remote, and a folder of stand-ins that comes first on the PATH."""

    folder: Path

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    def stand_in(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/usr/bin/env bash\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.clone, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def run(self, text: str, **environ: str) -> tuple[int, str]:
        """Exit code and output of a step's script, run as GitHub runs it."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
            cwd=self.clone,
            env={
                **os.environ,
                "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "DATA": DATA,
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    made = Runner(tmp_path)
    (tmp_path / "bin").mkdir()
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "remote"], check=True)
    subprocess.run(
        ["git", "clone", "-q", tmp_path / "remote", made.clone], check=True, capture_output=True
    )
    data = made.clone / DATA
    data.mkdir(parents=True)
    (data / "lifecycle.json").write_text('{\n  "rows": [1]\n}\n', encoding="utf-8")
    (made.clone / "other.txt").write_text("mine\n", encoding="utf-8")
    made.git("config", "user.name", "someone")
    made.git("config", "user.email", "someone@example.com")
    made.git("add", ".")
    made.git("commit", "-q", "-m", "Begin")
    made.git("push", "-q", "origin", "HEAD:main")
    return made


def refresh(code: int, *, changes: bool) -> str:
    """A stand-in for `veo-check refresh --write-bundle DIR -o text:FILE`, and with --cost-map."""
    write = 'printf \'{\\n  "rows": [1, 2]\\n}\\n\' > "$3/lifecycle.json"' if changes else ":"
    the_map = 'if [ "$2" = --cost-map ]; then : > "${7#text:}"; exit 0; fi'
    check = '[ "$1 $2 $4" = "refresh --write-bundle -o" ]'
    return f'{the_map}; {check} || exit 9; {write}; echo "{ROW}" > "${{5#text:}}"; exit {code}'


def test_changes_are_handed_on_as_a_patch(runner: Runner, root: Path) -> None:
    runner.stand_in("veo-check", refresh(3, changes=True))
    code, out = runner.run(script(root, "read", "veo-check refresh"))
    assert (code, ROW in out) == (0, True)
    assert runner.outputs["code"] == "3"
    assert base64.b64decode(runner.outputs["report"]).decode() == f"{ROW}\n"
    patch = gzip.decompress(base64.b64decode(runner.outputs["patch"])).decode()
    assert '+  "rows": [1, 2]' in patch


def test_nothing_new_hands_on_no_patch(runner: Runner, root: Path) -> None:
    runner.stand_in("veo-check", refresh(0, changes=False))
    assert runner.run(script(root, "read", "veo-check refresh"))[0] == 0
    assert (runner.outputs["code"], "patch" in runner.outputs) == ("0", False)


@pytest.mark.parametrize("code", [1, 2, 4])
def test_another_exit_code_fails_the_job(code: int, runner: Runner, root: Path) -> None:
    runner.stand_in("veo-check", refresh(code, changes=True))
    assert runner.run(script(root, "read", "veo-check refresh"))[0] == code
    assert not (runner.folder / "output").exists()


@pytest.mark.parametrize(("number", "command"), [("", "pr create --draft"), ("7", "pr edit 7")])
def test_the_draft_is_opened_once_and_renewed_then(
    number: str, command: str, runner: Runner, root: Path
) -> None:
    runner.stand_in("veo-check", refresh(0, changes=True))
    runner.run(script(root, "read", "veo-check refresh"))
    runner.git("checkout", "-q", ".")
    asked = runner.folder / "asked"
    answer = f'[ "$2" != list ] || echo "{number}"'
    runner.stand_in("gh", f'echo "$*" >> "{asked}"; {answer}')
    code, out = runner.run(
        script(root, "propose", "Open or renew the draft pull request"),
        BRANCH="refresh-reference-data",
        PATCH=runner.outputs["patch"],
        REPORT=runner.outputs["report"],
    )
    assert code == 0, out
    assert command in asked.read_text(encoding="utf-8")
    assert ("pr create" in asked.read_text(encoding="utf-8")) == (number == "")
    body = (runner.folder / "body.md").read_text(encoding="utf-8")
    assert f"````text\n{ROW}\n````\n" in body
    changed = runner.git("diff", "--name-only", "origin/main", "origin/refresh-reference-data")
    assert changed == f"{DATA}/lifecycle.json"


def test_a_page_that_could_not_be_read_fails_the_run_in_the_end(runner: Runner, root: Path) -> None:
    text = script(root, "whole", "Fail where a page could not be read")
    report = base64.b64encode(ROW.encode()).decode()
    assert runner.run(text, CODE="3", REPORT=report) == (3, ROW)
    assert runner.run(text, CODE="0", REPORT=report) == (0, ROW)
    assert runner.run(text, CODE="", REPORT="")[0] != 0  # a page that nobody even tried


def test_what_reads_the_network_cannot_write(root: Path) -> None:
    workflow: Any = yaml.safe_load((root / ".github/workflows/refresh.yml").read_text())
    jobs = workflow["jobs"]
    writing = {name for name, job in jobs.items() if "write" in job["permissions"].values()}
    assert writing == {"propose"}
    assert not any("veo-check" in step.get("run", "") for step in jobs["propose"]["steps"])
    assert jobs["young"]["steps"][-1]["run"] == "veo-check refresh --check-age 30"
