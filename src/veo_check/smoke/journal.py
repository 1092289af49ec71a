"""The journal of paid jobs: one file a job, each step on disk before the next.

A kill at any moment loses nothing, because a file is replaced whole or not at all. What cannot be
read stops every further submit of its route: better no job than a second one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from veo_check.core.errors import UsageError
from veo_check.core.paid_facts import JobKind
from veo_check.evidence.durable import (
    TEMPORARY,
    Disk,
    make_folders,
    read_limited,
    write_durably,
)
from veo_check.evidence.records import UnreadableRecordError, from_text, to_text
from veo_check.smoke.entry import Entry, Intent, at_most_spent, is_sound
from veo_check.smoke.state_folder import StateFolder, route_mark

_FILE = re.compile(r"(\d{6})-([0-9a-f]{6})\.json")
_LIMIT = 1024 * 1024


class JournalUnreadableError(UsageError):
    """A record of a paid job cannot be trusted, so no job may be sent for its route."""


class OpenJobError(Exception):
    """A new job was begun while an older one of the same kind is still open: a bug."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file of the journal that is not what this program wrote."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class Spend:
    """What one cost centre's jobs cost, in USD: as billed, and at most (bills not yet known)."""

    cost_center: str | None
    jobs: int
    billed: Decimal
    at_most: Decimal


class Journal:
    """The paid jobs of one state folder, real or simulated. Writers hold the route's lock."""

    def __init__(self, folder: StateFolder, disk: Disk | None = None) -> None:
        self.folder = folder
        self._disk = disk or Disk()

    def entries(self, route: str) -> tuple[Entry, ...]:
        """A route's jobs, oldest first. Raises JournalUnreadableError if one cannot be read."""
        entries = []
        for one in self._read(self.folder.journal_of(route)):
            if isinstance(one, Unreadable):
                raise JournalUnreadableError(
                    f"{one.path}: {one.why}; it is the record of a paid job, so no further job is"
                    " sent for this route: restore the file, or, once the gateway's usage log has"
                    " shown what became of that job, move it away"
                )
            entries.append(one)
        return tuple(entries)

    def newest(self, route: str, kind: JobKind = "smoke") -> Entry | None:
        """A route's newest job of a kind. Raises JournalUnreadableError."""
        return next((one for one in reversed(self.entries(route)) if one.intent.kind == kind), None)

    def begin(self, intent: Intent) -> Entry:
        """Put an intent on disk, under an id of its own; nothing was sent before this returns.

        Raises OpenJobError, JournalUnreadableError, OSError.
        """
        folder = self.folder.journal_of(intent.route)
        entries = self.entries(intent.route)
        if any(one.is_open and one.intent.kind == intent.kind for one in entries):
            raise OpenJobError(intent.kind)
        if not folder.is_dir():
            make_folders(folder, self._disk)
        for left in folder.glob(f"{TEMPORARY}*"):
            left.unlink(missing_ok=True)
        number, salt = 1 + self._last_number(intent.route), secrets.token_hex(3)
        entry = Entry(replace(intent, id=_id(intent.route, number, salt)))
        self.save(entry)
        return entry

    def save(self, entry: Entry) -> None:
        """Put an entry's new state on disk. Raises OSError: then the old one is still there."""
        write_durably(self._path(entry.intent), to_text(entry).encode(), self._disk)

    def everything(self) -> Iterator[Entry | Unreadable]:
        """Every job on record, route by route, oldest first; files that cannot be read too."""
        journal = self.folder.home / "journal"
        if journal.is_dir():
            for folder in sorted(one for one in journal.iterdir() if one.is_dir()):
                yield from self._read(folder)

    def find(self, job: str) -> Entry | None:
        """The job with this id. Raises JournalUnreadableError where its file cannot be read."""
        for one in self.everything():
            if isinstance(one, Entry) and one.id == job:
                return one
            if isinstance(one, Unreadable) and _id_of(one.path) == job:
                raise JournalUnreadableError(f"{one.path}: {one.why}")
        return None

    def spend(self) -> tuple[Spend, ...]:
        """What each cost centre spent, jobs without one last."""
        centres: dict[str | None, list[Entry]] = {}
        for one in self.everything():
            if isinstance(one, Entry):
                centres.setdefault(one.intent.owner.get("cost_center"), []).append(one)
        return tuple(
            Spend(
                centre,
                len(held),
                sum((one.billed for one in held if one.billed is not None), Decimal(0)),
                sum(map(at_most_spent, held), Decimal(0)),
            )
            for centre, held in sorted(
                centres.items(), key=lambda pair: (pair[0] is None, pair[0] or "")
            )
        )

    def _last_number(self, route: str) -> int:
        """The highest number given to a job of this route that has left anything behind."""
        places = (self.folder.journal_of(route), self.folder.proofs_of(route))
        names = [one.name for place in places if place.is_dir() for one in place.iterdir()]
        return max((int(match[1]) for name in names if (match := _FILE.fullmatch(name))), default=0)

    def _path(self, intent: Intent) -> Path:
        mark, number, salt = intent.id.split("-")
        if mark != route_mark(intent.route)[:8]:
            raise ValueError(f"{intent.id} is not an id of this route")
        return self.folder.journal_of(intent.route) / f"{number}-{salt}.json"

    def _read(self, folder: Path) -> Iterator[Entry | Unreadable]:
        try:
            names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".json"))
        except FileNotFoundError:
            return
        except OSError as error:
            yield Unreadable(folder, f"the folder cannot be read ({error.strerror})")
            return
        for name in names:
            yield self._one(folder / name)

    def _one(self, path: Path) -> Entry | Unreadable:
        try:
            entry = from_text(Entry, read_limited(path, _LIMIT).decode())
        except UnreadableRecordError as error:
            return Unreadable(path, f"not a job that veo-check recorded: {error}")
        except OSError as error:
            return Unreadable(path, f"cannot be read ({error.strerror or error})")
        except ValueError:
            return Unreadable(path, "not a job that veo-check recorded")
        intent = entry.intent
        if not _FILE.fullmatch(path.name) or not is_sound(entry):
            return Unreadable(path, "not a job that veo-check recorded: its parts disagree")
        if path.parent.name != route_mark(intent.route) or _id_of(path) != intent.id:
            return Unreadable(path, "the record of another job, moved here")
        if intent.simulated is not self.folder.simulated:
            return Unreadable(path, "a simulated job among the real ones, or the reverse")
        return entry


def _id(route: str, number: int, salt: str) -> str:
    return f"{route_mark(route)[:8]}-{number:06d}-{salt}"


def _id_of(path: Path) -> str:
    return f"{path.parent.name[:8]}-{path.stem}"
