"""`.gitignore` as git reads it; git itself is the judge."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from fake_clock import calls_in
from veo_check.scan.gitignore import LARGEST, GitIgnore
from veo_check.scan.scanner import walk

FILES = (
    "a.py", "a.pyc", "a.log", "keep.log", "b c.txt", "#x", "build/x.py", "src/build/x.py",
    "src/a.py", "src/a.pyd", "src/deep/er/a.tmp", "src/deep/keep.log", "docs/a.txt",
    "docs/in/a.txt", "target/x", "src/target/x", ".env", "node_modules/m/i.js", "foo/bar/baz.c",
    "é.py", "t1x", "t2x",
)  # fmt: skip
RULES: dict[str, dict[str, str]] = {
    "names and endings": {".gitignore": "*.pyc\nbuild\nnode_modules/\n.env\n"},
    "negation": {".gitignore": "*.log\n!keep.log\n"},
    "order": {".gitignore": "!keep.log\n*.log\n"},
    "anchored": {".gitignore": "/target\n/docs/*.txt\n"},
    "wildcards": {".gitignore": "*.py[cd]\nt?x\nfoo/**/baz.c\n**/deep/er\n"},
    "a folder's content": {".gitignore": "src/*\n!src/deep/\n"},
    "comments and spaces": {".gitignore": "# a.py\n\\#x\nb\\ c.txt  \n\n   \n"},
    "nested": {".gitignore": "*.log\n", "src/.gitignore": "!keep.log\n/a.py\n*.tmp\n"},
    "excluded for this clone": {".git/info/exclude": "docs/\n"},
    "an unreadable line": {".gitignore": "[\n*.pyc\n"},
    "a folder's whole content": {".gitignore": "foo/**\n!foo/bar/\nsrc/**/x.py\n*/a.txt\n"},
    "everything": {".gitignore": "*\n!*.py\n!*/\n"},
    "classes": {".gitignore": "t[[:digit:]]x\n*.py[!c]\n[^.]oo/\n"},
    "too many stars": {".gitignore": "***/er\n****/m\nsrc/****/x.py\n**.pyc\n"},
    "an empty range": {".gitignore": "[z-a]\n*.pyc\n"},
    "carriage returns": {".gitignore": "*.log\r\nbuild/\r\n"},
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = tmp_path / "checkout"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x\n")
    git(folder, "init", "-q")
    return folder


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "core.excludesFile=", "-c", "core.quotePath=false", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def walked(*arguments: str) -> list[str]:
    told: list[tuple[str, str]] = []
    paths = sorted(walk(arguments, lambda path, why: told.append((path, why))))
    assert told == []
    return [path.removeprefix("./") for path in paths]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())


@pytest.mark.parametrize("name", RULES)
def test_git_leaves_out_the_same(
    name: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(checkout, RULES[name])
    expected = git(checkout, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    monkeypatch.chdir(checkout)
    assert walked(".") == sorted(filter(None, expected))
    assert walked(str(checkout)) == sorted(str(checkout / one) for one in expected if one)


@pytest.mark.parametrize("name", RULES)
def test_rules_above_the_named_folder_count_inside_a_checkout(
    name: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(checkout, RULES[name])
    listed = git(checkout, "ls-files", "-z", "--others", "--exclude-standard", "src")
    monkeypatch.chdir(checkout)
    assert walked("src") == sorted(filter(None, listed.split("\0")))
    deep = [one for one in listed.split("\0") if one.startswith("src/deep/")]
    assert walked("src/deep") == sorted(deep)


@pytest.mark.parametrize("rule", ["build", "/build/", "build/**", "*"])
def test_a_folder_that_is_left_out_is_looked_at_when_named(
    rule: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(checkout, {".gitignore": f"{rule}\n"})
    monkeypatch.chdir(checkout)
    assert "build/x.py" not in walked(".")
    assert walked("build/x.py") == ["build/x.py"]
    assert walked("build") == ["build/x.py"]


def test_without_a_checkout_the_files_below_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path, {".gitignore": "*.log\n", "in/.gitignore": "a.py\n", "in/a.py": "", "b.log": ""}
    )
    write(tmp_path, {"in/b.py": "", "in/c.log": ""})
    monkeypatch.chdir(tmp_path)
    assert walked(".") == [".gitignore", "in/.gitignore", "in/b.py"]
    assert walked("in") == ["in/.gitignore", "in/b.py", "in/c.log"]


@pytest.mark.parametrize(
    "text",
    [
        "x" * (LARGEST + 1),
        "*a*a*a*a*a*a*a*a*a*b\n",
        "*a" * 1000 + "b\n",
        "**/" * 300 + "y\n",
        "*" * 100 + "y/\n",
        "[z-a]\n[b-a]x\n",
        "[" * 500 + "\n",
        "a[\n",
        "\0\n",
        "!\n",
        "/\n",
        "\\\n",
    ],
    ids=lambda text: text[:12],
)
def test_a_hostile_file_leaves_nothing_out(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {".gitignore": text, "a" * 120: "", "x": ""})
    monkeypatch.chdir(tmp_path)
    assert walked(".") == [".gitignore", "a" * 120, "x"]


@pytest.mark.parametrize("line", ["**/" * 200 + "y", "*a" * 200 + "b", "a*/" * 100 + "y"])
def test_a_line_costs_no_more_than_its_length_times_the_paths(line: str) -> None:
    path = "/".join(["a" * 40] * 200)
    rules = GitIgnore([line], 0)
    calls = calls_in(lambda: rules.verdict("a" * 40, path, is_folder=False))
    assert calls < 5 * 200 * (line.count("/") + 1)


def test_a_pipe_in_its_place_leaves_nothing_out_and_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / ".gitignore")
    (tmp_path / "x").touch()
    monkeypatch.chdir(tmp_path)
    assert walked(".") == ["x"]


def test_rules_say_nothing_about_what_they_do_not_name() -> None:
    rules = GitIgnore(["*.log", "!keep.log"], 0)
    verdicts: Sequence[bool | None] = [
        rules.verdict(name, os.path.join("x", name), is_folder=False)
        for name in ("a.log", "keep.log", "a.py")
    ]
    assert verdicts == [True, False, None]
