"""Measure and print; judges nothing. Run from the repository: `python -m tests.benchmarks`.

Figures are ratios of one run to another in the same minute on the same machine, because
milliseconds say more about the machine than about the program.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks import catalog, commands, growth, scan
from tests.benchmarks.stopwatch import table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often each job runs")
    parser.add_argument("--routes", type=int, default=1000, help="routes in the large run")
    parser.add_argument("--rows", type=int, default=100_000, help="rows in the large catalogue")
    parser.add_argument("--files", type=int, default=20_000, help="small files to scan")
    parser.add_argument("--megabytes", type=int, default=200, help="size of the files to scan")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = commands.measure(Path(folder), options.routes, options.rounds)
        print(table("Commands, as ratios to a bare typer program", rows))
    with tempfile.TemporaryDirectory() as folder:
        rows = scan.measure(Path(folder), options.files, options.megabytes, options.rounds)
        print(table("Model ids in a tree, as ratios to grep -rnE", rows))
    with tempfile.TemporaryDirectory() as folder:
        rows = growth.measure(Path(folder), options.rounds)
        print(table(f"Hostile texts, as ratios to one of {growth.SIZE // 1024} KB", rows))
    rows = [row for size in (638, options.rows) for row in catalog.measure(size, options.rounds)]
    print(table("A gateway's catalogue, as ratios to json.loads", rows))


main()
