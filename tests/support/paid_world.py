"""A gateway for tests of the paid job: a ledger that outlives the process, and a driver for it.

`Fate` lets the process die before or after anything that changes something: a file call, a request,
a wait. The world's ledger is what really happened; the journal is what we know.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Self

from check_world import (
    a_book,
    a_capability,
    a_catalog,
    a_life,
    a_price,
    a_route,
    a_row,
    a_status,
    judging,
)
from fake_clock import FakeClock
from paid_jobs import Signet
from tiny_mp4 import clip
from veo_check.core.facts import Missing, MissingCode
from veo_check.core.findings import Tier
from veo_check.core.jobs import (
    FetchAnswer,
    JobRequest,
    PollAnswer,
    Sink,
    Submission,
    UsageRead,
    UsageRow,
    VideoRef,
)
from veo_check.core.results import row_seen
from veo_check.core.route import Route
from veo_check.evidence.records import Disk
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import PriceSources
from veo_check.reference.load import Reference
from veo_check.smoke.cost import SpendLimit
from veo_check.smoke.job import run_smoke
from veo_check.smoke.state_folder import open_state_folder
from veo_check.smoke.steps import SmokeOutcome
from veo_check.smoke.tools import Dependencies, SmokeContext, SpendPolicy, pace_of

MODEL = "veo-3.1-fast-generate-001"
QUOTA = 500_000


class Killed(BaseException):
    """The process is gone: nothing after this runs, no handler catches it."""


class Fate:
    """Counts what happens, and kills before the n-th thing."""

    def __init__(self, lives: int | None = None) -> None:
        self.left = lives
        self.happened = 0

    def step(self) -> None:
        self.happened += 1
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1


class FatedDisk(Disk):
    """File calls that a fate may cut off, also in the middle of a write."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate

    def make_folder(self, folder: Path) -> None:
        self.fate.step()
        super().make_folder(folder)

    def write_new(self, path: Path, content: bytes) -> int:
        self.fate.step()
        if self.fate.left == 0:
            super().close(super().write_new(path, content[: len(content) // 2]))
        self.fate.step()
        return super().write_new(path, content)

    def sync(self, handle: int) -> None:
        self.fate.step()
        super().sync(handle)

    def rename(self, old: Path, new: Path) -> None:
        self.fate.step()
        super().rename(old, new)

    def sync_folder(self, folder: Path) -> None:
        self.fate.step()
        super().sync_folder(folder)


class FatedClock(FakeClock):
    """A clock whose waits may be the last thing a process does."""

    fate = Fate()

    def sleep(self, seconds: float) -> None:
        self.fate.step()
        super().sleep(seconds)


@dataclass
class LedgerJob:
    """One job that the world really accepted."""

    operation: str
    request_id: str
    label: str
    seconds: int
    quota: int
    polls: int = 0


@dataclass
class World:
    """What really happens. Answers are scripted by name; see the fields' defaults."""

    submit: str = "accept"  # accept | drop-before | drop-after | not-sent | a symptom
    wrong: str = "refuse"  # what a clip of 5 s gets: refuse | unclear | accept | drop-after
    #: what a refusal costs: nothing | row (and total) | total (no row, no id) | given-back (after
    #: the first look) | late (shown from the second look on)
    refusals: str = "nothing"
    wrong_polls: tuple[str, ...] | None = None  # how an accepted clip of 5 s goes on; None: as all
    reason: tuple[str, str] | None = None  # of a refund's row: symptom and words
    polls: tuple[str, ...] = ("queued", "in_progress", "done")  # the last one repeats
    content: bytes = field(default_factory=clip)
    fetch: str = "ok"  # ok | a symptom
    charges: int = 1
    factor: Decimal = Decimal(1)
    refund: bool = True
    served: str = MODEL
    log: bool = True
    log_trouble: MissingCode | None = None
    cost_header: Decimal | None = None
    jobs: dict[str, LedgerJob] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    rows: dict[str, list[UsageRow]] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    used: int = 1_000_000
    fetched: int = 0

    def accepted(self, label: str | None = None) -> list[LedgerJob]:
        """The jobs accepted, for one label or all."""
        return [one for one in self.jobs.values() if label in {None, one.label}]

    def accept(self, request: JobRequest) -> LedgerJob:
        number = len(self.jobs) + 1
        quota = int(Decimal(12 * request.seconds) / 100 * QUOTA * self.factor)
        job = LedgerJob(
            f"task_{number:032d}", f"req-{number}", request.label, request.seconds, quota
        )
        self.jobs[job.operation] = job
        self.used += quota * self.charges
        self.rows[job.request_id] = [
            UsageRow(
                "charge",
                job.request_id,
                model=request.label,
                key="ci-smoke",
                group="plg",
                route="/v1/videos",
                quota=quota,
                unit="second",
                quantity=Decimal(request.seconds),
            )
        ] * self.charges
        return job

    def refuse(self, request: JobRequest) -> str | None:
        """A request is refused; the id of the answer. It may be charged all the same."""
        name = f"req-refused-{len(self.posts)}"
        quota = 12 * request.seconds * QUOTA // 100
        if self.refusals in {"row", "given-back"}:
            self.rows[name] = [UsageRow("charge", name, quota=quota)]
        if self.refusals == "late":
            self.late[name] = quota
        elif self.refusals != "nothing":
            self.used += quota
        return None if self.refusals == "total" else name

    def looked(self) -> None:
        """The usage record was read once more."""
        for name, quota in self.late.items():
            self.used += quota
            self.rows[name] = [UsageRow("charge", name, quota=quota)]
        self.late.clear()
        if self.refusals == "given-back":
            for name, (row, *more) in self.rows.items():
                if name.startswith("req-refused") and not more and row.quota:
                    self.used -= row.quota
                    self.rows[name].append(UsageRow("refund", name, quota=row.quota))

    def end(self, job: LedgerJob) -> None:
        """A job failed: the gateway gives the money back, once."""
        if self.refund and not any(one.kind == "refund" for one in self.rows[job.request_id]):
            self.used -= job.quota * self.charges
            symptom, words = self.reason or (None, None)
            row = UsageRow("refund", None, quota=job.quota, reason=words, symptom=symptom)  # type: ignore[arg-type]
            self.rows[job.request_id].append(row)


class WorldDriver:
    """The driver of one route into a world. Every request is a step of the process's fate, before
    and after the world changes."""

    def __init__(self, world: World, fate: Fate) -> None:
        self.world, self.fate = world, fate

    def submit(self, request: JobRequest) -> Submission:
        self.fate.step()
        world = self.world
        world.posts.append(f"{request.label} {request.seconds}")
        answer = self._answer(request)
        self.fate.step()
        return answer

    def _answer(self, request: JobRequest) -> Submission:
        world = self.world
        how = world.wrong if request.seconds == 5 else world.submit
        if how == "drop-before":
            return Submission("uncertain", text="the connection broke")
        if how == "drop-after":
            world.accept(request)
            return Submission("uncertain", text="the connection broke")
        if how == "not-sent":
            return Submission("not-sent", text="no connection")
        if how == "refuse":
            return Submission(
                "refused",
                request_id=world.refuse(request),
                symptom="duration-refused",
                status_code=400,
                text="durationSeconds is out of bound",
                names_the_mistake=True,
                exchanges=("x7",),
            )
        if how == "unclear":
            id_ = world.refuse(request)
            return Submission(
                "refused", request_id=id_, symptom="refused", status_code=400, text="no"
            )
        if how == "accept":
            job = world.accept(request)
            return Submission(
                "accepted",
                job.operation,
                job.request_id,
                cost=world.cost_header,
                other_ratios={"seconds": Decimal(request.seconds)},
                exchanges=("x8",),
            )
        id_ = world.refuse(request)
        return Submission(
            "refused",
            request_id=id_,
            symptom=how,  # type: ignore[arg-type]
            status_code=429,
            text=how,
        )

    def poll(self, operation: str) -> PollAnswer:
        self.fate.step()
        job = self.world.jobs.get(operation)
        if job is None:
            return PollAnswer("gone", "not found")
        job.polls += 1
        words = self.world.polls
        if job.seconds == 5 and self.world.wrong_polls is not None:
            words = self.world.wrong_polls
        word = words[min(job.polls, len(words)) - 1]
        self.fate.step()
        if word == "done":
            return PollAnswer(
                "done",
                "completed",
                (VideoRef(),),
                served_model=self.world.served,
                exchanges=("x9",),
            )
        if word == "empty":
            return PollAnswer("done", "completed")
        if word in {"filtered", "backend-error", "duration-refused", "failed"}:
            self.world.end(job)
            return PollAnswer("failed", "failed", symptom=word, text=f"it was {word}")  # type: ignore[arg-type]
        if word == "503":
            return PollAnswer("trouble", "HTTP 503", retry_after=20)
        if word == "gone-refunded":
            self.world.end(job)
        if word in {"gone", "gone-refunded"}:
            return PollAnswer("gone", "task_not_exist", symptom="operation-unknown")
        if word == "403":
            return PollAnswer("refused", "HTTP 403", symptom="poll-refused", text="no access")
        return PollAnswer("running", word)

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        self.fate.step()
        self.world.fetched += 1
        if self.world.fetch != "ok":
            symptom = self.world.fetch
            return FetchAnswer(ok=False, symptom=symptom, status_code=502, text="502")  # type: ignore[arg-type]
        for at in range(0, len(self.world.content), 1000):
            sink(self.world.content[at : at + 1000])
        self.fate.step()
        return FetchAnswer(ok=True, place="router.flatkey.ai/v1/videos", exchanges=("x10",))

    def used(self) -> UsageRead | Missing:
        self.fate.step()
        if not self.world.log:
            return Missing("usage", "not-offered", "no usage record")
        if self.world.log_trouble and self.world.posts:
            return Missing("usage", self.world.log_trouble, "the total cannot be read now")
        read = UsageRead((), self.world.used, Decimal(QUOTA))
        self.world.looked()
        return read

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        self.fate.step()
        if not self.world.log:
            return Missing("usage", "not-offered", "no usage record can be read with this key")
        if self.world.log_trouble:
            return Missing("usage", self.world.log_trouble, "the usage record cannot be read now")
        rows = tuple(self.world.rows.get(request_id or "", ()))
        read = UsageRead(rows, self.world.used, Decimal(QUOTA), ("x11",))
        self.world.looked()
        return read


@functools.cache
def a_reference() -> Reference:
    """A book that prices the tests' model, and knows a retired one."""
    gone = a_life("veo-3.0-generate-001", shutdown="2026-06-30")
    return a_book(
        lifecycle=[a_life(), gone],
        capabilities=[a_capability(), a_capability(gone["model"])],
        prices=[a_price("0.12"), a_price("0.40", model=gone["model"])],
    )


ROUTE = a_route({"via.group": "plg", "smoke": {"seconds": 4, "resolution": "720p"}})


@dataclass
class Desk:
    """Where runs happen: one state folder, one world, one clock; every `run` is a new process."""

    folder: Path
    world: World = field(default_factory=World)
    clock: FakeClock = field(default_factory=FatedClock)
    route: Route = ROUTE
    key: Signet | None = field(default_factory=Signet)
    hidden: list[str] = field(default_factory=list)
    keep_media: Path | None = None
    said: list[str] = field(default_factory=list)
    driver_missing: Missing | None = None

    def run(
        self,
        spend: str | None = None,
        *,
        fate: Fate | None = None,
        stopped: str | None = None,
        renew: bool = False,
        online: bool = True,
        catalog_price: str = "0.12",
        when: Callable[[], None] | None = None,
        target: Tier | None = None,
    ) -> SmokeOutcome:
        """One run of the route."""
        fate = fate or Fate()
        if isinstance(self.clock, FatedClock):
            self.clock.fate = fate
        disk = FatedDisk(fate)
        catalog = a_catalog(
            a_row(model_price=Decimal(catalog_price), price_fields={"model_price": catalog_price})
        )
        today = judging(self.clock.now().date())
        prices = PriceSources(a_reference(), today, gateway_of, catalog, a_status())
        case = SmokeContext(
            self.route,
            today,
            prices,
            row=row_seen(catalog, self.route.via.group),
            target=target,
        )
        purse = SpendLimit(Decimal(spend)) if spend is not None else None
        tools = Dependencies(
            folder=open_state_folder(self.folder, simulated=False, disk=disk),
            clock=self.clock,
            driver_for=lambda _: self.driver_missing or self.driver(fate),
            key_for=lambda _: self.key,
            pace_for=lambda route: pace_of(gateway_of(route)),
            hide=self.hidden.append,
            progress=lambda one: self.said.append(one.doing),
            keep_media=self.keep_media,
            disk=disk,
        )
        return run_smoke(case, SpendPolicy(purse, stopped, renew, online), tools)

    def driver(self, fate: Fate) -> WorldDriver:
        """What a run asks the world by."""
        return WorldDriver(self.world, fate)

    def changed(self, **more: object) -> Self:
        """The same desk with another route file."""
        return replace(self, route=a_route({"via.group": "plg", **_dotted(more)}))


def _dotted(more: dict[str, object]) -> dict[str, object]:
    return {name.replace("__", "."): value for name, value in more.items()}
