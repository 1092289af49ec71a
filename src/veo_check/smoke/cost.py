"""What each paid step can cost, before it is sent, and the purse that pays for all of a run."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.money import usd
from veo_check.core.route import Route
from veo_check.pricing.gateway_row import QUOTA_PER_UNIT, GatewayPrice, price_of_row
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Quote, Shape
from veo_check.reference.load import Reference

#: Gateways that bill by a catalogue of their own.
_PRICED = {"flatkey", "newapi"}
_QUOTA_SLACK = 5  # units that integer truncation explains (spec: usage-matches-quote)
_SHARE = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """One paid step in USD: what its bill should say, and the most it can be.

    `tolerance` is what the gateway's arithmetic explains. `reading` says how the price was read.
    """

    quoted: Decimal
    at_stake: Decimal
    tolerance: Decimal
    reading: str
    quota_per_unit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """Where prices come from: the reference on a day, and the gateway's row where there is one."""

    reference: Reference
    day: date
    catalog: Catalog | Missing
    status: GatewayStatus | Missing

    @property
    def quota_per_unit(self) -> Decimal:
        """Quota units in one USD."""
        told = self.status.quota_per_unit if isinstance(self.status, GatewayStatus) else None
        return told or QUOTA_PER_UNIT


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

    def give_back(self, amount: Decimal) -> None:
        """Money set aside for a step that certainly cost nothing."""
        with self._lock:
            self._left += amount


def smoke_stake(route: Route, prices: Prices) -> CostEstimate | str:
    """What the route's smoke job costs, or why no price can be told: then it is not sent."""
    return _stake(route, Shape.of_smoke(route), prices)


def wrong_stake(route: Route, shape: Shape, prices: Prices) -> CostEstimate | str:
    """What a request that must be refused costs if it is accepted after all.

    A clip length that the model does not make may be billed as the longest that it makes. A model
    that is gone is sent at the smoke test's own shape, and costs what that shape cost while it was
    sold. A shape that no rule prices is taken at the model's dearest rate and longest duration.
    """
    if shape.model != route.model.official:
        sold = _most_listed(shape, prices)
        if sold is not None:
            reading = f"{shape.model} at the smoke test's own length and resolution"
            return _bare_stake(route, sold, prices, reading)
        plain: CostEstimate | str = f"no price of {shape.model} is known"
    else:
        plain = _stake(route, shape, prices)
    if isinstance(plain, CostEstimate):
        stretched = _stake(route, _stretched(shape, prices.reference), prices)
        if isinstance(stretched, CostEstimate):
            reading = f"{stretched.reading}, at the longest clip it may be billed as"
            most = max(plain.at_stake, stretched.at_stake)
            return replace(plain, at_stake=most, reading=reading)
    dearest = [
        amount
        for one in _every_shape(shape, prices.reference)
        if (amount := _dearest(route, one, prices)) is not None
    ]
    if not dearest:
        return f"what it costs if it is accepted is not known ({plain})"
    reading = f"{shape.model} at its dearest rate and longest duration"
    return _bare_stake(route, max(dearest), prices, reading)


def lengths_of(reference: Reference, model: str, surface: str) -> tuple[int, ...]:
    """The clip lengths that a model takes; by its row of another surface where this one's does not
    say, since the older pages of the Agent Platform print none. Empty: unknown."""
    for place in (surface, *reference.surfaces(model)):
        known = reference.capability(model, place)
        if known is not None and known.seconds:
            return known.seconds
    return ()


def _bare_stake(route: Route, most: Decimal, prices: Prices, reading: str) -> CostEstimate:
    unit = prices.quota_per_unit if route.via.gateway in _PRICED else None
    return CostEstimate(most, most, _tolerance(most, unit), reading, unit)


def _stake(route: Route, shape: Shape, prices: Prices) -> CostEstimate | str:
    listed = quote(prices.reference, shape, prices.day)
    at_list = listed.expected if isinstance(listed, Quote) else None
    if route.via.gateway not in _PRICED:
        if at_list is None:
            return getattr(listed, "message", "no price is known")
        return CostEstimate(
            at_list, at_list, _tolerance(at_list, None), f"${usd(at_list)} by reference"
        )
    if isinstance(prices.catalog, Missing):
        return prices.catalog.detail
    row = price_of_row(prices.catalog, route.via.group, shape, prices.quota_per_unit)
    if not isinstance(row, GatewayPrice):
        return row.message
    if row.expected is None:
        return f"{row.reading}: the number of {row.unit}s in this job is not known"
    most = max(row.expected, row.held or row.expected, at_list or row.expected)
    unit = prices.quota_per_unit
    return CostEstimate(row.expected, most, _tolerance(row.expected, unit), row.reading, unit)


def _tolerance(amount: Decimal, quota_per_unit: Decimal | None) -> Decimal:
    """max(5 quota units, 0.1 %), in USD."""
    slack = Decimal(_QUOTA_SLACK) / quota_per_unit if quota_per_unit else Decimal(0)
    return max(slack, amount * _SHARE)


def _stretched(shape: Shape, reference: Reference) -> Shape:
    """The shape at the longest clip that it may be billed as."""
    longest = Decimal(max(lengths_of(reference, shape.model, shape.surface), default=1))
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


def _dearest(route: Route, shape: Shape, prices: Prices) -> Decimal | None:
    """The most that any source names for a shape, today or while the model was still sold."""
    listed = _most_listed(shape, prices)
    found = [] if listed is None else [listed]
    same = shape.model == route.model.official
    if same and route.via.gateway in _PRICED and isinstance(prices.catalog, Catalog):
        row = price_of_row(prices.catalog, route.via.group, shape, prices.quota_per_unit)
        if isinstance(row, GatewayPrice) and row.expected is not None:
            found.append(row.expected)
    return max(found, default=None)


def _most_listed(shape: Shape, prices: Prices) -> Decimal | None:
    """The most that the reference names for a shape, today or while the model was still sold."""
    found = [
        told.expected
        for day in _days(shape, prices)
        if isinstance(told := quote(prices.reference, shape, day), Quote)
    ]
    return max(found, default=None)


def _days(shape: Shape, prices: Prices) -> list[date]:
    ends = [
        row.shutdown - timedelta(days=1)
        for row in prices.reference.lifecycle(shape.model, shape.surface)
        if row.shutdown is not None and row.shutdown <= prices.day
    ]
    return [prices.day, *ends]
