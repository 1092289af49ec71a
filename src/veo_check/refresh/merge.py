"""A reading put into a reference document: what changed is appended, what did not is confirmed.

The document is the same JSON that `veo_check.reference.load` reads. A page that says again what was
known of it moves the day of those rows and adds none; what it says otherwise is a row of its own,
and the older ones stay as what was true.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, cast

from veo_check.core.frozen import dataclass
from veo_check.core.money import InvalidFileError
from veo_check.reference.lifecycle import say_day
from veo_check.reference.prices import parse_prices
from veo_check.reference.readings import is_over, page_of, read_on
from veo_check.reference.rows import (
    Document,
    LifecycleRow,
    Source,
    Sources,
    parse_capabilities,
    parse_lifecycle,
    parse_sources,
)
from veo_check.refresh.pages import UnreadablePageError
from veo_check.refresh.price_rows import PriceMerge, best_capability, resolutions_of, section
from veo_check.refresh.readings import (
    Change,
    DateRow,
    ModelFacts,
    Reading,
    cells_of,
    change_of,
    date_changes,
)

# What a model accepts, beside what was known of it.


def _model_rows(document: Document, reading: Reading) -> tuple[list[Document], list[Change]]:
    """The document's capability rows after the reading, and what it changed."""
    rows = [dict(cast("Document", row)) for row in section(document, "capabilities")]
    known = parse_capabilities(document, parse_sources(document))
    changes: list[Change] = []
    for facts in reading.models:
        best = best_capability(known, facts.model, facts.surface)
        place = None if best is None else [row["id"] for row in rows].index(best.id)
        before = {} if place is None else rows[place]
        now = _model_cells(facts, before, _priced(document, facts))
        differing = {name: now[name] for name in now if before.get(name) != now[name]}
        now["id"] = f"cap:{facts.surface}:{facts.model}:{reading.source_id}"
        now["source"] = reading.source_id
        if place is None:
            says = ", ".join(f"{name} {_words(value)}" for name, value in differing.items())
            changes.append(change_of("model-new", facts, says))
        disputed = differing.pop("resolutions_disputed", None)
        if disputed:
            says = f"{_words(disputed)} has a price on Google's price page, and this page has none"
            changes.append(change_of("conflict", facts, says))
        if place is not None and not differing:
            rows[place] = now
            continue
        rows.append(now)
        for name, value in differing.items() if place is not None else ():
            says = f"{name}: {_words(before.get(name))} -> {_words(value)}"
            changes.append(change_of("model-changed", facts, says))
    return cast("list[Document]", rows), changes


def _model_cells(
    facts: ModelFacts, before: Mapping[str, object], priced: list[str]
) -> dict[str, Any]:
    omni = facts.model.startswith("gemini-omni-")
    words = facts.model.split("-")
    usual = {
        "model": facts.model,
        "surface": facts.surface,
        "family": "gemini-omni" if omni else "veo",
        "variant": next((word for word in ("fast", "lite", "flash") if word in words), "standard"),
        "endpoints": ["interactions" if omni else "predict-long-running"],
    }
    now: dict[str, Any] = {**usual, **before, **facts.cells}
    now.pop("by_hand", None)
    for name in ("full_length_only", "aspect_ratios"):
        old, new = cast("list[str]", before.get(name, [])), facts.cells.get(name, [])
        if set(new) <= set(old) and (name == "full_length_only" or set(new) == set(old)):
            now[name] = old
    seconds = now.get("seconds")
    if facts.longest is not None and seconds and max(seconds) != facts.longest:
        now["seconds"] = list(range(min(seconds), facts.longest + 1))
    disputed = [resolution for resolution in priced if resolution not in now.get("resolutions", ())]
    now["resolutions_disputed"] = disputed
    empty: tuple[object, ...] = ([], None)
    return {name: value for name, value in now.items() if value not in empty}


def _priced(document: Document, facts: ModelFacts) -> list[str]:
    """The resolutions that an official list prices for the model."""
    rules = [rule for rule in parse_prices(document) if rule.source.official]
    mine = [rule for rule in rules if (rule.model, rule.surface) == (facts.model, facts.surface)]
    named = [word for rule in mine if rule.valid_to is None for word in resolutions_of(rule)]
    return sorted(set(named)) if "resolutions" in facts.cells else []


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not known" if value is None else str(value)


#: `read`: its rows are in. `older`: a newer reading is there, nothing changed. `known`: this very
#: reading is there already.
State = Literal["read", "older", "known"]


@dataclass(frozen=True, slots=True)
class Merged:
    """A document after one reading, and what that changed. `detail` says why nothing did."""

    document: Document
    state: State
    changes: tuple[Change, ...] = ()
    detail: str | None = None


def merge(document: Document, reading: Reading) -> Merged:
    """The document with this reading, or as it was where it knows a newer one.

    Raises UnreadablePageError where the reading cannot be true beside what is known, and
    InvalidFileError where the document is none.
    """
    sources = parse_sources(document)
    new = reading.source
    older = _older(sources, new)
    if older is not None:
        return Merged(document, "older", detail=older)
    known = [(name, source) for name, source in sources.items() if _same_page(source, new)]
    if any((source.sha256, source.confirmed) == (new.sha256, new.confirmed) for _, source in known):
        return Merged(document, "known", detail="this reading is in the reference already")
    if reading.source_id in sources:
        raise InvalidFileError(f"sources.{reading.source_id}: this id stands for another reading")
    merged: dict[str, object] = {
        **document,
        "compiled": max(str(document.get("compiled", "")), new.confirmed.isoformat()),
        "sources": {
            **cast("Document", document.get("sources", {})),
            reading.source_id: cells_of(new),
        },
    }
    merged["lifecycle"], changes = _date_rows(document, parse_lifecycle(document, sources), reading)
    if reading.models:
        merged["capabilities"], model_changes = _model_rows(merged, reading)
        changes += model_changes
    if reading.price_surfaces:
        prices = PriceMerge(merged, reading)
        prices.run()
        merged["prices"] = prices.rows
        changes += prices.changes
    if all(merged.get(key) == document.get(key) for key in _SECTIONS):
        return Merged(document, "known", detail="it says nothing that is not known of that day")
    return Merged(_without_unused(merged), "read", tuple(changes))


_SECTIONS = ("lifecycle", "capabilities", "prices")


def confirm(document: Document, publisher: str, url: str, day: date, length: int) -> Document:
    """The document with the newest reading of a page that has not changed since, confirmed anew.

    `length` is kept with the reading: a page of another length has changed.
    """
    newest = newest_reading(document, publisher, url)
    if newest is None or newest[1].length != length or newest[1].confirmed > day:
        raise UnreadablePageError("it is not the page that was read before")
    name, _ = newest
    sources = cast("dict[str, Document]", document.get("sources", {}))
    moved = {**sources[name], "confirmed": day.isoformat()}
    compiled = max(str(document.get("compiled", "")), day.isoformat())
    return {**document, "compiled": compiled, "sources": {**sources, name: moved}}


def newest_reading(document: Document, publisher: str, url: str) -> tuple[str, Source] | None:
    """The newest reading of a page that the document holds, with its id."""
    asked = Source(url, "official", publisher, date.min)
    found = [
        (name, source)
        for name, source in parse_sources(document).items()
        if page_of(source) == page_of(asked)
    ]
    return max(found, key=lambda named: read_on(named[1]), default=None)


def _without_unused(document: dict[str, object]) -> Document:
    """The document without the sources that no row names any more."""
    used = named_sources({key: value for key, value in document.items() if key != "sources"})
    sources = cast("Document", document["sources"])
    return {**document, "sources": {name: cells for name, cells in sources.items() if name in used}}


def named_sources(value: object) -> set[str]:
    """Every source that something in here names."""
    if isinstance(value, list):
        return set[str]().union(*map(named_sources, value))
    if not isinstance(value, dict):
        return set()
    source = value.get("source")
    own = {source} if isinstance(source, str) else set[str]()
    return own.union(*map(named_sources, value.values()))


def _older(sources: Sources, new: Source) -> str | None:
    same = [source for source in sources.values() if _same_page(source, new)]
    newest = max(same, key=read_on, default=None)
    if newest is not None and new.confirmed < newest.confirmed:
        return f"it was read on {new.confirmed}; a reading of {newest.confirmed} is known already"
    updated = max(
        (source.page_date for source in same if source.page_date is not None), default=None
    )
    if updated is not None and new.page_date is not None and new.page_date < updated:
        raise UnreadablePageError(
            f"it was last updated on {new.page_date}; its state of {updated} is known already"
        )
    return None


def _same_page(known: Source, new: Source) -> bool:
    """Of another publisher than the vendor every page counts as one: its list is filed under
    several addresses."""
    if new.official:
        return page_of(known) == page_of(new)
    return known.publisher == new.publisher


def _date_rows(
    document: Document, known: tuple[LifecycleRow, ...], reading: Reading
) -> tuple[list[object], list[Change]]:
    """The document's lifecycle rows after the reading, and what it changed."""
    written = [dict(cast("Document", row)) for row in section(document, "lifecycle")]
    places = {str(row["id"]): place for place, row in enumerate(written)}
    before: dict[tuple[str, str], list[LifecycleRow]] = {}
    for row in sorted(known, key=lambda row: read_on(row.source)):
        same = _same_page(row.source, reading.source)
        if same and row.surface in reading.date_surfaces:
            before.setdefault((row.model, row.surface), []).append(row)
    changes: list[Change] = []

    def put(now: DateRow, earlier: LifecycleRow | None) -> None:
        cells: dict[str, object] = _date_cells(now, reading.source_id)
        if earlier is not None and _says_the_same(earlier, now):
            held = written[places[earlier.id]]
            written[places[earlier.id]] = {**held, "id": cells["id"], "source": cells["source"]}
        else:
            written.append(cells)

    for now in reading.dates:
        earlier = before.pop((now.model, now.surface), [None])
        changes.extend(date_changes(earlier[-1], now, reading.source.confirmed))
        put(now, earlier[-1])
    for (model, surface), earlier_rows in before.items():
        newest = earlier_rows[-1]
        listed = next((row for row in reversed(earlier_rows) if row.kind != "absent"), None)
        if (
            newest.kind == "absent"
            and listed is not None
            and is_over(listed, newest.source.confirmed)
        ):
            continue  # retired, and dropped long ago
        if newest.kind != "absent":
            over = is_over(newest, reading.source.confirmed)
            says = (
                "the page lists it no more; it said "
                f"{say_day(newest.shutdown, newest.kind)}, "
                + ("which has passed: it stays retired" if over else "now it is unknown")
            )
            changes.append(change_of("row-gone", newest, says))
        put(DateRow(model, surface, None, None, "absent"), newest)
    taken_over = _taken_over(known, reading)
    kept: list[object] = [row for row in written if row["id"] not in taken_over]
    return kept, changes


def _taken_over(known: tuple[LifecycleRow, ...], reading: Reading) -> set[str]:
    """Rows by which the vendor offered a model where no command looks, such as a release: once a
    page that is read offers it too, nothing would ever confirm them."""
    said = {(row.model, row.surface) for row in reading.dates if row.kind == "none-announced"}
    return {
        row.id
        for row in known
        if reading.source.official
        and (row.model, row.surface, row.kind) in {(*place, "none-announced") for place in said}
        and (row.source.publisher, row.source.sha256) == (reading.source.publisher, None)
        and row.by_hand is None
        and not _same_page(row.source, reading.source)
    }


def _says_the_same(row: LifecycleRow, now: DateRow) -> bool:
    told = (row.shutdown, row.kind, row.replacement, row.replacement_text)
    says = (now.shutdown, now.kind, now.replacement, now.replacement_text)
    return told == says and now.released in {None, row.released}


def _date_cells(row: DateRow, source_id: str) -> dict[str, object]:
    row_id = f"life:{row.surface}:{row.model}:{source_id}"
    return {"id": row_id, **cells_of(row), "source": source_id}
