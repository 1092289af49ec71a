"""What Google offers on each surface and day, as the simulated world sees it.

Written from Google's tables (gathered in the project's notes), on purpose apart from the reference
data that the checks judge with: a simulator that read it would confirm its mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

GoogleSurface = Literal["gemini-api", "agent-platform"]
#: The model that ran before 2026-10-22 names this one as its successor in its 404.
_SUCCESSOR = "gemini-omni-1.1-flash"
Prices = tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class GoogleModel:
    """One id on one surface: offered from `released` until the day before `ends`."""

    id: str
    surface: GoogleSurface
    display: str
    released: date
    ends: date | None = None
    replacement: str | None = None
    methods: tuple[str, ...] = ("predictLongRunning",)
    stage: str = "GA"
    seconds: tuple[int, ...] = (4, 6, 8)
    resolutions: tuple[str, ...] = ("720p", "1080p", "4k")
    #: USD per second of output, by resolution
    prices: Prices = ()
    max_count: int = 1

    def offered(self, day: date) -> bool:
        """Whether the id answers on `day`."""
        return self.released <= day and (self.ends is None or day < self.ends)

    def price(self, resolution: str) -> Decimal:
        """USD per second at `resolution`."""
        return dict(self.prices).get(resolution, Decimal(0))


def _prices(*amounts: str) -> Prices:
    return tuple(zip(("720p", "1080p", "4k"), map(Decimal, amounts), strict=False))


_STANDARD = _prices("0.40", "0.40", "0.60")
_FAST = _prices("0.10", "0.12", "0.30")
_LITE = _prices("0.05", "0.08")
_OLD_FAST = _prices("0.15", "0.15", "0.35")
_GONE = date(2026, 10, 22)
_OLD_GONE = date(2026, 6, 30)


def _preview(model: str, display: str, released: date, prices: Prices) -> GoogleModel:
    return GoogleModel(
        model,
        "gemini-api",
        display,
        released,
        ends=_GONE,
        replacement=_SUCCESSOR,
        prices=prices,
        resolutions=("720p", "1080p") if "lite" in model else ("720p", "1080p", "4k"),
    )


def _ga(model: str, display: str, prices: Prices) -> GoogleModel:
    return GoogleModel(
        model,
        "agent-platform",
        display,
        date(2025, 11, 17),
        prices=prices,
        max_count=4,
    )


def _old(model: str, surface: GoogleSurface, display: str, prices: Prices) -> GoogleModel:
    two = model.startswith("veo-2")
    return GoogleModel(
        model,
        surface,
        display,
        date(2025, 4, 9) if two else date(2025, 9, 9),
        ends=_OLD_GONE,
        replacement="veo-3.1-fast-generate-preview"
        if "fast" in model
        else "veo-3.1-generate-preview",
        seconds=(5, 6, 8) if two else (4, 6, 8),
        resolutions=("720p",) if two else ("720p", "1080p"),
        prices=prices,
        max_count=2 if two else 1,
    )


def _text(model: str, display: str, released: date, ends: date | None = None) -> GoogleModel:
    return GoogleModel(
        model,
        "gemini-api",
        display,
        released,
        ends=ends,
        replacement="gemini-omni-1.2-flash" if "omni" in model else None,
        methods=("generateContent", "countTokens"),
    )


MODELS: tuple[GoogleModel, ...] = (
    _preview("veo-3.1-generate-preview", "Veo 3.1", date(2025, 10, 15), _STANDARD),
    _preview("veo-3.1-fast-generate-preview", "Veo 3.1 Fast", date(2025, 10, 15), _FAST),
    _preview("veo-3.1-lite-generate-preview", "Veo 3.1 Lite", date(2026, 3, 31), _LITE),
    _ga("veo-3.1-generate-001", "Veo 3.1", _STANDARD),
    _ga("veo-3.1-fast-generate-001", "Veo 3.1 Fast", _FAST),
    GoogleModel(
        "veo-3.1-lite-generate-001",
        "agent-platform",
        "Veo 3.1 Lite",
        date(2026, 3, 31),
        stage="PUBLIC_PREVIEW",
        resolutions=("720p", "1080p"),
        prices=_LITE,
        max_count=4,
    ),
    _old("veo-3.0-generate-001", "gemini-api", "Veo 3", _STANDARD),
    _old("veo-3.0-fast-generate-001", "gemini-api", "Veo 3 fast", _OLD_FAST),
    _old("veo-2.0-generate-001", "gemini-api", "Veo 2", _prices("0.35")),
    _old("veo-3.0-generate-001", "agent-platform", "Veo 3", _STANDARD),
    _old("veo-3.0-fast-generate-001", "agent-platform", "Veo 3 Fast", _OLD_FAST),
    _old("veo-2.0-generate-001", "agent-platform", "Veo 2", _prices("0.50")),
    _text("gemini-3.5-flash", "Gemini 3.5 Flash", date(2026, 2, 1)),
    _text(
        "gemini-omni-flash-preview",
        "Gemini Omni Flash Preview",
        date(2026, 6, 30),
        date(2026, 9, 30),
    ),
    _text("gemini-omni-1.1-flash", "Gemini Omni 1.1 Flash", date(2026, 8, 27)),
    _text("gemini-omni-1.2-flash", "Gemini Omni 1.2 Flash", date(2026, 11, 5)),
)


def find_model(model: str, surface: str) -> GoogleModel | None:
    """The row of this id on this surface, whatever the day."""
    return next((row for row in MODELS if row.id == model and row.surface == surface), None)
