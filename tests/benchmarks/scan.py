"""`scan` against grep for the same ids: many small files, and a few large ones."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.stopwatch import Row, compare
from veo_check.reference.load import load_reference

_TEXT = (
    "import return self config client model request video generate value function const await "
    "async path name data list string and for not with from class print error result the of"
)


def measure(folder: Path, files: int, megabytes: int, rounds: int) -> list[Row]:
    """Time both programs on `files` files of 1.5 KB, and on four files that make `megabytes`.

    Every fortieth small file holds an id, and every megabyte of the large ones. Raises
    RuntimeError where the two do not find ids in the same lines.
    """
    ids = load_reference().models()
    small = _small(folder / "small", files, ids)
    large = _large(folder / "large", megabytes, ids)
    rows: list[Row] = []
    if shutil.which("grep") is None:
        return rows
    pattern = "|".join(re.escape(one).replace(r"\-", "-") for one in ids)
    for name, tree in ((f"{files} small files", small), (f"{megabytes} MB in 4 files", large)):
        grep = ["grep", "-rnE", pattern, str(tree)]
        scan = [sys.executable, "-c", "from veo_check.cli.main import entry; entry()", "scan"]
        scan.append(str(tree))
        _same_lines(grep, scan)
        base = f"grep, {name}"
        rows += compare(base, {base: _job(grep), f"scan, {name}": _job(scan)}, rounds)
    return rows


def _small(folder: Path, files: int, ids: tuple[str, ...]) -> Path:
    chance = random.Random(1)
    bodies = [_lines(chance, 1500) for _ in range(50)]
    for number in range(files):
        place = folder / f"package{number // 1000}" / f"module{number // 50}"
        if number % 50 == 0:
            place.mkdir(parents=True)
        lines = list(bodies[number % 50])
        if number % 40 == 0:
            lines.insert(9, f'    model = "{chance.choice(ids)}"')
        (place / f"file{number}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _large(folder: Path, megabytes: int, ids: tuple[str, ...]) -> Path:
    chance = random.Random(2)
    folder.mkdir(parents=True)
    body = "\n".join(_lines(chance, 1_000_000)) + "\n"
    for number in range(4):
        with (folder / f"log{number}.txt").open("w", encoding="utf-8") as file:
            for _ in range(max(1, megabytes // 4)):
                file.write(body)
                file.write(f'{{"model": "{chance.choice(ids)}"}}\n')
    return folder


def _lines(chance: random.Random, size: int) -> list[str]:
    lines: list[str] = []
    while size > 0:
        lines.append("    " + " ".join(chance.choices(_TEXT.split(), k=8)))
        size -= len(lines[-1]) + 1
    return lines


def _same_lines(grep: list[str], scan: list[str]) -> None:
    def places(command: list[str]) -> set[str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return set(re.findall(r"^(\S+?:\d+):", done.stdout, re.MULTILINE))

    found, expected = places(scan), places(grep)
    if found != expected or not found:
        raise RuntimeError(f"scan and grep differ: {sorted(found ^ expected)[:5]}")


def _job(command: list[str]) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(command, capture_output=True, check=False)

    return run
