"""location-served: the declared location of the Agent Platform serves the model."""

from __future__ import annotations

from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing, OfficialModel, ProvenLife
from veo_check.core.findings import (
    Blocked,
    Findings,
    ReferenceUse,
    ValidUntil,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import meaning_of
from veo_check.core.results import JobResult, ProofStatus
from veo_check.core.route import AGENT_PLATFORM, DEFAULT_LOCATION, Route
from veo_check.reference.load import Reference

_AT = "via.location"
#: Refusals of a submit that may be about the location.
_NOT_FOUND = frozenset({"not-at-location", "model-unknown"})


def _no_location(gateway: Gateway, surface: str) -> str | None:
    if not gateway.direct:
        return "the gateway chooses the location; this route names none"
    return None if surface == AGENT_PLATFORM else f"{surface} has no locations"


def _refused(job: JobResult | Missing, status: ProofStatus | Missing) -> JobResult | None:
    """The refusal that does not find the model there: of this run, else the newest on record."""
    if isinstance(job, JobResult) and job.state == "refused" and job.symptom in _NOT_FOUND:
        return job
    return status.misplaced if isinstance(status, ProofStatus) else None


@check(item="lifecycle", since="0.1", not_for=_no_location)
def location_served(
    route: Route,
    reference: Reference,
    judging: AsOf,
    official: OfficialModel | Missing,
    proven: ProvenLife | Missing,
    job: JobResult | Missing,
    status: ProofStatus | Missing,
) -> Findings:
    """The location that the route names serves the model.

    Why: on the Agent Platform a model lives in few locations, Veo 3.1 in one, and elsewhere a
    submit is answered 404, with the same sentence as for an id that is gone.
    Fix: set `via.location` to one that serves the model (Veo 3.1: us-central1, Omni: global), or
    let Google answer for this one: the run asks it for free where the route's key is set.
    """
    model, location = route.model.official, route.via.location or DEFAULT_LOCATION
    row = reference.capability(model, AGENT_PLATFORM)
    regions = row.regions if row is not None else ()
    known, named = location in regions, " or ".join(regions)
    live = official if isinstance(official, OfficialModel) and not judging.hypothetical else None
    if live is not None and live.location != location:
        live = None  # another location's host answered
    refused = _refused(job, status)
    if refused is not None and (refused.symptom == "not-at-location" or (regions and not known)):
        yield blocker(
            "location-served/refused",
            f"Job {refused.job} was refused in {location}: {meaning_of(refused.symptom).says}"
            + (f' ("{refused.failure}").' if refused.failure else "."),
            at=_AT,
            expected=named or None,
            actual=location,
            fix=f"set via.location to {regions[0]}"
            if regions and not known
            else f"ask Google for access to {model} in {location} for the project, or set "
            "via.location to another that serves it; then run again with --spend",
            evidence=refused.exchanges,
        )
        return
    if live is not None and live.state == "offered":
        yield note(
            "location-served/answered",
            f"Google answers for {location} that it offers {model}. That proves the location, not "
            "that the project may use it.",
            at=_AT,
            evidence=live.exchanges,
        )
        return
    if live is not None and live.state == "not-found" and regions and not known:
        yield blocker(
            "location-served/elsewhere",
            f"Google answers for {location} that it does not find {model}, and its pages name "
            f"{named} only.",
            at=_AT,
            expected=named,
            actual=location,
            fix=f"set via.location to {regions[0]}",
            evidence=live.exchanges,
        )
        return
    if live is None and row is not None and known:
        yield ReferenceUse(row.id, "capability", row.source.confirmed)
        yield note(
            "location-served/named",
            f"{row.source.publisher} names {location} for {model} ({row.source.url}, read on "
            f"{row.source.confirmed}). Google was not asked.",
            at=_AT,
            evidence=(f"ref:{row.id}",),
        )
        return
    if live is not None:
        doubt = f"Google answers for {location} that it does not offer {model}"
    elif regions:
        doubt = f"it is not known that {location} serves {model}: Google's pages name {named} only"
    else:
        doubt = f"no page that was read names a location for {model}"
    if isinstance(proven, ProvenLife):
        yield warning(
            "location-served/proved-by-job",
            f"{doubt[0].upper()}{doubt[1:]}; a finished job (proof {proven.proof_id}) shows that "
            f"{location} serves it.",
            at=_AT,
            evidence=proven.exchanges,
        )
        yield ValidUntil(proven.expires, f"proof {proven.proof_id} expires")
        return
    move = f"set via.location to {regions[0]}, or " if regions and not known else ""
    ask = f"run online with the route's key (Google is asked about {location}, for free)"
    yield Blocked(f"{doubt}; {move}{ask}, or prove it with one smoke job: --spend USD")
