"""Google's two pages of dates: the Gemini API's deprecations, the Agent Platform's versions.

A table is read by the names of its columns, never by their order. Whatever does not fit, from a
garbled day to an id in the wrong column, refuses the whole page: a page that has changed its form
is for a person to look at, and until then the older readings age.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from veo_check.core.printable import printable
from veo_check.reference.refresh_page import VIDEO_ID, Page, Table, UnreadablePageError
from veo_check.reference.refresh_rows import DateRow
from veo_check.reference.rows import DateKind

_MONTHS = tuple(calendar.month_name)[1:]
_MONTH = f"({'|'.join(_MONTHS)})"
_DAY = re.compile(rf"{_MONTH} ([0-9]{{1,2}}), ([0-9]{{4}})")
_MONTH_ALONE = re.compile(rf"{_MONTH} ([0-9]{{4}})")
_LATER = re.compile(r"(.+?) or later|(?:Not before|No sooner than) (.+)", re.IGNORECASE)
_NOT_ANNOUNCED = re.compile(r"No (?:shutdown|retirement) date announced", re.IGNORECASE)
#: Any model's id, its footnote mark included.
_ANY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@_-]*\*?")
_NAMED_ID = re.compile(r"\b(?:veo|gemini|imagen)-[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_VEO_VERSION = re.compile(r"veo-([0-9]{1,4}(?:\.[0-9]{1,4})?)-")
_YEARS = range(2020, 2101)
_REPLACEMENTS = (
    "recommended replacement",
    "replacement model",
    "recommended upgrade",
    "replacement",
)


@dataclass(frozen=True, slots=True)
class _Form:
    """How one page names its columns, and what a bare day means there."""

    surface: str
    model: str
    shutdown: str
    bare_day: DateKind


_DEPRECATIONS = _Form("gemini-api", "model", "shutdown date", "earliest")
_VERSIONS = _Form("agent-platform", "model id", "retirement date", "exact")


def read_deprecations(page: Page) -> tuple[DateRow, ...]:
    """The video rows of the Gemini API's deprecations page. Raises UnreadablePageError.

    A day there is the earliest possible one: the page says so.
    """
    return _read(page, _DEPRECATIONS)


def read_versions(page: Page) -> tuple[DateRow, ...]:
    """The video rows of the Agent Platform's model versions page. Raises UnreadablePageError.

    A bare day there is final, "or later" promises nothing after it.
    """
    return _read(page, _VERSIONS)


def _read(page: Page, form: _Form) -> tuple[DateRow, ...]:
    found: dict[str, DateRow] = {}
    for table in page.tables:
        for row in _rows(table, form):
            if found.setdefault(row.model, row) != row:
                raise UnreadablePageError(f"it has two different rows for {row.model}")
    if not any(model.startswith("veo-") for model in found):
        raise UnreadablePageError(
            f"it has no Veo table with the columns {_said(form.model)} and {_said(form.shutdown)}"
        )
    return tuple(found.values())


def _rows(table: Table, form: _Form) -> Iterator[DateRow]:
    columns = _columns(table, form)
    if columns is None:
        stray = _video_ids(cell.text for row in table.rows for cell in row)
        if stray:
            raise UnreadablePageError(
                f"{stray[0]} stands in a table without the columns {_said(form.model)}, "
                f"'Release date' and {_said(form.shutdown)}"
            )
        return
    body = [tuple(cell.text for cell in row) for row in table.rows[1:]]
    named = columns.get("replacement")
    if not _video_ids(text for row in body for place, text in enumerate(row) if place != named):
        return
    for cells, row in zip(body, table.rows[1:], strict=True):
        if not any(cells) or (cells[0] and not any(cells[1:]) and not _ANY_ID.fullmatch(cells[0])):
            continue  # empty, or a divider such as "Preview models"
        if len(cells) != len(table.header) or any(cell.spans for cell in row):
            raise UnreadablePageError(f"the row {_shown(cells)} does not fit its header")
        yield from _row(cells, columns, form)


def _columns(table: Table, form: _Form) -> dict[str, int] | None:
    """Where each column stands; None where one is missing or there twice."""
    wanted = {"model": (form.model,), "release": ("release date",), "shutdown": (form.shutdown,)}
    columns: dict[str, int] = {}
    for name, titles in (*wanted.items(), ("replacement", _REPLACEMENTS)):
        places = [place for place, title in enumerate(table.header) if title in titles]
        if len(places) > 1 or (not places and name != "replacement"):
            return None
        if places:
            columns[name] = places[0]
    return columns


def _row(cells: tuple[str, ...], columns: dict[str, int], form: _Form) -> Iterator[DateRow]:
    model = cells[columns["model"]]
    others = [cells[place] for name, place in columns.items() if name in {"release", "shutdown"}]
    if not _ANY_ID.fullmatch(model) or _video_ids(others):
        raise UnreadablePageError(f"the row {_shown(cells)} has no model id in its column")
    if not VIDEO_ID.fullmatch(model):
        return
    released = _released(model, cells[columns["release"]])
    shutdown, kind = _shutdown(model, cells[columns["shutdown"]], form)
    if shutdown is not None and shutdown < released:
        raise UnreadablePageError(f"{model} ends on {shutdown}, before it began on {released}")
    named = columns.get("replacement")
    replacement = _replacement(model, "" if named is None else cells[named])
    yield DateRow(model, form.surface, released, shutdown, kind, *replacement)


def _released(model: str, text: str) -> date:
    """The day; of a month alone its last day, by when it is certain."""
    day = _day(text)
    if day is None and (month := _MONTH_ALONE.fullmatch(text)) and int(month[2]) in _YEARS:
        number = _MONTHS.index(month[1]) + 1
        year = int(month[2])
        day = date(year, number, calendar.monthrange(year, number)[1])
    if day is None:
        raise UnreadablePageError(f"{model} has no readable release date: '{printable(text, 60)}'")
    return day


def _shutdown(model: str, text: str, form: _Form) -> tuple[date | None, DateKind]:
    if _NOT_ANNOUNCED.fullmatch(text):
        return None, "none-announced"
    later = _LATER.fullmatch(text)
    day = _day((later[1] or later[2]) if later else text)
    if day is None:
        raise UnreadablePageError(
            f"{model} has no readable {form.shutdown}: '{printable(text, 60)}'"
        )
    return day, "not-before" if later else form.bare_day


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    if found is None or int(found[3]) not in _YEARS:
        return None
    try:
        return date(int(found[3]), _MONTHS.index(found[1]) + 1, int(found[2]))
    except ValueError:
        return None


def _replacement(model: str, text: str) -> tuple[str | None, str | None]:
    """(the first id named, the cell as printed where it says more than the id)."""
    if not text:
        return None, None
    said = printable(text, 500)
    if _DAY.search(said) or _NOT_ANNOUNCED.search(said):
        raise UnreadablePageError(f"{model} has a date for a replacement: '{said[:60]}'")
    named = _NAMED_ID.search(said)
    found = None if named is None else named[0]
    if found is not None and _version(found) < _version(model):
        raise UnreadablePageError(f"{model} is replaced by {found}, which is older")
    return found, None if said == found else said


def _version(model: str) -> tuple[int, ...]:
    """The version of a Veo id; of any other the highest: families are not compared."""
    found = _VEO_VERSION.match(model)
    return (10_000,) if found is None else tuple(map(int, found[1].split(".")))


def _video_ids(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if VIDEO_ID.fullmatch(text)]


def _said(title: str) -> str:
    return f"'{title.capitalize()}'"


def _shown(cells: tuple[str, ...]) -> str:
    return f"'{printable(' | '.join(cells), 80)}'"
