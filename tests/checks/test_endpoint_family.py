from __future__ import annotations

from datetime import date
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
from veo_check.checks.endpoint_family import ROUTED, endpoint_family
from veo_check.core.facts import Catalog, GatewayListing, Missing, ProvenLife
from veo_check.core.findings import Outcome, ValidUntil, blocker, note, warning
from veo_check.reference.load import Reference, load_reference


def run(
    changes: dict[str, Any] | None = None,
    catalog: Catalog | Missing | None = None,
    listing: GatewayListing | Missing | None = None,
    proven: ProvenLife | Missing | None = None,
    book: Reference | None = None,
) -> Outcome:
    return heard(
        endpoint_family,
        route=a_route(changes),
        reference=book or a_book(),
        catalog=catalog or missing(),
        listing=listing or missing(),
        proven=proven or missing(),
    )


def typed(*types: str) -> Catalog:
    return a_catalog(a_row(endpoint_types=types))


@pytest.mark.parametrize("family", ROUTED["flatkey"])
def test_a_row_with_openai_video_takes_jobs_over_each_video_family(family: str) -> None:
    outcome = run({"via.endpoint": family}, typed("openai", "openai-video"))
    assert only(outcome) == note(
        "endpoint-family/routed",
        f"The endpoint types of '{LABEL}' are openai, openai-video: it takes video jobs over "
        f"{family}.",
        at="via.endpoint",
        evidence=("x3",),
    )


def test_the_keys_own_listing_counts_as_well() -> None:
    listing = a_listing(LABEL, types=("openai-video",))
    assert codes(run(listing=listing)) == ["note routed"]
    assert codes(run(catalog=typed("gemini", "openai"), listing=listing)) == ["note routed"]


def test_chat_types_alone_are_blocked_and_a_job_settles_it() -> None:
    outcome = run(catalog=typed("gemini", "openai"))
    assert outcome == Outcome(
        blocked=f"the endpoint types of '{LABEL}' are gemini, openai, computed from the channel "
        "and not from the model: without openai-video they do not show that videos carries it; a "
        "job settles it: --spend USD"
    )
    settled = run(catalog=typed("gemini", "openai"), proven=a_proof())
    assert only(settled) == warning(
        "endpoint-family/proved-by-job",
        f"The endpoint types of '{LABEL}' are gemini, openai, computed from the channel and not "
        "from the model: without openai-video they do not show that videos carries it; a finished "
        "job (proof p1) shows that it carries the model.",
        at="via.endpoint",
        evidence=("x9",),
    )
    assert settled.blocked is None
    assert settled.untils == (ValidUntil(date(2026, 11, 29), "proof p1 expires"),)


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
    families = " or ".join(ROUTED[gateway])  # type: ignore[index]
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
    assert codes(run(OPENAI, listing=a_listing(LABEL))) == ["note routed"]
    assert run(OPENAI, listing=a_listing("other")).blocked == (
        f"the gateway does not list '{LABEL}'; a job settles it: --spend USD"
    )
    assert run(OPENAI).blocked == (
        "the gateway's listing could not be read (offline); a job settles it: --spend USD"
    )


def test_google_by_the_models_own_row() -> None:
    assert only(run(GOOGLE)) == note(
        "endpoint-family/speaks",
        f"{MODEL} speaks predict-long-running on agent-platform.",
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
            f"it is not known which endpoint family {MODEL} speaks on agent-platform; a job "
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
    assert codes(run({**omni, "via.endpoint": "interactions"}, book=book)) == ["note speaks"]
