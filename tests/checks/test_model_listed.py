from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from check_world import (
    GOOGLE,
    MODEL,
    OPENAI,
    a_listing,
    a_route,
    codes,
    heard,
    judging,
    missing,
    only,
)
from check_world import official as google
from veo_check.checks.model_listed import model_listed
from veo_check.core.facts import GatewayListing, Missing, OfficialModel
from veo_check.core.findings import TARGETS, Outcome, blocker, note
from veo_check.reference.load import load_reference

GEMINI = {**GOOGLE, "model.surface": "gemini-api"}


def run(
    changes: dict[str, Any] | None = None,
    listing: GatewayListing | Missing | None = None,
    official: OfficialModel | Missing | None = None,
) -> Outcome:
    return heard(
        model_listed,
        route=a_route(changes),
        listing=listing or missing(),
        official=official or missing(probe="official-model"),
        reference=load_reference(),
        judging=judging(),
    )


def test_the_label_is_offered_and_that_is_all_it_proves() -> None:
    assert only(run(listing=a_listing("gpt-5", "veo3.1-fast"))) == note(
        "model-listed/label",
        "The gateway lists 'veo3.1-fast' for this key (https://router.flatkey.ai/v1/models). That "
        f"proves the label, not that {MODEL} is alive or runs under it.",
        at="via.model",
        evidence=("x1",),
    )


@pytest.mark.parametrize(
    ("day", "code", "tiers"),
    [
        (date(2026, 9, 24), "blocker shutdown-date", ["fail", "fail", "fail"]),
        (date(2026, 12, 24), "blocker shutdown-date", ["warn", "warn", "fail"]),
        (date(2027, 9, 24), "note shutdown-date", ["pass", "pass", "pass"]),
    ],
)
def test_a_shutdown_day_in_the_listing_is_said(day: date, code: str, tiers: list[str]) -> None:
    listing = a_listing("veo3.1-fast")
    ending = replace(listing, models=(replace(listing.models[0], shutdown=day),))
    outcome = run(OPENAI, listing=ending)
    assert sorted(codes(outcome)) == sorted([code, "note label"])
    assert [outcome.status_at(tier).value for tier in TARGETS] == tiers
    assert any(f"shut down on {day}" in finding.message for finding in outcome.findings)


def test_the_label_is_not_offered() -> None:
    assert only(run(listing=a_listing("gpt-5", "veo-3.1-fast"))) == blocker(
        "model-listed/missing",
        (
            "The label 'veo3.1-fast' is not among the 2 models listed for this key. "
            "Similar: veo-3.1-fast. A gateway leaves out what the key may not use and "
            "what has no price. Read: https://router.flatkey.ai/v1/models."
        ),
        at="via.model",
        expected="veo3.1-fast",
        fix="set via.model to a label that is offered, or have this one enabled and priced",
        evidence=("x1",),
    )
    assert "Similar" not in only(run(listing=a_listing())).message


def test_openai_gateways_have_a_listing_too() -> None:
    assert codes(run(OPENAI, listing=a_listing("veo3.1-fast"))) == ["note label"]


def test_without_a_listing_it_cannot_tell() -> None:
    hole = missing("no-key", "gateway-listing", "FLATKEY_SMOKE_KEY is not set")
    outcome = run(listing=hole, official=google())
    assert outcome == Outcome(blocked="gateway-listing: FLATKEY_SMOKE_KEY is not set")
    outcome = run(GOOGLE, listing=a_listing(MODEL))
    assert outcome == Outcome(blocked="official-model: offline")


def test_google_offers_it() -> None:
    assert only(run(GOOGLE, official=google())) == note(
        "model-listed/offered",
        f"Google offers {MODEL} on agent-platform to this key.",
        at="via.model",
        evidence=("x2",),
    )


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        (("generateContent", "predictLongRunning"), ["note offered"]),
        (("generateContent",), ["blocker method"]),
        ((), []),
    ],
)
def test_the_gemini_api_has_to_offer_the_method(methods: tuple[str, ...], said: list[str]) -> None:
    outcome = run(GEMINI, official=google(surface="gemini-api", methods=methods))
    assert codes(outcome) == said
    assert (outcome.blocked is not None) == (methods == ())


def test_the_method_is_long_running_calls_only() -> None:
    route = {**GEMINI, "via.endpoint": "interactions"}
    outcome = run(route, official=google(surface="gemini-api"))
    assert codes(outcome) == ["note offered"]
    assert outcome.blocked is None


def test_google_does_not_offer_it() -> None:
    gone = google("no-longer-available", replacement="gemini-omni-1.1-flash", text="is gone")
    assert only(run(GOOGLE, official=gone)) == blocker(
        "model-listed/no-longer-available",
        f'Google no longer offers {MODEL} on agent-platform to this key. Google says: "is gone"',
        at="via.model",
        fix="move to gemini-omni-1.1-flash",
        evidence=("x2",),
    )
    assert only(run(GOOGLE, official=google("not-found"))) == blocker(
        "model-listed/not-found",
        f"Google does not offer {MODEL} on agent-platform to this key.",
        at="via.model",
        fix="set via.model to an id that Google offers to this key, or ask for access",
        evidence=("x2",),
    )


@pytest.mark.parametrize("named", ["veo-3.1-generate-preview", "veo-3.0-fast-generate-001"])
def test_a_retired_id_that_google_names_is_not_where_to_go(named: str) -> None:
    gone = google("no-longer-available", surface="gemini-api", replacement=named)
    fix = str(only(run(GEMINI, official=gone)).fix)
    assert named not in fix
    assert fix.startswith("move to gemini-omni-1")


def test_what_google_does_not_find_says_at_which_location() -> None:
    said = only(run(GOOGLE, official=google("not-found", location="us-central1")))
    assert "on agent-platform at us-central1 to this key" in said.message
    assert "via.location to one that serves this one (not us-central1)" in str(said.fix)


@pytest.mark.parametrize("place", ["europe-west4", "global"])
def test_where_no_page_places_the_model_the_location_is_the_cause(place: str) -> None:
    outcome = run(GOOGLE, official=google("not-found", location=place))
    assert outcome.findings == ()
    assert str(outcome.blocked).endswith("see location-served")
    gone = run(GOOGLE, official=google("no-longer-available", location=place))
    assert codes(gone) == ["blocker no-longer-available"]
