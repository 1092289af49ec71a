"""endpoint-family: the declared endpoint family can carry this model on this gateway."""

from __future__ import annotations

from veo_check.core.facts import Catalog, GatewayListing, Missing, ProvenLife
from veo_check.core.findings import (
    Blocked,
    Finding,
    Findings,
    ValidUntil,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.route import EndpointFamily, Gateway, Route
from veo_check.reference.load import Reference

#: Which families a kind of gateway routes at all. Google's own depend on the model.
ROUTED: dict[Gateway, tuple[EndpointFamily, ...]] = {
    "flatkey": ("videos", "video-generations", "generation-tasks"),
    "newapi": ("videos", "video-generations"),
    "openai": ("videos",),
    "google": ("predict-long-running", "interactions"),
}
#: new-api's endpoint type for models that take video jobs.
VIDEO_TYPE = "openai-video"


@check(item="async-job", since="0.1")
def endpoint_family(
    route: Route,
    reference: Reference,
    catalog: Catalog | Missing,
    listing: GatewayListing | Missing,
    proven: ProvenLife | Missing,
) -> Findings:
    """The endpoint family the route uses can carry this model on this gateway.

    Why: a gateway computes endpoint types from the channel, not from the model. Veo rows were
    listed with chat endpoints that cannot make a video, and a row that is listed can still answer
    503 when a job is submitted.
    Fix: set `via.endpoint` to a family that the gateway routes; where the catalogue cannot tell,
    one finished job settles it (`--spend USD`).
    """
    if route.via.endpoint not in ROUTED[route.via.gateway]:
        said: Finding | Blocked = _not_routed(route)
    elif route.via.gateway == "google":
        said = _at_google(route, reference)
    elif route.via.gateway == "openai":
        said = _at_openai(route, listing)
    else:
        said = _at_newapi(route, catalog, listing)
    if isinstance(proven, ProvenLife) and not _passes(said):
        doubt = said.reason if isinstance(said, Blocked) else said.message
        yield warning(
            "endpoint-family/proved-by-job",
            f"{doubt[0].upper()}{doubt[1:].rstrip('.')}; a finished job (proof "
            f"{proven.proof_id}) shows that it carries the model.",
            at="via.endpoint",
            evidence=proven.exchanges,
        )
        yield ValidUntil(proven.expires, f"proof {proven.proof_id} expires")
    elif isinstance(said, Blocked):
        yield Blocked(f"{said.reason}; a job settles it: --spend USD")
    else:
        yield said


def _passes(said: Finding | Blocked) -> bool:
    return isinstance(said, Finding) and said.severity == "note"


def _not_routed(route: Route) -> Finding:
    gateway, families = route.via.gateway, " or ".join(ROUTED[route.via.gateway])
    return blocker(
        "endpoint-family/not-routed",
        f"A {gateway} gateway does not route {route.via.endpoint}.",
        at="via.endpoint",
        expected=families,
        actual=route.via.endpoint,
        fix=f"set via.endpoint to {families}",
    )


def _at_google(route: Route, reference: Reference) -> Finding | Blocked:
    model, surface, family = route.model.official, route.model.surface, route.via.endpoint
    capability = reference.capability(model, surface)
    if capability is None or not capability.endpoints:
        return Blocked(f"it is not known which endpoint family {model} speaks on {surface}")
    families, evidence = " or ".join(capability.endpoints), (f"ref:{capability.id}",)
    if family in capability.endpoints:
        return note(
            "endpoint-family/speaks",
            f"{model} speaks {family} on {surface}.",
            at="via.endpoint",
            evidence=evidence,
        )
    return blocker(
        "endpoint-family/other-family",
        f"{model} does not speak {family} on {surface}.",
        at="via.endpoint",
        expected=families,
        actual=family,
        fix=f"set via.endpoint to {families}; request, polling and result have other shapes there",
        evidence=evidence,
    )


def _at_openai(route: Route, listing: GatewayListing | Missing) -> Finding | Blocked:
    """An OpenAI-compatible gateway has one video family; that it serves the label, it must list."""
    label = route.via.model
    if isinstance(listing, Missing):
        return Blocked(f"the gateway's listing could not be read ({listing.detail})")
    if listing.find(label) is None:
        return Blocked(f"the gateway does not list '{label}'")
    return note(
        "endpoint-family/routed",
        f"The gateway lists '{label}', and {route.via.endpoint} is its one video family. It does "
        "not say per model what it carries.",
        at="via.endpoint",
        evidence=listing.exchanges,
    )


def _at_newapi(
    route: Route, catalog: Catalog | Missing, listing: GatewayListing | Missing
) -> Finding | Blocked:
    label, family = route.via.model, route.via.endpoint
    types: list[str] = []
    evidence: list[str] = []
    if isinstance(catalog, Catalog) and len(catalog.rows) == 1:
        types.extend(catalog.rows[0].endpoint_types)
        evidence.extend(catalog.exchanges)
    if isinstance(listing, GatewayListing) and (listed := listing.find(label)) is not None:
        types.extend(listed.endpoint_types)
        evidence.extend(listing.exchanges)
    named = ", ".join(dict.fromkeys(types))
    if VIDEO_TYPE in types:
        return note(
            "endpoint-family/routed",
            f"The endpoint types of '{label}' are {named}: it takes video jobs over {family}.",
            at="via.endpoint",
            evidence=evidence,
        )
    if types:
        return Blocked(
            f"the endpoint types of '{label}' are {named}, computed from the channel and not from "
            f"the model: without {VIDEO_TYPE} they do not show that {family} carries it"
        )
    why = [fact.detail for fact in (catalog, listing) if isinstance(fact, Missing)]
    known = f" ({'; '.join(dict.fromkeys(why))})" if why else ""
    return Blocked(f"no endpoint types are known for '{label}'{known}")
