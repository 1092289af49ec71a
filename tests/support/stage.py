"""Many jobs at once without a watch: threads take turns on one clock that none of them moves.

Each acts until it sleeps; the next to wake goes on at that moment. The same every time.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Sequence

from fake_clock import FakeClock


class Stage(FakeClock):
    """A clock for the acts that it runs side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, threading.Event]] = []

    def sleep(self, seconds: float) -> None:
        turn = self._queued(seconds)
        self._next()
        turn.wait()

    def run(self, acts: Sequence[Callable[[], None]]) -> None:
        """Run all of them to their end; what one of them raises ends that one."""
        threads = [threading.Thread(target=self._act, args=(act, self._queued(0))) for act in acts]
        for thread in threads:
            thread.start()
        self._next()
        for thread in threads:
            thread.join()

    def _queued(self, seconds: float) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._waiting, (self._elapsed + seconds, next(self._numbers), turn))
        return turn

    def _act(self, act: Callable[[], None], turn: threading.Event) -> None:
        turn.wait()
        try:
            act()
        finally:
            self._next()

    def _next(self) -> None:
        if self._waiting:
            self._elapsed, _, turn = heapq.heappop(self._waiting)
            turn.set()
