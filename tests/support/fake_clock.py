"""Time and work without a watch: a clock that tests move, and the calls that code makes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: noon of the day that the sandbox's `healthy` scenario plays on
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FakeClock:
    """A `veo_check.core.clock.Clock` whose time passes only by `sleep` and `pass_time`."""

    def __init__(self, start: datetime = NOON) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()
        #: every wait asked for, in seconds, in order
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"a sleep of {seconds} seconds")
        with self._lock:
            self.sleeps.append(seconds)
            self._elapsed += seconds

    def pass_time(self, seconds: float) -> None:
        """Let time pass without anybody having slept."""
        with self._lock:
            self._elapsed += seconds


def calls_in(work: Callable[[], object]) -> int:
    """How many calls the work makes, Python's and C's: the same on a busy machine as on any."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
