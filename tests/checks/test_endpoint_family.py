from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from check_world import (
    GOOGLE,
    LABEL,
    MODEL,
    OPENAI,
    a_book,
    a_capability,
    a_catalog,
    a_listing,
    a_proof,
    a_route,
    a_row,
    codes,
    heard,
    missing,
    only,
)
from paid_jobs import proof
from veo_check.checks.endpoint_family import endpoint_family
from veo_check.core.facts import Catalog, GatewayListing, Missing, ProvenLife
from veo_check.core.findings import Outcome, Status, Tier, ValidUntil, blocker, note, warning
from veo_check.core.jobs import NOT_ROUTED
from veo_check.core.results import JobResult, ProofStatus
from veo_check.gateways.newapi import FLATKEY
from veo_check.gateways.registry import GATEWAYS
from veo_check.reference.load import Reference, load_reference


def run(
    changes: dict[str, Any] | None = None,
    catalog: Catalog | Missing | None = None,
    listing: GatewayListing | Missing | None = None,
    proven: ProvenLife | Missing | None = None,
    book: Reference | None = None,
    job: JobResult | Missing | None = None,
    status: ProofStatus | Missing | None = None,
) -> Outcome:
    return heard(
        endpoint_family,
        route=a_route(changes),
        reference=book or a_book(),
        catalog=catalog or missing(),
        listing=listing or missing(),
        proven=proven or missing(),
        job=job or missing(),
        status=status or missing(),
    )


def typed(*types: str) -> Catalog:
    return a_catalog(a_row(endpoint_types=types))


@pytest.mark.parametrize("family", FLATKEY.families)
@pytest.mark.parametrize("types", [("openai", "openai-video"), ("openai-videos",)])
def test_a_declared_video_type_warns_because_only_a_job_proves_it(
    family: str, types: tuple[str, ...]
) -> None:
    outcome = run({"via.endpoint": family}, typed(*types))
    assert only(outcome) == warning(
        "endpoint-family/declared",
        f"The endpoint types of '{LABEL}' are {', '.join(types)}. An operator can write such a "
        "type on any model, and submits may still be refused: only a job proves that "
        f"{family} carries it.",
        at="via.endpoint",
        fix="prove it with one smoke job: --spend USD",
        evidence=("x3",),
    )
    assert outcome.blocked is None


def test_the_keys_own_listing_counts_as_well() -> None:
    listing = a_listing(LABEL, types=("openai-video",))
    assert codes(run(listing=listing)) == ["warning declared"]
    assert codes(run(catalog=typed("gemini", "openai"), listing=listing)) == ["warning declared"]


def test_chat_types_alone_are_blocked_and_a_job_settles_it() -> None:
    doubt = (
        f"endpoint types of '{LABEL}' are gemini, openai, computed from the channel and not from "
        "the model: without openai-video they do not show that videos carries it; a"
    )
    outcome = run(catalog=typed("gemini", "openai"))
    assert outcome == Outcome(blocked=f"the {doubt} job settles it: --spend USD")
    settled = run(catalog=typed("gemini", "openai"), proven=a_proof())
    assert only(settled) == note(
        "endpoint-family/proved-by-job",
        f"The {doubt} finished job (proof p1) shows that it carries the model.",
        at="via.endpoint",
        evidence=("x9",),
    )
    assert settled.blocked is None
    assert settled.untils == (ValidUntil(date(2026, 11, 29), "the smoke proof expires"),)


def refusal(symptom: str = "no-channel", **changed: Any) -> JobResult:
    job = replace(
        proof().job,
        job="j1",
        state="refused",
        symptom=symptom,
        status_code=503,
        failure="No available channel",
        operation_id=None,
        submitted_at=datetime(2026, 11, 21, 8, tzinfo=UTC),
        exchanges=("job:j1",),
    )
    return replace(job, **changed)


DECLARED = [
    typed("openai-video"),
    typed("openai-videos", "openai"),
    typed("gemini"),
    missing(),
]


@pytest.mark.parametrize("catalog", DECLARED)
@pytest.mark.parametrize("symptom", sorted(NOT_ROUTED))
@pytest.mark.parametrize("changes", [{}, OPENAI, GOOGLE], ids=["flatkey", "openai", "google"])
def test_a_refusal_outweighs_whatever_is_declared(
    catalog: Catalog | Missing, symptom: str, changes: dict[str, Any]
) -> None:
    listing = a_listing(LABEL, types=("openai-video",))
    on_record = ProofStatus("not-finished", "it was refused", unrouted=refusal(symptom))
    for given in ({"job": refusal(symptom)}, {"status": on_record}):
        outcome = run(changes, catalog, listing, **given)
        assert codes(outcome) == ["blocker refused"]
        assert [outcome.status_at(tier) for tier in (Tier.STAGING, Tier.PRODUCTION)] == [
            Status.FAIL
        ] * 2
    finding = only(run(changes, catalog, status=on_record))
    assert finding.message.startswith("Job j1 of 2026-11-21 was refused on ")
    assert '("No available channel")' in finding.message
    assert (finding.actual, finding.evidence) == ("HTTP 503", ("job:j1",))


@pytest.mark.parametrize("symptom", ["no-quota", "rate-limited", "key-refused", "model-retired"])
def test_other_refusals_say_nothing_of_the_family(symptom: str) -> None:
    assert codes(run(catalog=typed("openai-video"), job=refusal(symptom))) == ["warning declared"]


def test_an_accepted_job_that_failed_is_no_refusal() -> None:
    failed = refusal("failed", state="failed", operation_id="task_1")
    assert codes(run(catalog=typed("openai-video"), job=failed)) == ["warning declared"]


def test_an_unreadable_journal_may_hold_a_refusal() -> None:
    status = ProofStatus("journal-unreadable", "the journal cannot be read")
    for changes, listing in (({}, None), (OPENAI, a_listing(LABEL))):
        outcome = run(changes, typed("openai-video"), listing, status=status)
        assert (outcome.findings, outcome.status_at(Tier.STAGING)) == ((), Status.BLOCKED)


def test_no_types_are_no_evidence() -> None:
    assert run(catalog=typed()).blocked == (
        f"no endpoint types are known for '{LABEL}' (offline); a job settles it: --spend USD"
    )
    for catalog in (a_catalog(), a_catalog(a_row(), a_row())):
        outcome = run(catalog=catalog, listing=a_listing("other"))
        assert outcome.blocked == (
            f"no endpoint types are known for '{LABEL}'; a job settles it: --spend USD"
        )


@pytest.mark.parametrize(
    ("gateway", "family"),
    [
        ("flatkey", "predict-long-running"),
        ("flatkey", "interactions"),
        ("newapi", "generation-tasks"),
        ("newapi", "predict-long-running"),
        ("openai", "video-generations"),
        ("google", "videos"),
    ],
)
def test_a_family_the_gateway_does_not_route(gateway: str, family: str) -> None:
    changes = {"via.gateway": gateway, "via.endpoint": family}
    catalog = typed("openai-video")
    families = " or ".join(GATEWAYS[gateway].families)
    assert only(run(changes, catalog)) == blocker(
        "endpoint-family/not-routed",
        f"A {gateway} gateway does not route {family}.",
        at="via.endpoint",
        expected=families,
        actual=family,
        fix=f"set via.endpoint to {families}",
    )
    assert codes(run(changes, catalog, proven=a_proof())) == ["warning proved-by-job"]


def test_an_openai_gateway_has_one_family_and_must_list_the_label() -> None:
    listed = run(OPENAI, listing=a_listing(LABEL))
    assert codes(listed) == ["warning declared"]
    assert "only a job proves it" in only(listed).message
    assert codes(run(OPENAI, listing=a_listing(LABEL), proven=a_proof())) == ["note proved-by-job"]
    assert run(OPENAI, listing=a_listing("other")).blocked == (
        f"the gateway does not list '{LABEL}'; a job settles it: --spend USD"
    )
    assert run(OPENAI).blocked == (
        "the gateway's listing could not be read (offline); a job settles it: --spend USD"
    )


def test_google_by_the_models_own_row() -> None:
    assert only(run(GOOGLE)) == note(
        "endpoint-family/speaks",
        "The model is served through predict-long-running on agent-platform.",
        at="via.endpoint",
        evidence=(f"ref:cap:agent-platform:{MODEL}:google",),
    )
    other = only(run({**GOOGLE, "via.endpoint": "interactions"}))
    assert (other.code, other.severity, other.expected) == (
        "endpoint-family/other-family",
        "blocker",
        "predict-long-running",
    )
    for capabilities in ([], [a_capability(endpoints=[])]):
        book = a_book(capabilities=capabilities)
        assert run(GOOGLE, book=book).blocked == (
            f"it is not known which endpoint family {MODEL} uses on agent-platform; a job "
            "settles it: --spend USD"
        )


def test_omni_speaks_interactions() -> None:
    omni = {
        **GOOGLE,
        "model.official": "gemini-omni-1.2-flash",
        "via.model": "gemini-omni-1.2-flash",
    }
    book = load_reference()
    assert codes(run(omni, book=book)) == ["blocker other-family"]
    there = {**omni, "via.endpoint": "interactions", "via.location": "global"}
    assert codes(run(there, book=book)) == ["note speaks"]


@pytest.mark.parametrize("official", ["gemini-omni-1.2-flash", "gemini-omni-1.1-flash"])
@pytest.mark.parametrize(
    ("via", "family"),
    [({}, "videos"), ({}, "generation-tasks"), ({}, "video-generations"), (OPENAI, "videos")],
)
def test_no_gateway_carries_omni_through_a_video_family(
    via: dict[str, Any], family: str, official: str
) -> None:
    """What its catalogue or its listing declares does not change what the model speaks."""
    surface = {"model.official": official, "model.surface": "gemini-api"}
    outcome = run(
        {**via, **surface, "via.endpoint": family},
        typed("openai-video"),
        a_listing(LABEL, types=("openai-video",)),
        book=load_reference(),
    )
    assert codes(outcome) == ["blocker other-family"]
    assert only(outcome).expected == "interactions"
    assert "call Google directly over interactions" in str(only(outcome).fix)
