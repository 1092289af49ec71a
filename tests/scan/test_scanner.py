"""Files of every kind and size: which line, which column, what is skipped."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_clock import calls_in
from veo_check.scan import scanner
from veo_check.scan.ids import IdFinder
from veo_check.scan.scanner import Scan, scan

ID = "veo-3.1-generate-001"
finder = IdFinder.of([ID, "sora-2"])


def look(folder: Path, largest: int = scanner.LARGEST_FILE) -> Scan:
    return scan([str(folder)], finder, largest)


def places(seen: Scan) -> list[tuple[int, int, str]]:
    return [(one.line, one.column, one.id) for one in seen.found]


def by_hand(text: str) -> list[tuple[int, int, str]]:
    """Line, column and id of every ID, the slow way."""
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        at = line.find(ID)
        while at >= 0:
            found.append((number, at + 1, ID))
            at = line.find(ID, at + len(ID))
    return found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{ID}\n{ID}".encode(), [(1, 1, ID), (2, 1, ID)]),
        (f"x\r\n  {ID}\r\n".encode(), [(2, 3, ID)]),
        (f"é😀 {ID} {ID}".encode(), [(1, 4, ID), (1, 25, ID)]),
        (b"\xef\xbb\xbf" + ID.encode(), [(1, 1, ID)]),
        (b"\xff\xff " + ID.encode(), [(1, 4, ID)]),
        (f"\ufeffMODEL={ID}\n".encode("utf-16-le"), [(1, 7, ID)]),
        (f"\ufeffa\nMODEL={ID}\n".encode("utf-16-be"), [(2, 7, ID)]),
        (b"", []),
        (b"\n" * 70_000 + ID.encode(), [(70_001, 1, ID)]),
    ],
)
def test_line_and_column(
    tmp_path: Path, content: bytes, expected: list[tuple[int, int, str]]
) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    seen = look(tmp_path)
    assert (places(seen), seen.files, seen.skipped) == (expected, 1, 0)


def test_binary_and_huge_files_are_skipped_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(ID.encode() + b"\0")
    (tmp_path / "b.txt").write_bytes(b"x" * (1 << 20) + ID.encode())
    (tmp_path / "c.txt").write_bytes(ID.encode())
    seen = look(tmp_path, largest=1 << 20)
    assert (seen.files, seen.skipped, len(seen.found), seen.unread) == (1, 2, 1, [])
    ((name, why),) = seen.huge
    assert name.endswith("b.txt")
    assert "over the 1 MB" in why


def test_a_file_that_cannot_be_read_is_counted_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text(ID)
    (tmp_path / "b.txt").write_text(ID)
    real = os.open

    def refuse(path: str, flags: int) -> int:
        if path.endswith("b.txt"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    seen = look(tmp_path)
    assert (seen.files, seen.skipped, len(seen.found)) == (1, 1, 1)
    assert seen.unread == [(str(tmp_path / "b.txt"), "cannot be read: Permission denied")]


def test_a_file_may_be_left_out(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(ID)
    seen = scan([str(tmp_path)], finder, leave_out=[str(tmp_path / "." / "b.txt")])
    assert [one.file for one in seen.found] == [str(tmp_path / "a.txt")]


def test_hits_are_in_order_of_file_line_and_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b/x.py", "a.py", "c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"sora-2 {ID}\nsora-2\n")
    monkeypatch.chdir(tmp_path)
    seen = scan(["."], finder)
    assert [(one.file, one.line, one.column) for one in seen.found] == [
        (name, *place) for name in ("a.py", "b/x.py", "c.py") for place in ((1, 1), (1, 8), (2, 1))
    ]


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from([ID, f" {ID} ", "\n", "é", "x" * 700, "-" * 3000, " ", "é" * 400]),
        max_size=40,
    ),
    st.integers(4000, 9000),
)
def test_a_large_file_is_read_as_a_small_one(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], buffer: int
) -> None:
    """Wherever the buffer ends: in a line, in a character, in an id."""
    text = " ".join(parts)
    file = tmp_path_factory.getbasetemp() / "large.txt"
    file.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "_FIRST_READ", 1500)
        patch.setattr(scanner, "_BUFFER", buffer)
        assert places(scan([str(file)], finder)) == by_hand(text)


def test_a_mark_reaches_from_one_buffer_into_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"# veo-check: ignore[{ID}] until 2026-12-31\n"
    for filler in range(3950, 4100):
        (tmp_path / "a.txt").write_text("x" * filler + "\n" + mark + f"m = '{ID}'\n" + "y\n" * 2000)
        monkeypatch.setattr(scanner, "_FIRST_READ", 1500)
        monkeypatch.setattr(scanner, "_BUFFER", 4096)
        (one,) = look(tmp_path).found
        assert one.ignore is not None, filler
        assert (one.line, one.column) == (3, 6)


def test_beyond_a_cap_each_id_is_kept_once_and_the_rest_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "_MOST_IN_FILE", 3)
    (tmp_path / "a.py").write_text(f'"{ID}"\n' * 10 + '"sora-2"\n' * 5)
    (tmp_path / "b.py").write_text(f'"{ID}"\n' * 2)
    seen = look(tmp_path)
    kept = [(found.file[-4:], found.line) for found in seen.found]
    assert kept == [("a.py", number) for number in (1, 2, 3, 4, 11)] + [("b.py", 1), ("b.py", 2)]
    assert seen.more == 10

    monkeypatch.setattr(scanner, "_MOST_IN_ALL", 1)
    (tmp_path / "a.py").write_text("".join(f'"veo-9.{minor}"\n' for minor in range(9)))
    (tmp_path / "b.py").write_text(f'"{ID}"\n' * 2)
    seen = scan([str(tmp_path / "a.py"), str(tmp_path / "b.py")], finder)
    assert ID in {found.id for found in seen.found}  # a known id decides the exit code
    assert len(seen.found) + seen.more == 11
    assert len(seen.found) <= 3


@pytest.mark.parametrize("name", ["a.py", "one-cell.ipynb", "cells.ipynb", "lines.ipynb"])
def test_the_work_grows_no_faster_than_the_file(name: str, tmp_path: Path) -> None:
    def work(many: int) -> int:
        lines = [f'x = "{ID}" # {number}\n' for number in range(many)]
        cells: dict[str, list[object]] = {
            "one-cell.ipynb": ["".join(lines)],
            "cells.ipynb": list(lines),
            "lines.ipynb": [lines],
        }
        text = "".join(lines).replace("\n", ";")
        if name in cells:
            text = json.dumps({"cells": [{"source": source} for source in cells[name]]})
        (tmp_path / name).write_text(text)

        def read() -> None:
            assert len(look(tmp_path).found) == many

        return calls_in(read)

    assert work(2_000) < 2.2 * work(1_000)
