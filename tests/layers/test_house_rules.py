"""Rules of the house that neither ruff nor import-linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

FOLDERS = ("src", "tests", "checklists", "examples", ".ci", ".github")
TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "checklists",
    "examples",
    "pyproject.toml",
    "requirements-dev.lock",
    "src",
    "tests",
}
TEXT = {".cfg", ".json", ".md", ".py", ".toml", ".yaml", ".yml"}
VAGUE = {"common", "helpers", "misc", "stuff", "utils", "util"}
# in two halves, so that this file does not break its own rule
UNFINISHED = re.compile(rf"\b({'TO'}DO|{'FIX'}ME)\b")


def files(root: Path, *suffixes: str) -> list[Path]:
    return sorted(
        path
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts
    )


def test_no_file_is_longer_than_600_lines(root: Path) -> None:
    long = {
        str(path.relative_to(root)): lines
        for path in files(root, ".py")
        if (lines := len(path.read_text().splitlines())) > 600
    }
    assert long == {}


def test_no_module_has_a_vague_name(root: Path) -> None:
    vague = [
        name
        for path in files(root, ".py")
        if VAGUE & {*(name := path.relative_to(root)).with_suffix("").parts}
    ]
    assert vague == []


def test_nothing_is_left_unfinished(root: Path) -> None:
    unfinished = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in (*files(root, *TEXT), *root.glob("*.md"), root / "pyproject.toml")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert unfinished == []


def test_the_top_level_holds_what_a_reader_expects(root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached"], cwd=root, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_every_import_is_declared(root: Path) -> None:
    """What a linter's own dependency happens to bring along is missing from a clean install."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    declared = {
        _MODULE.get(name := re.split(r"[<>=\[]", text)[0], name)
        for text in (*project["dependencies"], *project["optional-dependencies"]["google"])
    }
    # pydantic's other half, which it pins to its own version
    declared.add("pydantic_core")
    imported = {
        name.split(".")[0]
        for path in (root / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
    }
    assert imported - declared - set(sys.stdlib_module_names) == {"veo_check"}


_MODULE = {
    "PyYAML": "yaml",
    "google-auth": "google",
    "markdown-it-py": "markdown_it",
    "beautifulsoup4": "bs4",
}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_starting_up_loads_nothing_beyond_typer(root: Path) -> None:
    """Heavy imports happen in the command that needs them, so that a look-up answers at once."""

    def loaded(module: str) -> set[str]:
        script = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        return set(done.stdout.split())

    extra = loaded("veo_check.cli.main") - loaded("typer") - set(sys.stdlib_module_names)
    assert extra == {"veo_check"}


HEAVY = ("httpx", "rich", "yaml", "jinja2", "veo_check.core.route", "veo_check.report.model")


@pytest.mark.parametrize(
    ("words", "loaded"),
    [
        (("--help",), set()),
        (("lifecycle", "veo-3.1-generate-preview"), set()),
        (("price", "sora-2"), set()),
        (
            ("run", "--offline", "examples/flatkey-veo-3.1-fast.yaml"),
            {"yaml", "veo_check.core.route", "veo_check.report.model"},
        ),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_a_command_loads_what_it_needs(
    root: Path, words: tuple[str, ...], loaded: set[str]
) -> None:
    script = (
        "import sys; from veo_check.cli.main import main; main(sys.argv[1:]);"
        f"print('loaded', *[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=root, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.splitlines()[-1].split()[1:]) == loaded
