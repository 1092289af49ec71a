"""Reading the official pages again and putting what they say into a reference document.

No key is ever sent: the environment is not even looked at. A page that cannot be read or
understood changes nothing; the others are still put in.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

from veo_check.core.clock import AsOf, Clock
from veo_check.core.money import InvalidFileError
from veo_check.core.secrets import AllowList, origin_of, printable, refusal_of_host
from veo_check.gateways.probes import Asking
from veo_check.http.answers import Failure, Limits
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import Reference, parse_reference
from veo_check.reference.rows import DateKind, Source
from veo_check.refresh.cost_map import SURFACES as COST_MAP_SURFACES
from veo_check.refresh.cost_map import read_cost_map
from veo_check.refresh.google import SURFACE as PRICING_SURFACE
from veo_check.refresh.google import read_deprecations, read_pricing, read_versions
from veo_check.refresh.merge import Change, DateRow, PriceRow, Reading, merge
from veo_check.refresh.pages import LARGEST_PAGE, UnreadablePageError, read_page

if TYPE_CHECKING:
    from veo_check.http.client import Transport


PageName = Literal["deprecations", "versions", "pricing", "cost-map"]
#: `unreadable`: nothing was changed because of this page; the others as in `refresh_merge.State`.
PageState = Literal["read", "older", "known", "unreadable"]


@dataclass(frozen=True, slots=True)
class OfficialPage:
    """A page that is read unless others are named: its address, and the twins to ask in order."""

    url: str
    twins: tuple[str, ...]


def _page(url: str) -> OfficialPage:
    return OfficialPage(url, (f"{url}.md.txt", url))


_CLOUD = "https://docs.cloud.google.com/gemini-enterprise-agent-platform"
PAGES: Mapping[PageName, OfficialPage] = {
    "deprecations": _page("https://ai.google.dev/gemini-api/docs/deprecations"),
    "versions": _page(f"{_CLOUD}/models/model-versions"),
    "pricing": _page("https://ai.google.dev/gemini-api/docs/pricing"),
}
#: LiteLLM publishes it here and under other addresses; it is read only where it is named.
COST_MAP = "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json"

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
#: A twin that is not there, in contrast to one that cannot be had today.
_MISSING = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page to read; `place` is a URL or a file, None the official address."""

    page: PageName
    place: str | None = None


@dataclass(frozen=True, slots=True)
class PageResult:
    """What one page came to. `detail` says why it changed nothing, where it did not."""

    page: PageName
    place: str
    state: PageState
    sha256: str | None = None
    changes: tuple[Change, ...] = ()
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The document after all pages, and what each of them came to."""

    document: Mapping[str, object]
    pages: tuple[PageResult, ...]

    @property
    def unreadable(self) -> bool:
        """Whether a page could not be read."""
        return any(page.state == "unreadable" for page in self.pages)

    @property
    def extended(self) -> bool:
        """Whether the document holds anything that it did not hold before."""
        return any(page.state == "read" for page in self.pages)


def refusal(place: str) -> str | None:
    """Why a place cannot be read whatever stands there, or None: https, loopback, and files."""
    if not place:
        return "names no page"
    if not _URL.match(place):
        return None
    try:
        origin_of(place)
    except ValueError as error:
        return f"the address {error}"
    if refusal_of_host(place, AllowList()) is not None:
        return "is asked over plain http; use https, or save the page and name the file"
    return None


class _UnreadError(Exception):
    """The page could not be had; the message says why."""


def refresh(
    document: Mapping[str, object],
    wanted: tuple[Wanted, ...],
    read_on: date,
    *,
    clock: Clock,
    transport: Transport | None = None,
    watch: Callable[[str], None] = lambda _: None,
) -> Refreshed:
    """Read the pages in turn and put each into the document.

    `watch` is told each place before it is asked. Raises InvalidFileError where the document
    itself cannot be used.
    """
    asking = Asking.open(
        environ={},
        leave=_leave(wanted),
        clock=clock,
        transport=transport,
        limits=Limits(body=LARGEST_PAGE),
    )
    results: list[PageResult] = []
    with asking.door:
        for one in wanted:
            document, result = _one(document, one, read_on, asking, watch)
            results.append(result)
    return Refreshed(document, tuple(results))


def _one(
    document: Mapping[str, object],
    wanted: Wanted,
    read_on: date,
    asking: Asking,
    watch: Callable[[str], None],
) -> tuple[Mapping[str, object], PageResult]:
    shown = printable(wanted.place or PAGES[wanted.page].url, 300)
    try:
        content, shown = _fetch(wanted, asking, watch)
    except _UnreadError as problem:
        return document, PageResult(wanted.page, shown, "unreadable", detail=str(problem))
    digest = hashlib.sha256(content).hexdigest()
    try:
        reading = _reading(document, wanted, content, digest, shown, read_on)
        merged = merge(document, reading)
        _check(merged.document)
    except UnreadablePageError as problem:
        return document, PageResult(wanted.page, shown, "unreadable", digest, detail=str(problem))
    return merged.document, PageResult(
        wanted.page, shown, merged.state, digest, merged.changes, merged.detail
    )


def _check(document: Mapping[str, object]) -> None:
    """What is written must be what a run can read."""
    try:
        _ = parse_reference(document, "refreshed").prices
    except InvalidFileError as problem:
        raise UnreadablePageError(f"its rows do not fit the known ones: {problem}") from None


def _reading(
    document: Mapping[str, object],
    wanted: Wanted,
    content: bytes,
    digest: str,
    shown: str,
    read_on: date,
) -> Reading:
    dates: tuple[DateRow, ...] = ()
    prices: tuple[PriceRow, ...] = ()
    date_surfaces: frozenset[str] = frozenset()
    price_surfaces: frozenset[str] = frozenset()
    updated: date | None = None
    if wanted.page == "cost-map":
        dates, prices = read_cost_map(content, _kind_of(document))
        date_surfaces = price_surfaces = COST_MAP_SURFACES
    else:
        page = read_page(content)
        updated = page.updated
        if wanted.page == "deprecations":
            dates, date_surfaces = read_deprecations(page), frozenset({"gemini-api"})
        elif wanted.page == "versions":
            dates, date_surfaces = read_versions(page), frozenset({"agent-platform"})
        else:
            prices, price_surfaces = read_pricing(page), frozenset({PRICING_SURFACE})
    if updated is not None and updated > read_on:
        raise UnreadablePageError(
            f"it was last updated on {updated}, so it cannot have been read on {read_on}"
        )
    source = Source(
        url=COST_MAP if wanted.page == "cost-map" else PAGES[wanted.page].url,
        kind=_source_kind(wanted, shown),
        publisher="litellm" if wanted.page == "cost-map" else "google",
        confirmed=read_on,
        page_date=updated,
        note=_note(wanted),
        sha256=digest,
    )
    return Reading(
        f"{source.publisher}-{wanted.page}-{read_on}-{digest[:8]}",
        source,
        dates,
        prices,
        date_surfaces,
        price_surfaces,
    )


def _source_kind(wanted: Wanted, shown: str) -> Literal["official", "official-copy", "third-party"]:
    """Read at the vendor's own host, or a copy that the user vouches for."""
    if wanted.page == "cost-map":
        return "third-party"
    own = urlsplit(PAGES[wanted.page].url).netloc
    return "official" if shown.startswith(f"https://{own}/") else "official-copy"


def _note(wanted: Wanted) -> str:
    if wanted.place is None:
        return "read by veo-check refresh"
    where = "a file" if not _URL.match(wanted.place) else urlsplit(wanted.place).netloc
    return f"read by veo-check refresh from {printable(where, 100)}"


def _kind_of(document: Mapping[str, object]) -> Callable[[str, str, date], DateKind]:
    """What kind of day a list means that only prints a day: the kind that the vendor gives it.

    Without the vendor's word, a day on the Gemini API is the earliest one, as all there are, and
    a day on the Agent Platform promises nothing after it: that blocks and does not fail.
    """
    rows = parse_reference(document, "reference").lifecycle_rows

    def kind_of(model: str, surface: str, day: date) -> DateKind:
        said = [
            row
            for row in rows
            if (row.model, row.surface, row.shutdown) == (model, surface, day)
            and row.source.official
        ]
        newest = max(said, key=lambda row: row.source.confirmed, default=None)
        if newest is not None:
            return newest.kind
        return "earliest" if surface == "gemini-api" else "not-before"

    return kind_of


def _leave(wanted: tuple[Wanted, ...]) -> AllowList:
    """The person running the command named these hosts, or they are Google's own."""
    origins = set()
    for one in wanted:
        for place in _places(one):
            try:
                origins.add(origin_of(place))
            except ValueError:
                continue  # a file, or an address that the door refuses
    # no variable has an empty name: this allows to ask without a key, and no key
    return AllowList(keys=frozenset(("", origin) for origin in origins))


def _places(wanted: Wanted) -> tuple[str, ...]:
    return PAGES[wanted.page].twins if wanted.place is None else (wanted.place,)


def _fetch(wanted: Wanted, asking: Asking, watch: Callable[[str], None]) -> tuple[bytes, str]:
    """The bytes, and where they came from."""
    places = _places(wanted)
    for place in places:
        shown = printable(place, 300)
        watch(shown)
        if not _URL.match(place):
            return _file(Path(place)), shown
        answer = asking.door.get(place)
        if isinstance(answer, Failure):
            raise _UnreadError(answer.detail)
        if answer.status == 200:
            return answer.body, shown
        if answer.status not in _MISSING or place == places[-1]:
            raise _UnreadError(f"{answer.place} answered {answer.status}")
    raise _UnreadError("no address is known")


def _file(path: Path) -> bytes:
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _UnreadError("it is not a regular file")
            return file.read(LARGEST_PAGE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        raise _UnreadError(f"it cannot be read: {reason}") from None


# A reference document as text that a person can read: one source, one row, one line.


#: bundled file -> the sections it holds, in their order
BUNDLE: Mapping[str, tuple[str, ...]] = {
    "capabilities.json": ("capabilities",),
    "lifecycle.json": ("lifecycle",),
    "prices.json": ("rasters", "credits", "prices"),
}


def as_text(document: Mapping[str, object]) -> str:
    """The document as one file."""
    return "{\n" + ",\n".join(_section(key, value) for key, value in document.items()) + "\n}\n"


def as_bundle(document: Mapping[str, object]) -> dict[str, str]:
    """The document as the files that the package ships, by name."""
    return {name: as_text(_part(document, sections)) for name, sections in BUNDLE.items()}


def _part(document: Mapping[str, object], sections: tuple[str, ...]) -> Mapping[str, object]:
    held = {key: document[key] for key in sections if key in document}
    sources = cast("Mapping[str, object]", document.get("sources", {}))
    named = _named(list(held.values()))
    used = {key: source for key, source in sources.items() if key in named}
    return {"compiled": document.get("compiled"), "sources": used, **held}


def _named(value: object) -> set[str]:
    """Every source that something in here names."""
    names: set[str] = set()
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            source = one.get("source")
            if isinstance(source, str):
                names.add(source)
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return names


def _section(key: str, value: object) -> str:
    if isinstance(value, list):
        return f'  "{key}": [\n{_lines(map(_line, value))}\n  ]' if value else f'  "{key}": []'
    if isinstance(value, dict) and value:
        lines = (_entry(name, one, nested=key == "rasters") for name, one in value.items())
        return f'  "{key}": {{\n{_lines(lines)}\n  }}'
    return f'  "{key}": {_line(value)}'


def _entry(name: str, value: object, *, nested: bool) -> str:
    if not nested or not isinstance(value, dict):
        return f"{_line(name)}: {_line(value)}"
    rows = ",\n".join(f"      {_line(key)}: {_line(one)}" for key, one in value.items())
    return f"{_line(name)}: {{\n{rows}\n    }}"


def _lines(texts: object) -> str:
    return ",\n".join(f"    {text}" for text in cast("list[str]", texts))


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


# Which rows a verdict could stand on today, and when they were last confirmed.


@dataclass(frozen=True, slots=True)
class StaleSource:
    """The rows in force that were read at one source."""

    source: Source
    rows: tuple[str, ...]

    def age_days(self, day: date) -> int:
        """Whole days since they were last confirmed."""
        return self.source.age_days(day)


def in_force(reference: Reference, day: date) -> tuple[StaleSource, ...]:
    """Every row that counts on `day`, by source: what may be too old.

    Left out is what no later reading can change: readings that a newer one of the same page
    replaced, dates of retired ids, and prices that have ended.
    """
    rows: dict[Source, list[str]] = {}
    for source, row in (*_dates(reference, day), *_prices(reference, day)):
        rows.setdefault(source, []).append(row)
    return tuple(StaleSource(source, tuple(names)) for source, names in rows.items())


def _dates(reference: Reference, day: date) -> Iterator[tuple[Source, str]]:
    for model in reference.models():
        for surface in reference.surfaces(model):
            judged = judge_lifecycle(reference, model, surface, AsOf(day, day))
            if judged.state == "retired":
                continue
            for row in judged.rows:
                yield row.source, row.id
            capability = reference.capability(model, surface)
            if capability is not None:
                yield capability.source, capability.id


def _prices(reference: Reference, day: date) -> Iterator[tuple[Source, str]]:
    for rule in reference.prices:
        if rule.live_on(day):
            yield rule.source, rule.id
