"""The benchmarks run; what they measure is for a person to read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SMALL = ("--rounds=1", "--routes=2", "--rows=9", "--files=80", "--megabytes=4")


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
        "json.loads, 638 rows",
        "find a row among 638",
        "json.loads, 9 rows",
        "find a row among 9",
    ]
    assert [ratio for name, ratio in rows if name.startswith(("hello", "json", "grep"))] == (
        ["1.00"] * 5
    )
