from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from check_world import (
    GOOGLE,
    MODEL,
    a_book,
    a_capability,
    a_proof,
    a_route,
    a_source,
    codes,
    heard,
    judging,
    missing,
    only,
)
from check_world import official as google
from paid_jobs import proof
from veo_check.checks.location_served import location_served
from veo_check.core.facts import Missing, OfficialModel, ProvenLife
from veo_check.core.findings import (
    Outcome,
    ReferenceUse,
    Status,
    Tier,
    ValidUntil,
    blocker,
    note,
    warning,
)
from veo_check.core.results import JobResult, ProofStatus
from veo_check.reference.load import Reference, load_reference

EUROPE = {"via.location": "europe-west4"}


def run(
    changes: dict[str, Any] | None = None,
    official: OfficialModel | Missing | None = None,
    proven: ProvenLife | Missing | None = None,
    job: JobResult | Missing | None = None,
    status: ProofStatus | Missing | None = None,
    book: Reference | None = None,
    **when: Any,
) -> Outcome:
    return heard(
        location_served,
        route=a_route(GOOGLE | (changes or {})),
        reference=book or load_reference(),
        judging=judging(**when),
        official=official or missing(),
        proven=proven or missing(),
        job=job or missing(),
        status=status or missing(),
    )


@pytest.mark.parametrize("location", ["us-central1", "europe-west4", "global"])
def test_googles_own_answer_for_the_location_proves_it(location: str) -> None:
    outcome = run({"via.location": location}, google(location=location))
    assert only(outcome) == note(
        "location-served/answered",
        f"Google answers for {location} that it offers {MODEL}. That proves the location, not "
        "that the project may use it.",
        at="via.location",
        evidence=("x2",),
    )
    assert outcome.blocked is None


def test_another_locations_answer_proves_nothing() -> None:
    for official in (google(), google(location="us-central1")):
        outcome = run(EUROPE, official)
        assert outcome.findings == ()
        assert "it is not known that europe-west4 serves" in str(outcome.blocked)


def test_an_answer_counts_for_the_clocks_day_alone() -> None:
    official = google(location="europe-west4")
    outcome = run(EUROPE, official, day=date(2026, 12, 24), clock_day=date(2026, 11, 22))
    assert outcome.status_at(Tier.STAGING) is Status.BLOCKED


def test_a_location_that_a_page_names_passes_with_source_and_day() -> None:
    book = a_book(
        sources={"google": a_source(confirmed="2026-11-06")},
        capabilities=[a_capability(regions=["us-east5", "us-central1"])],
    )
    outcome = run(book=book)
    row = f"cap:agent-platform:{MODEL}:google"
    assert only(outcome) == note(
        "location-served/named",
        f"google names us-central1 for {MODEL} (https://google.example/page, read on 2026-11-06). "
        "Google was not asked.",
        at="via.location",
        evidence=(f"ref:{row}",),
    )
    assert outcome.uses == (ReferenceUse(row, "capability", date(2026, 11, 6)),)


@pytest.mark.parametrize(
    ("model", "location", "known"),
    [
        ("veo-3.1-fast-generate-001", "us-central1", True),
        ("veo-3.1-fast-generate-001", None, True),
        ("veo-3.1-fast-generate-001", "europe-west4", False),
        ("veo-3.1-generate-001", "asia-southeast1", False),
        ("veo-3.1-lite-generate-001", "global", False),
        ("gemini-omni-1.2-flash", "us-central1", False),
        ("gemini-omni-1.2-flash", None, False),
        ("gemini-omni-1.2-flash", "global", True),
        ("gemini-omni-1.1-flash-preview", "global", True),
    ],
)
def test_a_location_that_no_page_names_is_not_known(
    model: str, location: str | None, known: bool
) -> None:
    family = "interactions" if "omni" in model else "predict-long-running"
    changes = {"model.official": model, "via.model": model, "via.endpoint": family}
    outcome = run(changes | {"via.location": location})
    if known:
        assert codes(outcome) == ["note named"]
        return
    assert outcome.findings == ()
    place, right = location or "us-central1", "global" if "omni" in model else "us-central1"
    assert str(outcome.blocked).startswith(
        f"it is not known that {place} serves {model}: Google's pages name {right} only; set "
        f"via.location to {right}, or run online with the route's key (Google is asked "
    )


def test_where_no_page_names_a_location_it_is_not_known() -> None:
    for rows in ([], [a_capability()]):
        outcome = run(book=a_book(capabilities=rows))
        assert outcome.findings == ()
        assert str(outcome.blocked).startswith(
            f"no page that was read names a location for {MODEL}; run online with the route's key"
        )


def test_googles_404_for_a_location_that_no_page_names_fails() -> None:
    outcome = run(EUROPE, google("not-found", location="europe-west4"))
    assert only(outcome) == blocker(
        "location-served/elsewhere",
        f"Google answers for europe-west4 that it does not find {MODEL}, and its pages name "
        "us-central1 only.",
        at="via.location",
        expected="us-central1",
        actual="europe-west4",
        fix="set via.location to us-central1",
        evidence=("x2",),
    )


@pytest.mark.parametrize("state", ["not-found", "no-longer-available"])
def test_googles_404_where_its_pages_place_the_model_is_not_about_the_place(state: Any) -> None:
    outcome = run(official=google(state, location="us-central1"))
    assert outcome.findings == ()
    assert str(outcome.blocked).startswith(
        f"Google answers for us-central1 that it does not offer {MODEL}"
    )


def test_a_finished_job_settles_what_is_not_known() -> None:
    outcome = run(EUROPE, proven=a_proof())
    assert only(outcome) == warning(
        "location-served/proved-by-job",
        f"It is not known that europe-west4 serves {MODEL}: Google's pages name us-central1 only; "
        "a finished job (proof p1) shows that europe-west4 serves it.",
        at="via.location",
        evidence=("x9",),
    )
    assert outcome.untils == (ValidUntil(date(2026, 11, 29), "proof p1 expires"),)
    assert outcome.blocked is None
    # nor does a proof outweigh Google's own word about the place
    refused = run(EUROPE, google("not-found", location="europe-west4"), a_proof())
    assert codes(refused) == ["blocker elsewhere"]


def refusal(symptom: str) -> JobResult:
    return replace(
        proof().job,
        job="j1",
        state="refused",
        symptom=symptom,
        failure="No such model",
        exchanges=("job:j1",),
    )


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize(
    ("symptom", "location", "fails"),
    [
        ("not-at-location", "us-central1", True),
        ("not-at-location", "europe-west4", True),
        ("model-unknown", "europe-west4", True),
        # where its pages place the model, such a 404 is about the id or the access to it
        ("model-unknown", "us-central1", False),
    ],
)
def test_a_refused_job_outweighs_what_pages_and_listings_say(
    symptom: str, location: str, fails: bool, earlier: bool
) -> None:
    job = refusal(symptom)
    on_record = ProofStatus("not-finished", "it was refused", misplaced=job)
    outcome = run(
        {"via.location": location},
        google(location=location),
        job=None if earlier else job,
        status=on_record if earlier else None,
    )
    assert codes(outcome) == (["blocker refused"] if fails else ["note answered"])
    if fails:
        step = str(only(outcome).fix)
        assert ("set via.location to us-central1" in step) is (location != "us-central1")
        assert ("ask Google for access" in step) is (location == "us-central1")


def test_a_refusal_for_another_reason_says_nothing_of_the_place() -> None:
    assert codes(run(job=refusal("no-quota"))) == ["note named"]
