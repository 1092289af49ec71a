"""LiteLLM's cost map: a second source of dates and prices that Google does not write.

It prints one `deprecation_date` without saying what kind of day it is, and knows no day on which
something changes. A row without a date is no evidence of life: a list that prints none does not
say that the vendor offers the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from veo_check.core.reading import strict_json
from veo_check.core.secrets import printable
from veo_check.reference.rows import DateKind
from veo_check.refresh.google import DEAREST
from veo_check.refresh.merge import DateRow, PriceRow
from veo_check.refresh.pages import VIDEO_ID, UnreadablePageError, decoded

#: `litellm_provider` -> surface
_SURFACES = {
    "gemini": "gemini-api",
    "vertex_ai": "agent-platform",
    "vertex_ai-video-models": "agent-platform",
    "vertex_ai-language-models": "agent-platform",
}
SURFACES = frozenset(_SURFACES.values())
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_BASE = "output_cost_per_second"
#: The base rate is the default tier's, 720p, and holds for 1080p where that has none of its own.
#: It never holds for 4k: a missing tier there means that the model does not make it.
_TIERS = {
    "720p": (f"{_BASE}_720p", _BASE),
    "1080p": (f"{_BASE}_1080p", _BASE),
    "4k": (f"{_BASE}_4k",),
}
#: (model, surface, day) -> what kind of day it is there
KindOf = Callable[[str, str, date], DateKind]


def read_cost_map(
    content: bytes, kind_of: KindOf
) -> tuple[tuple[DateRow, ...], tuple[PriceRow, ...]]:
    """Dates and prices of Google's video models. Raises UnreadablePageError."""
    dates: dict[tuple[str, str], DateRow] = {}
    prices: dict[tuple[str, str, str | None], PriceRow] = {}
    listed = 0
    for model, surface, row in _video_rows(_object(content)):
        listed += model.startswith("veo-")
        day = _day(model, row)
        if day is not None:
            kind = kind_of(model, surface, day)
            found = DateRow(model, surface, None, day, kind, _successor(model, row))
            if dates.setdefault((model, surface), found) != found:
                raise UnreadablePageError(f"it has two different dates for {model} on {surface}")
        for resolution, amount in _amounts(model, row):
            price = PriceRow(model, surface, resolution, amount)
            if prices.setdefault((model, surface, resolution), price) != price:
                raise UnreadablePageError(f"it has two different prices for {model} on {surface}")
    if not listed:
        raise UnreadablePageError("it lists no Veo model")
    return tuple(dates.values()), tuple(prices.values())


def _object(content: bytes) -> Mapping[str, object]:
    text = decoded(content)
    try:
        value = strict_json(text, Decimal)
    except (ValueError, InvalidOperation) as error:
        raise UnreadablePageError(f"it is not JSON that can be trusted: {error}") from None
    # a captured part of the map may keep its rows below a key of their own
    rows = value.get("rows", value) if isinstance(value, dict) else None
    if not isinstance(rows, dict):
        raise UnreadablePageError("it is not a table of models")
    return rows


def _video_rows(
    rows: Mapping[str, object],
) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    for name, row in rows.items():
        model = name.rpartition("/")[2]
        if not VIDEO_ID.fullmatch(model) or not isinstance(row, dict):
            continue
        provider = row.get("litellm_provider")
        surface = _SURFACES.get(provider) if isinstance(provider, str) else None
        if surface is None:
            continue
        strange = next((key for key in row if not _KEY.fullmatch(key)), None)
        if strange is not None:  # a tier under a spoilt name would fall back to the base rate
            raise UnreadablePageError(f"{model} has a key '{printable(strange, 40)}'")
        yield model, surface, row


def _day(model: str, row: Mapping[str, object]) -> date | None:
    value = row.get("deprecation_date")
    if value is None:
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None or not 2020 <= day.year <= 2100:
        shown = printable(str(value), 40)
        raise UnreadablePageError(f"{model} has no readable deprecation_date: '{shown}'")
    return day


def _successor(model: str, row: Mapping[str, object]) -> str | None:
    """`successor_model`, without the provider before it."""
    value = row.get("successor_model")
    if value is None:
        return None
    named = value.rpartition("/")[2] if isinstance(value, str) else ""
    if not VIDEO_ID.fullmatch(named) or named == model:
        shown = printable(str(value), 60)
        raise UnreadablePageError(f"{model} has no readable successor_model: '{shown}'")
    return named


def _amounts(model: str, row: Mapping[str, object]) -> Iterator[tuple[str, Decimal]]:
    for resolution, keys in _TIERS.items():
        value = next((row[key] for key in keys if row.get(key) is not None), None)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise UnreadablePageError(f"{model} has a price that is no number")
        amount = Decimal(value)
        if not 0 < amount <= DEAREST:
            raise UnreadablePageError(f"the price {amount} of {model} is not believable")
        yield resolution, amount
