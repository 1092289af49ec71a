"""Reading and writing the files that must survive."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from veo_check.core.reading import NotRegularError, read_limited
from veo_check.evidence.records import Disk, make_folders, write_durably


def test_written_whole_over_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (b"first", b"", b"x" * 100_000):
        write_durably(path, content, Disk())
        assert read_limited(path, 100_000) == content
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
    with pytest.raises(ValueError, match="larger than 99999 bytes"):
        read_limited(path, 99_999)


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("theirs")
    link.symlink_to(target)
    with pytest.raises(OSError, match="link"):
        read_limited(link, 100)
    write_durably(link, b"ours", Disk())
    assert (target.read_text(), link.is_symlink(), link.read_text()) == ("theirs", False, "ours")


def test_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises((NotRegularError, IsADirectoryError)):
            read_limited(path, 100)


def test_folders_are_made_once_and_private(tmp_path: Path) -> None:
    make_folders(tmp_path / "a" / "b" / "c", Disk())
    make_folders(tmp_path / "a" / "b" / "c", Disk())
    modes = {one.stat().st_mode & 0o777 for one in tmp_path.rglob("*")}
    assert modes == {0o700}
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        make_folders(tmp_path / "file", Disk())
