"""The jobs of a state folder as a person asks for them: all, one, or to give one up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from veo_check.core.clock import Clock
from veo_check.core.errors import UsageError
from veo_check.smoke.entry import Entry
from veo_check.smoke.journal import Journal, Spend, Unreadable
from veo_check.smoke.route_lock import RouteBusyError, route_lock
from veo_check.smoke.state_folder import StateFolder, open_state_folder


@dataclass(frozen=True, slots=True)
class JobList:
    """Everything on record, simulated jobs apart from real ones."""

    folder: Path
    jobs: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...]
    spend: tuple[Spend, ...]  # of the real jobs


def jobs_in(folder: Path) -> JobList:
    """Every job in a state folder, real ones first. A folder that is not there holds none."""
    held = [one for half in _halves(folder) for one in half.everything()]
    return JobList(
        folder,
        tuple(one for one in held if isinstance(one, Entry)),
        tuple(one for one in held if isinstance(one, Unreadable)),
        Journal(StateFolder(folder, simulated=False)).spend(),
    )


def find_job(folder: Path, job: str) -> Entry:
    """The job with this id. Raises UsageError."""
    for half in _halves(folder):
        entry = half.find(job)
        if entry is not None:
            return entry
    raise UsageError(f"no job {job[:60]!r} is on record in {folder}; `veo-check job list` has all")


def abandon_job(folder: Path, job: str, because: str, clock: Clock) -> Entry:
    """Close an open job for good. Raises UsageError where it is closed, or a run is at work."""
    entry = find_job(folder, job)
    opened = open_state_folder(folder, simulated=entry.intent.simulated)
    journal = Journal(opened)
    try:
        with route_lock(opened.lock_of(entry.intent.route), clock, wait=False):
            entry = find_job(folder, job)  # as it is now that nobody else can change it
            if not entry.is_open:
                raise UsageError(f"job {job} is closed already ({entry.state}); nothing is open")
            abandoned = entry.abandoned(clock.now(), because.strip()[:500] or "no reason given")
            journal.save(abandoned)
    except RouteBusyError:
        raise UsageError(f"a run is at work on the route of job {job}; wait for its end") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error.strerror or error})") from None
    return abandoned


def _halves(folder: Path) -> tuple[Journal, Journal]:
    real, simulated = (StateFolder(folder, simulated=one) for one in (False, True))
    return Journal(real), Journal(simulated)
