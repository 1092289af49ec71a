"""What Google offers on each surface and day, as the simulated world sees it.

Written from Google's tables (gathered in the project's notes), on purpose apart from the reference
data that the checks judge with: a simulator that read it would confirm its mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

GoogleSurface = Literal["gemini-api", "agent-platform"]


@dataclass(frozen=True, slots=True)
class GoogleModel:
    """One id on one surface: offered from `released` until the day before `ends`."""

    id: str
    surface: GoogleSurface
    display: str
    released: date
    ends: date | None = None
    replacement: str | None = None  # the id that its 404 names once it is gone
    methods: tuple[str, ...] = ("predictLongRunning",)
    #: served through the Interactions API, and through nothing else
    interactions: bool = False
    stage: str = "GA"
    seconds: tuple[int, ...] = (4, 6, 8)
    resolutions: tuple[str, ...] = ("720p", "1080p", "4k")
    #: USD per second of output, by resolution
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    max_count: int = 1
    #: locations of the Agent Platform that serve it; empty: whichever is asked
    regions: tuple[str, ...] = ()

    def offered(self, day: date) -> bool:
        return self.released <= day and (self.ends is None or day < self.ends)

    def price(self, resolution: str) -> Decimal:
        return self.prices.get(resolution, Decimal(0))


MODELS: tuple[GoogleModel, ...] = TypeAdapter(tuple[GoogleModel, ...]).validate_json(
    Path(__file__).with_name("google_models.json").read_bytes(), strict=True, extra="forbid"
)


def find_model(model: str, surface: str) -> GoogleModel | None:
    """The row of this id on this surface, whatever the day."""
    return next((row for row in MODELS if row.id == model and row.surface == surface), None)


def model_resource(model: GoogleModel) -> dict[str, object]:
    """A row of the Gemini API's listing. It has no lifecycle field."""
    return {
        "name": f"models/{model.id}",
        "version": "001" if model.id.endswith("001") else model.id.split("-")[1],
        "displayName": model.display,
        "description": f"{model.display}. Access to this model requires billing to be enabled.",
        "inputTokenLimit": 480,
        "outputTokenLimit": 8192,
        "supportedGenerationMethods": list(model.methods),
    }


def publisher_resource(row: GoogleModel) -> dict[str, object]:
    """A row of the Agent Platform's."""
    return {
        "name": f"publishers/google/models/{row.id}",
        "versionId": "default",
        "openSourceCategory": "PROPRIETARY",
        "launchStage": row.stage,
        "publisherModelTemplate": "projects/{user-project}/locations/{location}/publishers/google/"
        f"models/{row.id}",
    }
