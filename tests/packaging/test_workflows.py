"""The workflows, `.ci/run`, the README and the package's metadata say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKS = ("ruff check", "ruff format", "mypy", "lint-imports", "zizmor", "-m wheel tests/packaging")


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return project


@pytest.fixture(scope="module")
def workflows(root: Path) -> dict[str, dict[str, Any]]:
    folder = root / ".github" / "workflows"
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yml"))}


def test_actions_are_pinned_by_commit_and_name_their_version(root: Path) -> None:
    uses = [
        line.strip().removeprefix("- ")
        for path in (root / ".github").rglob("*.yml")
        for line in path.read_text().splitlines()
        if re.match(r"\s*(- )?uses:", line)
    ]
    pinned = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in uses if not pinned.fullmatch(line) and "uses: $/" not in line] == []
    # one version of each action, however many jobs use it
    assert len({line.split("@")[0] for line in uses}) == len(set(uses))


def test_jobs_have_least_permissions_and_an_end(workflows: dict[str, dict[str, Any]]) -> None:
    for name, workflow in workflows.items():
        assert workflow["permissions"] == {}, name
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"] <= 30, name
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False, name


def test_every_supported_python_is_tested(
    project: dict[str, Any], workflows: dict[str, dict[str, Any]]
) -> None:
    tested = workflows["ci.yml"]["jobs"]["tests"]["strategy"]["matrix"]["python"]
    supported = [
        named.group(1)
        for text in project["classifiers"]
        if (named := re.search(r":: (3\.\d+)$", text))
    ]
    assert tested == supported
    assert project["requires-python"] == f">={supported[0]}"


def test_both_ways_to_run_ci_run_the_same(root: Path) -> None:
    script = (root / ".ci" / "run").read_text()
    workflow = (root / ".github" / "workflows" / "ci.yml").read_text()
    for check in CHECKS:
        command = check.replace("ruff ", 'ruff" ').replace("mypy", 'mypy"')
        command = command.replace("lint-imports", 'lint-imports"')
        assert command in script, check
        assert check in workflow, check
    zizmor = re.findall(r"zizmor==[\d.]+", script + workflow)
    assert len(zizmor) == 2
    assert len(set(zizmor)) == 1


def test_the_readme_gives_both_commands_first(root: Path) -> None:
    """One line each, on a machine with Python and pip only. `.ci/run` runs them as they stand."""
    readme = (root / "README.md").read_text()
    commands = re.findall(r"^python3 .*$", readme, re.MULTILINE)
    assert commands[:2] == [
        "python3 -m venv .venv && .venv/bin/pip install -q . && "
        ".venv/bin/veo-check run examples/flatkey-veo-3.1-fast.yaml --sandbox --spend 2",
        "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && "
        ".venv/bin/python -m pytest",
    ]
    first = readme.index(commands[1])
    # what the first command ends with is told right beside it, in the form that .ci/run reads
    assert re.search(r"exit code \*\*[0-9]\*\*", readme[: first + 400])
    assert readme[:first].count("\n") < 40
