"""Neutral words for a paid job: what a provider is asked to do, and what it answers.

A `JobDriver` speaks one vendor's wire format for one route. It sends `submit` once, whatever
happens; everything else are free reads. It never judges and never waits. Times in seconds, amounts
in USD unless the field says quota units. Texts are cut, masked and fit to print.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from veo_check.core.facts import Missing
from veo_check.core.symptoms import Symptom


@dataclass(frozen=True, slots=True)
class JobRequest:
    """One video job as an application would send it."""

    label: str
    prompt: str
    mode: str
    seconds: int
    resolution: str
    aspect_ratio: str
    audio: bool
    count: int = 1
    group: str | None = None
    image: bytes | None = field(default=None, repr=False)
    image_type: str | None = None  # image/png, image/jpeg


@dataclass(frozen=True, slots=True)
class Submission:
    """What a submit came to.

    `accepted`: there is an operation. `refused`: a known answer that sent nothing, `symptom` says
    which. `not-sent`: certainly nothing left this machine (a host refused by our own rules, no key,
    no connection). `uncertain`: everything else.
    """

    state: Literal["accepted", "refused", "not-sent", "uncertain"]
    operation: str | None = None
    request_id: str | None = None
    served_model: str | None = None
    cost: Decimal | None = None
    other_ratios: Mapping[str, Decimal] = field(default_factory=dict)
    symptom: Symptom | None = None
    status_code: int | None = None
    code: str | None = None  # the other side's own word
    text: str | None = None
    replacement: str | None = None
    retry_after: float | None = None
    #: the refusal says what was wrong with the request, by name
    names_the_mistake: bool = False
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoRef:
    """One announced video: an address, its bytes, or (neither) the gateway's own content path."""

    url: str | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """What one poll came to.

    `running`; `done` with `videos`; `failed` for good, `symptom` says how; `trouble`: this poll
    told nothing (5xx, 429, no connection, an unreadable answer), the job goes on; `gone`: the other
    side knows no such operation; `refused`: this key may not look.
    """

    state: Literal["running", "done", "failed", "trouble", "gone", "refused"]
    status: str  # the other side's own word, or what went wrong with the poll
    videos: tuple[VideoRef, ...] = ()
    served_model: str | None = None
    symptom: Symptom | None = None
    text: str | None = None
    charged: bool | None = None
    billed_quota: int | None = None  # where the poll itself tells
    retry_after: float | None = None
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """What fetching one video came to; its bytes went into the sink."""

    ok: bool
    symptom: Symptom | None = None
    status_code: int | None = None
    text: str | None = None
    place: str | None = None  # host and path, for reports
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One row of the gateway's own usage record."""

    kind: Literal["charge", "refund", "error"]
    row_id: str | None = None
    at: datetime | None = None
    model: str | None = None
    served_model: str | None = None
    key: str | None = None
    group: str | None = None
    route: str | None = None
    status: str | None = None
    quota: int | None = None
    amount: Decimal | None = None
    unit: str | None = None
    quantity: Decimal | None = None
    reason: str | None = None  # of a refund: why the job failed
    symptom: Symptom | None = None


@dataclass(frozen=True, slots=True)
class UsageRead:
    """The rows that are about one job, and the key's total. Quota units beside USD."""

    rows: tuple[UsageRow, ...]
    used: int | None = None
    quota_per_unit: Decimal | None = None
    exchanges: tuple[str, ...] = ()


#: Takes the bytes of a video as they arrive.
Sink = Callable[[bytes], None]


class JobDriver(Protocol):
    """The paid half of one route's provider."""

    def submit(self, request: JobRequest) -> Submission:
        """Send the job, once. Never raises for what the other side does."""

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is."""

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        """Stream one video into `sink`, asked once. What `sink` raises passes through."""

    def used(self) -> UsageRead | Missing:
        """The key's total so far, no rows. Asked afresh."""

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """The usage rows of one job and the key's total, asked afresh."""
