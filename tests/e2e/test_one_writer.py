"""No name from outside speaks to the CI server or the terminal, whatever command prints it; and no
file that is none makes a command wait."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_check.cli.main import main
from veo_check.cli.output import encodable, inert

Run = Callable[..., Any]
NAMES = (
    "a\n::stop-commands::t\n",
    "b\r::error::t",
    "c ##[error]t",
    "d\x1b]0;t\x07\x1b[2J",
    "e\u2028::x\n::x",
)
#: At the beginning of a line, as GitHub reads it, or anywhere, as it once did.
COMMAND = re.compile(r"^\s*::|##\[|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]|\x1b(?!\[[0-9;]*m)", re.M)
EXAMPLE = "examples/flatkey-veo-3.1-fast.yaml"


def commands(name: str) -> dict[str, tuple[str, ...]]:
    """Every command, given a file of this name and the name as a word."""
    return {
        "run": ("run", f"{name}.yaml", "--sandbox"),
        "run, several": ("run", ".", "--sandbox"),
        "run -v": ("run", f"{name}.yaml", "--sandbox", "-v"),
        "run -q": ("run", ".", "--sandbox", "-q"),
        "run --plan": ("run", f"{name}.yaml", "--sandbox", "--plan", "--spend", "2"),
        "run, markdown": ("run", f"{name}.yaml", "--sandbox", "-o", "markdown"),
        "run, prometheus": ("run", f"{name}.yaml", "--sandbox", "-o", "prometheus"),
        "run, a broken file": ("run", f"{name}.broken.yaml"),
        "run, no such file": ("run", f"{name}.gone.yaml"),
        "run, no such check": ("run", EXAMPLE, "--only", name),
        "run, no such scenario": ("run", EXAMPLE, "--scenario", name),
        "run, no such format": ("run", EXAMPLE, "-o", name),
        "fallback": ("fallback", f"{name}.yaml"),
        "price, a route": ("price", f"{name}.yaml"),
        "price": ("price", name),
        "lifecycle": ("lifecycle", name),
        "catalog": ("catalog", name, "--gateway", name),
        "scan": ("scan", "."),
        "render": ("render", f"{name}.yaml"),
        "evidence": ("evidence", "show", name),
        "job": ("job", "show", name, "--state", name),
        "checks": ("checks", name),
        "init": ("init", "--model", name),
        "no command": (name,),
    }


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_name_speaks_to_the_ci_server_or_the_terminal(
    name: str, root: Path, tmp_path: Path, veo: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").mkdir()
    shutil.copy(root / EXAMPLE, tmp_path / EXAMPLE)
    shutil.copy(root / EXAMPLE, tmp_path / f"{name}.yaml")
    (tmp_path / f"{name}.broken.yaml").write_text("route: [\n")
    (tmp_path / f"{name}.py").write_text('M = "veo-3.0-generate-001"\n')
    for told, words in commands(name).items():
        ran = veo(*words)
        assert ran.code in {0, 1, 2, 3}, (told, ran.err)
        for text in (ran.out, ran.err):
            assert not COMMAND.search(text), (told, COMMAND.search(text), text[:2000])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ": :error::x"),
        ("a\n  ::x\nb::c", "a\n  : :x\nb::c"),
        ("##[group]x", "\\u0023#[group]x"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\r\x1b[Kpoll 3", "\r\x1b[Kpoll 3"),
        ("a\rb\x85c\u202ed", "a\\rb\\x85c\\u202ed"),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_what_the_writer_leaves(text: str, shown: str) -> None:
    assert inert(text) == shown
    assert inert(shown) == shown


def test_json_means_the_same_after_the_writer() -> None:
    held = {"a": "##[error]x", "b": "::error::x", "c": ["##[", "###["]}
    assert json.loads(inert(json.dumps(held, indent=2))) == held


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_a_stream_cannot_show_is_escaped(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    text = json.dumps({"text": "é ✓ 😀 \udc80"}, ensure_ascii=False)
    shown = encodable(text, stream)
    stream.write(shown)
    assert json.loads(shown) == json.loads(text)
    page = encodable("<p>✓</p>", stream, markup=True)
    assert page == ("<p>✓</p>" if encoding == "utf-8" else "<p>&#10003;</p>")


@pytest.mark.parametrize("form", ["text", "json", "html", "junit", "markdown", "sarif"])
def test_a_report_reaches_an_ascii_terminal(
    form: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    words = ["run", str(root / EXAMPLE), "--sandbox", "-o", form, "--state", str(tmp_path / "s")]
    assert main(words) == 3
    out.flush()
    assert len(out.buffer.getvalue()) > 500


def test_what_is_no_plain_file_is_refused_at_once(
    root: Path, tmp_path: Path, veo: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    os.symlink("loop", "loop")
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    os.mkfifo("tree/.git/index")
    shutil.copy(root / EXAMPLE, "tree/route.yaml")
    paid = ("run", "tree/route.yaml", "--sandbox", "--spend", "2")
    for words in (
        ("render", "pipe"),
        ("run", "pipe"),
        ("scan", ".", "--baseline", "pipe"),
        ("fallback", "pipe"),
        ("lifecycle", "--reference", "pipe"),
        ("init", "--from-litellm", "pipe"),
        ("run", str(root / EXAMPLE), "--sandbox", "--checklist", "pipe"),
        ("evidence", "show", "pipe"),
        (*paid, "--state", "loop"),
        (*paid, "--state", "pipe"),
        (*paid, "--state", "tree/.veo-check"),
        ("catalog", "a\udc80", "--gateway", "flatkey"),
        ("lifecycle", "\udc80"),
    ):
        ran = veo(*words)
        assert ran.code == 2, (words, ran.err)
        assert "Traceback" not in ran.err
