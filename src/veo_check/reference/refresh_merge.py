"""A reading put into a reference document: rows appended, nothing rewritten, nothing lost.

The document is the same JSON that `veo_check.reference.load` reads. A page read again on a later
day adds its rows once more, with that day and the hash of what was read: the newest reading of a
page counts, and the older ones stay as what was true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from veo_check.core.errors import InvalidFileError
from veo_check.reference.parse import Sources, parse_lifecycle, parse_sources
from veo_check.reference.readings import FIRM, page_of, read_on
from veo_check.reference.refresh_changes import Change, date_changes, row_gone
from veo_check.reference.refresh_prices import merge_prices
from veo_check.reference.refresh_rows import DateRow, Reading
from veo_check.reference.rows import LifecycleRow, Source

#: `read`: its rows are in. `older`: a newer reading is there, nothing changed. `known`: this very
#: reading is there already.
State = Literal["read", "older", "known"]


@dataclass(frozen=True, slots=True)
class Merged:
    """A document after one reading, and what that changed. `detail` says why nothing did."""

    document: Mapping[str, object]
    state: State
    changes: tuple[Change, ...] = ()
    detail: str | None = None


def merge(document: Mapping[str, object], reading: Reading) -> Merged:
    """The document with this reading, or as it was where it knows a newer one.

    Raises UnreadablePageError where the reading cannot be true beside what is known, and
    InvalidFileError where the document is none.
    """
    sources = parse_sources(document)
    older = _older(sources, reading.source)
    if older is not None:
        return Merged(document, "older", detail=older)
    if any(_same_reading(one, reading.source) for one in sources.values()):
        return Merged(document, "known", detail="this reading is in the reference already")
    if reading.source_id in sources:
        raise InvalidFileError(f"sources.{reading.source_id}: this id stands for another reading")
    known = parse_lifecycle(document, sources)
    listed, changes = _dates(known, reading)
    merged: dict[str, object] = {
        **document,
        "compiled": max(_compiled(document), reading.source.confirmed.isoformat()),
        "sources": {**_table(document, "sources"), reading.source_id: _source_json(reading.source)},
        "lifecycle": [*_list(document, "lifecycle"), *listed],
    }
    priced = merge_prices(merged, reading)
    merged["prices"] = [*_list(document, "prices"), *priced.rows]
    if not listed and not priced.rows:
        return Merged(document, "known", detail="it says nothing that is not known of that day")
    return Merged(merged, "read", (*changes, *priced.changes))


def _older(sources: Sources, new: Source) -> str | None:
    same = [one for one in sources.values() if _same_page(one, new)]
    newest = max(same, key=read_on, default=None)
    if newest is not None and new.confirmed < newest.confirmed:
        return f"it was read on {new.confirmed}; a reading of {newest.confirmed} is known already"
    updated = max((one.page_date for one in same if one.page_date is not None), default=None)
    if updated is not None and new.page_date is not None and new.page_date < updated:
        return f"it was last updated on {new.page_date}; its state of {updated} is known already"
    return None


def _same_page(one: Source, new: Source) -> bool:
    """Of a third party every page counts as one: its list is filed under several addresses."""
    if new.official:
        return page_of(one) == page_of(new)
    return one.publisher == new.publisher


def _same_reading(one: Source, new: Source) -> bool:
    return (one.sha256, one.confirmed) == (new.sha256, new.confirmed) and _same_page(one, new)


def _dates(
    known: tuple[LifecycleRow, ...], reading: Reading
) -> tuple[list[dict[str, object]], list[Change]]:
    page = page_of(reading.source)
    before: dict[tuple[str, str], list[LifecycleRow]] = {}
    for row in sorted(known, key=lambda one: read_on(one.source)):
        if page_of(row.source) == page and row.surface in reading.date_surfaces:
            before.setdefault((row.model, row.surface), []).append(row)
    rows: list[dict[str, object]] = []
    changes: list[Change] = []
    for now in reading.dates:
        earlier = before.pop((now.model, now.surface), [None])
        changes.extend(date_changes(earlier[-1], now, reading.source.confirmed))
        rows.append(_row_json(now, reading.source_id))
    for (model, surface), earlier_rows in before.items():
        newest = earlier_rows[-1]
        listed = next((row for row in reversed(earlier_rows) if row.kind != "absent"), None)
        if newest.kind == "absent" and listed is not None and _over(listed, newest):
            continue  # retired, and dropped long ago
        if newest.kind != "absent":
            changes.append(row_gone(newest, reading.source.confirmed))
        gone = DateRow(model, surface, None, None, "absent")
        rows.append(_row_json(gone, reading.source_id))
    return rows, changes


def _over(listed: LifecycleRow, absent: LifecycleRow) -> bool:
    return listed.kind in FIRM and (listed.shutdown or date.max) <= absent.source.confirmed


def _row_json(row: DateRow, source_id: str) -> dict[str, object]:
    cells: dict[str, object] = {
        "id": f"life:{row.surface}:{row.model}:{source_id}",
        "model": row.model,
        "surface": row.surface,
        "released": row.released and row.released.isoformat(),
        "shutdown": row.shutdown and row.shutdown.isoformat(),
        "kind": row.kind,
        "replacement": row.replacement,
        "replacement_text": row.replacement_text,
        "source": source_id,
    }
    return _filled(cells)


def _source_json(source: Source) -> dict[str, object]:
    return _filled(
        {
            "url": source.url,
            "kind": source.kind,
            "publisher": source.publisher,
            "confirmed": source.confirmed.isoformat(),
            "page_date": source.page_date and source.page_date.isoformat(),
            "note": source.note,
            "sha256": source.sha256,
        }
    )


def _filled(cells: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in cells.items() if value is not None}


def _compiled(document: Mapping[str, object]) -> str:
    value = document.get("compiled")
    return value if isinstance(value, str) else ""


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = document.get(key, {})
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _list(document: Mapping[str, object], key: str) -> Iterator[object]:
    value = document.get(key, [])
    return iter(value if isinstance(value, list) else [])
