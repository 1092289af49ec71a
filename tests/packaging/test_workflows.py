"""The workflows, `.ci/run`, the lock, the README and the package's metadata say the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKS = (
    "ruff check",
    "ruff format",
    "mypy",
    "lint-imports",
    "zizmor",
    "-m wheel tests/packaging",
    '-m "kill or benchmark" tests/kill tests/benchmarks',
)


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


def locked(text: str) -> dict[str, Requirement]:
    """What a lock holds. Each entry is one version and its hashes; all else is a comment."""
    found: dict[str, Requirement] = {}
    bare = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)
    for entry in bare.replace("\\\n", " ").splitlines():
        pinned, *hashes = entry.split(" --hash=sha256:")
        assert hashes, f"no hash: {pinned}"
        assert [text for text in hashes if not re.fullmatch(r"[0-9a-f]{64} *", text)] == []
        requirement = Requirement(pinned)
        assert re.fullmatch(r"==[\w.+!]+", str(requirement.specifier)), pinned
        name = canonicalize_name(requirement.name)
        assert name not in found, f"locked twice: {name}"
        found[name] = requirement
    return found


def outside(requirements: list[str], lock: dict[str, Requirement]) -> list[str]:
    """The requirements that the lock does not satisfy on every supported platform."""

    def satisfied(wanted: Requirement) -> bool:
        pinned = lock.get(canonicalize_name(wanted.name))
        if pinned is None or pinned.marker is not None:
            return False
        return wanted.specifier.contains(str(pinned.specifier).removeprefix("=="))

    return [text for text in requirements if not satisfied(Requirement(text))]


def test_the_lock_satisfies_the_ranges(root: Path) -> None:
    """Else pip would move what is locked. CI's own install shows that the lock is complete."""
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    extras = settings["project"]["optional-dependencies"]
    wanted = [
        *settings["build-system"]["requires"],
        *settings["project"]["dependencies"],
        *extras["google"],
        *extras["test"],
    ]
    lock = locked((root / "requirements-dev.lock").read_text())
    assert outside(wanted, lock) == []
    version = str(lock["typer"].specifier).removeprefix("==")
    moved = [f"typer!={version}", f"typer>{version}", "Typer[extra]<0.1"]
    assert outside([*moved, "absent", *wanted], lock) == [*moved, "absent"]


def test_the_lock_names_no_index_and_no_folder(root: Path) -> None:
    text = (root / "requirements-dev.lock").read_text()
    assert re.findall(r"^\s*-(?!-hash=).*|.*(?:://|\s[/~]|@ ).*", text, re.MULTILINE) == []


def test_ci_installs_what_is_locked(root: Path, workflows: dict[str, dict[str, Any]]) -> None:
    lock = "python -m pip install -q --require-hashes -r requirements-dev.lock"
    own = re.compile(r"python -m pip install -q --no-deps --no-build-isolation (-e )?\.")
    for name, workflow in workflows.items():
        for job in workflow["jobs"].values():
            commands = [step.get("run", "") for step in job["steps"]]
            installs = [text for text in commands if "pip install" in text]
            unlocked = [text for text in installs[1:] if not own.fullmatch(text)]
            assert installs[:1] in ([], [lock]), name
            assert [text for text in unlocked if "zizmor==" not in text] == [], name
    # and .ci/run before it runs the README's own command, which then finds everything there
    script = (root / ".ci" / "run").read_text()
    (command,) = re.findall(r"^.* --require-hashes -r requirements-dev\.lock$", script, re.M)
    assert script.index(command) < script.index('eval "${tests% && *}"')


def test_only_what_was_checked_and_attested_is_published(
    workflows: dict[str, dict[str, Any]],
) -> None:
    # YAML reads the key `on` as true
    release: dict[Any, Any] = workflows["release.yml"]
    assert release[True] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+*"]}}
    jobs = release["jobs"]
    assert (jobs["publish"]["needs"], jobs["attest"]["needs"]) == ("attest", ["checks", "build"])
    assert [step.get("run") for step in jobs["checks"]["steps"]][-1] == "bash .ci/run"
    # whoever may speak as this workflow runs no code of the repository, and holds no token
    for name, job in jobs.items():
        trusted = "id-token" in job["permissions"]
        assert trusted is (name in {"attest", "publish"})
        assert not trusted or all("run" not in step for step in job["steps"])
        assert "secrets." not in str(job)
    assert jobs["publish"]["environment"] == "release"


@pytest.mark.skipif(sys.platform == "win32", reason="the release is made on Linux")
@pytest.mark.parametrize(
    ("tag", "heading", "code"),
    [("v{}", "{}", 0), ("v{}0", "{}", 1), ("{}", "{}", 1), ("v{}", "Unreleased", 1)],
)
def test_a_tag_that_is_not_the_version_releases_nothing(
    root: Path,
    tmp_path: Path,
    workflows: dict[str, dict[str, Any]],
    tag: str,
    heading: str,
    code: int,
) -> None:
    (script,) = (
        step["run"]
        for step in workflows["release.yml"]["jobs"]["build"]["steps"]
        if step.get("name") == "The tag, the package and the changelog name one version"
    )
    source = Path("src/veo_check/__init__.py")
    (tmp_path / source).parent.mkdir(parents=True)
    shutil.copy(root / source, tmp_path / source)
    shutil.copy(root / "pyproject.toml", tmp_path)
    named = re.search(r'__version__ = "(.+)"', (root / source).read_text())
    assert named is not None
    version = named.group(1)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## [{heading.format(version)}]\n")
    folder = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={"PATH": f"{folder}:{os.environ['PATH']}", "GITHUB_REF_NAME": tag.format(version)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert ("::error::" in done.stdout) is bool(code)


@pytest.mark.parametrize(
    ("form", "needed"),
    [
        ("bug", {"command", "got", "expected", "version"}),
        ("wrong-fact", {"model", "source", "day", "words"}),
        ("gateway-behaviour", {"gateway", "day", "request", "answer", "charged"}),
    ],
)
def test_an_issue_cannot_be_filed_without_what_settles_it(
    root: Path, form: str, needed: set[str]
) -> None:
    text = (root / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text()
    first, *questions = yaml.safe_load(text)["body"]
    names = [question["id"] for question in questions]
    assert len(set(names)) == len(names)
    required = {question["id"] for question in questions if question["validations"]["required"]}
    assert needed <= required
    # said before anything is pasted
    assert first["type"] == "markdown"
    assert "Remove keys" in " ".join(first["attributes"]["value"].split())


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
