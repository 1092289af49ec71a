"""When to poll a running job. Pure: what happened so far in, seconds to wait out.

The first look comes after the shortest time in which Google says a clip can be done ("Min: 11
seconds", Veo guide of 2026-03-05), the next ones at a polite and growing interval. A new-api
gateway refunds a failed job only if its own poller, every 15 s, sees the failure before a client
does; so behind one of those nobody is asked more often than that.
"""

from __future__ import annotations

from dataclasses import dataclass

from veo_check.core.route import Gateway


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds until the first poll, between the first ones, and at most between later ones."""

    first: float
    interval: float
    longest: float
    growth: float = 1.25

    def after(self, polls: int) -> float:
        """Seconds from one poll to the next, when `polls` were made."""
        if polls == 0:
            return self.first
        return min(self.longest, self.interval * self.growth ** min(polls - 1, 50))


_POLITE = Pace(first=11, interval=10, longest=30)
_BEHIND_A_POLLER = Pace(first=16, interval=16, longest=30)


def pace_of(gateway: Gateway) -> Pace:
    """How often a gateway may be asked."""
    return _BEHIND_A_POLLER if gateway in {"flatkey", "newapi"} else _POLITE


def next_wait(
    pace: Pace, polls: int, left: float, *, since: float = 0, retry_after: float | None = None
) -> float | None:
    """Seconds to wait before the next poll; None: the deadline comes first.

    `left` is the time until the deadline, `since` the time that has passed since the last poll (or
    the submit), `retry_after` what the other side asked for. A last poll is made at the deadline,
    unless the other side asked for more time than that.
    """
    if left <= 0:
        return None
    if retry_after is not None and retry_after > left:
        return None
    wait = max(pace.after(polls) - since, retry_after or 0, 0)
    return min(wait, left)
