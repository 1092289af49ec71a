"""Proofs: what a sealed smoke result holds, what it is bound to, and what became of reading one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from veo_check.core.facts import Catalog
from veo_check.core.paid_facts import (
    ControlledFailure,
    Delivery,
    JobResult,
    JobState,
    SmokeShape,
    UsageProof,
)
from veo_check.core.route import Route

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

    @property
    def valid(self) -> bool:
        """Whether its facts may be judged today."""
        return self.code == "valid" and self.proof is not None


def binding_of(route: Route) -> Binding:
    """What a smoke job of this route speaks for. Addresses count as used, not as written."""
    via = _flat(route.via.model_dump(mode="json", exclude_none=True))
    via["base_url"], via["console_url"] = route.base_url, route.console_url
    model = _flat(route.model.model_dump(mode="json", exclude_none=True))
    return Binding(route.name, via, model, SmokeShape.of_route(route))


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
