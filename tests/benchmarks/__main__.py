"""Measure and print; judges nothing. Run from the repository: `python -m tests.benchmarks`.

Figures are ratios of one run to another in the same minute on the same machine, because
milliseconds say more about the machine than about the program.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks import commands
from tests.benchmarks.stopwatch import table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often each job runs")
    parser.add_argument("--routes", type=int, default=1000, help="routes in the large run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = commands.measure(Path(folder), options.routes, options.rounds)
        print(table("Commands, as ratios to a bare typer program", rows))


main()
