from __future__ import annotations

from typing import Any

from check_world import (
    a_book,
    a_capability,
    a_life,
    a_price,
    a_route,
    codes,
    heard,
    judging,
    missing,
    official,
    only,
)
from veo_check.checks.successor_known import successor_known
from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.findings import Outcome
from veo_check.reference.load import Reference, load_reference


def run(
    book: Reference,
    asked: OfficialModel | Missing | None = None,
    changes: dict[str, Any] | None = None,
) -> Outcome:
    outcome = heard(
        successor_known,
        route=a_route(changes),
        reference=book,
        judging=judging(),
        official=asked or missing(),
    )
    assert outcome.blocked is None
    assert {one.severity for one in outcome.findings} == {"note"}
    return outcome


def test_none_is_named() -> None:
    assert only(run(a_book())).message == (
        "No successor of veo-3.1-fast-generate-001 is named on agent-platform. On the day it ends, "
        "this route ends."
    )


def test_what_the_page_prints_beside_an_id() -> None:
    row = a_life(shutdown="2027-05-04", replacement_text="the GA models")
    assert "The page says: the GA models." in only(run(a_book(lifecycle=[row]))).message


def test_everything_that_changes() -> None:
    book = a_book(
        lifecycle=[a_life(shutdown="2027-05-04", replacement="omni"), a_life("omni")],
        capabilities=[
            a_capability(),
            a_capability(
                "omni",
                family="gemini-omni",
                endpoints=["interactions"],
                resolutions=["720p"],
                full_length_only=[],
            ),
        ],
        prices=[a_price("0.12"), a_price("0.24", model="omni", unit="call")],
    )
    assert [one.message for one in run(book).findings] == [
        "Successor: omni on agent-platform, alive.",
        "With omni on agent-platform: the endpoint family becomes interactions.",
        "With omni on agent-platform: another model family (gemini-omni for veo), another style.",
        (
            "With omni on agent-platform: resolution 1080p is not offered; omni on "
            "agent-platform takes 720p."
        ),
        "With omni on agent-platform: the bill counts by call where it counted by second.",
        "With omni on agent-platform: this request costs $0.24, not $0.96, 0.25 times as much.",
    ]


def test_what_is_not_known_is_said() -> None:
    book = a_book(
        lifecycle=[a_life(shutdown="2027-05-04", replacement="omni"), a_life("omni")],
        capabilities=[],
        prices=[],
    )
    assert [one.code.partition("/")[2] for one in run(book).findings] == [
        "named",
        "endpoint",
        "limits",
        "price",
    ]


def test_a_price_without_one_to_compare() -> None:
    book = a_book(
        lifecycle=[a_life(shutdown="2027-05-04", replacement="omni"), a_life("omni")],
        capabilities=[a_capability("omni")],
        prices=[a_price("0.30", model="omni")],
    )
    assert run(book).findings[-1].message == (
        "With omni on agent-platform: this request costs $2.40, billed by second."
    )


def test_the_chain_is_followed_past_a_dead_successor() -> None:
    book = a_book(
        lifecycle=[
            a_life(shutdown="2027-05-04", replacement="b"),
            a_life("b", shutdown="2026-10-01", replacement="c"),
            a_life("c"),
        ]
    )
    named = [one.message for one in run(book).findings if one.code == "successor-known/named"]
    assert named == [
        "Successor: b on agent-platform, retired, 2026-10-01.",
        "Successor: c on agent-platform, alive.",
    ]


def test_google_names_the_successor() -> None:
    asked = official("no-longer-available", replacement="gemini-omni-1.2-flash")
    outcome = run(load_reference(), asked)
    assert outcome.findings[0].message.startswith(
        "Successor: gemini-omni-1.2-flash on agent-platform, alive"
    )


def test_the_articles_model_of_june() -> None:
    changes = {
        "model.official": "veo-3.1-generate-preview",
        "model.surface": "gemini-api",
        "via.model": "veo-3.1-generate-preview",
    }
    outcome = run(load_reference(), changes=changes)
    assert codes(outcome)[:2] == ["note named", "note endpoint"]
    assert "gemini-omni-1.1-flash on gemini-api" in outcome.findings[0].message
    assert "interactions" in outcome.findings[1].message
