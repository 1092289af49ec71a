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
        self._started = time.monotonic()
        self._under_way: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

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

    def _draw(self) -> None:
        while not self._stop.wait(0.2):
            with self._lock:
                waiting = sorted(self._under_way.items(), key=lambda one: one[1])
            if waiting:
                (_, probe), since = waiting[0]
                more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
                line = f"waiting {time.monotonic() - since:.0f} s for {probe}{more}"
                sys.stderr.write(f"\r\x1b[K{line[:78]}")
                sys.stderr.flush()
