"""Timing by rounds: everything once a round, so that a busy minute slows all of it alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a median in seconds, and its ratio to the base's."""

    name: str
    seconds: float
    ratio: float


def compare(
    base: str,
    jobs: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Run every job `rounds` times and set it against the base, by the median of the rounds.

    A job's ratio is taken within each round; the first round warms caches and does not count.
    """
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds + 1):
        for name, job in jobs.items():
            started = clock()
            job()
            times[name].append(clock() - started)
    return [
        Row(
            name,
            statistics.median(spent[1:]),
            statistics.median(
                one / other for one, other in zip(spent[1:], times[base][1:], strict=True)
            ),
        )
        for name, spent in times.items()
    ]


def table(title: str, rows: list[Row]) -> str:
    width = max(len(row.name) for row in rows)
    lines = [
        f"{row.name:<{width}}  {row.seconds * 1000:10.2f} ms  {row.ratio:8.2f}" for row in rows
    ]
    return "\n".join([title, "-" * len(title), *lines, ""])
