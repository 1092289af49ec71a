"""The state table of the contract, row by row and in its order, with and without live evidence."""

from __future__ import annotations

from datetime import date

import pytest

from small_reference import MODEL, SURFACE, book, row
from veo_check.core.clock import AsOf
from veo_check.core.facts import OfficialModel, OfficialState
from veo_check.reference.lifecycle import LifecycleJudgement, State, Weight, judge_lifecycle
from veo_check.reference.load import load_reference

DAY = date(2026, 11, 22)


def answered(state: OfficialState, replacement: str | None = None) -> OfficialModel:
    return OfficialModel(MODEL, SURFACE, state, replacement=replacement)


OFFERED = answered("offered")


def judge(
    *rows: dict[str, object],
    live: OfficialModel | None = None,
    served: bool = False,
    cutover: date | None = None,
) -> LifecycleJudgement:
    return judge_lifecycle(
        book(*rows), MODEL, SURFACE, AsOf(DAY, DAY), live, served=served, cutover=cutover
    )


Expected = tuple[State, Weight, int]

UNKNOWN: tuple[dict[str, object], ...] = (row(model="veo-1"),)
UNRELEASED = (row(released="2026-11-23"),)
PASSED_EXACT = (row("2026-11-22", "exact"),)
PASSED_EARLIEST = (row("2026-10-22", "earliest", confirmed="2026-01-01"),)
PASSED_NOT_BEFORE = (row("2026-11-17", "not-before"),)
BOTH_SIDES = (
    row("2026-11-17", "exact"),
    row("2027-05-04", "exact", publisher="other", source_kind="third-party"),
)
WITHIN = (row("2027-02-20", "not-before"),)
STALE = (row(confirmed="2026-10-07"),)
STALE_DATED = (row("2027-02-21", "exact", confirmed="2026-10-07"),)
LATER = (row("2027-02-21", "not-before"),)
NO_DATE = (row(),)

TABLE: dict[str, tuple[tuple[dict[str, object], ...], Expected, Expected]] = {
    "no row": (UNKNOWN, ("unknown", "block", 3), ("unknown", "block", 3)),
    "not released yet": (UNRELEASED, ("unreleased", "block", 3), ("unreleased", "block", 3)),
    "passed exact": (
        PASSED_EXACT,
        ("retired", "fail", 1),
        ("contradictory", "fail-at-production", 3),
    ),
    "passed earliest, however old the row": (
        PASSED_EARLIEST,
        ("retired", "fail", 1),
        ("contradictory", "fail-at-production", 3),
    ),
    "passed not-before": (
        PASSED_NOT_BEFORE,
        ("contested", "block", 3),
        ("contested", "warn", 0),
    ),
    "two sources on both sides": (
        BOTH_SIDES,
        ("contested", "block", 3),
        ("contested", "warn", 0),
    ),
    "within the horizon": (
        WITHIN,
        ("retiring", "fail-at-production", 1),
        ("retiring", "fail-at-production", 1),
    ),
    "confirmed too long ago, no date": (STALE, ("stale", "block", 3), ("alive", "warn", 0)),
    "confirmed too long ago, dated": (STALE_DATED, ("stale", "block", 3), ("alive", "warn", 0)),
    "later than the horizon": (LATER, ("alive", "pass", 0), ("alive", "pass", 0)),
    "no date announced": (NO_DATE, ("alive", "pass", 0), ("alive", "pass", 0)),
}


def short(judged: LifecycleJudgement) -> Expected:
    return judged.state, judged.weight, judged.exit_code


@pytest.mark.parametrize("name", TABLE)
def test_without_live_evidence(name: str) -> None:
    rows, expected, _ = TABLE[name]
    judged = judge(*rows)
    assert (short(judged), judged.live) == (expected, False)


@pytest.mark.parametrize("name", TABLE)
def test_with_googles_own_listing(name: str) -> None:
    rows, _, expected = TABLE[name]
    judged = judge(*rows, live=OFFERED)
    assert (short(judged), judged.live) == (expected, True)


@pytest.mark.parametrize("name", TABLE)
def test_a_finished_job_is_live_evidence_too(name: str) -> None:
    rows, _, expected = TABLE[name]
    judged = judge(*rows, served=True)
    assert (short(judged), judged.live) == (expected, True)


@pytest.mark.parametrize("state", ["no-longer-available", "not-found"])
@pytest.mark.parametrize("name", [name for name in TABLE if name not in {"no row"}])
def test_a_live_404_is_retired_whatever_the_dates_say(name: str, state: OfficialState) -> None:
    rows, *_ = TABLE[name]
    judged = judge(*rows, live=answered(state, "veo-10"))
    if name == "not released yet":
        assert short(judged) == ("unreleased", "block", 3)
    else:
        assert (short(judged), judged.replacement) == (("retired", "fail", 1), "veo-10")
        assert "The answer names veo-10 instead." in judged.reasons
    assert not judged.live


def test_a_live_404_beats_a_finished_job() -> None:
    judged = judge(*NO_DATE, live=answered("no-longer-available"), served=True)
    assert (short(judged), judged.live) == (("retired", "fail", 1), False)


@pytest.mark.parametrize("state", ["no-longer-available", "not-found"])
def test_an_unknown_id_fails_only_where_google_itself_denies_it(state: OfficialState) -> None:
    judged = judge(*UNKNOWN, live=answered(state, "veo-10"))
    assert (short(judged), judged.gone) == (("unknown", "fail", 1), True)
    assert judged.replacement == "veo-10"


def test_an_unknown_id_that_google_lists_says_that_the_table_lags() -> None:
    assert "the data is behind" in " ".join(judge(*UNKNOWN, live=OFFERED).reasons)


def test_a_not_found_on_the_agent_platform_may_be_a_missing_permission() -> None:
    judged = judge(*NO_DATE, live=answered("not-found"))
    assert judged.reasons == (
        "Google answers not found: the id is gone, is not served there, or this project may "
        "not use it.",
    )


@pytest.mark.parametrize(
    ("state", "location", "gone"),
    [
        ("not-found", "us-central1", True),
        ("not-found", None, True),
        ("not-found", "europe-west4", False),
        ("not-found", "global", False),
        ("no-longer-available", "europe-west4", True),
    ],
)
def test_not_found_in_a_location_that_no_page_names_says_nothing_of_a_models_life(
    state: OfficialState, location: str | None, gone: bool
) -> None:
    lite, surface = "veo-3.1-lite-generate-001", "agent-platform"
    for model in (lite, "veo-3.1-generate-001"):
        answer = OfficialModel(model, surface, state, location=location)
        judged = judge_lifecycle(load_reference(), model, surface, AsOf(DAY, DAY), answer)
        assert (judged.state == "retired") is gone
        assert judged.live is False
        if gone and state == "not-found" and location:
            assert f"answers not found at {location}:" in judged.reasons[0]


def test_live_answers_count_for_the_clocks_day_alone() -> None:
    other_day = AsOf(DAY, date(2026, 11, 21))
    reference = book(*PASSED_NOT_BEFORE)
    for live in (OFFERED, answered("not-found")):
        judged = judge_lifecycle(reference, MODEL, SURFACE, other_day, live)
        assert (short(judged), judged.live) == (("contested", "block", 3), False)


@pytest.mark.parametrize(
    "other",
    [OfficialModel("veo-8", SURFACE, "offered"), OfficialModel(MODEL, "gemini-api", "offered")],
)
def test_an_answer_about_another_id_or_surface_proves_nothing(other: OfficialModel) -> None:
    assert short(judge(*PASSED_NOT_BEFORE, live=other)) == ("contested", "block", 3)


def test_every_state_is_in_the_table() -> None:
    reached = {expected[0] for _, *both in TABLE.values() for expected in both}
    states = {
        "unknown",
        "unreleased",
        "retired",
        "contradictory",
        "contested",
        "retiring",
        "stale",
        "alive",
    }
    assert reached == states
