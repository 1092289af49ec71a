"""Look-ups in the reference book."""

from __future__ import annotations

import dataclasses

import pytest

from small_reference import MODEL, SURFACE, book, document, row
from veo_check.reference.load import load_reference, parse_reference


def capability(identity: str, source: str, **cells: object) -> dict[str, object]:
    return {
        "id": identity,
        "model": MODEL,
        "surface": SURFACE,
        "family": "veo",
        "source": source,
        **cells,
    }


def test_rows_by_model_and_surface() -> None:
    reference = book(row(), row(surface="gemini-api"), row(model="other"))
    assert [one.id for one in reference.lifecycle(MODEL)] == ["row-0", "row-1"]
    assert [one.id for one in reference.lifecycle(MODEL, "gemini-api")] == ["row-1"]
    assert reference.lifecycle("nobody") == ()


def test_models_and_surfaces_are_sorted_and_said_once() -> None:
    reference = book(row(model="b"), row(model="a", surface="gemini-api"), row(model="b", page="x"))
    assert reference.models() == ("a", "b")
    assert reference.models("gemini-api") == ("a",)
    assert reference.surfaces() == ("agent-platform", "gemini-api")
    assert reference.surfaces("b") == ("agent-platform",)
    assert reference.surfaces("nobody") == ()


def test_the_newest_official_capability_wins_over_a_newer_third_party() -> None:
    rows = (
        row(confirmed="2026-10-01"),
        row(confirmed="2026-11-01", page="b"),
        row(
            "2028-01-01",
            confirmed="2026-11-20",
            publisher="other",
            source_kind="third-party",
        ),
    )
    capabilities = [capability(f"cap-{n}", f"source-{n}") for n in (1, 0, 2)]
    reference = parse_reference(document(*rows, capabilities=capabilities), "test")
    found = reference.capability(MODEL, SURFACE)
    assert found is not None
    assert found.id == "cap-1"
    assert reference.capability(MODEL, "gemini-api") is None


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("veo-3.1-generate-01", "veo-3.1-generate-001"),
        ("veo-3.1-fast-generate-preveiw", "veo-3.1-fast-generate-preview"),
        ("models/veo-3.1-lite-generate-001", "veo-3.1-lite-generate-001"),
        ("VEO-3.1-GENERATE-001", "veo-3.1-generate-001"),
        ("veo3.1-fast", "veo-3.1-fast-generate-001"),
        ("gemini-omni", "gemini-omni-1.2-flash"),
    ],
)
def test_did_you_mean(word: str, first: str) -> None:
    assert load_reference().near(word)[0] == first


@pytest.mark.parametrize("word", ["", "xy", "zzzzzzzz", "veo" * 1000])
def test_no_suggestion_for_what_is_like_nothing(word: str) -> None:
    assert load_reference().near(word) == ()


def test_a_reference_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        book(row()).origin = "elsewhere"  # type: ignore[misc]


def test_prices_are_read_only_when_asked_for() -> None:
    reads: list[int] = []

    def read() -> dict[str, object]:
        reads.append(1)
        return {"prices": []}

    reference = dataclasses.replace(book(row()), read_prices=read)
    assert (reference.lifecycle(MODEL), reads) != ((), [1])
    assert reads == []
    assert (reference.prices, reference.prices, reads) == ((), (), [1])
