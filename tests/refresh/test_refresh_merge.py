"""A new reading beside what was known: every difference in words, every older row kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from official_pages import DEPRECATIONS, NONE, PRICING, PRICING_IDS, deprecations_md, pricing_md
from refreshing import EMPTY, captured, put, reading, texts
from veo_check.core.clock import AsOf
from veo_check.core.money import InvalidFileError
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import bundled_document, parse_reference
from veo_check.reference.rows import Source
from veo_check.refresh.merge import Merged, merge
from veo_check.refresh.pages import UnreadablePageError
from veo_check.refresh.readings import DateRow, Reading

FIRST, SECOND, THIRD = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
VEO, LITE = "veo-9.0-generate-preview", "veo-9.0-lite-generate-preview"


def dates(content: bytes, *, then: bytes, on: date = SECOND) -> Merged:
    """A second reading after a first."""
    return put(put(EMPTY, "deprecations", content, FIRST).document, "deprecations", then, on)


def changed(place: int, **cells: str) -> bytes:
    """The page with one row said otherwise."""
    names = ("model", "released", "shutdown", "replacement")
    rows = [list(row) for row in DEPRECATIONS]
    for name, text in cells.items():
        rows[place][names.index(name)] = text
    return deprecations_md([tuple(row) for row in rows])


def state(document: Mapping[str, object], model: str, day: date) -> str:
    book = parse_reference(document, "test")
    return judge_lifecycle(book, model, "gemini-api", AsOf(day, day)).state


WORDS: dict[str, tuple[bytes, list[str]]] = {
    "nothing": (deprecations_md(note="Said otherwise."), []),
    "new id": (
        deprecations_md([*DEPRECATIONS, ("veo-9.9", "September 30, 2026", NONE, "")]),
        ["new id: veo-9.9 on gemini-api: no date announced, released 2026-09-30"],
    ),
    "date set": (
        changed(2, shutdown="December 1, 2026", replacement="gemini-omni-9-flash"),
        [
            f"date set: {LITE} on gemini-api: 2026-12-01 at the earliest, replacement "
            "gemini-omni-9-flash; until now no date announced"
        ],
    ),
    "date moved later": (
        changed(1, shutdown="January 22, 2027"),
        [
            f"date moved: {VEO} on gemini-api: 2026-10-22 at the earliest -> 2027-01-22 at the "
            "earliest (later), replacement gemini-omni-9-flash"
        ],
    ),
    "date moved earlier": (
        changed(1, shutdown="October 2, 2026"),
        [
            f"date moved: {VEO} on gemini-api: 2026-10-22 at the earliest -> 2026-10-02 at the "
            "earliest (EARLIER), replacement gemini-omni-9-flash"
        ],
    ),
    "the same day, less firm": (
        changed(1, shutdown="October 22, 2026 or later"),
        [
            f"date moved: {VEO} on gemini-api: 2026-10-22 at the earliest -> 2026-10-22 or later "
            "(the same day, said otherwise), replacement gemini-omni-9-flash"
        ],
    ),
    "date withdrawn": (
        changed(1, shutdown=NONE),
        [
            f"date withdrawn: {VEO} on gemini-api: no date announced; until now 2026-10-22 at "
            "the earliest"
        ],
    ),
    "date withdrawn after it passed": (
        changed(0, shutdown=NONE),
        [
            "date withdrawn: veo-8.0-generate-001 on gemini-api: no date announced; until now "
            "2026-06-30 at the earliest, which has passed: make sure that this is not an old page"
        ],
    ),
    "replacement changed": (
        changed(1, replacement="gemini-omni-10-flash"),
        [f"replacement changed: {VEO} on gemini-api: gemini-omni-9-flash -> gemini-omni-10-flash"],
    ),
    "release changed": (
        changed(1, released="October 16, 2025"),
        [f"release changed: {VEO} on gemini-api: 2025-10-15 -> 2025-10-16"],
    ),
    "row gone, with a passed date": (
        deprecations_md(DEPRECATIONS[1:]),
        [
            "row gone: veo-8.0-generate-001 on gemini-api: the page lists it no more; it said "
            "2026-06-30 at the earliest, which has passed: it stays retired"
        ],
    ),
    "row gone, with a day to come": (
        deprecations_md([DEPRECATIONS[0], DEPRECATIONS[2]]),
        [
            f"row gone: {VEO} on gemini-api: the page lists it no more; it said 2026-10-22 at "
            "the earliest, now it is unknown"
        ],
    ),
    "row gone, without a day": (
        deprecations_md(DEPRECATIONS[:2]),
        [
            f"row gone: {LITE} on gemini-api: the page lists it no more; it said no date "
            "announced, now it is unknown"
        ],
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_difference_is_told_in_words(name: str) -> None:
    page, expected = WORDS[name]
    assert texts(dates(deprecations_md(), then=page)) == expected


def test_what_a_page_says_first_is_new() -> None:
    first = put(EMPTY, "deprecations", deprecations_md(), FIRST)
    assert [change.kind for change in first.changes] == ["new-id"] * 4


def test_a_row_that_comes_back_is_told() -> None:
    gone = dates(deprecations_md(), then=deprecations_md(DEPRECATIONS[:2]))
    back = put(gone.document, "deprecations", deprecations_md(), THIRD)
    assert texts(back) == [
        f"listed again: {LITE} on gemini-api: no date announced, released 2026-03-31 "
        "(not listed on 2026-10-01)"
    ]
    assert state(gone.document, LITE, SECOND) == "unknown"
    assert state(back.document, LITE, THIRD) == "alive"


def test_a_row_that_vanished_is_unknown_and_one_that_was_over_stays_retired() -> None:
    gone = dates(deprecations_md(), then=deprecations_md(DEPRECATIONS[2:]))
    assert state(gone.document, VEO, date(2026, 10, 21)) == "unknown"
    assert state(gone.document, VEO, date(2026, 10, 22)) == "retired"
    assert state(gone.document, "veo-8.0-generate-001", SECOND) == "retired"


def test_an_absence_is_confirmed_again_until_it_means_retired() -> None:
    page = deprecations_md(DEPRECATIONS[2:])
    gone = dates(deprecations_md(), then=page)
    once_more = put(gone.document, "deprecations", page, date(2026, 10, 15))
    absent = [row for row in rows(once_more, date(2026, 10, 15)) if row["kind"] == "absent"]
    # the one that had passed when it vanished needs no further word
    assert [row["model"] for row in absent] == [VEO]
    assert once_more.changes == ()


def rows(merged: Merged, day: date) -> list[dict[str, Any]]:
    """The lifecycle rows that were read on a day."""
    document: Any = merged.document
    return [row for row in document["lifecycle"] if f"-{day}-" in row["source"]]


def test_rows_are_appended_and_never_rewritten() -> None:
    first = put(EMPTY, "deprecations", deprecations_md(), FIRST)
    second = put(first.document, "deprecations", changed(1, shutdown=NONE), SECOND)
    before: Any = first.document
    after: Any = second.document
    # what is said otherwise is a row more; what is said again has moved to the new reading
    old, [row] = after["lifecycle"][:-1], after["lifecycle"][-1:]
    assert old[1] == before["lifecycle"][1]
    assert [one["model"] for one in old] == [one["model"] for one in before["lifecycle"]]
    new_id, old_id = sorted(after["sources"], reverse=True)
    assert {one["source"] for one in old} == {new_id, old_id}
    assert (row["model"], row["source"]) == (old[1]["model"], new_id)
    assert before["sources"].items() <= after["sources"].items()
    assert (before["compiled"], after["compiled"]) == ("2026-09-01", "2026-10-01")
    assert EMPTY == {"compiled": "2026-01-01", "sources": {}, "lifecycle": []}


def test_every_row_has_its_source_its_day_and_its_hash() -> None:
    merged = put(EMPTY, "deprecations", deprecations_md(), FIRST)
    for row in parse_reference(merged.document, "test").lifecycle_rows:
        assert row.source.confirmed == FIRST
        assert row.source.sha256 is not None
        assert row.source.url == "https://google.example/deprecations"


def test_an_older_reading_changes_nothing() -> None:
    first = put(EMPTY, "deprecations", deprecations_md(), SECOND)
    older = put(first.document, "deprecations", changed(1, shutdown=NONE), FIRST)
    assert (older.document, older.state, older.changes) == (first.document, "older", ())
    assert older.detail == ("it was read on 2026-09-01; a reading of 2026-10-01 is known already")


def test_a_page_fetched_today_may_still_be_an_older_state() -> None:
    new, old = (deprecations_md(note=f"Last updated {day} UTC") for day in ("2026-09-20", FIRST))
    first = put(EMPTY, "deprecations", new, SECOND)
    with pytest.raises(
        UnreadablePageError, match=r"on 2026-09-01; its state of 2026-09-20 is known"
    ):
        put(first.document, "deprecations", old, THIRD)


def test_a_page_that_says_the_same_moves_the_day_and_adds_no_row() -> None:
    first = put(EMPTY, "deprecations", deprecations_md(), FIRST)
    again = put(first.document, "deprecations", deprecations_md(note="Read on."), SECOND)
    before: Any = first.document
    after: Any = again.document
    assert (again.state, again.changes) == ("read", ())
    assert len(after["lifecycle"]) == len(before["lifecycle"])
    [source] = after["sources"].values()  # what no row names any more is gone
    assert source["confirmed"] == SECOND.isoformat()


def test_the_same_reading_twice_is_known() -> None:
    first = put(EMPTY, "deprecations", deprecations_md(), FIRST)
    again = put(first.document, "deprecations", deprecations_md(), FIRST)
    assert (again.document, again.state) == (first.document, "known")


def test_a_second_reading_of_one_day_counts() -> None:
    second = dates(deprecations_md(), then=changed(1, shutdown=NONE), on=FIRST)
    assert state(second.document, VEO, FIRST) == "alive"
    assert len(second.changes) == 1


def third_party(day: date, *found: DateRow) -> Reading:
    source = Source("https://list.example/map", "third-party", "list", day, sha256="0" * 64)
    return Reading(f"list-{day}", source, dates=found, date_surfaces=frozenset({"gemini-api"}))


def test_a_conflict_between_sources_is_kept() -> None:
    google = put(EMPTY, "deprecations", deprecations_md(), FIRST)
    theirs = DateRow(VEO, "gemini-api", None, date(2026, 12, 24), "earliest")
    both = merge(google.document, third_party(SECOND, theirs))
    assert texts(both) == [f"new id: {VEO} on gemini-api: 2026-12-24 at the earliest"]
    book = parse_reference(both.document, "test")
    judged = judge_lifecycle(book, VEO, "gemini-api", AsOf(THIRD, THIRD))
    assert judged.state == "contested"
    assert {str(row.shutdown) for row in judged.dated} == {"2026-10-22", "2026-12-24"}


def test_a_third_party_that_drops_a_row_makes_nothing_unknown() -> None:
    google = put(EMPTY, "deprecations", deprecations_md(), FIRST)
    theirs = DateRow(LITE, "gemini-api", None, date(2026, 12, 24), "earliest")
    both = merge(google.document, third_party(SECOND, theirs))
    gone = merge(both.document, third_party(date(2026, 10, 2)))
    assert state(both.document, LITE, SECOND) == "retiring"
    assert state(gone.document, LITE, SECOND) == "retiring"
    assert state(gone.document, LITE, date(2026, 10, 2)) == "alive"


def test_from_august_to_october_the_real_pages_say_exactly_this(shared: Path) -> None:
    august, october = (
        captured(shared / "real" / f"google-deprecations-{name}")
        for name in ("2026-08-01.html", "2026-10.md.txt")
    )
    first = put(EMPTY, "deprecations", august, date(2026, 8, 1))
    second = put(first.document, "deprecations", october, date(2026, 10, 8))
    assert texts(second) == [
        *(
            f"date set: veo-3.1-{name}generate-preview on gemini-api: 2026-10-22 at the earliest, "
            "replacement gemini-omni-1.1-flash; until now no date announced"
            for name in ("lite-", "", "fast-")
        ),
        "new id: gemini-omni-1.1-flash on gemini-api: no date announced, released 2026-08-27",
    ]


# prices

SHAPE = Shape("veo-9.0-fast-generate-preview", "gemini-api", seconds=Decimal(8), resolution="720p")
FAST = SHAPE.model


def priced(*pages: tuple[bytes, date]) -> Merged:
    merged = Merged({**EMPTY, "prices": []}, "known")
    for content, day in pages:
        merged = put(merged.document, "pricing", content, day)
    return merged


def rate(merged: Merged, day: date, shape: Shape = SHAPE) -> str | None:
    """USD per second, or the code of the refusal."""
    told = quote(parse_reference(merged.document, "test"), shape, day)
    if isinstance(told, Refusal):
        return told.code
    assert isinstance(told, Quote)
    return str(told.per_second)


def other_price(amount: str) -> bytes:
    return pricing_md(
        [PRICING[0], (PRICING[1][0], f"${amount} (720p)", *PRICING[1][2:]), PRICING[2]]
    )


def test_new_prices_hold_from_the_day_they_were_seen() -> None:
    merged = priced((pricing_md(), FIRST))
    assert len(merged.changes) == 9
    assert texts(merged)[3] == f"price new: {FAST}, 720p, on gemini-api: $0.10 a second"
    assert rate(merged, FIRST) == "0.10"
    assert rate(merged, date(2026, 8, 31)) == "unpriced"
    assert rate(merged, FIRST, Shape(LITE, "gemini-api", Decimal(8), "4k")) != "0.05"


def test_a_confirmed_price_is_younger_and_no_other() -> None:
    merged = priced((pricing_md(), FIRST), (pricing_md(separator="<br>"), SECOND))
    assert merged.changes == ()
    rules = [one for one in parse_reference(merged.document, "x").prices if one.model == FAST]
    assert {(one.source.confirmed, one.valid_from) for one in rules} == {(SECOND, FIRST)}


def test_a_changed_price_holds_from_then_on_and_the_old_one_before() -> None:
    merged = priced((pricing_md(), FIRST), (other_price("0.08"), SECOND))
    assert texts(merged) == [
        f"price changed: {FAST}, 720p, on gemini-api: $0.10 a second -> $0.08 a second, "
        "seen 2026-10-01"
    ]
    assert rate(merged, date(2026, 9, 30)) == "0.10"
    assert rate(merged, SECOND) == "0.08"


def test_a_price_that_is_gone_is_unpriced_and_no_older_one_comes_back() -> None:
    merged = priced(
        (pricing_md(), FIRST),
        (other_price("0.08"), SECOND),
        (pricing_md([PRICING[0], (PRICING[1][0], *PRICING[1][2:]), PRICING[2]]), THIRD),
    )
    assert texts(merged) == [
        f"price gone: {FAST}, 720p, on gemini-api: the page prints it no more; it was "
        "$0.08 a second"
    ]
    assert rate(merged, date(2026, 10, 31)) == "0.08"
    assert rate(merged, THIRD) == "unsupported-combination"
    back = put(merged.document, "pricing", other_price("0.07"), date(2026, 11, 2))
    assert texts(back) == [f"price new: {FAST}, 720p, on gemini-api: $0.07 a second"]
    assert rate(back, date(2026, 11, 2)) == "0.07"


def test_a_model_that_is_gone_from_the_page_is_unpriced() -> None:
    merged = priced((pricing_md(), FIRST), (pricing_md(PRICING[:1], ids=PRICING_IDS[:1]), SECOND))
    assert [change.kind for change in merged.changes] == ["price-gone"] * 5
    assert rate(merged, SECOND) == "unpriced"


def test_two_different_prices_of_one_day_are_refused() -> None:
    with pytest.raises(UnreadablePageError, match="contradicts what was read on the same day"):
        priced((pricing_md(), FIRST), (other_price("0.08"), FIRST))


def test_a_price_for_all_resolutions_confirms_each_that_is_known(shared: Path) -> None:
    page = (shared / "real" / "google-pricing-veo-2026-09-24.md.txt").read_bytes()
    day = date(2026, 10, 12)
    merged = put_real(page, day)
    assert merged.changes == ()
    book = parse_reference(merged.document, "test")
    confirmed = {
        (rule.model, *(rule.match.get("resolution") or ()))  # type: ignore[misc]
        for rule in book.prices
        if rule.source.confirmed == day
    }
    # what ended by then is not about what is printed now
    assert {model for model, *_ in confirmed} == {
        f"veo-3.1-{name}generate-preview" for name in ("", "fast-", "lite-")
    }
    assert ("veo-3.1-lite-generate-preview", "4k") not in confirmed
    assert len(confirmed) == 8
    assert len(book.prices) == len(parse_reference(bundled_document(), "x").prices)
    # the first price of all stays what it was
    shape = Shape("veo-3.1-fast-generate-preview", "gemini-api", Decimal(8), "720p", audio=True)
    assert rate(merged, date(2026, 3, 1), shape) == "0.15"
    assert rate(merged, date(2026, 5, 1), shape) == "0.10"
    assert rate(merged, date(2026, 11, 22), shape) == "retired"


def put_real(page: bytes, day: date) -> Merged:
    read = reading("pricing", page, day)
    url = "https://ai.google.dev/gemini-api/docs/pricing"
    return merge(bundled_document(), replace(read, source=replace(read.source, url=url)))


def test_a_document_that_is_none_is_an_error() -> None:
    with pytest.raises(InvalidFileError):
        put({"compiled": "2026-01-01", "lifecycle": {}}, "deprecations", deprecations_md(), FIRST)


def test_a_page_takes_over_from_a_release_that_nothing_reads_again() -> None:
    """The SDK's release was the first to offer Omni 1.2; then Google's page of dates lists it."""
    new = ("gemini-omni-1.2-flash", "November 5, 2026", NONE, "")
    page = deprecations_md(omni=[new])
    read = reading("deprecations", page, date(2026, 12, 1))
    url = "https://ai.google.dev/gemini-api/docs/deprecations"
    merged = merge(bundled_document(), replace(read, source=replace(read.source, url=url)))
    book = parse_reference(merged.document, "test")
    [row] = book.lifecycle("gemini-omni-1.2-flash", "gemini-api")
    assert (row.source.url, row.kind, row.released) == (url, "none-announced", date(2026, 11, 5))
    before = parse_reference(bundled_document(), "x").lifecycle(
        "gemini-omni-1.2-flash", "gemini-api"
    )
    assert [row.source.url for row in before] != [url]
