"""All jobs of a state folder: listed, looked up by id, and abandoned by a person."""

from __future__ import annotations

from pathlib import Path

from veo_check.core.clock import Clock
from veo_check.core.frozen import dataclass
from veo_check.core.money import UsageError
from veo_check.smoke.journal import Entry, Journal, Spend, Unreadable
from veo_check.smoke.state_folder import (
    RouteBusyError,
    StateFolder,
    open_state_folder,
    route_lock,
)


@dataclass(frozen=True, slots=True)
class JobList:
    """Everything on record, simulated jobs apart from real ones."""

    folder: Path
    jobs: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...]
    spend: tuple[Spend, ...]  # of the real jobs


def jobs_in(folder: Path) -> JobList:
    """Every job in a state folder, real ones first. A folder that is not there holds none."""
    held = [record for half in _halves(folder) for record in half.everything()]
    return JobList(
        folder,
        tuple(record for record in held if isinstance(record, Entry)),
        tuple(record for record in held if isinstance(record, Unreadable)),
        Journal(StateFolder(folder, simulated=False)).spend(),
    )


def find_job(folder: Path, job: str) -> Entry:
    """The job with this id. Raises UsageError, also where its record cannot be read."""
    held = _find(folder, job)[1]
    if isinstance(held, Unreadable):
        raise UsageError(f"{held.path}: {held.why}; {held.way_out}")
    return held


def abandon_job(folder: Path, job: str, because: str, clock: Clock) -> Entry | Path:
    """Close an open job for good, or one whose record cannot be read: then where that is kept.

    Raises UsageError where it is closed, or a run is at work.
    """
    because = because.strip()[:500] or "no reason given"
    journal, held = _find(folder, job)
    opened = open_state_folder(folder, simulated=journal.folder.simulated)
    journal = Journal(opened)
    lock = opened.lock_beside(
        held.path.parent if isinstance(held, Unreadable) else opened.journal_of(held.intent.route)
    )
    try:
        with route_lock(lock, clock, wait=False):
            held = _find(folder, job)[1]  # as it is now that nobody else can change it
            if isinstance(held, Unreadable) and not held.given_up:
                return journal.give_up(held, because)
            if isinstance(held, Unreadable) or not held.is_open:
                state = "given up" if isinstance(held, Unreadable) else held.state
                raise UsageError(f"job {job} is closed already ({state}); nothing is open")
            abandoned = held.abandoned(clock.now(), because)
            journal.save(abandoned)
    except RouteBusyError:
        raise UsageError(f"a run is at work on the route of job {job}; wait for its end") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error.strerror or error})") from None
    return abandoned


def _find(folder: Path, job: str) -> tuple[Journal, Entry | Unreadable]:
    for half in _halves(folder):
        held = half.find(job)
        if held is not None:
            return half, held
    raise UsageError(f"no job {job[:60]!r} is on record in {folder}; `veo-check job list` has all")


def _halves(folder: Path) -> tuple[Journal, Journal]:
    real, simulated = StateFolder(folder, simulated=False), StateFolder(folder, simulated=True)
    return Journal(real), Journal(simulated)
