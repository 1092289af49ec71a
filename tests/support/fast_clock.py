"""One fast time for a world and for every process that talks to it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPEED = 200.0


class SharedClock:
    """Noon of 2026-11-22 at `origin` (of `time.monotonic`, one for the machine), then SPEED times
    as fast as the machine's own."""

    def __init__(self, origin: float) -> None:
        self._origin = origin

    def now(self) -> datetime:
        return NOON + timedelta(seconds=(time.monotonic() - self._origin) * SPEED)

    def monotonic(self) -> float:
        return (time.monotonic() - self._origin) * SPEED

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)


class RunnersClock(SharedClock):
    """The same for a run: only its waiting is fast, so that a busy machine is no slow gateway."""

    def __init__(self, origin: float) -> None:
        super().__init__(origin)
        self._slept = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._slept += seconds
