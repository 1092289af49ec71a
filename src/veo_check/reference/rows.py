"""The rows of reference data: dated, sourced, never rewritten. Several sources are several rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

SourceKind = Literal["official", "official-copy", "gateway", "third-party"]
#: `exact` final; `earliest` Gemini API table; `not-before` Agent Platform's "or later";
#: `none-announced` a dated official page offers the model and prints no date; `absent` the page was
#: read and no longer lists the id that it listed before.
DateKind = Literal["exact", "earliest", "not-before", "none-announced", "absent"]
AtEnd = Literal["refused", "rerouted"]
Audio = Literal["always", "optional", "never"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row was read. Two rows of one publisher are one opinion, read twice."""

    url: str
    kind: SourceKind
    publisher: str
    confirmed: date  # the day the row was last seen at its source
    page_date: date | None = None
    note: str | None = None
    sha256: str | None = None  # of the bytes that `refresh` read

    def age_days(self, day: date) -> int:
        """Whole days from the last confirmation to `day`; 0 when confirmed after it."""
        return max(0, (day - self.confirmed).days)

    @property
    def official(self) -> bool:
        """The vendor's own word, read at the vendor or in a copy of its page."""
        return self.kind in {"official", "official-copy"}


@dataclass(frozen=True, slots=True)
class LifecycleRow:
    """One reading of one model's dates on one surface."""

    id: str
    model: str
    surface: str
    released: date | None
    shutdown: date | None  # None only with the kinds none-announced and absent
    kind: DateKind
    replacement: str | None  # the first id named
    replacement_text: str | None  # the cell as printed, where it says more than the id
    source: Source
    #: what becomes of requests after the shutdown; None: the source does not say
    at_end: AtEnd | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """What one model accepts on one surface. An empty tuple or None is unknown, never "none".

    `seconds` are the allowed clip lengths. `full_length_only` names what needs the longest length:
    resolutions and modes (e.g. "1080p", "4k", "reference-images"). `endpoints` are the endpoint
    families that the vendor's own surface speaks for it.
    """

    id: str
    model: str
    surface: str
    family: str  # veo | gemini-omni | sora | seedance | ...
    variant: str | None  # standard | fast | lite | pro | mini | ...
    endpoints: tuple[str, ...]
    seconds: tuple[int, ...]
    resolutions: tuple[str, ...]
    full_length_only: tuple[str, ...]
    aspect_ratios: tuple[str, ...]
    audio: Audio | None
    modes: tuple[str, ...]
    max_count: int | None
    frame_rate: int | None
    source: Source
    #: modes that take fewer resolutions than the model does otherwise (extension: 720p only)
    mode_resolutions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
