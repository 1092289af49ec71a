"""What the program is waiting for and how long, on stderr, for a person at a terminal."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self


class Progress:
    """One live line on stderr: which probes of which routes are under way, and for how long.

    Silent unless stderr is a terminal. Call it as the engine's watcher.
    """

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._under_way: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._job: str | None = None

    def __enter__(self) -> Self:
        if self._on:
            self._thread = threading.Thread(target=self._draw, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, route: str, probe: str, started: bool) -> None:
        with self._lock:
            if started:
                self._under_way[route, probe] = time.monotonic()
            else:
                self._under_way.pop((route, probe), None)

    def job(self, told: object) -> None:
        """What a paid job is doing (`smoke.tools.Progress`), or a sentence worth keeping."""
        with self._lock:
            if not isinstance(told, str):
                self._job = job_line(told)
                return
            clear = "\r\x1b[K" if self._on else ""
            sys.stderr.write(f"{clear}veo-check: {told}\n")
            sys.stderr.flush()

    def _draw(self) -> None:
        while not self._stop.wait(0.2):
            with self._lock:
                waiting = sorted(self._under_way.items(), key=lambda waiter: waiter[1])
                job = self._job
            line = job
            if waiting:
                (_, probe), since = waiting[0]
                more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
                line = f"waiting {time.monotonic() - since:.0f} s for {probe}{more}"
            if line:
                sys.stderr.write(f"\r\x1b[K{line[:78]}")
                sys.stderr.flush()


def job_line(told: object) -> str:
    """Where a paid job stands: what it does, since when, next poll, operation, money at stake."""
    from veo_check.core.money import usd
    from veo_check.smoke.tools import Progress as JobProgress

    if not isinstance(told, JobProgress):
        raise TypeError("progress of a job is told as smoke.tools.Progress")
    parts = [f"{told.doing} {told.elapsed:.0f} s"]
    if told.next_poll is not None:
        parts.append(f"next poll in {told.next_poll:.0f} s")
    if told.status:
        parts.append(told.status)
    if told.operation:
        parts.append(told.operation)
    parts.append(f"${usd(told.at_stake)} at stake")
    return " · ".join(parts)
