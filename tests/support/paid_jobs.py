"""Paid jobs made up for tests: one complete example of each record, to be varied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from veo_check.core.paid_facts import JobKind, SmokeShape
from veo_check.core.proof import Binding
from veo_check.evidence.durable import Disk
from veo_check.smoke.entry import Ended, Entry, Intent, Operation
from veo_check.smoke.state_folder import StateFolder, open_state_folder

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
    lambda entry: entry.ran_out(Ended(later(20), "job-unfinished")),
    lambda entry: entry.taken_up(),
    lambda entry: entry.polled("completed", later(30)),
    lambda entry: entry.finished(Ended(later(30), video_count=1)),
    lambda entry: entry.closed(later(40), Decimal("0.40")),
)


def state(folder: Path, *, simulated: bool = False, disk: Disk | None = None) -> StateFolder:
    """A state folder, opened."""
    return open_state_folder(folder / "state", simulated=simulated, disk=disk)
