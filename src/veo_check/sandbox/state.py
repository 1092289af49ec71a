"""The state every simulated surface shares: time, scenario, keys, jobs and the ledger."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import Literal

from veo_check.core.clock import Clock
from veo_check.sandbox.google_models import MODELS, GoogleModel, GoogleSurface, find_model
from veo_check.sandbox.scenarios import Fault, Scenario
from veo_check.sandbox.wire import (
    JOB_SECONDS,
    SIZES,
    SLOW_JOB_SECONDS,
    SURFACES,
    Charge,
    Ending,
    Job,
    Ledger,
    Shape,
    Submit,
    Surface,
    Token,
)

_LABELS = ("veo3.1", "veo3.1-fast", "veo3.1-lite", "veo3.1-pro", "veo-fast")
_OPENROUTER = ("google/veo-3.1", "google/veo-3.1-fast", "google/veo-3.1-lite")
#: append only: a ticket holds places in these
_NAMES = (*dict.fromkeys((*_LABELS, *(model.id for model in MODELS), *_OPENROUTER)),)
_KEYS = ("ci-smoke", "another", "production", "api-key", "access-token", "proxy-key")
_RESOLUTIONS = tuple(SIZES)
_FORM = struct.Struct(">7BI3s2s")  # 16 bytes, 32 letters


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an operation id stands for. `quota` is what a gateway charged, else 0."""

    surface: str
    label: str
    upstream: str
    served: str
    shape: Shape
    key: str
    quota: int = 0


def issue(ticket: Ticket) -> str:
    """A fresh id for this job: 32 hexadecimal digits."""
    shape = ticket.shape
    flags = (
        _RESOLUTIONS.index(shape.resolution)
        | (shape.aspect_ratio == "9:16") << 3
        | shape.audio << 4
        | shape.count << 5
    )
    body = _FORM.pack(
        SURFACES.index(ticket.surface),
        _NAMES.index(ticket.label),
        _NAMES.index(ticket.upstream),
        _NAMES.index(ticket.served),
        shape.seconds,
        flags,
        _KEYS.index(ticket.key),
        ticket.quota,
        secrets.token_bytes(3),
        b"",
    )[:-2]
    return (body + _seal(body)).hex()


def read(operation: str) -> Ticket | None:
    """The job behind an id that `issue` made, or None for any other text."""
    try:
        data = bytes.fromhex(operation)
    except ValueError:
        return None
    if len(data) != _FORM.size or _seal(data[:-2]) != data[-2:]:
        return None
    surface, label, upstream, served, seconds, flags, key, quota, _, _ = _FORM.unpack(data)
    try:
        shape = Shape(
            seconds,
            _RESOLUTIONS[flags & 7],
            "9:16" if flags & 8 else "16:9",
            bool(flags & 16),
            flags >> 5,
        )
        names = _NAMES[label], _NAMES[upstream], _NAMES[served]
        return Ticket(SURFACES[surface], *names, shape, _KEYS[key], quota)
    except IndexError:
        return None


def _seal(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:2]


@dataclass(slots=True)
class Poller:
    """A new-api gateway's own poller: its next step, and the tasks left in this pass."""

    at: float
    queue: list[str] = field(default_factory=list)


#: how new-api's task ids begin
TASK = "task_"
#: what serves a job where another model does
_LITE, _FAST = "veo-3.1-lite-generate-001", "veo-3.1-fast-generate-001"
_ALPHABET = string.ascii_letters + string.digits


def _unwrapped(operation: str) -> str:
    """What `issue` made of the job, out of a gateway's id."""
    if operation.startswith(TASK):
        return operation.removeprefix(TASK)
    try:
        return base64.urlsafe_b64decode(operation).decode().rpartition("/")[2] or operation
    except ValueError:
        return operation


def fresh_id(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


@dataclass(slots=True)
class State:
    """What the surfaces read and change. Every access is under `lock`."""

    scenario: Scenario
    clock: Clock
    ledger: Ledger = field(default_factory=Ledger)
    jobs: dict[str, Job] = field(default_factory=dict)
    tokens: dict[tuple[str, str], Token] = field(default_factory=dict)
    #: rows of the usage log, oldest first, with the key's name each belongs to
    usage_log: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    limited_reads: list[float] = field(default_factory=list)
    content_reads: list[float] = field(default_factory=list)
    pollers: dict[str, Poller] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def has(self, fault: Fault) -> bool:
        """Whether the scenario deviates in this way."""
        return self.scenario.fault == fault

    @property
    def now(self) -> float:
        """Seconds of the world's clock."""
        return self.clock.monotonic()

    @property
    def unix(self) -> int:
        return int(self.clock.now().timestamp())

    @property
    def day(self) -> date:
        return self.clock.now().date()

    def google_model(
        self, model: str, surface: GoogleSurface, location: str | None = None
    ) -> GoogleModel | None:
        """The row of this id if Google offers it today, and at this location where one is named."""
        row = find_model(model, surface)
        if row is None or not row.offered(self.day) or self.withdrawn(model):
            return None
        regions = ("europe-west4",) if row.regions and self.has("moved-away") else row.regions
        return row if not regions or location in (None, *regions) else None

    def withdrawn(self, model: str) -> bool:
        """Whether the scenario took this id away at Google."""
        return (self.has("veo-retired") and model.startswith("veo-")) or (
            self.has("fallback-retired") and "lite" in model
        )

    def token(self, surface: str, name: str) -> Token:
        """The account behind a gateway key."""
        token = self.tokens.get((surface, name))
        if token is None:
            token = Token(name)
            if self.has("no-quota"):
                token.granted = token.used + 1_000
            if self.has("key-empty"):
                token.granted = token.used
            if self.has("billed-group"):
                token.group = "default"
            if self.has("model-not-allowed"):
                token.allowed = ("gpt-5.2", "claude-sonnet-5")
            self.tokens[surface, name] = token
        return token

    def note_refusal(self, surface: str, model: str, status: int) -> None:
        """Write a submit that became no job into the ledger."""
        self.ledger.submits.append(Submit(self.now, surface, model, status, None))

    def _ending(self, model: GoogleModel | None, shape: Shape) -> Ending:
        """How a job of this scenario ends.

        The Agent Platform accepts any clip length and refuses a wrong one inside the operation;
        seen by many users (20 public files), four of which name the operation's end.
        """
        lenient = self.has("wrong-request-accepted") or self.has("wrong-request-rerouted")
        late = (
            model is not None
            and model.surface == "agent-platform"
            and shape.seconds not in shape.takes(model.seconds)
        )
        if late and not lenient:
            return "refused"
        if self.has("filtered-wrapped"):
            return "filtered-wrapped"
        if self.has("filtered-unwrapped"):
            return "filtered-unwrapped"
        if self.has("error-13") or self.has("not-refunded") or self.has("error-at-random"):
            return "error"
        return "nothing" if self.has("no-video") else "video"

    def start(
        self,
        surface: Surface,
        label: str,
        upstream: str,
        shape: Shape,
        key: str,
        *,
        quota: int = 0,
        prompt: str = "",
        rerouted: bool = False,
    ) -> Job:
        """Accept a job and write it into the ledger. `quota`: what a gateway is about to charge."""
        another = _FAST if upstream == _LITE else _LITE
        served = another if rerouted or self.has("another-model") else upstream
        ticket = Ticket(surface, label, upstream, served, shape, key, quota)
        job = self._admit(self._named(surface, ticket), ticket)
        self.ledger.submits.append(
            Submit(
                job.started,
                surface,
                label,
                200,
                job.operation,
                str(shape.seconds),
                shape.resolution,
                prompt[:200],
            )
        )
        return job

    def _named(self, surface: str, ticket: Ticket) -> str:
        """The id that the job's surface gives it."""
        if surface not in {"flatkey", "newapi"}:
            return issue(ticket)
        if self.has("long-id"):  # some forks give out the operation's own name, encoded
            name = f"projects/p/locations/us-central1/publishers/google/models/{ticket.served}"
            padded = f"{name}/operations/{'0' * 80}/{issue(ticket)}"
            return base64.urlsafe_b64encode(padded.encode()).decode()
        return TASK + issue(ticket)

    def find(self, operation: str, surface: str) -> Job | None:
        """The job, also one that an earlier process's world accepted: its id describes it."""
        if self.has("task-lost"):
            return None
        job = self.jobs.get(operation)
        if job is None:
            ticket = read(_unwrapped(operation))
            if ticket is not None and ticket.surface == surface:
                job = self._admit(operation, ticket)
        return job if job is not None and job.surface == surface else None

    def _admit(self, operation: str, ticket: Ticket) -> Job:
        now, shape = self.now, ticket.shape
        took = SLOW_JOB_SECONDS if self.has("slow-job") else JOB_SECONDS
        if self.has("error-at-random"):
            took = Random(len(self.jobs)).uniform(11, 70)  # noqa: S311 - the same in every world
        on: GoogleSurface = "gemini-api" if ticket.surface == "gemini-api" else "agent-platform"
        model = find_model(ticket.upstream, on)
        price = model.price(shape.resolution) if model else Decimal(0)
        job = Job(
            operation,
            ticket.surface,
            ticket.label,
            ticket.upstream,
            ticket.served,
            shape,
            ticket.key,
            started=now,
            ends=None if self.has("never-done") else now + took,
            ending=self._ending(model, shape),
            created=self.unix,
            quota=ticket.quota,
            usd=price * shape.seconds * shape.count,
        )
        self.jobs[operation] = job
        return job

    def move(self, kind: Literal["charge", "refund"], job: Job, at: float | None = None) -> None:
        """Book the job's price, or give it back; `at`: earlier than now."""
        moment = self.now if at is None else at
        self.ledger.charges.append(
            Charge(moment, kind, job.surface, job.operation, job.key, job.quota or None, job.usd)
        )

    def poll_fails(self, job: Job) -> bool:
        """Whether the scenario answers this poll with a 5xx. Counts the polls."""
        job.polls += 1
        return self.has("poll-5xx") or (self.has("poll-5xx-passing") and job.polls <= 2)

    def settle(self, at_the_end: Callable[[Job], None]) -> None:
        """Book what follows from jobs that ended since the last look, once each."""
        now = self.now
        for job in self.jobs.values():
            if not job.settled and job.phase(now) == "done":
                job.settled = True
                at_the_end(job)
