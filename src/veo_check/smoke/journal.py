"""The journal of paid jobs: one file a job, each step on disk before the next.

A kill at any moment loses nothing, because a file is replaced whole or not at all. Each file holds
a digest of what it says, against damage, not against forgery. What cannot be read is never believed
and stops every further submit of its route until a person gives it up: better no job than a second.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from veo_check.core.frozen import dataclass
from veo_check.core.money import UsageError, usd
from veo_check.core.reading import read_limited
from veo_check.core.results import (
    Binding,
    JobKind,
    JobState,
    RefusalCharge,
    RowSeen,
    WrongKind,
)
from veo_check.evidence.records import (
    TEMPORARY,
    Disk,
    UnreadableRecordError,
    from_text,
    make_folders,
    to_text,
    write_durably,
)
from veo_check.gateways.registry import GATEWAYS
from veo_check.smoke.state_folder import (
    StateFolder,
    route_mark,
)

#: Changes of status that are kept; an operation that flutters more often than this is cut.
_HISTORY = 200


class WrongStepError(Exception):
    """A step that the entry's state does not allow: a bug here, or a forged journal."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be paid, on disk before the request leaves.

    `binding` names gateway, endpoint, address, label, shape and the key's variable as they were
    then. Amounts in USD; `used_before` is the key's total before, in the gateway's quota units.
    """

    id: str
    kind: JobKind
    route: str
    simulated: bool
    at: datetime
    what: str  # in words, for `job list`
    binding: Binding
    at_stake: Decimal
    quoted: Decimal
    prompt_sha256: str
    deadline_seconds: int
    route_file: str = ""
    tool_version: str = ""
    owner: Mapping[str, str] = field(default_factory=dict)  # application, team, cost_center, ...
    used_before: int | None = None
    quota_per_unit: Decimal | None = None
    tokens: Decimal | None = None  # of video that the quote counts
    tolerance: Decimal = Decimal(0)
    row: RowSeen | None = None  # the catalogue's row as it stood then
    wrong: WrongKind | None = None  # of a controlled failure: what is wrong with it


@dataclass(frozen=True, slots=True)
class Operation:
    """The other side's handle of an accepted job, whole, and what the answer said beside it."""

    id: str
    at: datetime
    request_id: str | None = None
    served_model: str | None = None
    cost: Decimal | None = None  # USD, where a header names it
    other_ratios: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusSeen:
    """A status as first seen in a row of polls that answered the same."""

    status: str
    at: datetime
    poll: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended, or why nobody knows. `text` is the other side's, cut and redacted.

    What a refusal told is here whole, so that a later run can seal what this one could not.
    """

    at: datetime
    symptom: str | None = None
    text: str | None = None
    status_code: int | None = None
    served_model: str | None = None
    video_count: int | None = None
    code: str | None = None  # the other side's own word
    request_id: str | None = None  # of the answer that refused it
    replacement: str | None = None  # the model id that a retirement text names
    names_the_mistake: bool = False
    used_after: int | None = None  # the key's total, read after an uncertain submit


@dataclass(frozen=True, slots=True)
class Entry:
    """One paid job, as its file holds it."""

    intent: Intent
    state: JobState = "intent"
    operation: Operation | None = None
    polls: int = 0
    last_polled_at: datetime | None = None
    history: tuple[StatusSeen, ...] = ()
    ended: Ended | None = None
    billed: Decimal | None = None  # USD, as the gateway's own record says
    charged: RefusalCharge | None = None  # of a refused request; None: not read yet
    closed_at: datetime | None = None
    abandoned_because: str | None = None
    task_asked: bool = False  # while it ran, which on new-api can cost a refund
    asked_again_at: datetime | None = None  # about a failure, after a day
    earlier: tuple[Ended, ...] = ()  # ends that were none after all

    @property
    def id(self) -> str:
        """The job's id, as `job abandon` takes it."""
        return self.intent.id

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        return self.closed_at is None

    @property
    def statuses(self) -> tuple[str, ...]:
        """Every status seen, repeats folded."""
        return tuple(seen.status for seen in self.history)

    def accepted(self, operation: Operation) -> Entry:
        """The submit was answered with an operation."""
        self._from("intent")
        return replace(self, state="submitted", operation=operation)

    def refused(self, ended: Ended) -> Entry:
        """The submit was answered by a refusal. Open until its charge is read and it is sealed."""
        self._from("intent")
        return replace(self, state="refused", ended=ended)

    def weighed(self, charged: RefusalCharge) -> Entry:
        """What a refused request cost was read."""
        self._from("refused")
        return replace(self, charged=charged)

    def mark_uncertain(self, ended: Ended) -> Entry:
        """Nobody knows whether the submit was accepted. Open until a person abandons it."""
        self._from("intent", "refused", "uncertain")
        return replace(self, state="uncertain", ended=ended)

    def polled(self, status: str, at: datetime) -> Entry:
        """One poll was answered, or went wrong (then `status` says how)."""
        self._from("submitted")
        polls, history = self.polls + 1, self.history
        if (not history or history[-1].status != status) and len(history) < _HISTORY:
            history = (*history, StatusSeen(status, at, polls))
        return replace(self, polls=polls, last_polled_at=at, history=history)

    def timed_out(self, ended: Ended) -> Entry:
        """The deadline came first. Open: a later run polls on."""
        self._from("submitted")
        return replace(self, state="unfinished", ended=ended)

    def resume(self) -> Entry:
        """A later run polls on; also where a job is done and its video was not kept."""
        self._from("submitted", "unfinished", "reopened", "finished")
        return replace(self, state="submitted", ended=None)

    def finished(self, ended: Ended) -> Entry:
        """The operation is done and names a result. Open until the result is sealed."""
        self._from("submitted")
        return replace(self, state="finished", ended=ended)

    def failed(self, ended: Ended) -> Entry:
        """The operation ended without a result. Open until the failure is sealed."""
        self._from("submitted")
        return replace(self, state="failed", ended=ended)

    def closed(self, at: datetime, billed: Decimal | None = None) -> Entry:
        """All that can be learned is learned and sealed. A charged refusal only a person closes."""
        self._from("finished", "failed", "refused")
        if self.state == "refused" and self.charged not in _FREE:
            raise WrongStepError(f"{self.id} was refused, and may have been charged")
        return replace(self, closed_at=at, billed=billed)

    def asked_again(self, at: datetime, *, lives: bool) -> Entry:
        """A failed job was asked about once more, long after; `lives`: its failure was no end."""
        if self.state != "failed" or self.ended is None:
            raise WrongStepError(f"{self.id} is {self.state}: only a failure is asked about again")
        if not lives:
            return replace(self, asked_again_at=at)
        return replace(
            self,
            state="reopened",
            ended=None,
            earlier=(*self.earlier, self.ended),
            asked_again_at=at,
            billed=None,
            closed_at=None,
        )

    def abandoned(self, at: datetime, because: str) -> Entry:
        """A person gave it up; whatever it became, nobody asks again."""
        if not self.is_open:
            raise WrongStepError(f"{self.id} is closed already ({self.state})")
        return replace(self, state="abandoned", closed_at=at, abandoned_because=because)

    def _from(self, *states: JobState) -> None:
        if self.state not in states or not self.is_open:
            raise WrongStepError(f"{self.id} is {self.state}: that step is not its next")


def at_most_spent(entry: Entry) -> Decimal:
    """The most a job can have cost, in USD: its bill where it is known, nothing where it was
    refused and no charge is to be seen, else what was at stake."""
    if entry.state == "refused" and entry.charged in _FREE:
        return Decimal(0)
    return entry.billed if entry.billed is not None else entry.intent.at_stake


def told_by(entry: Entry) -> str | None:
    """Why a job ended as it did, in the other side's words; of an uncertain submit, what the key's
    total says as well."""
    ended, intent = entry.ended, entry.intent
    if ended is None or ended.used_after is None or intent.used_before is None:
        return ended.text if ended else None
    before, after = intent.used_before, ended.used_after
    unit = intent.quota_per_unit

    def shown(quota: int) -> str:
        return f"${usd(Decimal(quota) / unit)}" if unit else f"{quota} quota units"

    grew = f"it grew by {shown(after - before)}" if after != before else "it did not change"
    total = f"the key's total was {shown(before)} before and {shown(after)} after: {grew}"
    quoted = f", and the job was quoted at ${usd(intent.quoted)}" if after != before else ""
    request = f"; request {ended.request_id}" if ended.request_id else ""
    return f"{ended.text or 'no answer'}; {total}{quoted}{request}"


#: A refusal costs nothing, unless its row or the key's total says otherwise.
_FREE = {"no", "unknown"}
_WITH_OPERATION = {"submitted", "unfinished", "finished", "failed", "reopened"}
_OPEN_ONLY = {"intent", "submitted", "uncertain", "unfinished", "reopened"}


def is_sound(entry: Entry) -> bool:
    """Whether an entry's parts can belong together; a forged or damaged one's may not."""
    state = entry.state
    return (
        (entry.operation is not None or state not in _WITH_OPERATION)
        and (entry.operation is None or state in _WITH_OPERATION | {"abandoned"})
        and (entry.closed_at is not None or state != "abandoned")
        and (entry.charged is None or state in {"refused", "uncertain", "abandoned"})
        and (entry.closed_at is None or state != "refused" or entry.charged in _FREE)
        and (entry.ended is not None or state not in {"refused", "uncertain"})
        and (entry.closed_at is None or state not in _OPEN_ONLY)
        and entry.intent.binding.route == entry.intent.route
        and (entry.intent.wrong is not None) is (entry.intent.kind == "controlled-failure")
        and entry.intent.at_stake >= 0
        and entry.intent.deadline_seconds > 0
        and entry.polls >= 0
        and (entry.billed is None or entry.billed >= 0)
    )


#: What a file that nobody can read is called once a person has given it up.
_GIVEN_UP = ".unreadable"
_FILE = re.compile(rf"(\d{{6}}-[0-9a-f]{{6}})\.json((?:\{_GIVEN_UP})*)")
_LIMIT = 1024 * 1024
#: How a file begins that an earlier version wrote, without a digest.
_UNDIGESTED = '{\n  "abandoned_because": '


class JournalUnreadableError(UsageError):
    """A record of a paid job cannot be trusted, so no job may be sent for its route."""


class OpenJobError(Exception):
    """A new job was begun while an older one of the same kind is still open: a bug."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """An entry as its file holds it."""

    digest: str  # SHA-256 of the entry's text, in hex
    entry: Entry


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file of the journal that is not what this program wrote. What its job cost is unknown."""

    path: Path
    why: str
    given_up: bool = False  # by a person, with `job abandon`

    @property
    def job(self) -> str | None:
        """The id of the job that the file is the record of, by its place and name."""
        match = _FILE.fullmatch(self.path.name)
        return f"{self.path.parent.name[:8]}-{match[1]}" if match else None

    @property
    def way_out(self) -> str:
        """What a person can do about it."""
        if self.given_up:
            return "it was given up, and what its job cost is not known"
        if self.job is None:
            stray = self.path.suffix == ".json"
            return "it is not named like a job's record: move it away" if stray else "fix that"
        return (
            f"restore the file, or, once the gateway's usage log has shown what became of that job,"
            f" give it up with `veo-check job abandon {self.job}`"
        )


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
        for held in self._read(self.folder.journal_of(route)):
            if isinstance(held, Entry):
                entries.append(held)
            elif not held.given_up:
                raise JournalUnreadableError(
                    f"{held.path}: {held.why}; it may be the record of a paid job, so no further"
                    f" job is sent for this route: {held.way_out}"
                )
        return tuple(entries)

    def given_up(self, route: str) -> tuple[str, ...]:
        """The ids of a route's jobs that were given up because nobody could read them."""
        read = self._read(self.folder.journal_of(route))
        return tuple(
            held.job for held in read if isinstance(held, Unreadable) and held.given_up and held.job
        )

    def add_digests(self, route: str) -> None:
        """Rewrite the entries that an earlier version left without a digest. Raises OSError."""
        folder = self.folder.journal_of(route)
        for path in folder.glob("*.json") if folder.is_dir() else ():
            held = self._load(path)
            if not isinstance(held, Unreadable) and not held[1]:
                self.save(held[0])

    def begin(self, intent: Intent) -> Entry:
        """Put an intent on disk, under an id of its own; nothing was sent before this returns.

        Raises OpenJobError, JournalUnreadableError, OSError.
        """
        folder = self.folder.journal_of(intent.route)
        entries = self.entries(intent.route)
        if any(entry.is_open and entry.intent.kind == intent.kind for entry in entries):
            raise OpenJobError(intent.kind)
        if not folder.is_dir():
            make_folders(folder, self._disk)
        for left in folder.glob(f"{TEMPORARY}*"):
            left.unlink(missing_ok=True)
        number, salt = 1 + self._last_number(intent.route), secrets.token_hex(3)
        job = f"{route_mark(intent.route)[:8]}-{number:06d}-{salt}"
        entry = Entry(replace(intent, id=job))
        self.save(entry)
        return entry

    def save(self, entry: Entry) -> None:
        """Put an entry's new state on disk. Raises OSError: then the old one is still there."""
        stored = _Stored(_digest(entry), entry)
        write_durably(self._path(entry.intent), to_text(stored).encode(), self._disk)

    def everything(self) -> Iterator[Entry | Unreadable]:
        """Every job on record, route by route, oldest first; files that cannot be read too."""
        journal = self.folder.home / "journal"
        if journal.is_dir():
            for folder in sorted(place for place in journal.iterdir() if place.is_dir()):
                yield from self._read(folder)

    def find(self, job: str) -> Entry | Unreadable | None:
        """The job with this id, or the file that should be its record."""
        found = (
            held
            for held in self.everything()
            if (held.id if isinstance(held, Entry) else held.job) == job
        )
        return next(found, None)

    def give_up(self, held: Unreadable, because: str) -> Path:
        """Take a file that nobody can read out of the way of further jobs; where it is now.

        It is kept beside its old place, the reason in a file of its own. Raises OSError.
        """
        folder, name = held.path.parent, held.path.name
        write_durably(folder / f"{name}.because", f"{because}\n".encode(), self._disk)
        kept = folder / f"{name}{_GIVEN_UP}"
        while os.path.lexists(kept):  # an earlier one of the same name is kept too
            kept = kept.with_name(f"{kept.name}{_GIVEN_UP}")
        self._disk.rename(held.path, kept)
        self._disk.sync_folder(folder)
        return kept

    def spend(self) -> tuple[Spend, ...]:
        """What each cost centre spent, jobs without one last."""
        centres: dict[str | None, list[Entry]] = {}
        for entry in self.everything():
            if isinstance(entry, Entry):
                centres.setdefault(entry.intent.owner.get("cost_center"), []).append(entry)
        return tuple(
            Spend(
                centre,
                len(jobs),
                sum((job.billed for job in jobs if job.billed is not None), Decimal(0)),
                sum(map(at_most_spent, jobs), Decimal(0)),
            )
            for centre, jobs in sorted(
                centres.items(), key=lambda pair: (pair[0] is None, pair[0] or "")
            )
        )

    def _last_number(self, route: str) -> int:
        """The highest number given to a job of this route that has left anything behind."""
        places = (self.folder.journal_of(route), self.folder.proofs_of(route))
        names = [file.name for place in places if place.is_dir() for file in place.iterdir()]
        found = [match[1] for name in names if (match := _FILE.fullmatch(name))]
        return max((int(number.partition("-")[0]) for number in found), default=0)

    def _path(self, intent: Intent) -> Path:
        mark, number, salt = intent.id.split("-")
        if mark != route_mark(intent.route)[:8]:
            raise ValueError(f"{intent.id} is not an id of this route")
        return self.folder.journal_of(intent.route) / f"{number}-{salt}.json"

    def _read(self, folder: Path) -> Iterator[Entry | Unreadable]:
        try:
            names = sorted(held.name for held in folder.iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            yield Unreadable(folder, f"the folder cannot be read ({error.strerror})")
            return
        for name in names:
            match = _FILE.fullmatch(name)
            if match and match[2]:
                yield Unreadable(folder / name, "could not be read", given_up=True)
            elif name.endswith(".json"):
                held = self._load(folder / name)
                yield held if isinstance(held, Unreadable) else held[0]

    def _load(self, path: Path) -> tuple[Entry, bool] | Unreadable:
        """The entry of a file, and whether it has a digest."""
        try:
            entry, digested = _from_text(read_limited(path, _LIMIT).decode())
        except UnreadableRecordError as error:
            return Unreadable(path, f"not a job that veo-check recorded: {error}")
        except OSError as error:
            return Unreadable(path, f"cannot be read ({error.strerror or error})")
        except ValueError:
            return Unreadable(path, "not a job that veo-check recorded")
        intent = entry.intent
        if not _FILE.fullmatch(path.name) or not is_sound(entry):
            return Unreadable(path, "not a job that veo-check recorded: its parts disagree")
        if path.parent.name != route_mark(intent.route) or Unreadable(path, "").job != intent.id:
            return Unreadable(path, "the record of another job, moved here")
        if intent.simulated is not self.folder.simulated:
            return Unreadable(path, "a simulated job among the real ones, or the reverse")
        return entry, digested


def _digest(entry: Entry) -> str:
    return hashlib.sha256(to_text(entry).encode()).hexdigest()


def _from_text(text: str) -> tuple[Entry, bool]:
    """The entry in a file's text, and whether a digest vouches for it. Raises ValueError."""
    if text.startswith(_UNDIGESTED):
        return _undigested(text), False
    stored = from_text(_Stored, text)
    if stored.digest != _digest(stored.entry):
        raise UnreadableRecordError("it does not match its own digest")
    return stored.entry, True


def _undigested(text: str) -> Entry:
    """An entry as an earlier version wrote it; what it had no field for is as good as unread."""
    raw = json.loads(text)
    if json.dumps(raw, indent=2, sort_keys=True) + "\n" != text:
        raise UnreadableRecordError("not as it was written")
    unread = "unknown" if raw.get("state") == "refused" else None
    new: dict[str, object] = {
        "charged": unread,
        "task_asked": False,
        "asked_again_at": None,
        "earlier": [],
    }
    filled = new | raw
    if isinstance(raw.get("ended"), dict):
        told = dict.fromkeys(("code", "request_id", "replacement", "used_after"))
        filled["ended"] = told | {"names_the_mistake": False} | raw["ended"]
    return from_text(Entry, json.dumps(filled, indent=2, sort_keys=True) + "\n")


def opens_video(entry: Entry) -> bool:
    """Whether the operation's id alone opens the video, without a key."""
    gateway = GATEWAYS.get(entry.intent.binding.via.get("gateway", ""))
    return gateway is None or gateway.operation_opens_video


def shown_operation(entry: Entry) -> str | None:
    """The operation's id, masked where it works without a key. Whole only in the state folder."""
    if entry.operation is None:
        return None
    id_ = entry.operation.id
    if not opens_video(entry):
        return id_
    prefix = id_[: id_.index("_") + 1] if "_" in id_[:8] else ""
    return f"{prefix}…{id_[-4:]}" if len(id_) > 8 else "…"
