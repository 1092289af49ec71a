"""What each paid step can cost, before it is sent, and the purse that pays for all of a run."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from veo_check.core.frozen import dataclass
from veo_check.core.money import usd
from veo_check.core.route import Route
from veo_check.pricing.job_cost import JobCost, JobPrice, PriceSources
from veo_check.pricing.quote import anyway
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.load import Reference

_QUOTA_SLACK = 5  # units that integer truncation explains (spec: usage-matches-quote)
_SHARE = Decimal("0.001")
#: By how much the tokens of a clip may differ from those of its quote.
_TOKEN_SHARE = Decimal("0.02")


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """One paid step in USD: what its bill should say, and the most it can be.

    `tolerance` is what the gateway's arithmetic explains. `reading` says how the price was read.
    `tokens`: how many tokens of video the quote counts, where it counts tokens.
    """

    quoted: Decimal
    at_stake: Decimal
    tolerance: Decimal
    reading: str
    quota_per_unit: Decimal | None = None
    tokens: Decimal | None = None


class SpendLimit:
    """What a run may spend in all, in USD. Thread-safe: routes of one run share it."""

    def __init__(self, total: Decimal) -> None:
        self.total = total
        self._left = total
        self._lock = threading.Lock()

    def take(self, amount: Decimal) -> str | None:
        """Set money aside, or say why there is not enough."""
        with self._lock:
            if amount > self._left:
                return (
                    f"it can cost ${usd(amount)}, and --spend leaves ${usd(self._left)} of "
                    f"${usd(self.total)}"
                )
            self._left -= amount
            return None

    @property
    def left(self) -> Decimal:
        """What is not set aside yet."""
        with self._lock:
            return self._left

    def give_back(self, amount: Decimal) -> None:
        """Money set aside for a step that certainly cost nothing."""
        with self._lock:
            self._left += amount


def smoke_stake(route: Route, prices: PriceSources) -> CostEstimate | str:
    """What the route's smoke job costs, or why no price can be told: then it is not sent."""
    cost = prices.cost(route, Shape.of_smoke(route))
    return _stake(cost, cost.charged, prices)


def stake_of_shape(route: Route, shape: Shape, prices: PriceSources) -> CostEstimate | str:
    """What a job of this very shape costs if it is accepted."""
    cost = prices.cost(route, shape)
    return _stake(cost, _as_accepted(cost), prices)


def wrong_stake(route: Route, shape: Shape, prices: PriceSources) -> CostEstimate | str:
    """What a request that must be refused costs if it is accepted after all.

    A clip length that the model does not make may be billed as the longest that it makes. A model
    that is gone is sent at the smoke test's own shape, and costs what that shape cost while it was
    sold. A shape that no rule prices is taken at the model's dearest rate and longest duration.
    """
    cost = prices.cost(route, shape)
    if shape.model != route.model.official:
        sold = _most_listed(shape, prices)
        if sold is not None:
            reading = f"{shape.model} at the smoke test's own length and resolution"
            return _bare_stake(cost, sold, prices, reading)
        plain: CostEstimate | str = f"no price of {shape.model} is known"
    else:
        plain = _stake(cost, _as_accepted(cost), prices)
    if isinstance(plain, CostEstimate):
        longest = prices.cost(route, _stretched(shape, prices.reference))
        stretched = _stake(longest, _as_accepted(longest), prices)
        if isinstance(stretched, CostEstimate):
            reading = f"{stretched.reading}, at the longest clip it may be billed as"
            most = max(plain.at_stake, stretched.at_stake)
            return replace(plain, at_stake=most, reading=reading)
    every = _every_shape(shape, prices.reference)
    amounts = [amount for priced in every for amount in _amounts(route, priced, prices)]
    if not amounts:
        return f"what it costs if it is accepted is not known ({plain})"
    reading = f"{shape.model} at its dearest rate and longest duration"
    return _bare_stake(cost, max(amounts), prices, reading)


def lengths_of(
    reference: Reference, model: str, surface: str, mode: str | None = None
) -> tuple[int, ...]:
    """The clip lengths that a model takes in a mode; by its row of another surface where this one's
    does not say, since the older pages of the Agent Platform print none. Empty: unknown."""
    for place in (surface, *reference.surfaces(model)):
        known = reference.capability(model, place)
        if known is not None and known.lengths(mode):
            return known.lengths(mode)
    return ()


def _bare_stake(cost: JobCost, most: Decimal, prices: PriceSources, reading: str) -> CostEstimate:
    unit = prices.quota_per_unit if cost.gateway is not None else None
    return CostEstimate(most, most, _tolerance(most, unit), reading, unit)


def _stake(cost: JobCost, price: JobPrice | Refusal, prices: PriceSources) -> CostEstimate | str:
    """A step billed at `price`; more is at stake where the gateway holds more, or the reference is
    higher."""
    if isinstance(price, Refusal):
        return price.message
    listed = cost.reference.expected if isinstance(cost.reference, JobPrice) else price.expected
    most = max(price.expected, cost.held or price.expected, listed)
    unit = prices.quota_per_unit if cost.gateway is not None else None
    tokens = None if cost.gateway is not None else _tokens(cost)
    tolerance = price.expected * _TOKEN_SHARE if tokens else _tolerance(price.expected, unit)
    return CostEstimate(price.expected, most, tolerance, price.reading, unit, tokens)


def _tokens(cost: JobCost) -> Decimal | None:
    """How many tokens the reference price counts, all clips together."""
    if isinstance(cost.quotes, Refusal):
        return None
    first = cost.quotes[0]
    counted = [line.quantity for line in first.lines if line.component.meter == "token"]
    return sum(counted, Decimal(0)) * first.shape.count if counted else None


def _as_accepted(cost: JobCost) -> JobPrice | Refusal:
    """What is charged for a job that should not exist: the gateway prices it all the same."""
    return cost.reference if cost.gateway is None else cost.gateway


def _tolerance(amount: Decimal, quota_per_unit: Decimal | None) -> Decimal:
    """max(5 quota units, 0.1 %), in USD."""
    slack = Decimal(_QUOTA_SLACK) / quota_per_unit if quota_per_unit else Decimal(0)
    return max(slack, amount * _SHARE)


def _stretched(shape: Shape, reference: Reference) -> Shape:
    """The shape at the longest clip that it may be billed as."""
    lengths = lengths_of(reference, shape.model, shape.surface, shape.mode)
    longest = Decimal(max(lengths, default=1))
    return replace(shape, seconds=max(longest, shape.seconds or longest))


def _every_shape(shape: Shape, reference: Reference) -> list[Shape]:
    """Every resolution, with and without sound, at the longest clip the model makes."""
    known = reference.capability(shape.model, shape.surface)
    resolutions = (known.resolutions if known else ()) or ("720p", "1080p", "4k")
    stretched = _stretched(shape, reference)
    return [
        replace(stretched, resolution=resolution, audio=audio)
        for resolution, audio in itertools.product(resolutions, (True, False))
    ]


def _amounts(route: Route, shape: Shape, prices: PriceSources) -> list[Decimal]:
    """What any source names for a shape, today or while the model was still sold."""
    listed, gateway = _most_listed(shape, prices), prices.cost(route, shape).gateway
    found = [] if listed is None else [listed]
    if shape.model == route.model.official and isinstance(gateway, JobPrice):
        found.append(gateway.expected)
    return found


def _most_listed(shape: Shape, prices: PriceSources) -> Decimal | None:
    """The most that the reference names for a shape, today or while the model was still sold."""
    found = [
        told.expected
        for day in _days(shape, prices)
        if isinstance(told := anyway(prices.reference, shape, day), Quote)
    ]
    return max(found, default=None)


def _days(shape: Shape, prices: PriceSources) -> list[date]:
    day = prices.judging.day
    ends = [
        row.shutdown - timedelta(days=1)
        for row in prices.reference.lifecycle(shape.model, shape.surface)
        if row.shutdown is not None and row.shutdown <= day
    ]
    return [day, *ends]
