"""Two price lists as JSON: LiteLLM's cost map, and OpenRouter's list of video models.

LiteLLM prints one `deprecation_date` without saying what kind of day it is, and knows no day on
which something changes. A row without a date is no evidence of life: a list that prints none does
not say that the vendor offers the model.
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
from veo_check.refresh.pages import VIDEO_ID, UnreadablePageError, decoded
from veo_check.refresh.readings import DateRow, PriceRow

#: `litellm_provider` -> surface
_SURFACES = {
    "gemini": "gemini-api",
    "vertex_ai": "agent-platform",
    "vertex_ai-video-models": "agent-platform",
    "vertex_ai-language-models": "agent-platform",
    "azure": "azure",
    "dashscope": "alibaba",
    "fal_ai": "fal",
    "minimax": "minimax",
    "openai": "openai",
    "qwencloud": "qwencloud",
    "runwayml": "runway",
    "xai": "xai",
}
_GOOGLES = frozenset({"gemini-api", "agent-platform"})
COST_MAP_SURFACES = frozenset(_SURFACES.values())
#: Surfaces for whose dates LiteLLM is a second source.
COST_MAP_DATES = frozenset({*_GOOGLES, "openai"})
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_BASES = ("output_cost_per_second", "output_cost_per_video_per_second")
_TIER = re.compile(r"output_cost_per_second_([0-9]{3,4}p|[0-9]k)")
_MILLION = Decimal(1_000_000)
_DEAREST_MILLION = Decimal(1000)
#: (model, surface, day) -> what kind of day it is there
KindOf = Callable[[str, str, date], DateKind]
_Row = Mapping[str, object]


def read_cost_map(
    content: bytes, kind_of: KindOf
) -> tuple[tuple[DateRow, ...], tuple[PriceRow, ...]]:
    """Dates of Google's and OpenAI's video models, and prices. Raises UnreadablePageError."""
    dates: dict[tuple[str, str], DateRow] = {}
    prices: dict[tuple[str, str, str | None], PriceRow] = {}
    listed = 0
    for model, surface, row in _video_rows(_rows(content)):
        listed += model.startswith("veo-")
        day = _day(model, row) if surface in COST_MAP_DATES else None
        if day is not None:
            kind = kind_of(model, surface, day)
            found = DateRow(model, surface, None, day, kind, _successor(model, row))
            if dates.setdefault((model, surface), found) != found:
                raise UnreadablePageError(f"it has two different dates for {model} on {surface}")
        for price in _prices(model, surface, row):
            key = model, surface, price.resolution
            if prices.setdefault(key, price) != price:
                raise UnreadablePageError(f"it has two different prices for {model} on {surface}")
    if not listed:
        raise UnreadablePageError("it lists no Veo model")
    return tuple(dates.values()), tuple(prices.values())


def _rows(content: bytes) -> Mapping[str, object]:
    value = _json(content)
    # a captured part of the map may keep its rows below a key of their own
    rows = value.get("rows", value) if isinstance(value, dict) else None
    if not isinstance(rows, dict):
        raise UnreadablePageError("it is not a table of models")
    return rows


def _json(content: bytes) -> object:
    try:
        return strict_json(decoded(content), Decimal)
    except (ValueError, InvalidOperation) as error:
        if isinstance(error, UnreadablePageError):
            raise
        raise UnreadablePageError(f"it is not JSON that can be trusted: {error}") from None


def _video_rows(rows: Mapping[str, object]) -> Iterator[tuple[str, str, _Row]]:
    for name, row in rows.items():
        provider = row.get("litellm_provider") if isinstance(row, dict) else None
        surface = _SURFACES.get(provider) if isinstance(provider, str) else None
        if surface is None or not isinstance(row, dict):
            continue
        model = name.partition("/")[2] or name
        if surface in _GOOGLES and not VIDEO_ID.fullmatch(model):
            continue
        if model.endswith("-high-res"):  # a price of LiteLLM's under a name that no vendor has
            continue
        if surface not in _GOOGLES and not any(key.startswith(_BASES) for key in row):
            continue
        strange = next((key for key in row if not _KEY.fullmatch(key)), None)
        if strange is not None:  # a tier under a spoilt name would fall back to the base rate
            raise UnreadablePageError(f"{model} has a key '{printable(strange, 40)}'")
        yield model, surface, row


def _day(model: str, row: _Row) -> date | None:
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


def _successor(model: str, row: _Row) -> str | None:
    """`successor_model`, without the provider before it."""
    value = row.get("successor_model")
    if value is None:
        return None
    named = value.rpartition("/")[2] if isinstance(value, str) else ""
    if not VIDEO_ID.fullmatch(named) or named == model:
        shown = printable(str(value), 60)
        raise UnreadablePageError(f"{model} has no readable successor_model: '{shown}'")
    return named


def _prices(model: str, surface: str, row: _Row) -> Iterator[PriceRow]:
    tokens = row.get("output_cost_per_video_token")
    if tokens is not None:
        if any(row.get(key) is not None for key in _BASES):
            raise UnreadablePageError(f"{model} has a price by token and one by second")
        amount = _amount(model, tokens, _DEAREST_MILLION / _MILLION) * _MILLION
        yield PriceRow(model, surface, None, amount, unit="million-tokens")
        return
    image = row.get("input_cost_per_image")
    per_image = None if image is None else _amount(model, image, DEAREST)
    base = next((row[key] for key in _BASES if row.get(key) is not None), None)
    tiers = {found[1]: row[key] for key in row if (found := _TIER.fullmatch(key))}
    if surface in _GOOGLES and base is not None:
        # the base rate is the default tier's, 720p, and holds for 1080p without one of its own; it
        # never holds for 4k: a missing tier there means that the model does not make it
        tiers = {"720p": base, "1080p": base, **tiers}
    elif base is not None:
        amount = _amount(model, base, DEAREST)
        yield PriceRow(model, surface, None, amount, per_image=per_image)
    for resolution, value in tiers.items():
        if value is not None:
            amount = _amount(model, value, DEAREST)
            yield PriceRow(model, surface, resolution, amount, per_image=per_image)


def _amount(model: str, value: object, most: Decimal) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise UnreadablePageError(f"{model} has a price that is no number")
    amount = Decimal(value)
    if not 0 < amount <= most:
        raise UnreadablePageError(f"the price {amount} of {model} is not believable")
    return amount


# OpenRouter: `pricing_skus`, with the unit in each name. Without a resolution it is the price of
# the most expensive usual tier; of Veo it is also filed as a second word on Google's own price.


OPENROUTER_SURFACES = frozenset({"openrouter", "agent-platform"})
_SKU = re.compile(
    r"(?P<unit>duration_seconds|cents_per_video_output_second)"
    r"(?:_(?P<sound>with|without)_audio)?(?:_(?P<resolution>[0-9]{3,4}p|[0-9]k))?"
)
_VEO = re.compile(r"google/(veo-[0-9]\.[0-9](?:-fast|-lite)?)")
_SOUNDS = {"with": True, "without": False, None: None}


def read_openrouter(content: bytes) -> tuple[PriceRow, ...]:
    """Every price for a second of output. Raises UnreadablePageError.

    A model with an amount whose unit is not known here is left out whole: its price is unknown.
    """
    value = _json(content)
    models = value.get("data") if isinstance(value, dict) else None
    if not isinstance(models, list):
        raise UnreadablePageError("it is not a list of video models")
    found: dict[tuple[str, str | None, bool | None], PriceRow] = {}
    for cells in models:
        name = cells.get("id") if isinstance(cells, dict) else None
        if not isinstance(name, str) or not isinstance(cells, dict):
            raise UnreadablePageError("it lists a model without an id")
        strange = next((key for key in cells if not _KEY.fullmatch(key)), None)
        if strange is not None:  # without its resolutions a base rate would stand for all of them
            raise UnreadablePageError(f"{name} has a key '{printable(strange, 40)}'")
        for row in _openrouter_rows(printable(name, 100), cells):
            key = row.model, row.resolution, row.audio
            if found.setdefault(key, row) != row:
                raise UnreadablePageError(f"it lists {row.model} twice")
    if not any(_VEO.fullmatch(model) for model, _, _ in found):
        raise UnreadablePageError("it has no price for a Veo model")
    veo = [
        PriceRow(f"{named[1]}-generate-001", "agent-platform", *_rest(row))
        for row in found.values()
        if (named := _VEO.fullmatch(row.model)) and row.resolution is not None
    ]
    return (*found.values(), *veo)


def _rest(row: PriceRow) -> tuple[str | None, Decimal, bool | None]:
    return row.resolution, row.amount, row.audio


def _openrouter_rows(model: str, cells: Mapping[str, object]) -> Iterator[PriceRow]:
    skus = cells.get("pricing_skus")
    if not isinstance(skus, dict):
        return
    rates: dict[tuple[bool | None, str | None], Decimal] = {}
    image: Decimal | None = None
    for sku, text in skus.items():
        amount = _sku_amount(model, text)
        named = _SKU.fullmatch(sku)
        if named is not None:
            usd = amount / 100 if named["unit"].startswith("cents") else amount
            if usd > DEAREST:
                raise UnreadablePageError(f"the price {usd} of {model} is not believable")
            rates[_SOUNDS[named["sound"]], named["resolution"]] = usd
        elif sku == "reference_images":
            image = amount
        else:
            return  # a token, a floor, or a unit that nobody here knows
    made = cells.get("supported_resolutions")
    # without the resolutions nobody knows for which of them the price without one holds
    words = [str(word).lower() for word in made] if isinstance(made, list) else []
    for sound in dict.fromkeys(sound for sound, _ in rates):
        for resolution in words:
            rate = rates.get((sound, resolution))
            if rate is None and resolution != "4k":
                rate = rates.get((sound, None))
            if rate is not None:
                yield PriceRow(model, "openrouter", resolution, rate, sound, per_image=image)


def _sku_amount(model: str, text: object) -> Decimal:
    try:
        amount = Decimal(text) if isinstance(text, str) and len(text) < 30 else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise UnreadablePageError(f"{model} has a price that is no number")
    return amount
