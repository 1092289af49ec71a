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
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import NOT_ROUTED, meaning_of
from veo_check.core.results import JobResult, ProofStatus
from veo_check.core.route import Route
from veo_check.reference.load import Reference
from veo_check.reference.rows import Capability

#: Endpoint types that say "this model takes video jobs". An operator can write them on any model.
VIDEO_TYPES = frozenset({"openai-video", "openai-videos"})
_FIX = "prove it with one smoke job: --spend USD"


@check(item="async-job", since="0.1")
def endpoint_family(
    route: Route,
    gateway: Gateway,
    reference: Reference,
    catalog: Catalog | Missing,
    listing: GatewayListing | Missing,
    proven: ProvenLife | Missing,
    job: JobResult | Missing,
    status: ProofStatus | Missing,
) -> Findings:
    """The endpoint family the route uses can carry this model on this gateway.

    Why: a gateway lists endpoint types that come from the channel or from an operator, not from a
    job. Veo rows were listed with chat endpoints that cannot make a video, and rows that say
    `openai-video` answered 503 to every submit.
    Fix: set `via.endpoint` to a family that the gateway routes; where the catalogue cannot tell,
    one finished job settles it (`--spend USD`).
    """
    refused = _refused(job, status)
    if refused is not None:
        yield _refusal(route, gateway, refused)
        return
    said = _declared(route, gateway, reference, catalog, listing)
    if isinstance(proven, ProvenLife):
        yield _proved(said, proven)
        yield ValidUntil(proven.expires, "the smoke proof expires")
    elif isinstance(said, Blocked):
        yield Blocked(f"{said.reason}; a job settles it: --spend USD")
    elif said.severity == "warning" and _unreadable(status):
        # a refusal may be on record there, and a declared type does not outweigh one
        yield Blocked("whether an earlier job was refused is not known: the journal is unreadable")
    else:
        yield said


def _refused(job: JobResult | Missing, status: ProofStatus | Missing) -> JobResult | None:
    """The refusal that says this family is not served: of this run, else the newest on record."""
    if isinstance(job, JobResult) and job.state == "refused" and job.symptom in NOT_ROUTED:
        return job
    return status.unrouted if isinstance(status, ProofStatus) else None


def _unreadable(status: ProofStatus | Missing) -> bool:
    return isinstance(status, ProofStatus) and status.code == "journal-unreadable"


def _refusal(route: Route, gateway: Gateway, job: JobResult) -> Finding:
    meaning = meaning_of(job.symptom)
    day = f" of {job.submitted_at:%Y-%m-%d}" if job.submitted_at else ""
    text = f' ("{job.failure}")' if job.failure else ""
    return blocker(
        "endpoint-family/refused",
        f"Job {job.job}{day} was refused on {route.via.endpoint}: {meaning.says}{text}. What is "
        "declared elsewhere does not change that.",
        at="via.endpoint",
        expected=f"an endpoint family that accepts jobs for {route.via.model}",
        actual=f"HTTP {job.status_code}" if job.status_code else "refused",
        fix=f"{meaning.step(direct=gateway.direct)}; then run again with --spend, because only an "
        "accepted job clears this",
        evidence=job.exchanges,
    )


def _proved(said: Finding | Blocked, proven: ProvenLife) -> Finding:
    """A finished job settles what the declarations leave open, and outweighs what they deny."""
    shows = f"a finished job (proof {proven.proof_id}) shows that it carries the model."
    if isinstance(said, Finding) and said.severity == "note":
        return said
    doubt = said.reason if isinstance(said, Blocked) else said.message
    say = warning if isinstance(said, Finding) and said.severity == "blocker" else note
    return say(
        "endpoint-family/proved-by-job",
        f"{doubt[0].upper()}{doubt[1:].rstrip('.')}; {shows}",
        at="via.endpoint",
        evidence=proven.exchanges,
    )


def _declared(
    route: Route,
    gateway: Gateway,
    reference: Reference,
    catalog: Catalog | Missing,
    listing: GatewayListing | Missing,
) -> Finding | Blocked:
    """What gateway and vendor say about the family, before any job was sent."""
    if route.via.endpoint not in gateway.families:
        return _not_routed(route, gateway)
    if gateway.direct:
        return _at_google(route, gateway, reference)
    capability = reference.capability(route.model.official, route.model.surface)
    if capability is not None and capability.endpoints == ("interactions",):
        return _other_family(route, gateway, capability)
    if gateway.lists_endpoint_types:
        return _by_types(route, catalog, listing)
    return _by_label(route, listing)


def _not_routed(route: Route, gateway: Gateway) -> Finding:
    families = " or ".join(gateway.families)
    return blocker(
        "endpoint-family/not-routed",
        f"A {gateway.name} gateway does not route {route.via.endpoint}.",
        at="via.endpoint",
        expected=families,
        actual=route.via.endpoint,
        fix=f"set via.endpoint to {families}",
    )


def _at_google(route: Route, gateway: Gateway, reference: Reference) -> Finding | Blocked:
    model, surface, family = route.model.official, route.model.surface, route.via.endpoint
    capability = reference.capability(model, surface)
    if capability is None or not capability.endpoints:
        return Blocked(f"it is not known which endpoint family {model} uses on {surface}")
    if family not in capability.endpoints:
        return _other_family(route, gateway, capability)
    return note(
        "endpoint-family/speaks",
        f"The model is served through {family} on {surface}.",
        at="via.endpoint",
        evidence=(f"ref:{capability.id}",),
    )


def _other_family(route: Route, gateway: Gateway, capability: Capability) -> Finding:
    """The vendor serves the model through other families only; a gateway cannot change that."""
    families, family = " or ".join(capability.endpoints), route.via.endpoint
    if families in gateway.families:
        fix = f"set via.endpoint to {families}; request, polling and result differ there"
    else:
        fix = f"call Google directly over {families}, or choose a model that {family} carries"
    return blocker(
        "endpoint-family/other-family",
        f"On {capability.surface} the model is served through {families} only, not through "
        f"{family}.",
        at="via.endpoint",
        expected=families,
        actual=family,
        fix=fix,
        evidence=(f"ref:{capability.id}",),
    )


def _by_label(route: Route, listing: GatewayListing | Missing) -> Finding | Blocked:
    """Such a gateway has one video family. It lists labels, not what they carry."""
    label = route.via.model
    if isinstance(listing, Missing):
        return Blocked(f"the gateway's listing could not be read ({listing.detail})")
    if listing.find(label) is None:
        return Blocked(f"the gateway does not list '{label}'")
    return warning(
        "endpoint-family/declared",
        f"The gateway lists '{label}' and has one video family, {route.via.endpoint}. A listing "
        "does not show that the family carries the model; only a job proves it.",
        at="via.endpoint",
        fix=_FIX,
        evidence=listing.exchanges,
    )


def _by_types(
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
    if VIDEO_TYPES.intersection(types):
        return warning(
            "endpoint-family/declared",
            f"The endpoint types of '{label}' are {named}. An operator can write such a type on "
            f"any model, and submits may still be refused: only a job proves that {family} "
            "carries it.",
            at="via.endpoint",
            fix=_FIX,
            evidence=evidence,
        )
    if types:
        return Blocked(
            f"the endpoint types of '{label}' are {named}, computed from the channel and not from "
            f"the model: without openai-video they do not show that {family} carries it"
        )
    why = [fact.detail for fact in (catalog, listing) if isinstance(fact, Missing)]
    known = f" ({'; '.join(dict.fromkeys(why))})" if why else ""
    return Blocked(f"no endpoint types are known for '{label}'{known}")
