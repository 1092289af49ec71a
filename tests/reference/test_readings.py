"""A row that vanished from a page is unknown, never fine; what was shut down stays shut down."""

from __future__ import annotations

from datetime import date

import pytest

from small_reference import MODEL, SURFACE, book, document, row
from veo_check.core.clock import AsOf
from veo_check.core.facts import OfficialModel, OfficialState
from veo_check.core.money import InvalidFileError
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Shape
from veo_check.reference.lifecycle import LifecycleJudgement, judge_lifecycle
from veo_check.reference.load import parse_reference

DAY = date(2026, 11, 22)
Row = dict[str, object]


def absent(confirmed: str = "2026-11-21", **more: str) -> Row:
    """The page of `row()`, read on this day, lists the model no more."""
    return row(None, "absent", confirmed=confirmed, **more)


def judge(
    *rows: Row, day: date = DAY, live: OfficialState | None = None, served: bool = False
) -> LifecycleJudgement:
    answer = None if live is None else OfficialModel(MODEL, SURFACE, live)
    return judge_lifecycle(book(*rows), MODEL, SURFACE, AsOf(day, day), answer, served=served)


def short(judged: LifecycleJudgement) -> tuple[str, str, int]:
    return judged.state, judged.weight, judged.exit_code


UNKNOWN = ("unknown", "block", 3)

#: what the page said before it dropped the row
BEFORE = {
    "no date announced": row(),
    "a day to come": row("2027-11-01"),
    "an earliest day to come": row("2027-11-01", "earliest"),
    "a day within the horizon": row("2026-12-01"),
    "not before, to come": row("2027-05-04", "not-before"),
    "not before, passed": row("2026-11-17", "not-before"),
}


@pytest.mark.parametrize("name", BEFORE)
def test_a_row_that_vanished_is_unknown(name: str) -> None:
    judged = judge(BEFORE[name], absent())
    assert short(judged) == UNKNOWN
    assert (judged.kind, judged.shutdown) == ("absent", None)
    assert "no longer lists it, read on 2026-11-21" in judged.reasons[0]


@pytest.mark.parametrize("name", BEFORE)
def test_live_evidence_does_not_make_it_fine(name: str) -> None:
    for judged in (
        judge(BEFORE[name], absent(), live="offered"),
        judge(BEFORE[name], absent(), served=True),
    ):
        assert (short(judged), judged.live) == (UNKNOWN, True)
        assert judged.reasons[1] == "A live answer shows that it serves: the data is behind."


@pytest.mark.parametrize("name", BEFORE)
def test_a_live_404_retires_it(name: str) -> None:
    assert short(judge(BEFORE[name], absent(), live="not-found")) == ("retired", "fail", 1)


@pytest.mark.parametrize("kind", ["exact", "earliest"])
def test_what_was_shut_down_stays_shut_down_when_the_page_drops_it(kind: str) -> None:
    gone = (row("2026-10-22", kind, confirmed="2026-10-08"), absent())
    judged = judge(*gone)
    assert (short(judged), judged.shutdown) == (("retired", "fail", 1), date(2026, 10, 22))
    assert judged.reasons[-1] == "That page no longer lists it (read 2026-11-21)."
    assert short(judge(*gone, live="offered")) == ("contradictory", "fail-at-production", 3)


def test_a_day_that_comes_after_the_row_vanished_ends_it_all_the_same() -> None:
    rows = (row("2027-05-04", confirmed="2026-11-01"), absent("2026-11-21"))
    assert short(judge(*rows, day=date(2027, 5, 3))) == UNKNOWN
    assert short(judge(*rows, day=date(2027, 5, 4))) == ("retired", "fail", 1)


def test_a_row_that_comes_back_counts_again() -> None:
    rows = (row(confirmed="2026-11-01"), absent("2026-11-10"), row(confirmed="2026-11-20"))
    assert short(judge(*rows)) == ("alive", "pass", 0)


def test_an_absence_says_nothing_about_earlier_days() -> None:
    rows = (row(confirmed="2026-11-10"), absent("2026-11-21"))
    assert short(judge(*rows, day=date(2026, 11, 20))) == ("alive", "pass", 0)
    assert short(judge(*rows, day=date(2026, 11, 21))) == UNKNOWN


def test_an_id_that_a_page_was_only_seen_without_is_unknown() -> None:
    assert short(judge(absent())) == UNKNOWN
    assert short(judge(absent(), day=date(2026, 11, 1))) == UNKNOWN
    assert short(judge(absent(), live="no-longer-available")) == ("retired", "fail", 1)


OTHER_PAGES = {
    "an official one read before": (row(page="other", confirmed="2026-11-20"), UNKNOWN),
    "an official one of the same day": (row(page="other", confirmed="2026-11-21"), UNKNOWN),
    "an official one read later": (
        row(page="other", confirmed="2026-11-22"),
        ("alive", "pass", 0),
    ),
    "a third party's, however new": (
        row("2027-11-01", publisher="list", source_kind="third-party", confirmed="2026-11-22"),
        UNKNOWN,
    ),
    "a third party's that has passed": (
        row("2026-11-01", publisher="list", source_kind="third-party"),
        ("retired", "fail", 1),
    ),
    "a promise that has run out": (
        row("2026-11-17", "not-before", page="other", confirmed="2026-11-20"),
        UNKNOWN,
    ),
}


@pytest.mark.parametrize("name", OTHER_PAGES)
def test_what_another_page_says_beside_it(name: str) -> None:
    other, expected = OTHER_PAGES[name]
    assert short(judge(row(confirmed="2026-11-01"), absent(), other)) == expected


def test_a_third_party_that_drops_a_row_takes_back_its_own_word_and_no_more() -> None:
    def listed(kind: str | None, day: str | None, confirmed: str) -> Row:
        return row(day, kind, publisher="list", source_kind="third-party", confirmed=confirmed)

    theirs = (listed(None, "2026-12-01", "2026-11-01"), listed("absent", None, "2026-11-21"))
    assert short(judge(row(), theirs[0])) == ("retiring", "fail-at-production", 1)
    assert short(judge(row(), *theirs)) == ("alive", "pass", 0)
    assert short(judge(*theirs)) == UNKNOWN


def test_an_absent_row_prints_no_day() -> None:
    with pytest.raises(InvalidFileError, match="no day none-announced or absent"):
        book(row("2027-01-01", "absent"))


@pytest.mark.parametrize(
    ("sha256", "fine"), [("0" * 64, True), ("0" * 63, False), ("G" * 64, False), ("", False)]
)
def test_a_source_may_carry_the_hash_of_what_was_read(sha256: str, fine: bool) -> None:
    content = document(row())
    content["sources"] = {"source-0": {**row()["source"], "sha256": sha256}}  # type: ignore[dict-item]
    if fine:
        [read] = parse_reference(content, "test").lifecycle_rows
        assert read.source.sha256 == sha256
    else:
        with pytest.raises(InvalidFileError, match="sha256"):
            parse_reference(content, "test")


def test_a_price_ends_with_the_model_though_its_page_dropped_the_row() -> None:
    content = document(row("2026-10-22", "earliest", confirmed="2026-10-08"), absent())
    content["prices"] = [
        {
            "id": "price",
            "surface": SURFACE,
            "model": MODEL,
            "unit": "second",
            "amount": "0.40",
            "source": "source-0",
        }
    ]
    reference = parse_reference(content, "test")
    told = quote(reference, Shape(MODEL, SURFACE, seconds=None), DAY)
    assert getattr(told, "code", None) == "retired"
