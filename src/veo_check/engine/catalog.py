"""One label in a gateway's live catalogue: the row, what it means, what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from veo_check.checks.availability_status import availability_status
from veo_check.checks.catalog_group import catalog_group
from veo_check.checks.catalog_row import catalog_row
from veo_check.checks.endpoint_family import endpoint_family
from veo_check.checks.price_unit import gateway_price, price_unit
from veo_check.core.check import Check
from veo_check.core.clock import Judging
from veo_check.core.errors import ExitCode, UsageError
from veo_check.core.facts import Catalog, GatewayListing, GatewayStatus, Missing, ProvenLife
from veo_check.core.findings import Status
from veo_check.core.key_policy import origin_of
from veo_check.core.paid_facts import JobResult
from veo_check.core.proof import ProofStatus
from veo_check.core.route import Model, Request, Resolution, Route, RouteHead, Via
from veo_check.core.tiers import Tier
from veo_check.engine.judge import Result, judge
from veo_check.engine.select import Selected
from veo_check.pricing.answers import Refusal
from veo_check.pricing.gateway_row import GatewayPrice
from veo_check.probes.catalog import CatalogProbe
from veo_check.probes.gateway_status import GatewayStatusProbe
from veo_check.probes.probe import Asking
from veo_check.reference.book import Reference

_CHECKS: tuple[Check, ...] = (
    catalog_row,
    catalog_group,
    availability_status,
    endpoint_family,
    price_unit,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which row to look at, and the request to price it for."""

    label: str
    gateway: str
    group: str
    official: str | None
    seconds: int
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen. `catalog` is a Missing where it could not be read; `price` None with it."""

    route: Route
    catalog: Catalog | Missing
    price: GatewayPrice | Refusal | None
    results: tuple[Result, ...]

    @property
    def exit_code(self) -> ExitCode:
        """1: something is wrong with the row; 3: it could not be told; else 0."""
        seen = {result.statuses[Tier.PRODUCTION] for result in self.results}
        if Status.FAIL in seen:
            return ExitCode.FAILED
        holes = {Status.BLOCKED, Status.ERROR, Status.SKIPPED}
        return ExitCode.INCONCLUSIVE if seen & holes else ExitCode.OK


def route_of(wanted: Wanted) -> Route:
    """The row as a route without a key. Raises UsageError for a gateway that has no catalogue."""
    if wanted.gateway in {"flatkey", "https://flatkey.ai"}:
        via = Via(gateway="flatkey", endpoint="videos", model=wanted.label, group=wanted.group)
    else:
        try:
            origin_of(wanted.gateway)
        except ValueError as error:
            raise UsageError(
                f"--gateway {wanted.gateway}: {error}; name flatkey, or a new-api gateway's address"
            ) from None
        via = Via(
            gateway="newapi",
            base_url=wanted.gateway,
            endpoint="videos",
            model=wanted.label,
            group=wanted.group,
        )
    return Route(
        version=1,
        route=RouteHead(name=wanted.label),
        via=via,
        model=Model(official=wanted.official or wanted.label, surface="agent-platform"),
        request=Request(seconds=wanted.seconds, resolution=wanted.resolution),
    )


def look(route: Route, asking: Asking, judging: Judging, reference: Reference) -> Look:
    """Read the catalogue, without any key, and judge the row."""
    catalog = CatalogProbe().learn(route, asking)
    status = GatewayStatusProbe().learn(route, asking)
    nothing = Missing("gateway-listing", "not-run", "no key is used to look at a catalogue")
    facts: Mapping[type, object] = {
        Route: route,
        Judging: judging,
        Reference: reference,
        Catalog: catalog,
        GatewayStatus: status,
        GatewayListing: nothing,
        ProvenLife: nothing,
        JobResult: nothing,
        ProofStatus: nothing,
    }
    plan = tuple(Selected(one.id, one.item, Tier.STAGING, one) for one in _CHECKS)
    price = gateway_price(route, catalog, status) if isinstance(catalog, Catalog) else None
    return Look(route, catalog, price, tuple(judge(plan, facts, route.via.gateway, strict=False)))
