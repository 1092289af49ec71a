"""One run at a time per route."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fake_clock import FakeClock
from veo_check.smoke.state_folder import RouteBusyError, route_lock

HOLDER = """
import sys
from pathlib import Path
from veo_check.core.clock import SystemClock
from veo_check.smoke.state_folder import route_lock

with route_lock(Path(sys.argv[1]), SystemClock()):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "route.lock"


def test_free_lock_is_taken_at_once(lock: Path, clock: FakeClock) -> None:
    for _ in range(2):
        with route_lock(lock, clock) as waited:
            assert not waited
    assert clock.sleeps == []


def test_a_second_holder_waits_or_is_told(lock: Path, clock: FakeClock) -> None:
    told: list[str] = []
    with route_lock(lock, clock) as _:
        with pytest.raises(RouteBusyError), route_lock(lock, clock, wait=False):
            pass

        class Impatient(FakeClock):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                if len(self.sleeps) == 3:
                    raise KeyboardInterrupt

        with (
            pytest.raises(KeyboardInterrupt),
            route_lock(lock, Impatient(), lambda: told.append("waiting")),
        ):
            pass
    assert told == ["waiting"]
    with route_lock(lock, clock, wait=False) as waited:
        assert not waited


def test_a_killed_holder_lets_go(lock: Path, clock: FakeClock) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RouteBusyError), route_lock(lock, clock, wait=False):
            pass

        class Killing(FakeClock):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                holder.send_signal(signal.SIGKILL)
                holder.wait()

        killing = Killing()
        with route_lock(lock, killing) as waited:
            assert waited
        assert killing.sleeps == [0.5]
    finally:
        holder.kill()
        holder.communicate()


def test_a_link_is_not_a_lock(lock: Path, tmp_path: Path, clock: FakeClock) -> None:
    lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="link"), route_lock(lock, clock):
        pass
    assert not (tmp_path / "elsewhere").exists()
