"""Whole commands, as a person or a CI job starts them, against a bare typer program."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.stopwatch import Row, compare

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent.parent / "examples" / "flatkey-veo-3.1-fast.yaml"
MODEL = "veo-3.1-generate-preview"
#: what an offline run and a look-up may end with; anything else is not the command measured
EXPECTED = (0, 1, 3)


def measure(folder: Path, routes: int, rounds: int) -> list[Row]:
    """Time the commands; route files are written to `folder`."""
    many = write_routes(folder / "many", routes)
    one = write_routes(folder / "one", 1)
    program = [sys.executable, "-c", "from veo_check.__main__ import entry; entry()"]
    return compare(
        "hello world in typer",
        {
            "hello world in typer": _job([sys.executable, str(HERE / "hello.py")]),
            "lifecycle ID": _job([*program, "lifecycle", MODEL]),
            "run --offline, 1 route": _job([*program, "run", "--offline", str(one)]),
            f"run --offline, {routes} routes": _job([*program, "run", "--offline", str(many)]),
        },
        rounds,
    )


def write_routes(folder: Path, count: int) -> Path:
    """Write the README's example `count` times, each under its own route name."""
    text = EXAMPLE.read_text(encoding="utf-8")
    (name,) = (
        line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("  name:")
    )
    folder.mkdir()
    for number in range(count):
        named = text.replace(f"  name: {name}", f"  name: {name}-{number}", 1)
        (folder / f"route-{number:05}.yaml").write_text(named, encoding="utf-8")
    return folder


def _job(command: list[str]) -> Callable[[], None]:
    def run() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in EXPECTED:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")

    return run
