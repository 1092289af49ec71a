"""Boundaries: the day itself, the horizon and cutover, freshness, and whose reading counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from small_reference import MODEL, SURFACE, book, row
from veo_check.core.clock import AsOf
from veo_check.core.facts import OfficialModel
from veo_check.reference.lifecycle import (
    LifecycleJudgement,
    freshness,
    judge_lifecycle,
    last_usable_day,
    limits,
    say_day,
    successors,
)
from veo_check.reference.load import Reference
from veo_check.reference.readings import counting

DAY = date(2026, 11, 22)


def judge(
    reference: Reference,
    day: date = DAY,
    *,
    within: int = 90,
    max_age: int | None = None,
    cutover: date | None = None,
    live: bool = False,
) -> LifecycleJudgement:
    judging = AsOf(day, day, within_days=within, max_age_days=max_age)
    offered = OfficialModel(MODEL, SURFACE, "offered") if live else None
    return judge_lifecycle(reference, MODEL, SURFACE, judging, offered, cutover=cutover)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2027, 1, 30), "alive"),  # 91 days before
        (date(2027, 1, 31), "retiring"),  # 90 days before
        (date(2027, 4, 30), "retiring"),
        (date(2027, 5, 1), "retired"),  # the shutdown day itself
    ],
)
def test_a_day_is_within_the_horizon_then_passed(day: date, state: str) -> None:
    reference = book(row("2027-05-01", confirmed="2027-04-30"))
    assert judge(reference, day).state == state


@pytest.mark.parametrize(
    ("cutover", "state"),
    [
        (None, "alive"),
        (date(2026, 11, 1), "alive"),  # a cutover gone by changes nothing
        (date(2026, 12, 1), "alive"),
        (date(2027, 1, 30), "alive"),
        (date(2027, 1, 31), "retiring"),
        (date(2027, 6, 1), "retiring"),  # dead before traffic even moves
        (date(9999, 12, 31), "retiring"),  # and no overflow
    ],
)
def test_the_horizon_reaches_beyond_the_cutover(cutover: date | None, state: str) -> None:
    assert judge(book(row("2027-05-01")), cutover=cutover).state == state


@pytest.mark.parametrize(
    ("age", "state", "weight"),
    [
        (0, "alive", "pass"),
        (14, "alive", "pass"),
        (15, "alive", "warn"),
        (45, "alive", "warn"),
        (46, "stale", "block"),
    ],
)
def test_age_warns_above_14_days_and_blocks_above_45(age: int, state: str, weight: str) -> None:
    reference = book(row(confirmed=str(DAY - timedelta(days=age))))
    judged = judge(reference)
    assert (judged.age_days, judged.state, judged.weight) == (age, state, weight)


@pytest.mark.parametrize(
    ("max_age", "age", "state", "weight"),
    [
        (7, 7, "alive", "pass"),
        (7, 8, "stale", "block"),
        (20, 15, "alive", "warn"),
        (100, 100, "alive", "warn"),
        (100, 101, "stale", "block"),
        (0, 0, "alive", "pass"),
        (0, 1, "stale", "block"),
    ],
)
def test_max_age_moves_the_limit_both_ways(max_age: int, age: int, state: str, weight: str) -> None:
    judged = judge(book(row(confirmed=str(DAY - timedelta(days=age)))), max_age=max_age)
    assert (judged.state, judged.weight) == (state, weight)


def test_a_row_confirmed_after_the_day_judged_has_age_0() -> None:
    judged = judge(book(row(confirmed="2026-11-20")), date(2026, 3, 1))
    assert (judged.age_days, judged.state) == (0, "alive")


def test_live_evidence_keeps_life_but_old_dates_still_warn() -> None:
    judged = judge(book(row("2027-12-01", confirmed="2026-01-01")), live=True)
    assert (judged.state, judged.freshness, judged.weight) == ("alive", "stale", "warn")


def test_price_rows_have_their_own_limits() -> None:
    assert [freshness("price", age) for age in (45, 46, 120, 121)] == [
        "fresh",
        "aging",
        "aging",
        "stale",
    ]
    assert (limits("price", 200), limits("price", 30)) == ((45, 200), (30, 30))


def test_the_last_usable_day_is_the_last_that_does_not_block() -> None:
    confirmed = date(2026, 10, 8)
    judging = AsOf(DAY, DAY)
    last = last_usable_day("lifecycle", confirmed, judging)
    assert last == DAY
    states = [judge(book(row(confirmed="2026-10-08")), last + timedelta(days=n)) for n in (0, 1)]
    assert [judged.state for judged in states] == ["alive", "stale"]
    assert last_usable_day("lifecycle", date.max, judging) == date.max


def test_only_the_newest_reading_of_a_page_counts() -> None:
    reference = book(
        row("2026-11-17", "not-before", confirmed="2026-11-10"),
        row(confirmed="2026-06-30"),
        row("2027-11-01", "not-before", confirmed="2026-11-20"),
    )
    judged = judge(reference)
    assert (judged.state, judged.shutdown) == ("alive", date(2027, 11, 1))
    assert [one.id for one in judged.rows] == ["row-2"]


@pytest.mark.parametrize("page", ["dates.md.txt", "dates?hl=de", "dates#veo", "dates/", "Dates"])
def test_one_page_fetched_two_ways_is_one_source(page: str) -> None:
    reference = book(row("2026-11-17", confirmed="2026-11-10"), row("2027-11-01", page=page))
    assert len(counting(reference.lifecycle_rows, DAY).rows) == 1


def test_two_publishers_or_two_pages_are_two_sources() -> None:
    reference = book(
        row("2027-11-01"),
        row("2027-11-01", page="other"),
        row("2027-11-01", publisher="other", source_kind="third-party"),
    )
    assert len(judge(reference).rows) == 3


def test_a_reading_without_a_date_disagrees_with_none() -> None:
    dated = row("2026-10-22", "earliest", publisher="other", source_kind="third-party")
    judged = judge(book(row(confirmed="2026-11-22", page="readme"), dated))
    assert (judged.state, judged.shutdown) == ("retired", date(2026, 10, 22))


def test_dates_are_as_old_as_the_freshest_row_that_prints_one() -> None:
    reference = book(
        row("2027-11-01", confirmed="2026-10-01"),
        row(page="readme", confirmed="2026-11-22"),
    )
    judged = judge(reference)
    assert (judged.state, judged.age_days, judged.confirmed) == (
        "stale",
        52,
        date(2026, 10, 1),
    )


def test_agreeing_sources_are_as_old_as_the_freshest() -> None:
    reference = book(
        row("2027-11-01", confirmed="2026-10-01"),
        row("2027-11-01", publisher="b", source_kind="third-party", confirmed="2026-11-20"),
    )
    assert judge(reference).age_days == 2


def test_of_several_days_to_come_the_earliest_decides() -> None:
    reference = book(
        row("2027-11-01"),
        row("2027-01-05", publisher="other", source_kind="third-party"),
    )
    judged = judge(reference)
    assert (judged.state, judged.shutdown) == ("retiring", date(2027, 1, 5))


def test_all_dates_passed_and_one_of_them_firm_is_retired() -> None:
    reference = book(
        row("2026-11-17", "not-before"),
        row("2026-11-18", "exact", publisher="other", source_kind="third-party"),
    )
    judged = judge(reference)
    assert (judged.state, judged.shutdown) == ("retired", date(2026, 11, 18))


def test_a_firm_date_passed_and_another_to_come_is_contested_not_retired() -> None:
    reference = book(
        row("2026-09-30", "earliest"),
        row("2026-12-22", "earliest", publisher="other", source_kind="third-party"),
    )
    judged = judge(reference)
    assert (judged.state, judged.shutdown, judged.next_shutdown) == (
        "contested",
        date(2026, 9, 30),
        date(2026, 12, 22),
    )


def test_a_passed_not_before_is_told_apart() -> None:
    reference = book(
        row("2026-11-17", "not-before"),
        row("2027-05-04", "not-before", publisher="other", source_kind="third-party"),
    )
    judged = judge(reference)
    assert (judged.shutdown, judged.next_shutdown, judged.kind) == (
        date(2026, 11, 17),
        date(2027, 5, 4),
        "not-before",
    )
    assert judged.reasons[0] == ("Published shutdown dates conflict, so availability is unclear.")


def test_the_release_day_is_the_officials_and_older_readings_still_tell_it() -> None:
    reference = book(
        row(released="2026-11-01", confirmed="2026-11-02"),
        row(confirmed="2026-11-20"),
        row(
            "2028-01-01",
            released="2026-12-01",
            publisher="other",
            source_kind="third-party",
        ),
    )
    # the newest official reading prints no release day, the third party's is the newest that does
    assert judge(reference).state == "unreleased"
    assert judge(book(row(released="2026-11-01"), row(page="b"))).released == date(2026, 11, 1)


def test_successors_are_followed_until_one_lives() -> None:
    reference = book(
        row("2026-06-30", replacement="veo-9.1"),
        row("2026-10-22", model="veo-9.1", replacement="omni"),
        row(model="omni", surface="gemini-api", replacement="omni-2"),
    )
    steps = successors(reference, judge(reference), AsOf(DAY, DAY))
    assert [(step.model, step.surface, step.state) for step in steps] == [
        ("veo-9.1", SURFACE, "retired"),
        ("omni", "gemini-api", "alive"),
    ]


def test_successors_that_name_each_other_end() -> None:
    reference = book(
        row("2026-06-30", replacement="veo-9.1"),
        row("2026-06-30", model="veo-9.1", replacement=MODEL),
    )
    steps = successors(reference, judge(reference), AsOf(DAY, DAY))
    assert [step.model for step in steps] == ["veo-9.1"]


def test_an_unknown_successor_is_said_to_be_unknown() -> None:
    reference = book(row("2026-06-30", replacement="nobody-knows"))
    (step,) = successors(reference, judge(reference), AsOf(DAY, DAY))
    assert (step.surface, step.state) == (SURFACE, "unknown")


def test_days_keep_their_kind_in_words() -> None:
    day = date(2026, 11, 17)
    assert [say_day(day, kind) for kind in ("exact", "earliest", "not-before")] == [
        "2026-11-17",
        "2026-11-17 at the earliest",
        "2026-11-17 or later",
    ]
    assert say_day(None, "none-announced") == "no date announced"


days = st.dates(date(2026, 1, 1), date(2028, 1, 1))
readings = st.lists(
    st.one_of(
        st.builds(
            lambda day, kind, confirmed, publisher: row(
                str(day), kind, confirmed=str(confirmed), publisher=publisher
            ),
            days,
            st.sampled_from(["exact", "earliest", "not-before"]),
            days,
            st.sampled_from(["google", "litellm", "apidog"]),
        ),
        st.builds(lambda confirmed: row(confirmed=str(confirmed)), days),
    ),
    max_size=5,
)


@given(readings, days, st.integers(0, 400), st.booleans())
def test_alive_always_has_positive_evidence(
    rows: list[dict[str, object]], day: date, within: int, live: bool
) -> None:
    reference = book(row(model="other"), *rows)
    judged = judge(reference, day, within=within, live=live)
    dates = [one.shutdown for one in judged.rows if one.shutdown is not None]
    if judged.exit_code == 0:
        assert judged.rows
        assert live or all(one > day + timedelta(days=within) for one in dates)
        assert live or min(one.source.age_days(day) for one in judged.decisive) <= 45
    if judged.state == "retired":
        assert dates
        assert all(one <= day for one in dates)


@given(readings, days)
def test_a_wider_horizon_never_makes_it_better(rows: list[dict[str, object]], day: date) -> None:
    reference = book(row(model="other"), *rows)
    near, far = (judge(reference, day, within=within) for within in (30, 200))
    assert near.exit_code == far.exit_code or far.exit_code == 1
