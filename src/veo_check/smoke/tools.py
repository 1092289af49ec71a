"""What the state machine works with, all of it given: nothing here opens or looks anything up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from veo_check.core.clock import Clock
from veo_check.core.facts import Missing
from veo_check.core.jobs import JobDriver
from veo_check.core.paid_facts import JobKind, JobState
from veo_check.core.route import Route
from veo_check.evidence.durable import Disk
from veo_check.evidence.proofs import SealingKey
from veo_check.smoke.journal import Journal
from veo_check.smoke.schedule import Pace
from veo_check.smoke.state_folder import StateFolder


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a paid job stands, for the live line. Times in seconds, `at_stake` in USD."""

    route: str
    job: str
    kind: JobKind
    state: JobState
    doing: str  # sending, polling, fetching, reading usage, waiting for another run
    elapsed: float
    at_stake: Decimal
    next_poll: float | None = None
    polls: int = 0
    status: str | None = None
    operation: str | None = None  # masked where it opens the video


def _ignore(_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything the state machine touches.

    `driver_for` makes the paid half of a route's provider, also for the route as an older journal
    entry recorded it. `key_for` gives the value of a variable to seal with, None where it is not
    set. `hide` makes the run mask an operation id everywhere. `keep_media` is a folder.
    """

    folder: StateFolder
    clock: Clock
    driver_for: Callable[[Route], JobDriver | Missing]
    key_for: Callable[[str], SealingKey | None]
    pace_for: Callable[[Route], Pace]
    hide: Callable[[str], None] = _ignore
    shown: Callable[[str], str] = str
    progress: Callable[[Progress], None] = _ignore
    keep_media: Path | None = None
    disk: Disk = field(default_factory=Disk)
    tool_version: str = ""

    @property
    def journal(self) -> Journal:
        """The journal of this run's half of the state folder."""
        return Journal(self.folder, self.disk)

    def now(self) -> datetime:
        """The clock's moment."""
        return self.clock.now()
