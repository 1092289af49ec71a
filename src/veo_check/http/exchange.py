"""The record of what was sent and what came back, redacted before it is kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `status` None: no answer; `note` says why, or is None."""

    id: str
    method: str
    url: str
    request_excerpt: str | None
    status: int | None
    ms: int
    body_excerpt: str | None
    note: str | None = None


class Recorder:
    """Numbers exchanges (x1, x2, …) in the order in which they began. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._kept: dict[int, Exchange] = {}

    def begin(self) -> int:
        """The number of an exchange that starts now."""
        with self._lock:
            self._count += 1
            return self._count

    def keep(self, number: int, exchange: Exchange) -> None:
        """File a finished exchange under its number."""
        with self._lock:
            self._kept[number] = exchange

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything finished so far, in order."""
        with self._lock:
            return tuple(self._kept[number] for number in sorted(self._kept))
