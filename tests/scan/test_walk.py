"""Links, pipes and folders that cannot be listed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from veo_check.scan.scanner import walk


def walked(*arguments: str) -> tuple[list[str], list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    return sorted(walk(arguments, lambda path, why: told.append((path, why)))), told


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tree"
    (folder / "in").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("veo-3.1-generate-001")
    (folder / "in" / "a.py").write_text("x")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret").write_text("x")
    monkeypatch.chdir(folder)
    return folder


def test_links_inside_are_not_followed(tree: Path) -> None:
    (tree / "away").symlink_to(tree.parent / "out")
    (tree / "file").symlink_to(tree.parent / "out" / "secret")
    (tree / "round").symlink_to(tree)
    (tree / "nowhere").symlink_to(tree / "gone")
    assert walked(".") == (["./in/a.py"], [])


def test_a_named_link_is_followed_within_the_current_folder(tree: Path) -> None:
    (tree / "here").symlink_to("in")
    (tree / "away").symlink_to(tree.parent / "out")
    (tree / "gone").symlink_to("nothing")
    assert walked("here") == (["here/a.py"], [])
    assert walked("away") == (
        [],
        [("away", "is a link out of the current folder; name what it leads to")],
    )
    assert walked("gone") == ([], [("gone", "cannot be read: No such file or directory")])


def test_a_file_named_twice_is_taken_once(tree: Path) -> None:
    assert walked("in", "in/a.py", "in/../in", str(tree / "in")) == (["in/a.py"], [])
    (tree / "in" / "b.py").write_text("x")
    assert walked("in/b.py", "in/a.py") == (["in/a.py", "in/b.py"], [])


def test_a_pipe_is_no_file(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    assert walked(".") == (["./in/a.py"], [])
    assert walked("pipe") == ([], [("pipe", "is no regular file")])


def test_a_folder_that_cannot_be_listed_is_told(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    def refuse(path: str | int) -> object:
        if str(path).endswith("/in"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert walked(".") == ([], [("./in", "cannot be read: Permission denied")])
    assert walked("bad\0name")[1][0][0] == "bad\0name"
