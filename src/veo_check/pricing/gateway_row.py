"""What a new-api gateway's own price row means in USD, at one request shape.

The numbers of such a catalogue are not what their labels say. `quota_type` 1 is called "per call",
but the video adapters multiply its `model_price` by the seconds and a size factor; `model_ratio`
37.5 is what the code answers for a model nobody priced. Facts: the gateway's public source, August
2026, and its maintainers' threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import permutations
from typing import Literal

from veo_check.core.facts import Catalog, CatalogRow, DisplayPrice
from veo_check.core.frozen import dataclass
from veo_check.core.money import plain, usd
from veo_check.pricing.billing_expression import evaluate
from veo_check.pricing.shape import Refusal, RefusalCode, RefusedError, Shape, per_second


def size_factor(model: str, resolution: str | None) -> Decimal:
    """What the gateway multiplies a Veo price by, from the upstream id and the resolution."""
    if resolution != "4k" or "3.1" not in model:
        return Decimal(1)
    return Decimal("2.333333") if "3.1-fast-generate" in model else Decimal("1.5")


def quota_charged(
    price: Decimal, ratio: Decimal, factors: tuple[Decimal, ...], quota_per_unit: Decimal
) -> tuple[int, int]:
    """The least and the most quota of one job: truncated after each factor, in any order."""
    base = int(price * quota_per_unit * ratio)
    results = set()
    for order in permutations(factors):
        quota = base
        for factor in order:
            quota = int(quota * factor)
        results.add(quota)
    return min(results), max(results)


def usable(number: Decimal) -> bool:
    """Finite, not negative, and of a size and length that money has; a catalogue may be hostile."""
    if not number.is_finite() or number < 0:
        return False
    return not number or (-12 <= number.adjusted() <= 9 and len(number.as_tuple().digits) <= 40)


def sound_unit(told: Decimal | None) -> Decimal | None:
    """The quota units in one USD that `/api/status` told; None where it told none that can be.

    The software's default of 500,000 is never assumed: operators change it, and every bill with it.
    """
    return told if told and usable(told) else None


#: `model_ratio` of a model that nobody priced.
UNPRICED_RATIO = Decimal("37.5")
#: Seconds the gateway takes for a Veo job that names none.
DEFAULT_SECONDS = Decimal(8)

GatewayUnit = Literal["second", "token", "call"]
#: How the code treats `model_price`, by the beginning of the model that runs underneath.
_PER_SECOND = ("veo-", "gemini-omni-", "sora-", "minimax-h3", "grok-imagine-video")
_PER_CALL = ("kling", "vidu")
#: Prices built into the gateway's code, and what replaced them at the vendor.
_STALE: dict[tuple[str, str], str] = {
    ("veo-3.1-fast", "0.15"): "Google's price until 2026-04-07",
    ("sora-2-pro", "0.5"): "OpenAI's was 0.30 at 720p",
    ("sora-2", "0.3"): "OpenAI's was 0.10",
}


@dataclass(frozen=True, slots=True)
class GatewayPrice:
    """What the gateway asks for one shape. Amounts in USD; `reading` is the rule in words.

    `list_rate` is per unit before the group's ratio, `rate` after it; both with the size factor.
    `expected` is the whole request, None where the unit's quantity is unknown. `charged` is the
    least and the most that integer truncation makes of it; `held` is taken before the job starts.
    """

    label: str
    unit: GatewayUnit
    group: str | None
    group_ratio: Decimal
    list_rate: Decimal
    rate: Decimal
    expected: Decimal | None
    charged: tuple[Decimal, Decimal] | None
    held: Decimal | None
    bound: Literal["exact", "lower"]
    reading: str
    notes: tuple[str, ...]
    shape: Shape

    @property
    def per_second(self) -> Decimal | None:
        """USD per second of finished video, after the group's ratio."""
        if self.unit == "second":
            return self.rate
        return None if self.expected is None else per_second(self.expected, self.shape)

    @property
    def list_per_second(self) -> Decimal | None:
        """USD per second of finished video, before the group's ratio."""
        if self.unit == "second":
            return self.list_rate
        after = self.per_second
        return after / self.group_ratio if after is not None and self.group_ratio else None


def price_of_row(
    catalog: Catalog, group: str | None, shape: Shape, quota_per_unit: Decimal | None = None
) -> GatewayPrice | Refusal:
    """The catalogue's row for the label, read at `shape`, whose model is the one underneath.

    `group` is the group the key bills to, `quota_per_unit` what the gateway told of its quota, None
    where that was not read. Refused: no row (`unknown-model`), several or no known group ratio
    (`ambiguous`), nothing priced (`unpriced`), numbers whose unit nobody knows (`unknown-unit`), a
    quota that cannot be (`quota-unit`), or was not read where the price is counted in it.
    """
    try:
        return _read(catalog, group, shape, quota_per_unit)
    except RefusedError as refused:
        return Refusal(refused.code, refused.message)


def _read(
    catalog: Catalog, group: str | None, shape: Shape, quota_per_unit: Decimal | None
) -> GatewayPrice:
    row = _only_row(catalog)
    if row.skus is not None:
        return _by_skus(row, row.skus, shape)
    ratio = _ratio(catalog, group, row)
    assert group is not None  # _ratio refuses a route without a group
    unit = sound_unit(quota_per_unit)
    if quota_per_unit is not None and unit is None:
        raise _refused(
            "quota-unit",
            f"the gateway says that one USD is {_short(quota_per_unit)} quota units"
            " (quota_per_unit of /api/status), which cannot be",
        )
    at = _At(row, group, ratio, shape, unit)
    shown = tuple(price for price in catalog.display if price.billing_kind == "per_second")
    if row.billing_mode == "tiered_expr":
        return _by_expression(at)
    if row.quota_type == 0 and row.model_ratio == UNPRICED_RATIO:
        raise _refused(
            "unpriced",
            f"model_ratio 37.5 is what the gateway answers for a model without a price, not $75"
            f" per million tokens; where such a model is let through it holds"
            f" ${usd(UNPRICED_RATIO / 2 * ratio)} per second",
        )
    if shown:
        return _by_display(at, shown)
    if row.quota_type == 1:
        return _by_model_price(at, catalog.display)
    if row.quota_type == 0:
        return _by_ratio(at)
    raise _refused("unknown-unit", f"quota_type {row.quota_type} is not one this tool knows")


@dataclass(frozen=True, slots=True)
class _At:
    row: CatalogRow
    group: str
    ratio: Decimal
    shape: Shape
    unit_read: Decimal | None

    @property
    def quota_per_unit(self) -> Decimal:
        if self.unit_read is None:
            raise _refused(
                "quota-unread",
                "what one USD is in the gateway's quota units could not be read"
                " (quota_per_unit of /api/status)",
            )
        return self.unit_read

    @property
    def seconds(self) -> Decimal:
        return self.shape.seconds if self.shape.seconds is not None else DEFAULT_SECONDS

    def price(
        self,
        unit: GatewayUnit,
        list_rate: Decimal,
        reading: str,
        notes: tuple[str, ...],
        *,
        expected: Decimal | None,
        charged: tuple[Decimal, Decimal] | None = None,
        held: Decimal | None = None,
        bound: Literal["exact", "lower"] = "exact",
        rate: Decimal | None = None,
    ) -> GatewayPrice:
        after = list_rate * self.ratio if rate is None else rate
        if self.ratio == 0:
            notes = (*notes, f"the ratio of group {self.group} is 0: its jobs cost nothing")
        return GatewayPrice(
            label=self.row.model_name,
            unit=unit,
            group=self.group,
            group_ratio=self.ratio,
            list_rate=list_rate,
            rate=after,
            expected=expected,
            charged=charged,
            held=expected if held is None else held,
            bound=bound,
            reading=f"{reading} x group {self.group} {plain(self.ratio)}",
            notes=notes,
            shape=self.shape,
        )


def _only_row(catalog: Catalog) -> CatalogRow:
    if not catalog.rows:
        raise _refused("unknown-model", "the catalogue has no row for this label")
    if len(catalog.rows) > 1:
        raise _refused("ambiguous", f"the catalogue has {len(catalog.rows)} rows for this label")
    row = catalog.rows[0]
    if row.defects:
        raise _refused("unpriced", f"the row cannot be read: {'; '.join(row.defects)}")
    return row


def _ratio(catalog: Catalog, group: str | None, row: CatalogRow) -> Decimal:
    if group is None:
        groups = ", ".join(sorted({*catalog.group_ratio, *row.enable_groups})) or "none listed"
        raise _refused("ambiguous", f"the price depends on the key's group: say which ({groups})")
    ratio = catalog.ratio_for(group)
    if ratio is None:
        raise _refused("ambiguous", f"the catalogue gives no ratio for group {group}")
    if not usable(ratio):
        raise _refused("unpriced", f"the ratio of group {group} is {_short(ratio)}: not usable")
    return ratio


def _usable(number: Decimal | None, name: str) -> Decimal:
    if number is None:
        raise _refused("unpriced", f"the row has no {name}")
    if not usable(number):
        raise _refused("unpriced", f"{name} is {_short(number)}: not a usable price")
    if number == 0:
        raise _refused("unpriced", f"{name} is 0, so no price is set")
    return number


def _short(number: Decimal) -> str:
    return str(number)[:40]


def _by_model_price(at: _At, display: tuple[DisplayPrice, ...]) -> GatewayPrice:
    price = _usable(at.row.model_price, "model_price")
    model = at.shape.model.lower()
    if model.startswith(_PER_CALL):
        total = price * at.ratio * at.shape.count
        return at.price(
            "call", price, f"model_price {plain(price)} is USD per call", (), expected=total
        )
    if not model.startswith(_PER_SECOND):
        raise _refused(
            "unknown-unit",
            f"model_price {plain(price)} of {at.shape.model}: per call by its label, per second"
            " for some models, and the row does not say which",
        )
    _refuse_what_it_would_price(at)
    factor = size_factor(model, at.shape.resolution)
    notes = tuple(_notes(at, price, display))
    low, high = quota_charged(price, at.ratio, (at.seconds, factor), at.quota_per_unit)
    charged = low / at.quota_per_unit, high / at.quota_per_unit
    reading = f"model_price {plain(price)} is USD per second (quota_type 1)"
    if factor != 1:
        reading += f" x {plain(factor)} at {at.shape.resolution}"
    return at.price("second", price * factor, reading, notes, expected=charged[1], charged=charged)


def _refuse_what_it_would_price(at: _At) -> None:
    """Shapes the gateway's arithmetic covers though no such video is made."""
    model, resolution = at.shape.model.lower(), at.shape.resolution
    if at.shape.count > 1:
        raise _refused(
            "unsupported-combination",
            f"the gateway makes one video a job; {at.shape.count} are asked for",
        )
    if "lite" in model and resolution == "4k":
        raise _refused(
            "unsupported-combination",
            f"{at.shape.model} makes no 4k; the gateway would charge it at 1.5 times the price",
        )
    if model.startswith(("sora-", "minimax-h3")) and resolution not in {None, "720p", "768p"}:
        raise _refused(
            "unknown-unit",
            f"how the gateway's price of {at.shape.model} changes at {resolution} is not known",
        )


def _notes(at: _At, price: Decimal, display: tuple[DisplayPrice, ...]) -> Iterator[str]:
    for shown in display:
        amount = shown.configured
        if shown.billing_kind == "request" and amount is not None:
            if amount == price:
                yield f"the site labels ${usd(price)} per request; jobs are charged it per second"
            else:
                yield f"the site shows ${usd(amount)} per request; the row says ${usd(price)}"
        elif shown.billing_kind != "request":
            yield f"the site shows a price by {shown.billing_kind}; the row is per second"
    for (name, stale), why in _STALE.items():
        if at.shape.model.lower().startswith(name) and plain(price) == stale:
            yield f"{stale} is the default built into the gateway's code: {why}"
            break
    if price == 1:
        yield "a price of exactly 1 is what operators set where a hidden per-second table decides"
    if at.shape.audio is False:
        yield "the gateway does not price audio: a silent clip costs the same"
    if at.shape.seconds is None:
        yield f"no length given: the gateway takes {plain(DEFAULT_SECONDS)} s"


def _by_display(at: _At, shown: tuple[DisplayPrice, ...]) -> GatewayPrice:
    if len(shown) > 1:
        raise _refused("ambiguous", "display_pricing has more than one price per second")
    price = shown[0]
    if price.unit != "second":
        raise _refused("unknown-unit", f"display_pricing per_second counts by {price.unit}")
    listed = None if price.configured is None else _usable(price.configured, "display_pricing")
    public = None if price.group is None else _usable(price.group, "display_pricing")
    notes: list[str] = []
    if at.shape.audio is False:
        notes.append("the gateway does not price audio: a silent clip costs the same")
    if price.lower_bound:
        notes.append("`from`: the lowest tier only; this shape may cost more")
    if listed is None:
        if public is None:
            raise _refused("unpriced", "display_pricing has no number")
        # only the public group's price is shown: it holds for that group and no other
        if not at.ratio or at.group != "plg":
            raise _refused("ambiguous", f"display_pricing shows no price for group {at.group}")
        listed, rate = public / at.ratio, public
    else:
        rate = listed * at.ratio
        if at.group == "plg" and public is not None and public != rate:
            notes.append(
                f"display_pricing shows ${usd(public)} for group plg; its own list price and"
                f" ratio make ${usd(rate)}; the higher is taken"
            )
            rate = max(rate, public)
    total = rate * at.seconds * at.shape.count
    return at.price(
        "second",
        listed,
        f"display_pricing {plain(listed)} is USD per second",
        tuple(notes),
        expected=total,
        bound="lower" if price.lower_bound else "exact",
        rate=rate,
    )


def _by_ratio(at: _At) -> GatewayPrice:
    ratio = _usable(at.row.model_ratio, "model_ratio")
    million = ratio * 1_000_000 / at.quota_per_unit
    held = ratio / 2 * at.ratio
    model = at.shape.model.lower()
    if model.startswith("minimax-h3"):
        raise _refused(
            "unknown-unit",
            f"the usage of {at.shape.model} reports seconds in its token fields:"
            f" model_ratio {plain(ratio)} times those is no price",
        )
    if at.shape.tokens is None and model.startswith(_PER_SECOND):
        raise _refused(
            "ambiguous",
            f"model_ratio {plain(ratio)} reads ${usd(million)} per million tokens, but the gateway"
            f" charges such a model ${usd(ratio / 2)} per second; set model_price instead",
        )
    tokens = at.shape.tokens
    per_million = f"model_ratio {plain(ratio)} is ${usd(million)} per million tokens"
    if tokens is None:
        notes = ("the price of a clip needs its number of tokens",)
        return at.price("token", million, per_million, notes, expected=None, held=held)
    exact = tokens * ratio * at.ratio / at.quota_per_unit * at.shape.count
    return at.price(
        "token", million, f"{per_million} x {plain(tokens)}", (), expected=exact, held=held
    )


def _by_expression(at: _At) -> GatewayPrice:
    text = at.row.billing_expr
    if not text:
        raise _refused("unpriced", "billing_mode is tiered_expr and there is no billing_expr")
    result = evaluate(text, {"seconds": at.seconds, "resolution": at.shape.resolution})
    amount = _usable(result.amount, "billing_expr")
    tier = f", tier {result.tier}" if result.tier else ""
    notes = ("the gateway's price is an expression; this is its value for this shape alone",)
    total = amount * at.ratio * at.shape.count
    if not at.seconds:
        raise _refused("unknown-duration", "a price per second needs a length")
    reading = f"billing_expr is ${usd(amount)} for {plain(at.seconds)} s{tier}"
    return at.price("second", amount / at.seconds, reading, notes, expected=total)


#: Names of skus that are a price per second, or per token; others are read by name or passed over.
_SKU_SECONDS = re.compile(
    r"(?P<cents>cents_per_)?(?:video_)?(?:output_)?(?:duration_)?seconds?"
    r"(?:_(?P<audio>with|without)_audio)?(?:_(?P<size>\d+p|[24]k))?"
)
_SKU_TOKENS = re.compile(r"(?P<cents>cents_per_)?video_tokens(?:_(?P<size>\d+p|[24]k))?")


def _by_skus(row: CatalogRow, skus: Mapping[str, Decimal], shape: Shape) -> GatewayPrice:
    """Prices whose unit stands in their name. One without a size is for every size but 4k."""
    seconds = shape.seconds if shape.seconds is not None else DEFAULT_SECONDS
    fitting = [
        (match["audio"] is not None, match["size"] is not None, name, amount, bool(match["cents"]))
        for name, amount in skus.items()
        if (match := _SKU_SECONDS.fullmatch(name)) and _fits(match, shape)
    ]
    if not fitting:
        if any(_SKU_TOKENS.fullmatch(name) for name in skus):
            raise _refused("unknown-unit", "the gateway bills by token, and says no number of them")
        told = ", ".join(sorted(skus))[:200]
        raise _refused("unknown-unit", f"no price per second is for {shape.resolution}: {told}")
    closest = max(each[:2] for each in fitting)
    best = [each for each in fitting if each[:2] == closest]
    if len({amount for _, _, _, amount, _ in best}) > 1:
        names = ", ".join(sorted(name for _, _, name, _, _ in best))
        raise _refused("ambiguous", f"the price depends on sound or size: {names}")
    _, _, name, amount, cents = best[0]
    rate = _usable(amount, name) / (100 if cents else 1)
    images = skus.get("reference_images", Decimal(0)) * shape.input_images
    floor = skus.get("minimum_cents_per_generation", Decimal(0)) / 100
    total = max(rate * seconds + images, floor) * shape.count
    reading = f"{name} {plain(amount)} is {'cents' if cents else 'USD'} per second"
    reading += f" + ${usd(images)} for images" if images else ""
    reading += f", at least ${usd(floor)}" if floor else ""
    return GatewayPrice(
        label=row.model_name,
        unit="second",
        group=None,
        group_ratio=Decimal(1),
        list_rate=rate,
        rate=rate,
        expected=total,
        charged=None,
        held=total,
        bound="exact",
        reading=reading,
        notes=(),
        shape=shape,
    )


def _fits(match: re.Match[str], shape: Shape) -> bool:
    sound = {"with": True, "without": False}.get(match["audio"] or "")
    if sound is not None and shape.audio is not None and sound is not shape.audio:
        return False
    return match["size"] == shape.resolution or (match["size"] is None and shape.resolution != "4k")


def _refused(code: RefusalCode, message: str) -> RefusedError:
    return RefusedError(code, message)
