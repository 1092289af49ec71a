"""Facts that only a paid smoke job gives: how it went, what was delivered, what it cost.

They come from a job of this run or from a sealed proof of an earlier one; checks cannot tell the
difference and need not. Amounts are USD unless the field says quota units. An operation id that
works without a key is masked here already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from veo_check.core.route import Route

JobKind = Literal["smoke", "controlled-failure"]
#: What is wrong with a controlled failure: its clip length, or its model.
WrongKind = Literal["unsupported-parameter", "retired-model"]
#: `intent` on disk before the request leaves; `submitted` accepted, being polled; `uncertain` sent
#: and nobody knows whether it was accepted; `refused` sent nothing; `unfinished` the deadline came
#: first; `finished` delivered; `failed` ended without a video; `abandoned` by a person.
JobState = Literal[
    "intent",
    "submitted",
    "uncertain",
    "refused",
    "unfinished",
    "finished",
    "failed",
    "abandoned",
]


@dataclass(frozen=True, slots=True)
class SmokeShape:
    """What the smoke job asks for, under the label that the application sends."""

    label: str
    mode: str
    seconds: int
    resolution: str
    aspect_ratio: str
    audio: bool
    count: int = 1

    @classmethod
    def of_route(cls, route: Route) -> SmokeShape:
        """The shape of a route's smoke job: short and small, the rest as the request has it."""
        return cls(
            label=route.via.model,
            mode=route.request.mode,
            seconds=route.smoke.seconds,
            resolution=route.smoke.resolution,
            aspect_ratio=route.request.aspect_ratio,
            audio=route.request.audio,
        )


@dataclass(frozen=True, slots=True)
class JobResult:
    """How one smoke job went, from submit to its last poll.

    `symptom` is None for a finished job, else the name of what went wrong (`core.symptoms`).
    `failure` is the other side's own sentence, cut and redacted. `charged` is None where it cannot
    be told.
    """

    job: str  # its id in the journal
    state: JobState
    shape: SmokeShape
    symptom: str | None = None
    failure: str | None = None
    status_code: int | None = None  # of the answer that refused it
    replacement: str | None = None  # the model id that a retirement text names
    operation_id: str | None = None
    request_id: str | None = None
    served_model: str | None = None
    statuses: tuple[str, ...] = ()  # every status seen, repeats folded
    polls: int = 0
    retries: int = 0  # 0: a paid request is sent once
    submitted_at: datetime | None = None
    ended_at: datetime | None = None
    video_count: int | None = None
    charged: bool | None = None
    other_ratios: Mapping[str, Decimal] = field(default_factory=dict)  # new-api's multipliers
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """One delivered file, read from its own bytes.

    `container` is what the first bytes say: mp4, quicktime, webm, html, json, xml, text, empty or
    unknown. The rest is None where the file does not tell. `complete`: every byte that its tables
    point to is in the file. `problems` are stable words (see `smoke.media`).
    """

    container: str
    size: int
    sha256: str
    brand: str | None = None
    seconds: Decimal | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: Decimal | None = None
    frames: int | None = None
    audio: bool | None = None  # there is a sound track, and it has samples
    complete: bool | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files of a finished job. `symptom` names why there are fewer than the job announced."""

    videos: tuple[MediaFacts, ...]
    announced: int | None
    symptom: str | None = None
    failure: str | None = None
    kept: tuple[str, ...] = ()  # where --keep-media left them
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UsageProof:
    """The gateway's own record of what the job cost, beside what was quoted before it was sent.

    `charges` counts the records that charge this job: 0 no record, 2 charged twice. `refunded` is
    what came back; `used` is by how much the key's total grew, where the gateway tells.
    `tolerance` is what the gateway's integer arithmetic explains.
    """

    source: Literal["usage-log", "cost-header", "task-record"]
    charges: int
    quoted: Decimal
    tolerance: Decimal
    billed: Decimal | None
    refunded: Decimal = Decimal(0)
    used: Decimal | None = None
    row_id: str | None = None
    model: str | None = None
    served_model: str | None = None
    key: str | None = None
    group: str | None = None
    route: str | None = None  # the request path on the record
    status: str | None = None
    unit: str | None = None
    quantity: Decimal | None = None
    billed_quota: int | None = None
    quota_per_unit: Decimal | None = None
    reason: str | None = None  # why the job failed, where the refund's record tells
    symptom: str | None = None  # the name of what that reason says (`core.symptoms`)
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlledFailure:
    """What became of the one request that must be refused.

    `outcome`: `refused` cleanly, with a reason that names the mistake; `refused-unclearly`, with an
    answer that names none; `accepted`, whatever came of the job; `pending`, accepted, and how it
    ends or whether its charge comes back is still to be seen; `uncertain`. `late`: the submit was
    accepted, and the refusal came inside the operation. `charged` None: it cannot be told.
    """

    job: str
    kind: WrongKind
    sent: str  # what was wrong with it, in words
    outcome: Literal["refused", "refused-unclearly", "accepted", "pending", "uncertain"]
    symptom: str | None = None
    status_code: int | None = None
    code: str | None = None
    text: str | None = None
    served_model: str | None = None
    charged: bool | None = None
    late: bool = False
    exchanges: tuple[str, ...] = ()
