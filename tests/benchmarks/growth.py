"""How the time for hostile texts grows: what a pattern reads twice shows when a text doubles."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.benchmarks.stopwatch import Row, compare
from veo_check.routefile.load import load_route_file
from veo_check.routefile.yaml_reader import find_keys, hide_keys

_Work = TypeVar("_Work", str, Path)

#: beginnings of keys, which a pattern may try again and again
PIECES = (
    *("sk-", "sk-a1 ", "AIza", "ya29.", "eyJ", "eyJaaaaaaa.", "bearer ", "-----BEGIN "),
    *("ghp_", "AKIA", "xoxb-", "GOCSPX-", "PRIVATE KEY"),
)
#: YAML that is much work for a reader: a head, what is repeated, and an end
FILES = {
    "unknown keys": ("", "k: 1\n", ""),
    "half keys": ("", "sk-", ""),
    "deep lists": ("a: ", "[", ""),
    "a list of nothing": ("version: 1\nwaivers: [", "~,", "]\n"),
    "a list of the wrong": ("version: 1\nconfirmations: [", "{what: },", "]\n"),
    "one long line": ("a: ", "x ", "\n"),
}
SIZE, TIMES = 48 * 1024, 4


def measure(folder: Path, rounds: int) -> list[Row]:
    """Each text at one size and at four times the size; four is a straight line."""
    rows: list[Row] = []
    for piece in PIECES:
        small = piece * (SIZE // len(piece))
        rows += _grow(f"keys in {piece.strip()!r}", small, small * TIMES, _hide, rounds)
    for name, (head, piece, end) in FILES.items():
        paths = []
        for size in (SIZE, SIZE * TIMES):
            path = folder / f"{len(rows)}-{size}.yaml"
            path.write_text(head + piece * (size // len(piece)) + end, encoding="utf-8")
            paths.append(path)
        rows += _grow(name, paths[0], paths[1], load_route_file, rounds)
    return rows


def _grow(
    name: str, small: _Work, large: _Work, job: Callable[[_Work], object], rounds: int
) -> list[Row]:
    base = f"{name}, {SIZE // 1024} KB"
    jobs = {base: lambda: job(small), f"{name}, {TIMES} times as much": lambda: job(large)}
    # a few milliseconds each: what other programs take of the machine must not count
    return compare(base, jobs, rounds, time.process_time)


def _hide(text: str) -> None:
    hide_keys(text)
    for _ in find_keys(text):
        pass
