"""What a job of a route costs: by the reference data, by its gateway, and what is charged.

One answer, made once a route. Price checks, budget, key quota, fallbacks, the runbook, what a paid
step is priced at and the report's quote all read it, so that no two of them can disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.frozen import dataclass
from veo_check.core.gateway import Gateway
from veo_check.core.money import usd
from veo_check.pricing.gateway_row import GatewayPrice, price_of_row, sound_unit
from veo_check.pricing.quote import camps, impossible, quote, quotes_by_source
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.load import Reference
from veo_check.reference.prices import Bound

if TYPE_CHECKING:  # pydantic stays out of commands that need no route file
    from veo_check.core.route import Route

Basis = Literal["gateway", "reference"]
_NOT_READ = Missing("catalog", "not-run", "it was not read in this run")


@dataclass(frozen=True, slots=True)
class JobPrice:
    """What one side asks for one job, in USD; all clips of the request together.

    `unit` is what it counts on the bill. `bound` "lower": the published price is the least it can
    be. `reading` is the arithmetic in words; `source` is where the price was read, on `day`.
    """

    basis: Basis
    expected: Decimal
    per_second: Decimal | None
    unit: str
    bound: Bound
    reading: str
    source: str
    day: date
    evidence: tuple[str, ...]

    def maximum(self, retries: int) -> Decimal:
        """USD when every attempt is charged: a job that timed out may still finish."""
        return self.expected * (1 + retries)

    def monthly(self, jobs: int) -> Decimal:
        """USD of a month with so many jobs."""
        return self.expected * jobs


@dataclass(frozen=True, slots=True)
class JobCost:
    """Both prices of one job and which of them is charged; a Refusal says why one is not known.

    `gateway` is None where the gateway publishes no price: there the reference is what is charged.
    `quotes` and `row` are what the two were read from.
    """

    reference: JobPrice | Refusal
    gateway: JobPrice | Refusal | None
    charged: JobPrice | Refusal
    quotes: tuple[Quote, ...] | Refusal
    row: GatewayPrice | Refusal | Missing | None

    @property
    def shown(self) -> JobPrice | Refusal:
        """What is charged; where that is not known, the reference price."""
        return self.charged if isinstance(self.charged, JobPrice) else self.reference

    @property
    def other(self) -> JobPrice | None:
        """The reference price beside what the gateway charges."""
        if self.shown is self.gateway and isinstance(self.reference, JobPrice):
            return self.reference
        return None

    @property
    def unit(self) -> str | None:
        """The unit on the bill, as far as a price is known."""
        return self.shown.unit if isinstance(self.shown, JobPrice) else None

    @property
    def held(self) -> Decimal | None:
        """USD that the gateway takes from the key's quota before the job starts."""
        return self.row.held if isinstance(self.row, GatewayPrice) else None


@dataclass(frozen=True, slots=True)
class PriceSources:
    """Where prices come from: the reference data on the day judged, the gateway's row and unit."""

    reference: Reference
    judging: AsOf
    gateway_of: Callable[[Route], Gateway]
    catalog: Catalog | Missing = _NOT_READ
    status: GatewayStatus | Missing = _NOT_READ

    @classmethod
    def of(
        cls,
        facts: Mapping[type, Any],
        reference: Reference,
        judging: AsOf,
        gateway_of: Callable[[Route], Gateway],
    ) -> PriceSources:
        """The sources among the facts of one route; those not among them were not read."""
        catalog, status = (facts.get(kind, _NOT_READ) for kind in (Catalog, GatewayStatus))
        return cls(reference, judging, gateway_of, catalog, status)

    @property
    def quota_told(self) -> Decimal | None:
        """Quota units in one USD as the gateway told them, possible or not."""
        return self.status.quota_per_unit if isinstance(self.status, GatewayStatus) else None

    @property
    def quota_per_unit(self) -> Decimal | None:
        """Quota units in one USD; None where that is not known."""
        return sound_unit(self.quota_told)

    def cost(self, route: Route, shape: Shape | None = None) -> JobCost:
        """What a job of the route's own shape costs, or one of another `shape`."""
        shape = shape or Shape.of_route(route)
        quotes = reference_quotes(self.reference, shape, self.judging.day)
        reference, gateway, row = _by_reference(quotes), None, None
        if self.gateway_of(route).has_catalogue:
            row = self._row(shape, route.via.group)
            gateway = self._by_gateway(row)
        charged = reference if gateway is None or no_such_job(quotes) else gateway
        return JobCost(reference, gateway, charged, quotes, row)

    def _row(self, shape: Shape, group: str | None) -> GatewayPrice | Refusal | Missing:
        if isinstance(self.catalog, Missing):
            return self.catalog
        return price_of_row(self.catalog, group, shape, self.quota_told)

    def _by_gateway(self, row: GatewayPrice | Refusal | Missing) -> JobPrice | Refusal:
        unknown = "the gateway's price is not known"
        if isinstance(row, Refusal):
            return replace(row, message=f"{unknown}: {row.message}")
        if isinstance(row, Missing):
            return Refusal("unpriced", f"{unknown}: {row.detail}")
        if row.expected is None:
            many = f"the number of {row.unit}s in this request is not known"
            return Refusal("ambiguous", f"{unknown}: {row.reading}: {many}")
        assert isinstance(self.catalog, Catalog)  # the row is from it
        return JobPrice(
            basis="gateway",
            expected=row.expected,
            per_second=row.per_second,
            unit=row.unit,
            bound=row.bound,
            reading=row.reading,
            source=self.catalog.source,
            day=self.judging.clock_day,
            evidence=self.catalog.exchanges,
        )


def _by_reference(quotes: tuple[Quote, ...] | Refusal) -> JobPrice | Refusal:
    if isinstance(quotes, Refusal):
        return replace(quotes, message=f"there is no reference price: {quotes.message}")
    first = quotes[0]
    return JobPrice(
        basis="reference",
        expected=first.expected,
        per_second=first.per_second,
        unit=first.unit,
        bound="lower" if any(each.bound == "lower" for each in quotes) else "exact",
        reading=first.text,
        source=first.source.url,
        day=first.source.confirmed,
        evidence=tuple(f"ref:{each.rule.id}" for each in quotes),
    )


def no_such_job(answer: tuple[Quote, ...] | Quote | Refusal) -> bool:
    """Whether this is the vendor's word that no such job exists: a finding about the request, and
    then a gateway's number for it is no price. Every other refusal is a hole in the price data."""
    return (
        isinstance(answer, Refusal)
        and answer.code in {"unsupported-combination", "retired"}
        and (answer.source is None or answer.source.official)
    )


# A route's checks ask some ten times, and the routes of one run mostly ask the same.
@lru_cache(maxsize=4096)
def reference_quotes(reference: Reference, shape: Shape, day: date) -> tuple[Quote, ...] | Refusal:
    """What prices this shape: one quote of the vendor, or the two freshest that agree.

    A Refusal where there is neither. Two rows of one publisher are one opinion.
    """
    overall = quote(reference, shape, day)
    if isinstance(overall, Refusal) and overall.code == "retired":
        return overall
    if (refused := impossible(reference, shape)) is not None:
        return refused
    answers = quotes_by_source(reference, shape, day)
    quotes = [answer for answer in answers if isinstance(answer, Quote)]
    for each in quotes:
        if each.source.official:
            return (each,)
    for answer in answers:
        if isinstance(answer, Refusal) and answer.source is not None and no_such_job(answer):
            return answer
    groups = camps(quotes)
    views = "; ".join(f"{each.source.by} ${usd(each.expected)}" for each in quotes)
    if len(groups) > 1 and len(groups[0]) == len(groups[1]) > 1:
        return Refusal("ambiguous", f"the sources disagree: {views}")
    if groups and len(groups[0]) > 1:
        return tuple(groups[0][:2])
    if quotes:
        alone = "only one source prices it" if len(quotes) == 1 else "no two sources agree"
        return Refusal("ambiguous", f"no official price on file, and {alone}: {views}")
    if isinstance(overall, Refusal):
        return overall
    return Refusal("unpriced", f"no price is known for {shape.model} on {shape.surface}")
