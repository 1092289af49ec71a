"""One run at a time per route: a lock that the operating system drops when its holder dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from veo_check.core.clock import Clock

_PAUSE = 0.5  # seconds between two looks at a lock that another run holds

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import errno
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                return False
            raise  # a file system without locks: better no job than two
        return True


class RouteBusyError(Exception):
    """Another run is at work on the route."""


@contextmanager
def route_lock(
    path: Path, clock: Clock, waiting: Callable[[], None] | None = None, *, wait: bool = True
) -> Iterator[bool]:
    """Hold the route's lock; yields whether another run had to be waited for.

    `waiting` is called once, before the first wait. Raises RouteBusyError where `wait` is off and
    another run holds it, OSError where the file cannot be locked. Closing the file, also by the
    death of the process, frees it.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags, 0o600)
    try:
        waited = False
        while not _take(handle):
            if not wait:
                raise RouteBusyError
            if not waited and waiting is not None:
                waiting()
            waited = True
            clock.sleep(_PAUSE)
        yield waited
    finally:
        os.close(handle)
