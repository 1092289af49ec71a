"""The journal under a process that dies at any step: nothing is lost, nothing is half there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from paid_jobs import LIFE, intent, state
from veo_check.evidence.records import Disk
from veo_check.smoke.journal import Entry, Journal

ROUTE = "storyboard-drafts"


class Killed(BaseException):
    """The process is gone: nothing after this runs, no handler catches it."""


class DyingDisk(Disk):
    """Dies before its n-th step; a write that dies leaves half of its bytes."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def _step(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def make_folder(self, folder: Path) -> None:
        self._step()
        super().make_folder(folder)

    def write_new(self, path: Path, content: bytes) -> int:
        self._step()
        if self.left == 0:  # torn: dies within the write, before the sync
            super().close(super().write_new(path, content[: len(content) // 2]))
            raise Killed
        return super().write_new(path, content)

    def sync(self, handle: int) -> None:
        self._step()
        super().sync(handle)

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        super().rename(old, new)

    def sync_folder(self, folder: Path) -> None:
        self._step()
        super().sync_folder(folder)


def live(folder: Path, disk: Disk, told: list[Entry]) -> None:
    """A whole life of one job; `told` gets every entry that the journal said was on disk."""
    journal = Journal(state(folder, disk=disk), disk)
    told.append(entry := journal.begin(intent()))
    for step in LIFE:
        journal.save(entry := step(entry))
        told.append(entry)


def steps_of_a_life(tmp_path: Path) -> int:
    disk = DyingDisk(10_000)
    live(tmp_path, disk, [])
    return 10_000 - disk.left


def test_a_death_at_every_step(tmp_path: Path) -> None:
    steps = steps_of_a_life(tmp_path / "counting")
    assert steps > 4 * (1 + len(LIFE))
    for step in range(steps):
        folder = tmp_path / str(step)
        told: list[Entry] = []
        with pytest.raises(Killed):
            live(folder, DyingDisk(step), told)
        (held,) = Journal(state(folder)).entries(ROUTE) or (None,)
        if not told:  # the intent was not yet promised; it may or may not be there
            assert held is None or held.state == "intent"
            continue
        # what the journal promised is there, or the very next step, and never half of one
        following = LIFE[len(told) - 1](told[-1])
        assert held in (told[-1], following)


def test_a_job_can_go_on_after_a_death_at_every_step(tmp_path: Path) -> None:
    for step in range(steps_of_a_life(tmp_path / "counting")):
        folder = tmp_path / str(step)
        with pytest.raises(Killed):
            live(folder, DyingDisk(step), [])
        journal = Journal(state(folder))
        held = next(iter(journal.entries(ROUTE)), None)
        if held is None:
            held = journal.begin(intent())
        elif held.is_open:
            journal.save(held := held.abandoned(held.intent.at, "test"))
        assert journal.entries(ROUTE) == (held,)
        leftovers = list(journal.folder.journal_of(ROUTE).glob(".tmp-*"))
        assert len(leftovers) <= 1  # swept by the next begin, and never read


def test_the_bytes_are_synced_before_the_name_and_the_name_before_the_promise(
    tmp_path: Path,
) -> None:
    calls: list[str] = []

    class Watched(Disk):
        def write_new(self, path: Path, content: bytes) -> int:
            calls.append("write")
            return super().write_new(path, content)

        def sync(self, handle: int) -> None:
            calls.append("sync")
            super().sync(handle)

        def rename(self, old: Path, new: Path) -> None:
            assert old.parent == new.parent
            calls.append("rename")
            super().rename(old, new)

        def sync_folder(self, folder: Path) -> None:
            calls.append("sync folder")
            super().sync_folder(folder)

    disk = Watched()
    journal = Journal(state(tmp_path), disk)
    entry = journal.begin(intent())
    calls.clear()
    journal.save(LIFE[0](entry))
    assert calls == ["write", "sync", "rename", "sync folder"]


def test_a_failing_disk_leaves_the_old_state(tmp_path: Path) -> None:
    class Full(Disk):
        full = False

        def write_new(self, path: Path, content: bytes) -> int:
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write_new(path, content)

    disk = Full()
    journal = Journal(state(tmp_path), disk)
    entry = journal.begin(intent())
    disk.full = True
    with pytest.raises(OSError, match="No space"):
        journal.save(LIFE[0](entry))
    assert journal.entries(ROUTE) == (entry,)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_nobody_else_can_read_a_record(tmp_path: Path) -> None:
    journal = Journal(state(tmp_path))
    journal.begin(intent())
    modes = {
        oct(path.stat().st_mode & 0o777)
        for path in (tmp_path / "state").rglob("*")
        if path.suffix == ".json"
    }
    assert modes == {"0o600"}
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
