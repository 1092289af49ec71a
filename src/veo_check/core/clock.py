"""Time, passed in rather than looked up, so that a run can be judged on any day."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from veo_check.core.frozen import dataclass

if TYPE_CHECKING:
    from veo_check.core.route import Confirmation


class Clock(Protocol):
    """Where the time of day and waiting come from."""

    def now(self) -> datetime:
        """The moment, in UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class SandboxClock:
    """Noon of the scenario's day plus the time this process has been running.

    Sleeping is compressed by `speed`: a ten-second polling interval takes 10 / speed seconds.
    """

    def __init__(self, day: date, speed: float = 20.0) -> None:
        self._start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self._origin = time.monotonic()
        self._speed = speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._origin) * self._speed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)


class WaitingClock(SandboxClock):
    """A sandbox's clock for a run and its world in one process: only waiting passes fast.

    Work takes the time that it takes, so that a busy machine does not look like a slow gateway; who
    waits, waits a fifth of what `speed` says. Waits of several threads overlap, as real ones do.
    """

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self._waited = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return time.monotonic() - self._origin + self._waited

    def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        time.sleep(seconds / self._speed / 5)
        with self._lock:
            self._waited += max(until - self.monotonic(), 0.0)


@dataclass(frozen=True, slots=True)
class AsOf:
    """The day a route is judged on and how strictly; what checks may know of time.

    `day` is the day judged (`--as-of` or the clock's); `clock_day` is the clock's own, which in the
    sandbox is the scenario's. `within_days` is the lifecycle horizon; `max_age_days` replaces the
    freshness limits where given.
    """

    day: date
    clock_day: date
    within_days: int = 90
    max_age_days: int | None = None

    @property
    def hypothetical(self) -> bool:
        """Whether another day than the clock's is judged."""
        return self.day != self.clock_day

    @property
    def expiry_day(self) -> date:
        """The day waivers, confirmations and proofs are held against: the later of the two."""
        return max(self.day, self.clock_day)


#: How long what a person saw counts, in days, whatever the file says.
LONGEST_DAYS = 30


def last_day(record: Confirmation) -> date:
    """The last day on which a confirmation counts."""
    return min(record.expires, record.on + timedelta(days=LONGEST_DAYS))


def why_not(record: Confirmation, judging: AsOf) -> str | None:
    """Why a confirmation does not count, or None. Held against the later of the clock's day and
    the day judged: judging an old day revives nothing."""
    if record.on > judging.clock_day:
        return f"the {record.what} confirmation is dated {record.on}, a day still to come"
    if record.expires < judging.expiry_day:
        return f"the {record.what} confirmation expired on {record.expires}"
    if (judging.expiry_day - record.on).days > LONGEST_DAYS:
        return f"the {record.what} confirmation of {record.on} is older than {LONGEST_DAYS} days"
    return None
