"""One paid job on record, and the only ways in which its record may change. Pure.

    intent ─▶ submitted ─▶ finished | failed
       │          └──────▶ unfinished ─▶ submitted (taken up again)
       ├────▶ refused
       └────▶ uncertain ─▶ abandoned

An open entry still needs something: a poll, a fetch, a person. A closed one never changes again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from veo_check.core.paid_facts import JobKind, JobState, WrongKind
from veo_check.core.proof import Binding, RowSeen

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
    """How a job ended, or why nobody knows. `text` is the other side's, cut and redacted."""

    at: datetime
    symptom: str | None = None
    text: str | None = None
    status_code: int | None = None
    served_model: str | None = None
    video_count: int | None = None


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
    closed_at: datetime | None = None
    abandoned_because: str | None = None

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
        return tuple(one.status for one in self.history)

    def accepted(self, operation: Operation) -> Entry:
        """The submit was answered with an operation."""
        self._from("intent")
        return replace(self, state="submitted", operation=operation)

    def refused(self, ended: Ended) -> Entry:
        """The submit was answered by a refusal that sent nothing. Closed: there is no job."""
        self._from("intent")
        return replace(self, state="refused", ended=ended, closed_at=ended.at)

    def doubted(self, ended: Ended) -> Entry:
        """Nobody knows whether the submit was accepted. Open until a person abandons it."""
        self._from("intent")
        return replace(self, state="uncertain", ended=ended)

    def polled(self, status: str, at: datetime) -> Entry:
        """One poll was answered, or went wrong (then `status` says how)."""
        self._from("submitted")
        polls, history = self.polls + 1, self.history
        if (not history or history[-1].status != status) and len(history) < _HISTORY:
            history = (*history, StatusSeen(status, at, polls))
        return replace(self, polls=polls, last_polled_at=at, history=history)

    def ran_out(self, ended: Ended) -> Entry:
        """The deadline came first. Open: a later run polls on."""
        self._from("submitted")
        return replace(self, state="unfinished", ended=ended)

    def taken_up(self) -> Entry:
        """A later run polls on."""
        self._from("submitted", "unfinished")
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
        """All that can be learned is learned and sealed."""
        self._from("finished", "failed")
        return replace(self, closed_at=at, billed=billed)

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
    refused, else what was at stake."""
    if entry.state == "refused":
        return Decimal(0)
    return entry.billed if entry.billed is not None else entry.intent.at_stake


_CLOSED = {"refused", "abandoned"}
_WITH_OPERATION = {"submitted", "unfinished", "finished", "failed"}
_OPEN_ONLY = {"intent", "submitted", "uncertain", "unfinished"}


def is_sound(entry: Entry) -> bool:
    """Whether an entry's parts can belong together; a forged or damaged one's may not."""
    state = entry.state
    return (
        (entry.operation is not None or state not in _WITH_OPERATION)
        and (entry.operation is None or state in _WITH_OPERATION | {"abandoned"})
        and (entry.closed_at is not None or state not in _CLOSED)
        and (entry.closed_at is None or state not in _OPEN_ONLY)
        and entry.intent.binding.route == entry.intent.route
        and (entry.intent.wrong is not None) is (entry.intent.kind == "controlled-failure")
        and entry.intent.at_stake >= 0
        and entry.intent.deadline_seconds > 0
        and entry.polls >= 0
        and (entry.billed is None or entry.billed >= 0)
    )
