"""Facts that only a paid smoke job gives: how it went, what was delivered, what it cost.

They come from a job of this run or from a sealed proof of an earlier one; checks cannot tell the
difference and need not. Amounts are USD unless the field says quota units. An operation id that
works without a key is masked here already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import ValidationError

from veo_check.core.facts import Catalog
from veo_check.core.frozen import dataclass
from veo_check.core.money import UsageError
from veo_check.core.route import Model, Route, Via

JobKind = Literal["smoke", "controlled-failure"]
#: What is wrong with a controlled failure: its clip length, its model, or a key that nobody knows.
WrongKind = Literal["unsupported-parameter", "retired-model", "unknown-key"]
WrongOutcome = Literal["refused", "refused-unclearly", "accepted", "pending", "uncertain"]
#: Whether a refused request costs anything, by its own row or the key's total.
RefusalCharge = Literal["no", "yes", "unknown"]
#: `intent` on disk before the request leaves; `submitted` accepted, being polled; `uncertain` sent
#: and nobody knows whether it was accepted; `refused` sent nothing; `unfinished` the deadline came
#: first; `finished` delivered; `failed` ended without a video; `reopened` the end was none after
#: all; `abandoned` by a person.
JobState = Literal[
    "intent",
    "submitted",
    "uncertain",
    "refused",
    "unfinished",
    "finished",
    "failed",
    "reopened",
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
    #: length of the video that an extension continues; the result holds it too
    input_seconds: Decimal | None = None

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
            input_seconds=next((each.seconds for each in route.smoke.inputs if each.seconds), None),
        )


@dataclass(frozen=True, slots=True)
class JobResult:
    """How one smoke job went, from submit to its last poll.

    `symptom` is None for a finished job, else the name of what went wrong (`core.jobs`).
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
    task_asked: bool = False  # while it ran, which on new-api can cost a refund
    estimate: Decimal | None = None  # USD, of a header at submit: made before the job ran
    quoted: Decimal | None = None  # USD, before it was sent
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
    codecs: tuple[str, ...] = ()  # as the file names them, such as avc1 and mp4a


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
    `tolerance` is what the gateway's integer arithmetic explains. `source` "answer": the tokens
    that the finished job told, at the quoted price; `other` is the part of them that is no video.
    """

    source: Literal["usage-log", "answer"]
    charges: int
    quoted: Decimal
    tolerance: Decimal
    billed: Decimal | None
    refunded: Decimal = Decimal(0)
    other: Decimal = Decimal(0)
    seconds: Decimal | None = None  # of finished video, by the tokens that were counted
    used: Decimal | None = None
    row_id: str | None = None
    model: str | None = None
    served_model: str | None = None
    key: str | None = None
    group: str | None = None
    provider: str | None = None  # who served it, where the gateway has several
    surface: str | None = None  # where that provider serves
    route: str | None = None  # the request path on the record
    status: str | None = None
    unit: str | None = None
    quantity: Decimal | None = None
    quota_per_unit: Decimal | None = None
    reason: str | None = None  # why the job failed, where the refund's record tells
    symptom: str | None = None  # the name of what that reason says (`core.jobs`)
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
    outcome: WrongOutcome
    symptom: str | None = None
    status_code: int | None = None
    code: str | None = None
    text: str | None = None
    served_model: str | None = None
    charged: bool | None = None
    late: bool = False
    exchanges: tuple[str, ...] = ()


#: Flat copy of a part of the route file: dotted name -> value as text.
Flat = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowSeen:
    """The gateway's row as it stood when the job was paid; a change of it voids the proof."""

    price_fields: Mapping[str, str]
    billing_mode: str | None
    endpoint_types: tuple[str, ...]
    group: str | None
    group_enabled: bool
    group_ratio: Decimal | None


@dataclass(frozen=True, slots=True)
class Binding:
    """What a result speaks for: this route, through this door, to this model, in this shape."""

    route: str
    via: Flat
    model: Flat
    shape: SmokeShape
    #: SHA-256 of each input file, by its key under `smoke`
    inputs: Flat = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proof:
    """One smoke result, good or bad, with everything its checks need to be judged again."""

    id: str  # the job's id in the journal
    simulated: bool
    binding: Binding
    paid_at: datetime  # when the intent was written
    made_at: datetime
    valid_for_seconds: int
    job: JobResult
    delivery: Delivery | None = None
    usage: UsageProof | None = None
    controlled_failure: ControlledFailure | None = None
    row: RowSeen | None = None
    owner: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewestJob:
    """The newest paid smoke job that the journal knows of for one route, open or closed.

    Ids of one route sort by the order in which its jobs were begun, whatever any clock said.
    """

    id: str
    state: JobState


ProofCode = Literal[
    "valid",
    "none",  # nothing on record
    "no-key",  # a proof is there, and this run has no key to check its seal with
    "unreadable",  # a file is not a proof
    "altered",  # sealed under this key, and changed since
    "other-key",  # sealed under another key
    "simulated",  # made in the sandbox (or, in the sandbox, made for real)
    "other-route",
    "other-via",
    "other-model",
    "other-mode",
    "other-audio",
    "other-shape",
    "other-input",  # an input file of the smoke job is another one
    "future-dated",
    "expired",
    "not-finished",  # the newest result is a job that delivered nothing
    "superseded",  # a newer job is on record that has left no result
    "journal-unreadable",  # whether a newer job is on record cannot be told
    "row-changed",
    "row-unknown",  # whether the row changed cannot be told
]


@dataclass(frozen=True, slots=True)
class ProofStatus:
    """Whether an earlier paid result still speaks for this route, and if not, why not.

    `proof` is set only where it does. `expires` is its last day. `lower_resolution` is the
    resolution it was paid at, where that is lower than the route's own. `refused` is the
    newest paid job that was told that the model is not there, `unrouted` the newest that was told
    that its endpoint family is not served, while no later job was accepted.
    """

    code: ProofCode
    sentence: str
    proof: Proof | None = None
    expires: date | None = None
    age_days: int | None = None
    lower_resolution: str | None = None
    refused: JobResult | None = None
    unrouted: JobResult | None = None
    misplaced: JobResult | None = None  # told that the location does not serve the model

    @property
    def valid(self) -> bool:
        """Whether its facts may be judged today."""
        return self.code == "valid" and self.proof is not None


def binding_of(route: Route) -> Binding:
    """What a smoke job of this route speaks for. Addresses count as used, not as written."""
    via = _flat(route.via.model_dump(mode="json", exclude_none=True))
    via["base_url"], via["console_url"] = route.base_url, route.console_url
    # how a gateway or a bill calls the model when it reports is no part of what was paid for
    names = {"also_known_as", "billing_sku"}
    model = _flat(route.model.model_dump(mode="json", exclude_none=True, exclude=names))
    inputs = {
        f"{number}.{each.name}": each.sha256 for number, each in enumerate(route.smoke.inputs)
    }
    return Binding(route.name, via, model, SmokeShape.of_route(route), inputs)


def stored_route(route: Route, binding: Binding) -> Route:
    """The inverse: `route` with the gateway, endpoint, key variable and shape of a stored job.

    What the route file has become since does not matter. Raises UsageError where the
    record makes no route; where its key may go is still decided when it is sent.
    """
    if binding == binding_of(route):
        return route
    shape = binding.shape
    try:
        via = Via.model_validate(_nested(binding.via))
        model = Model.model_validate(_nested(binding.model))
        request = route.request.model_validate(
            route.request.model_dump()
            | {"mode": shape.mode, "aspect_ratio": shape.aspect_ratio, "audio": shape.audio}
        )
        smoke = route.smoke.model_validate(
            route.smoke.model_dump() | {"seconds": shape.seconds, "resolution": shape.resolution}
        )
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"the record of a paid job of '{binding.route}' makes no route ({at}: {first['msg']})"
        ) from None
    return route.model_copy(update={"via": via, "model": model, "request": request, "smoke": smoke})


def _nested(flat: Mapping[str, str]) -> dict[str, object]:
    nested: dict[str, object] = {}
    for name, value in flat.items():
        part = nested
        *above, last = name.split(".")
        for step in above:
            below = part.setdefault(step, {})
            if not isinstance(below, dict):
                return {}
            part = below
        part[last] = value == "true" if last == "adc" else value
    return nested


def row_seen(catalog: Catalog, group: str | None) -> RowSeen | None:
    """What may not change of a catalogue's row. None unless there is exactly one row."""
    if len(catalog.rows) != 1:
        return None
    (row,) = catalog.rows
    return RowSeen(
        price_fields=dict(row.price_fields),
        billing_mode=row.billing_mode,
        endpoint_types=tuple(sorted(row.endpoint_types)),
        group=group,
        group_enabled=group is not None and group in row.enable_groups,
        group_ratio=catalog.ratio_for(group) if group is not None else None,
    )


def _flat(part: Mapping[str, object], above: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in part.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{name}.")
        elif value is not False:  # what is off is left out, like what is absent
            flat[above + name] = "true" if value is True else str(value)
    return flat


_RESOLUTIONS = ("360p", "480p", "720p", "768p", "1080p", "2k", "4k")


def lower_resolution(paid: str, wanted: str) -> bool:
    """Whether a job was paid at a lower resolution than the route asks for, or at another one
    that cannot be compared."""
    order = {name: place for place, name in enumerate(_RESOLUTIONS)}
    return paid != wanted and order.get(paid, -1) < order.get(wanted, len(order))
