"""One label in a gateway's live catalogue: the row, what it means, what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from veo_check.checks.availability_status import availability_status
from veo_check.checks.catalog_group import catalog_group
from veo_check.checks.catalog_row import catalog_row
from veo_check.checks.endpoint_family import endpoint_family
from veo_check.checks.price_unit import price_unit
from veo_check.core.clock import AsOf, Clock, SystemClock
from veo_check.core.facts import (
    Catalog,
    GatewayListing,
    GatewayStatus,
    Missing,
    OfficialModel,
    ProvenLife,
    SkuPrice,
)
from veo_check.core.findings import Check, Status, Tier
from veo_check.core.frozen import dataclass
from veo_check.core.gateway import Gateway
from veo_check.core.money import ExitCode, UsageError
from veo_check.core.results import JobResult, ProofStatus
from veo_check.core.route import (
    AGENT_PLATFORM,
    DEFAULT_LOCATION,
    GEMINI_API,
    Model,
    Request,
    Resolution,
    Route,
    RouteHead,
    Via,
    google_url,
)
from veo_check.core.secrets import AllowList, Redactor, origin_of
from veo_check.engine.judge import Result, judge
from veo_check.engine.plan import PlannedCheck
from veo_check.gateways import billing, google
from veo_check.gateways.base import GetRequest
from veo_check.gateways.newapi import NEWAPI
from veo_check.gateways.probes import CATALOG, STATUS, Asking
from veo_check.gateways.registry import GATEWAYS, gateway_of, with_address
from veo_check.http.answers import Failure
from veo_check.http.keys import KeyName
from veo_check.pricing.gateway_row import GatewayPrice
from veo_check.pricing.job_cost import JobCost, PriceSources
from veo_check.pricing.shape import Refusal
from veo_check.reference.load import Reference

if TYPE_CHECKING:
    from veo_check.http.client import Transport


_CHECKS: tuple[Check, ...] = (
    catalog_row,
    catalog_group,
    availability_status,
    endpoint_family,
    price_unit,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which row to look at, and the request to price it for.

    `gateway` is a name or an address; `base_url` the address of a named one, where it has another.
    """

    label: str
    gateway: str
    group: str
    official: str | None
    seconds: int
    resolution: Resolution
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class RowInspection:
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
    known = with_address(wanted.gateway)
    named = GATEWAYS.get(wanted.gateway)
    if known is None and wanted.base_url is not None and named is not None and named.has_catalogue:
        known = named
    address = wanted.base_url if known is not None else wanted.gateway
    if address is not None:
        try:
            origin_of(address)
        except ValueError as error:
            raise UsageError(
                f"--gateway {wanted.gateway}: {error}; name flatkey, or a new-api gateway's address"
            ) from None
    return Route(
        version=1,
        route=RouteHead(name=wanted.label),
        via=Via(
            gateway=(known or NEWAPI).name,
            base_url=address,
            endpoint="videos",
            model=wanted.label,
            group=wanted.group,
        ),
        model=Model(official=wanted.official or wanted.label, surface="agent-platform"),
        request=Request(seconds=wanted.seconds, resolution=wanted.resolution),
    )


def look(route: Route, asking: Asking, judging: AsOf, reference: Reference) -> RowInspection:
    """Read the catalogue, without any key, and judge the row."""
    catalog = CATALOG.learn(route, asking)
    status = STATUS.learn(route, asking)
    cost = PriceSources(reference, judging, gateway_of, catalog, status).cost(route)
    nothing = Missing("gateway-listing", "not-run", "no key is used to look at a catalogue")
    facts: Mapping[type, object] = {
        Route: route,
        Gateway: gateway_of(route),
        AsOf: judging,
        Reference: reference,
        Catalog: catalog,
        GatewayStatus: status,
        JobCost: cost,
        GatewayListing: nothing,
        ProvenLife: nothing,
        JobResult: nothing,
        ProofStatus: nothing,
    }
    plan = tuple(PlannedCheck(check.id, check.item, Tier.STAGING, check) for check in _CHECKS)
    price = None if isinstance(cost.row, Missing) else cost.row
    return RowInspection(
        route, catalog, price, tuple(judge(plan, facts, gateway_of(route), strict=False))
    )


# Ask Google itself about model ids, with the account's own key: `lifecycle --live`. Free.


LiveAnswers = dict[tuple[str, str], OfficialModel | Missing]
_PROBE = "official-model"
_SURFACES = (GEMINI_API, AGENT_PLATFORM)
#: The variables that Google's own tools read, in their order.
_GEMINI_KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
_TOKEN = "GOOGLE_ACCESS_TOKEN"  # noqa: S105 - a variable's name
_LOCATION, _PROJECT = "GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_PROJECT"


def ask(
    models: Iterable[str],
    reference: Reference,
    surface: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    transport: Transport | None = None,
) -> LiveAnswers:
    """Google's answer for each (model, surface), or why there is none. One GET each.

    Without `surface` both of Google's are asked.

    The Gemini API is asked with GOOGLE_API_KEY or GEMINI_API_KEY, the Agent Platform with the
    access token in GOOGLE_ACCESS_TOKEN, counted to GOOGLE_CLOUD_PROJECT, in GOOGLE_CLOUD_LOCATION
    unless the reference names other locations for the model.
    """
    asking = Asking.open(
        environ=environ,
        leave=AllowList(),
        clock=clock or SystemClock(),
        redactor=Redactor.of_environment(environ),
        transport=transport,
    )
    with asking.door:
        return {
            (model, place): _ask_one(model, place, reference, environ, asking)
            for model in dict.fromkeys(models)
            for place in ((surface,) if surface else _SURFACES)
        }


def ask_sku(
    sku: str,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    transport: Transport | None = None,
) -> SkuPrice | Missing:
    """Google's list price of a billing SKU, with the key in VEO_CHECK_BILLING_KEY."""
    asking = Asking.open(
        environ=environ,
        leave=AllowList(),
        clock=clock or SystemClock(),
        redactor=Redactor.of_environment(environ),
        transport=transport,
    )
    with asking.door:
        answer = billing.sku_ask(sku).send(asking.door)
        got = answer if isinstance(answer, Failure) else billing.read_sku(answer, sku)
    return got.as_missing("billing-sku") if isinstance(got, Failure) else got


def _ask_one(
    model: str, surface: str, reference: Reference, environ: Mapping[str, str], asking: Asking
) -> OfficialModel | Missing:
    location = None
    if surface == GEMINI_API:
        variable = next((name for name in _GEMINI_KEYS if environ.get(name)), None)
        if variable is None:
            names = " or ".join(_GEMINI_KEYS)
            return Missing(_PROBE, "no-key", f"set {names} to ask the Gemini API")
        key = KeyName(variable, "x-goog-api-key")
        asks: tuple[GetRequest, ...] = (google.model_ask(google.DEFAULT_URL, model, key),)
    elif surface == AGENT_PLATFORM:
        if not environ.get(_TOKEN):
            return Missing(
                _PROBE,
                "no-key",
                f"set {_TOKEN} to ask the Agent Platform: "
                f"export {_TOKEN}=$(gcloud auth print-access-token)",
            )
        row = reference.capability(model, surface)
        regions = row.regions if row is not None else ()
        location = environ.get(_LOCATION)
        if not location or (regions and location not in regions):
            location = regions[0] if regions else DEFAULT_LOCATION
        asks = google.publisher_model_asks(
            google_url(surface, location), model, KeyName(_TOKEN, "google"), environ.get(_PROJECT)
        )
    else:
        return Missing(_PROBE, "not-offered", f"surface {surface} is not one of Google's")
    answer = google.ask_for_model(asking.door, asks)
    if isinstance(answer, Failure):
        return answer.as_missing(_PROBE)
    now = asking.clock.now()
    if surface == GEMINI_API:
        got = google.read_model(answer, model, now)
    else:
        got = google.read_publisher_model(answer, model, now, location)
    return got.as_missing(_PROBE) if isinstance(got, Failure) else got
