from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from check_world import (
    GOOGLE,
    MODEL,
    a_book,
    a_life,
    a_route,
    codes,
    heard,
    missing,
    official,
    only,
)
from veo_check.checks.model_official import model_official
from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.findings import Outcome, note
from veo_check.reference.load import Reference, load_reference

DAY = date(2026, 11, 30)


def run(
    changes: dict[str, Any] | None = None,
    book: Reference | None = None,
    asked: OfficialModel | Missing | None = None,
) -> Outcome:
    return heard(
        model_official,
        route=a_route(changes),
        reference=book or load_reference(),
        official=asked or missing(),
        judging=AsOf(DAY, DAY),
    )


def test_an_id_that_its_vendor_publishes() -> None:
    assert only(run(book=a_book())) == note(
        "model-official/known",
        f"The id {MODEL} is official on agent-platform, published by Google.",
        at="model.official",
        evidence=(f"ref:life:agent-platform:{MODEL}:google",),
    )


def test_an_alias_is_never_guessed() -> None:
    outcome = run({"model.official": "veo3.1-fast"})
    assert outcome.findings == ()
    assert outcome.blocked == (
        "the id veo3.1-fast is not known on agent-platform. This is how resellers "
        "write a name, not an id that its vendor publishes: which official id "
        "runs under it, only the reseller can say. It looks like "
        "veo-3.1-fast-generate-001 or veo-3.1-generate-001."
    )


@pytest.mark.parametrize(
    "prefix",
    [
        "models/",
        "google/",
        "gemini/",
        "vertex_ai/",
        "publishers/google/models/",
        "projects/p-1/locations/us-central1/publishers/google/models/",
        "gemini/models/",
        "vertex_ai_beta/",
        "vertexai/",
        "googleai/",
    ],
)
def test_a_prefix_is_no_part_of_an_id(prefix: str) -> None:
    changes = GOOGLE | {"model.official": prefix + MODEL, "via.model": f"models/{MODEL}"}
    assert codes(run(changes)) == ["note known"]


def test_a_label_of_a_gateway_keeps_its_prefix() -> None:
    route = a_route({"via.model": f"gemini/{MODEL}"})
    assert route.via.model == f"gemini/{MODEL}"


@pytest.mark.parametrize(
    ("model", "surface", "wanted", "never"),
    [
        ("veo-3.1-lite-generate-preview", "agent-platform", "lite-generate-001", "preview or"),
        ("veo-3.1-fast-generate-01", "agent-platform", "veo-3.1-fast-generate-001", "preview"),
        ("veo_3_1_i2v_s_fast", "agent-platform", "veo-3.1-fast-generate-001", "preview"),
        ("fal-ai/veo3.1/fast", "agent-platform", "only the reseller can say", "seedance"),
        ("veo3_fast", "gemini-api", "only the reseller can say", "seedance"),
    ],
)
def test_what_is_suggested_still_serves(model: str, surface: str, wanted: str, never: str) -> None:
    blocked = run({"model.official": model, "model.surface": surface}).blocked or ""
    assert wanted in blocked
    assert never not in blocked


def test_an_id_of_another_surface() -> None:
    outcome = run({"model.surface": "gemini-api"})
    assert outcome.findings == ()
    assert outcome.blocked is not None
    assert outcome.blocked.startswith(
        "the id veo-3.1-fast-generate-001 is not known on gemini-api. Right id, "
        "wrong surface: it is an id of agent-platform (contested there); set the surface to "
        "agent-platform."
    )


def test_nothing_near() -> None:
    outcome = run({"model.official": "zzz"})
    assert outcome.blocked == (
        "the id zzz is not known on agent-platform. veo-check lifecycle lists the known ids."
    )


def test_google_offers_what_no_row_knows() -> None:
    new = "veo-4.0-generate-001"
    outcome = run({"model.official": new}, asked=official(model=new))
    assert outcome.findings == ()
    assert outcome.blocked == (
        f"Google offers {new} on agent-platform today, but no dated source lists it yet; "
        "run veo-check refresh, or update veo-check"
    )


def test_google_itself_does_not_know_it() -> None:
    new = "veo-4.0-generate-001"
    asked = official("not-found", model=new, text="models/veo-4.0 is not found")
    outcome = run({"model.official": new}, asked=asked)
    assert codes(outcome) == ["blocker not-found"]
    assert outcome.blocked is None
    assert only(outcome).message == (
        f"No source lists {new} on agent-platform, and Google does not know it. Google says: "
        '"models/veo-4.0 is not found"'
    )
    assert only(outcome).evidence == ("x2",)


def test_an_answer_about_another_id_says_nothing() -> None:
    outcome = run({"model.official": "zzz"}, asked=official("not-found"))
    assert outcome.findings == ()
    assert outcome.blocked is not None


def test_a_known_id_that_google_no_longer_offers_is_still_official() -> None:
    assert codes(run(book=a_book(), asked=official("no-longer-available"))) == ["note known"]


def test_listed_by_third_parties_only() -> None:
    outcome = run(
        book=a_book(
            lifecycle=[a_life(source=one, shutdown="2027-05-04") for one in ("litellm", "comfy")]
        )
    )
    assert outcome.findings == ()
    assert outcome.blocked == (
        f"only third parties (Comfy, LiteLLM) list {MODEL} on agent-platform; ask the vendor's own "
        "listing (model.listing)"
    )


def test_google_is_called_by_the_id_itself() -> None:
    outcome = run({**GOOGLE, "via.model": "veo-3.1-generate-001"}, book=a_book())
    assert codes(outcome) == ["blocker label-differs", "note known"]
    assert codes(run(GOOGLE, book=a_book())) == ["note known"]


def test_a_label_that_is_another_official_id() -> None:
    outcome = run({"via.model": "veo-3.1-generate-preview"})
    assert codes(outcome) == ["note known", "warning label-is-another-id"]
    assert codes(run({"via.model": MODEL})) == ["note known"]
