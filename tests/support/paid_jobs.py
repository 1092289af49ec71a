"""Paid jobs made up for tests: one complete example of each record, to be varied."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from veo_check.core.results import (
    Binding,
    Delivery,
    JobKind,
    JobResult,
    MediaFacts,
    Proof,
    RowSeen,
    SmokeShape,
    UsageProof,
    binding_of,
)
from veo_check.core.route import Route
from veo_check.core.secrets import CredentialKind
from veo_check.evidence.records import Disk
from veo_check.smoke.journal import Ended, Entry, Intent, Operation
from veo_check.smoke.state_folder import StateFolder, open_state_folder, route_mark

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHAPE = SmokeShape("veo3.1-fast", "text-to-video", 4, "720p", "16:9", audio=True)
BINDING = Binding(
    "storyboard-drafts",
    {"gateway": "flatkey", "base_url": "https://router.flatkey.ai", "model": "veo3.1-fast"},
    {"official": "veo-3.1-fast-generate-001", "surface": "agent-platform"},
    SHAPE,
)


def intent(
    route: str = "storyboard-drafts", kind: JobKind = "smoke", *, simulated: bool = False
) -> Intent:
    """An intent as the state machine would make it; the journal gives it its id."""
    return Intent(
        id="",
        kind=kind,
        route=route,
        simulated=simulated,
        at=NOON,
        what="4 s at 720p from veo3.1-fast",
        binding=replace(BINDING, route=route),
        at_stake=Decimal("0.40"),
        quoted=Decimal("0.40"),
        prompt_sha256="0" * 64,
        deadline_seconds=600,
        owner={"team": "creative-tools", "cost_center": "CC-4412"},
        wrong="unsupported-parameter" if kind == "controlled-failure" else None,
    )


def later(seconds: float) -> datetime:
    """A moment after noon."""
    return NOON + timedelta(seconds=seconds)


OPERATION = Operation(
    "task_0123456789abcdef", later(1), "req-1", other_ratios={"seconds": Decimal(4)}
)

#: A whole life, step by step: what each step does to the entry before it.
LIFE: tuple[Callable[[Entry], Entry], ...] = (
    lambda entry: entry.accepted(OPERATION),
    lambda entry: entry.polled("queued", later(12)),
    lambda entry: entry.timed_out(Ended(later(20), "job-unfinished")),
    lambda entry: entry.resume(),
    lambda entry: entry.polled("completed", later(30)),
    lambda entry: entry.finished(Ended(later(30), video_count=1)),
    lambda entry: entry.closed(later(40), Decimal("0.40")),
)


def state(folder: Path, *, simulated: bool = False, disk: Disk | None = None) -> StateFolder:
    """A state folder, opened."""
    return open_state_folder(folder / "state", simulated=simulated, disk=disk)


class Signet:
    """A secret that seals, as `veo_check.http.keys.Secret` does."""

    def __init__(self, value: str = "key-that-paid") -> None:
        self._value = value

    @property
    def kind(self) -> CredentialKind:
        return "other"

    def seal(self, message: bytes) -> str:
        return hmac.new(self._value.encode(), message, hashlib.sha256).hexdigest()


ROUTE = Route.model_validate(
    {
        "version": 1,
        "route": {"name": "storyboard-drafts", "owner": {"cost_center": "CC-4412"}},
        "via": {
            "gateway": "flatkey",
            "endpoint": "videos",
            "model": "veo3.1-fast",
            "group": "plg",
            "key": {"env": "FLATKEY_SMOKE_KEY"},
        },
        "model": {"official": "veo-3.1-fast-generate-001", "surface": "agent-platform"},
        "request": {"seconds": 8, "resolution": "1080p"},
    }
)

ROW = RowSeen(
    {"model_price": "0.1"},
    None,
    ("openai-video",),
    "plg",
    group_enabled=True,
    group_ratio=Decimal("0.9"),
)

MEDIA = MediaFacts(
    "mp4",
    900_000,
    "ab" * 32,
    "isom",
    Decimal(4),
    1280,
    720,
    Decimal(24),
    96,
    audio=True,
    complete=True,
)


def proof(route: Route = ROUTE, number: int = 1) -> Proof:
    """A good result of a route's smoke job, made at noon."""
    id_ = f"{route_mark(route.name)[:8]}-{number:06d}-abcdef"
    shape = SmokeShape.of_route(route)
    return Proof(
        id=id_,
        simulated=False,
        binding=binding_of(route),
        paid_at=later(-60),
        made_at=NOON,
        valid_for_seconds=7 * 86400,
        job=JobResult(
            id_,
            "finished",
            shape,
            operation_id="task_…cdef",
            served_model="veo-3.1-fast-generate-001",
            statuses=("queued", "completed"),
            polls=3,
            video_count=1,
            other_ratios={"seconds": Decimal(4)},
        ),
        delivery=Delivery((MEDIA,), 1),
        usage=UsageProof("usage-log", 1, Decimal("0.36"), Decimal("0.00001"), Decimal("0.36")),
        row=ROW,
        owner={"cost_center": "CC-4412"},
    )
