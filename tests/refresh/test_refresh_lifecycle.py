"""The two pages of dates, as they are and as they must not be."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import pytest

from official_pages import (
    DEPRECATIONS,
    NONE,
    OMNI,
    VERSIONS,
    deprecations_html,
    deprecations_md,
    versions_html,
    versions_md,
)
from refreshing import captured
from veo_check.refresh import google
from veo_check.refresh.pages import LARGEST_PAGE, UnreadablePageError, read_page
from veo_check.refresh.readings import DateRow

read_deprecations = partial(google.read_dates, form=google.DEPRECATIONS)
read_versions = partial(google.read_dates, form=google.VERSIONS)
CheckOutput = dict[str, tuple[str | None, str | None, str, str | None]]


def said(rows: tuple[DateRow, ...]) -> CheckOutput:
    """model -> (released, shutdown, kind, replacement)."""
    return {
        row.model: (
            None if row.released is None else str(row.released),
            None if row.shutdown is None else str(row.shutdown),
            row.kind,
            row.replacement,
        )
        for row in rows
    }


DATES: CheckOutput = {
    "veo-8.0-generate-001": ("2025-09-09", "2026-06-30", "earliest", "veo-9.0-generate-preview"),
    "veo-9.0-generate-preview": ("2025-10-15", "2026-10-22", "earliest", "gemini-omni-9-flash"),
    "veo-9.0-lite-generate-preview": ("2026-03-31", None, "none-announced", None),
    "gemini-omni-9-flash": ("2026-08-27", None, "none-announced", None),
}
VERSION_DATES: CheckOutput = {
    "veo-9.0-generate-001": ("2025-11-17", "2026-11-17", "not-before", None),
    "veo-9.0-fast-generate-001": ("2025-11-17", "2027-05-04", "not-before", None),
    "veo-8.0-generate-001": ("2025-07-29", "2026-06-30", "exact", "veo-9.0-generate-001"),
    "veo-9.1-generate-001": ("2026-11-02", None, "none-announced", None),
}


@pytest.mark.parametrize("page", [deprecations_md(), deprecations_html()], ids=["md", "html"])
def test_both_twins_of_the_deprecations_say_the_same(page: bytes) -> None:
    rows = read_deprecations(read_page(page))
    assert said(rows) == DATES
    assert {row.surface for row in rows} == {"gemini-api"}


@pytest.mark.parametrize("page", [versions_md(), versions_html()], ids=["md", "html"])
def test_both_twins_of_the_versions_say_the_same(page: bytes) -> None:
    rows = read_versions(read_page(page))
    assert said(rows) == VERSION_DATES
    assert {row.surface for row in rows} == {"agent-platform"}


def test_columns_are_read_by_their_names() -> None:
    page = deprecations_md().decode()
    moved = "\n".join(
        "|".join(["", cells[3], cells[1], cells[4], cells[2], ""])
        if len(cells := line.split("|")) == 6 and "Preview" not in line
        else line
        for line in page.splitlines()
    )
    assert moved != page
    assert said(read_deprecations(read_page(moved.encode()))) == DATES


def test_a_replacement_column_may_be_missing_or_prose() -> None:
    bare = versions_html([row[:3] for row in VERSIONS]).replace(
        b"<td><b>Replacement model</b></td>\n", b""
    )
    bare = bare.replace(b'colspan="4"', b'colspan="3"').replace(b"<td></td>\n</tr>", b"</tr>")
    assert {row.replacement for row in read_versions(read_page(bare))} == {None}
    prose = "`veo-9.0-generate-preview` or the models on the [Agent Platform](https://x.example/)"
    [row] = [
        row
        for row in read_deprecations(
            read_page(deprecations_md([(*DEPRECATIONS[0][:3], prose.replace("`", ""))]))
        )
        if row.model == "veo-8.0-generate-001"
    ]
    assert row.replacement == "veo-9.0-generate-preview"
    assert row.replacement_text is not None
    assert row.replacement_text.startswith("veo-9.0-generate-preview or the models on the")


def test_a_month_alone_is_released_by_its_last_day() -> None:
    page = deprecations_md([("veo-9.0-generate-preview", "February 2026", NONE, "")])
    [row] = [row for row in read_deprecations(read_page(page)) if row.model.startswith("veo")]
    assert row.released == date(2026, 2, 28)


@pytest.mark.parametrize("way", ["No sooner than May 4, 2027", "May 4, 2027 OR LATER"])
def test_or_later_has_several_spellings(way: str) -> None:
    page = versions_md([("veo-9.0-generate-001", "November 17, 2025", way, "")])
    [row] = read_versions(read_page(page))
    assert (str(row.shutdown), row.kind) == ("2027-05-04", "not-before")


VEO = "veo-9.0-generate-preview"
REFUSED = {
    "no table": (b"# Deprecations\n\nNothing here.", "has no Veo table"),
    "no rows": (deprecations_md([], ()), "has no Veo table"),
    "Omni alone": (deprecations_md([]), "has no Veo table"),
    "the other page": (versions_md(), "stands in a table without the columns 'Model'"),
    "nothing": (b" \n", "it is empty"),
    "not UTF-8": (deprecations_md() + b"\xff", "not UTF-8"),
    "UTF-16": (deprecations_md().decode().encode("utf-16"), "not UTF-8"),
    "NUL": (deprecations_md() + b"\0", "NUL"),
    "too large": (b"a" * (LARGEST_PAGE + 1), "larger than 8 MB"),
    "Markdown too large": (deprecations_md() + b"\na" * 600_000, "larger than 1000 kB"),
    # each of these keeps html.parser busy for hours
    "tags without an end": (b"<table></table>" + b"<a " * 300_000, "has no Veo table"),
    "comments without an end": (b"<table></table>" + b"<!--" * 200_000, "in the middle of a tag"),
    "a table in a table": (
        deprecations_html().replace(b"<td>June 30, 2026</td>", b"<td><table></table></td>"),
        "inside another",
    ),
    "cut off": (deprecations_html()[:-40], "ends in the middle"),
    "a row outside its table": (
        deprecations_html().replace(b"<table>", b"", 2),
        "ends unbegun",
    ),
    "text between cells": (
        deprecations_html().replace(b"<td>June 30, 2026</td>", b"June 30, 2026"),
        "text outside its cells",
    ),
    "a cell too few": (
        deprecations_html().replace(b"<td>June 30, 2026</td>\n", b""),
        "does not fit its header",
    ),
    "a cell too few in Markdown": (
        deprecations_md().replace(b"| June 30, 2026 ", b""),
        "different numbers of cells",
    ),
    "a cell too many in Markdown": (
        deprecations_md().replace(b"| June 30, 2026 ", b"| | June 30, 2026 "),
        "different numbers of cells",
    ),
    "one id, two dates": (
        deprecations_md([*DEPRECATIONS, (VEO, "October 15, 2025", NONE, "")]),
        "two different rows",
    ),
    "an id in the wrong column": (
        deprecations_md([(VEO, VEO, "October 22, 2026", "")]),
        "no model id in its column",
    ),
    "no id": (
        deprecations_md([*DEPRECATIONS, ("(see below)", "May 1, 2026", NONE, "")]),
        "no model id in its column",
    ),
    "an id that only looks like one": (
        deprecations_md(
            [*DEPRECATIONS, ("v\u0435o-9.0-generate-preview", "May 1, 2026", NONE, "")]
        ),
        "no model id in its column",
    ),
    "a row loose in the text": (
        deprecations_md() + f"\n\n| `{VEO}` | October 15, 2025 |\n".encode(),
        "outside its table",
    ),
    "ends before it begins": (
        deprecations_md([(VEO, "October 22, 2026", "October 15, 2025", "")]),
        "before it began",
    ),
    "the date where the replacement stands": (
        deprecations_md([(VEO, "October 15, 2025", NONE, "October 22, 2026")]),
        "has a date for a replacement",
    ),
    "an older one for a replacement": (
        deprecations_md([("veo-9.0-x", "October 15, 2025", NONE, "veo-8.0-x")]),
        "is replaced by veo-8.0-x, which is older",
    ),
    "a row without its last bar": (deprecations_md(omni=())[:-2], "different numbers of cells"),
    "a row over two columns": (
        deprecations_html().replace(
            b"<td>June 30, 2026</td>\n<td>veo-9.0-generate-preview</td>",
            b'<td colspan="2">June 30, 2026</td><td></td>',
        ),
        "does not fit its header",
    ),
    "the column twice": (
        deprecations_md().replace(b"**Release date**", b"**Shutdown date**"),
        "stands in a table without",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_page_of_another_form_is_refused(name: str) -> None:
    page, words = REFUSED[name]
    with pytest.raises(UnreadablePageError) as raised:
        read_deprecations(read_page(page))
    assert words in str(raised.value)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "October 32, 2026",
        "October 0, 2026",
        "Octuber 22, 2026",
        "October 22 2026",
        "October 22, 26",
        "October 22, 20266",
        "October 22, 1926",
        "22 October 2026",
        "2026-10-22",
        "10/22/2026",
        "October 2026",
        "October 22, 2026 June 30, 2027",
        "October 22, 2026*",
        "No shutdown date",
        "No shutdwn date announced",
        "Not before",
        "Not before October",
        "or later",
        "October 22, \u0662\u0660\u0662\u0666",
    ],
)
def test_a_shutdown_cell_is_one_of_the_known_forms_or_the_page_is_refused(text: str) -> None:
    page = deprecations_md([(VEO, "October 15, 2025", text, "")])
    with pytest.raises(UnreadablePageError, match=f"{VEO} has no readable shutdown date"):
        read_deprecations(read_page(page))


@pytest.mark.parametrize("text", ["", "soon", NONE, "October 35, 2025", "Smarch 2026", "May 1999"])
def test_so_is_a_release_cell(text: str) -> None:
    page = deprecations_md([(VEO, text, "October 22, 2026", "")])
    with pytest.raises(UnreadablePageError, match="has no readable release date"):
        read_deprecations(read_page(page))


def test_the_day_of_the_last_update_is_read() -> None:
    page = read_page(deprecations_md(note="Last updated 2026-11-20 UTC."))
    assert page.updated == date(2026, 11, 20)
    assert read_page(deprecations_md()).updated is None
    assert read_page(deprecations_md(note="Last updated 2026-13-40 UTC.")).updated is None


@pytest.fixture
def real(shared: Path) -> Path:
    return shared / "real"


def test_the_captures_give_what_they_print(real: Path) -> None:
    october = read_deprecations(
        read_page((real / "google-deprecations-2026-10.md.txt").read_bytes())
    )
    august = read_deprecations(read_page(captured(real / "google-deprecations-2026-08-01.html")))
    previews = [f"veo-3.1-{name}generate-preview" for name in ("", "fast-", "lite-")]
    assert {said(august)[one][1:3] for one in previews} == {(None, "none-announced")}
    assert {said(october)[one][1:3] for one in previews} == {("2026-10-22", "earliest")}
    assert set(said(october)) - set(said(august)) == {"gemini-omni-1.1-flash"}
    assert len(august) == 8
    versions = read_versions(
        read_page(captured(real / "agent-platform-model-versions-2026-08-01.html"))
    )
    assert said(versions) == {
        "veo-3.1-generate-001": ("2025-11-17", "2026-11-17", "not-before", None),
        "veo-3.1-fast-generate-001": ("2025-11-17", "2026-11-17", "not-before", None),
        "veo-3.0-generate-001": ("2025-07-29", "2026-06-30", "exact", "veo-3.1-generate-001"),
        "veo-3.0-fast-generate-001": (
            "2025-07-29",
            "2026-06-30",
            "exact",
            "veo-3.1-fast-generate-001",
        ),
        "veo-2.0-generate-001": ("2025-05-27", "2026-06-30", "exact", "veo-3.1-generate-001"),
    }


def test_the_september_versions_say_the_same_of_what_is_offered(real: Path) -> None:
    september = said(
        read_versions(read_page((real / "agent-platform-model-versions-2026-09.md").read_bytes()))
    )
    august = said(
        read_versions(read_page(captured(real / "agent-platform-model-versions-2026-08-01.html")))
    )
    assert september == {
        model: row for model, row in august.items() if model != "veo-2.0-generate-001"
    }


def test_the_page_without_omni_is_read_too() -> None:
    assert set(DATES) - set(said(read_deprecations(read_page(deprecations_md(omni=()))))) == {
        OMNI[0][0]
    }
