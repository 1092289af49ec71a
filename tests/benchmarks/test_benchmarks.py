"""The benchmarks run. What they measure is for a person to read, but for how time grows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import growth

pytestmark = pytest.mark.benchmark
SMALL = ("--rounds=1", "--routes=2", "--rows=9", "--files=80", "--megabytes=4")


GROWTH = [
    f"{name}, {size}"
    for name in (*(f"keys in {piece.strip()!r}" for piece in growth.PIECES), *growth.FILES)
    for size in ("48 KB", "4 times as much")
]


def test_the_benchmarks_print_a_ratio_for_each_job(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *SMALL],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = re.findall(r"^(.+?) +[\d.]+ ms +([\d.]+)$", done.stdout, re.MULTILINE)
    assert [name for name, _ in rows] == [
        "hello world in typer",
        "lifecycle ID",
        "run --offline, 1 route",
        "run --offline, 2 routes",
        "grep, 80 small files",
        "scan, 80 small files",
        "grep, 4 MB in 4 files",
        "scan, 4 MB in 4 files",
        *GROWTH,
        "json.loads, 638 rows",
        "find a row among 638",
        "json.loads, 9 rows",
        "find a row among 9",
    ]
    assert [ratio for name, ratio in rows if name.startswith(("hello", "json", "grep"))] == (
        ["1.00"] * 5
    )


def test_four_times_the_text_is_far_from_sixteen_times_the_work(tmp_path: Path) -> None:
    rows = growth.measure(tmp_path, rounds=5)
    steep = {row.name: row.ratio for row in rows if row.ratio > 2 * growth.TIMES}
    assert steep == {}
