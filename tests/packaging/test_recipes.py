"""The recipes under examples/ci: what their scripts do, and that they call what exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

if sys.platform == "win32":
    pytest.skip("the recipes' scripts need a POSIX shell", allow_module_level=True)


def recipe(root: Path, name: str) -> list[dict[Any, Any]]:
    return list(yaml.safe_load_all((root / "examples" / "ci" / f"{name}.yaml").read_text()))


@pytest.fixture
def tools(tmp_path: Path, home: Path) -> Mapping[str, str]:
    """An environment with `veo-check`, and a `gh` that writes down what it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {
        "veo-check": f'exec {sys.executable} -m veo_check "$@"',
        "gh": 'printf "%s\\n" "$@" >"$RUNNER_TEMP/asked"',
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    home.mkdir(parents=True)
    return {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "HOME": str(home),
        "RUNNER_TEMP": str(tmp_path),
        "PULL_REQUEST": "7",
    }


def run_script(
    script: str, folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def compare(root: Path, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    (workflow,) = recipe(root, "github-pull-request")
    (step,) = (
        one for one in workflow["jobs"]["difference"]["steps"] if one.get("name") == "Compare"
    )
    assert "${{" not in step["run"]
    return run_script(step["run"], folder, env)


def test_the_comment_says_what_a_pull_request_changes(
    root: Path, tmp_path: Path, tools: Mapping[str, str]
) -> None:
    example = (root / "examples" / "google-agent-platform.yaml").read_text()
    for side, seconds in (("before", "8"), ("after", "4")):
        (tmp_path / side / "routes").mkdir(parents=True)
        text = example.replace("seconds: 8", f"seconds: {seconds}").replace("1080p", "720p")
        (tmp_path / side / "routes" / "a.yaml").write_text(text)
    done = compare(root, tmp_path, tools)
    assert done.returncode == 0, done.stderr
    title, blank, *lines = (tmp_path / "comment.md").read_text().splitlines()
    assert (title, blank) == ("### What this changes in price and dates", "")
    assert all(line.startswith("    ") for line in lines)
    assert "    ! storyboard-direct: price expected: 0.80 -> 0.40" in lines
    assert (tmp_path / "asked").read_text().splitlines() == [
        *("pr", "comment", "7", "--edit-last", "--create-if-none", "--body-file"),
        str(tmp_path / "comment.md"),
    ]


def test_the_first_route_of_a_repository_is_a_change_too(
    root: Path, tmp_path: Path, tools: Mapping[str, str]
) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "after" / "routes").mkdir(parents=True)
    shutil.copy(root / "examples" / "google-agent-platform.yaml", tmp_path / "after" / "routes")
    done = compare(root, tmp_path, tools)
    assert done.returncode == 0, done.stderr
    assert "storyboard-direct" in (tmp_path / "comment.md").read_text()
    assert (tmp_path / "asked").exists()


@pytest.mark.parametrize(("code", "written"), [(0, True), (3, True), (4, False)])
def test_the_collector_sees_a_whole_file_or_none(
    root: Path, tmp_path: Path, tools: Mapping[str, str], code: int, written: bool
) -> None:
    _, job, rule = recipe(root, "kubernetes-cronjob")
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    (script,) = container["args"]
    folder = tmp_path / "textfile"
    folder.mkdir()
    fake = f"echo x 1 >{folder}/veo-check.new; exit {code}" if written else f"exit {code}"
    (tmp_path / "bin" / "veo-check").write_text(f"#!/bin/sh\n{fake}\n")
    done = subprocess.run(
        [*container["command"], script.replace("/textfile", str(folder))], env=tools, check=False
    )
    assert done.returncode == code
    assert [file.name for file in folder.iterdir()] == (["veo-check.prom"] if written else [])
    # every series in an alert is one that the report has
    source = (root / "src" / "veo_check" / "report" / "prometheus.py").read_text()
    series = {name for one in rule["spec"]["groups"][0]["rules"] for name in _series(one["expr"])}
    assert len(series) == 3
    assert all(f'"{name}"' in source for name in series)


def _series(expression: str) -> list[str]:
    return re.findall(r"\bveo_check_\w+", expression)


def test_the_recipes_call_what_there_is(root: Path) -> None:
    (weekly,), (pull_request,) = recipe(root, "github-weekly"), recipe(root, "github-pull-request")
    (call,) = weekly["jobs"].values()
    assert call["uses"].startswith("OWNER/veo-check/.github/workflows/veo-check-weekly.yml@")
    path = root / ".github" / "workflows" / "veo-check-weekly.yml"
    wanted = yaml.safe_load(path.read_text())[True]["workflow_call"]
    assert set(call["with"]) <= set(wanted["inputs"])
    assert set(call["secrets"]) <= set(wanted["secrets"])
    action = yaml.safe_load((root / ".github/actions/veo-check/action.yml").read_text())
    steps = [step for job in pull_request["jobs"].values() for step in job["steps"]]
    (used,) = (one for one in steps if one.get("uses", "").startswith("OWNER/veo-check/"))
    assert set(used["with"]) <= set(action["inputs"])


def test_other_people_s_actions_are_pinned_as_in_our_own_workflows(root: Path) -> None:
    pinned = re.compile(r"uses: ([\w./-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
    ours = (root / ".github" / "workflows" / "ci.yml").read_text()
    for file in sorted((root / "examples" / "ci").glob("*.yaml")):
        for line in file.read_text().splitlines():
            used = re.search(r"^\s*(?:- )?(uses: .*)", line)
            if used is None or "uses: OWNER/" in line:
                continue
            match = pinned.fullmatch(used[1])
            assert match is not None, line
            assert match[1] not in ours or used[1] in ours, line


def test_a_run_of_the_examples_passes_them_over(
    root: Path, tools: Mapping[str, str], tmp_path: Path
) -> None:
    shutil.copytree(root / "examples", tmp_path / "examples")
    done = run_script(
        "veo-check run examples --offline -o json >report.json || true", tmp_path, tools
    )
    (line,) = [line for line in done.stderr.splitlines() if "passed over" in line]
    passed = re.findall(r"examples/ci/([\w-]+)\.yaml", line)
    assert sorted(passed) == ["github-pull-request", "github-weekly", "kubernetes-cronjob"]
    assert '"invalid": []' in (tmp_path / "report.json").read_text()
