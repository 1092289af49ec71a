"""The README's transcripts are what the program prints; `…` stands for what may differ.

And what the guide for contributors names is there.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from veo_check.cli.main import COMMANDS, main

README = Path(__file__).resolve().parents[2] / "README.md"


def transcripts() -> list[tuple[str, list[str]]]:
    """Every command of the console blocks, with the lines the README shows below it."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


@pytest.mark.parametrize(("command", "shown"), transcripts(), ids=lambda value: str(value)[:60])
def test_a_transcript_is_what_is_printed(
    command: str,
    shown: list[str],
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(
        root / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".veo-check")
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    words = shlex.split(command)
    assert words[0] == "veo-check"
    main(words[1:])
    printed = capsys.readouterr().out.splitlines()
    missing = unmatched(shown, printed)
    assert missing is None, f"{missing!r} is not printed (in this order) by {command}"


def unmatched(shown: list[str], printed: list[str]) -> str | None:
    """The first shown line that has no place; a line `…` skips any number of lines."""
    left, skipping = printed, False
    for line in shown:
        if line == "…":
            skipping = True
            continue
        pattern = re.sub(r"([\[\]?*])", r"[\1]", line).replace("…", "*")
        reach = len(left) if skipping else 1
        places = [at for at, one in enumerate(left[:reach]) if fnmatchcase(one, pattern)]
        if not places:
            return line
        left, skipping = left[places[0] + 1 :], False
    return None


def test_every_command_is_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`veo-check {name}" not in text] == []


def test_the_number_of_checks_is_right() -> None:
    from veo_check.checks.registry import CHECKS

    assert f"Each of the {len(CHECKS)} checks" in README.read_text(encoding="utf-8")


def test_the_guide_names_every_marker_group_and_generated_file(root: Path) -> None:
    text = (root / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    markers = [each.split(":")[0] for each in settings["tool"]["pytest"]["ini_options"]["markers"]]
    rows = re.findall(
        r"^\| `(\w+)` \| .*`python -m pytest -m (\w+)|^\| `(real_clients)`", text, re.M
    )
    assert sorted(first or last for first, _, last in rows) == sorted(markers)
    assert all(first == second for first, second, _ in rows)
    groups = settings["dependency-groups"]
    assert [group for group in groups if f"`{group}`" not in text] == []
    schemas = [path.name for path in (root / "src").rglob("*.schema.json")]
    assert schemas
    assert [name for name in schemas if f"`{name}`" not in text] == []
    # the lock's own second line is the command that made it
    command = (root / "requirements-dev.lock").read_text().splitlines()[1].removeprefix("#").strip()
    assert f"\n{command}\n" in text


def test_the_picture_is_what_the_terminal_shows(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    golden: Callable[[Path, str], None],
) -> None:
    """The README's picture: `pytest tests/packaging/test_readme.py --update` draws it again."""
    from rich.console import Console
    from rich.text import Text

    shutil.copytree(
        root / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".veo-check")
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    command = "veo-check run examples/flatkey-veo-3.1-fast.yaml --sandbox --spend 2"
    assert main(shlex.split(command)[1:]) == 0
    job = re.compile(r"\b[0-9a-f]{8}-\d{6}-[0-9a-f]{6}\b")
    out = job.sub("00000000-000001-000000", capsys.readouterr().out)
    assert "\x1b[" in out
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(f"$ {command}", highlight=False, markup=False)
    console.print(Text.from_ansi(out), end="")
    picture = console.export_svg(title="veo-check", unique_id="veo-check")
    golden(root / ".github" / "terminal.svg", f"{picture}\n")
    assert "(.github/terminal.svg)" in README.read_text(encoding="utf-8")
