"""What the state machine works with, all of it given: nothing here opens or looks anything up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from veo_check.core.clock import AsOf, Clock
from veo_check.core.facts import Missing
from veo_check.core.findings import Tier
from veo_check.core.frozen import dataclass
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import JobDriver
from veo_check.core.results import JobKind, JobState, RowSeen
from veo_check.core.route import Route
from veo_check.evidence.proofs import SealingKey, proof_key_variable
from veo_check.evidence.records import Disk
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import PriceSources
from veo_check.smoke.cost import SpendLimit
from veo_check.smoke.journal import Journal
from veo_check.smoke.state_folder import StateFolder


@dataclass(frozen=True, slots=True)
class SmokeContext:
    """The route and what is known of it before anything is paid.

    `row` is its catalogue row today, `row_known` whether that could be read (True where the
    gateway has no catalogue).
    `target` is this run's; None: the route's own.
    """

    route: Route
    judging: AsOf
    prices: PriceSources
    row: RowSeen | None = None
    row_known: bool = True
    route_file: str = ""
    target: Tier | None = None


@dataclass(frozen=True, slots=True)
class SpendPolicy:
    """What this run may do. `purse` None: no --spend. `stopped`: why no money may be spent on this
    route (a sentence), None where it may. `online` False: nothing is asked of anybody."""

    purse: SpendLimit | None = None
    stopped: str | None = None
    renew: bool = False
    online: bool = True
    #: whether the controlled failure is wanted too; a fallback's own job has none
    wrong: bool = True


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds until the first poll, between the first ones, and at most between later ones."""

    first: float
    interval: float
    longest: float
    growth: float = 1.25

    def after(self, polls: int) -> float:
        """Seconds from one poll to the next, when `polls` were made."""
        if polls == 0:
            return self.first
        return min(self.longest, self.interval * self.growth ** min(polls - 1, 50))


_POLITE = Pace(first=11, interval=10, longest=30)
#: A content path, which costs nothing to look at and is limited.
_BY_CONTENT = Pace(first=20, interval=10, longest=30)


def pace_of(gateway: Gateway) -> Pace:
    """How often a gateway may be asked."""
    return _BY_CONTENT if gateway.polls_itself else _POLITE


def next_wait(
    pace: Pace, polls: int, left: float, *, since: float = 0, retry_after: float | None = None
) -> float | None:
    """Seconds to wait before the next poll; None: the deadline comes first.

    `left` is the time until the deadline, `since` the time that has passed since the last poll (or
    the submit), `retry_after` what the other side asked for. A last poll is made at the deadline,
    unless the other side asked for more time than that.
    """
    if left <= 0:
        return None
    if retry_after is not None and retry_after > left:
        return None
    wait = max(pace.after(polls) - since, retry_after or 0, 0)
    return min(wait, left)


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
class Dependencies:
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
        return Journal(self.folder, self.disk)

    def now(self) -> datetime:
        return self.clock.now()

    def sealing_key(self, route: Route) -> SealingKey | None:
        """The key that a proof of this route is sealed with, if this run has it."""
        variable = self.sealing_variable(route)
        return self.key_for(variable) if variable else None

    def sealing_variable(self, route: Route) -> str | None:
        """The variable that holds it; None where the route names no key."""
        key, surface = route.via.key, route.model.surface
        if key is None:
            return None
        return proof_key_variable(key.env, surface, gateway_of(route), self.key_for)
