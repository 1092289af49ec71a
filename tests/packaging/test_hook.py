"""Hooks: the one that ships, its manifest and what it does with files; and the project's own."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from veo_check.cli.main import main


@pytest.fixture
def hook(root: Path) -> dict[str, Any]:
    (hook,) = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    assert isinstance(hook, dict)
    return hook


def test_the_manifest_names_a_command_that_there_is(root: Path, hook: dict[str, Any]) -> None:
    assert (hook["id"], hook["language"], hook["pass_filenames"]) == (
        "veo-check-scan",
        "python",
        True,
    )
    program, command, *options = hook["entry"].split()
    scripts = tomllib.loads((root / "pyproject.toml").read_text())["project"]["scripts"]
    assert program in scripts
    assert (command, options) == ("scan", ["--within", "0", "--inconclusive=pass"])


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        ({"a.py": "x = 1\n", "b.yaml": "model: gpt-4o\n"}, 0),
        ({"a.py": "x = 1\n", "b.yaml": "model: veo-3.1-generate-preview\n"}, 1),
        ({"a.py": "x = 'veo-99-odd'\n"}, 0),  # unknown: said, and not red
        ({"a.py": "x = 'veo-99-odd'\n", "b.yaml": "model: veo-3.1-generate-preview\n"}, 1),
    ],
)
def test_it_judges_the_files_of_a_commit(
    hook: dict[str, Any],
    contents: dict[str, str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    # a file is given because it is in the commit, whatever .gitignore says
    (tmp_path / ".gitignore").write_text("*.yaml\n")
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    assert main([*hook["entry"].split()[1:], *contents]) == code
    assert re.search(rf" in {len(contents)} files?\b", capsys.readouterr().out)


def test_the_projects_own_hooks_are_what_ci_runs(root: Path) -> None:
    (local,) = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"
    script = (root / ".ci" / "run").read_text()
    commands = []
    for own in local["hooks"]:
        # from the environment that the README's test command makes, so in the locked versions
        program, *words = own["entry"].removeprefix(".venv/bin/").split()
        commands.append(" ".join([program, *(word for word in words if word[0] != "-")]))
        assert own["entry"].startswith(".venv/bin/")
        assert commands[-1].replace(program, f'"$bin/{program}"', 1) in script
    assert commands == ["ruff check", "ruff format", "mypy", "lint-imports"]
    assert ".venv/bin/pip install -q -e '.[test]'" in (root / "README.md").read_text()
