"""Reading the official pages again and putting what they say into a reference document.

No key is ever sent: the environment is not even looked at. A page that cannot be read or
understood changes nothing; the others are still put in.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

from veo_check.core.clock import AsOf, Clock
from veo_check.core.frozen import dataclass
from veo_check.core.money import InvalidFileError
from veo_check.core.reading import NotRegularError, TooLargeError, read_limited, why_unread
from veo_check.core.secrets import AllowList, origin_of, printable, refusal_of_host
from veo_check.gateways.probes import Asking
from veo_check.http.answers import Failure, Limits
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import Reference, parse_reference
from veo_check.reference.prices import PriceRule
from veo_check.reference.rows import (
    Capability,
    DateKind,
    Document,
    LifecycleRow,
    Source,
    SourceKind,
)
from veo_check.refresh.cost_map import SURFACES as COST_MAP_SURFACES
from veo_check.refresh.cost_map import read_cost_map
from veo_check.refresh.google import DEPRECATIONS, VERSIONS, read_dates, read_pricing
from veo_check.refresh.google import SURFACE as PRICING_SURFACE
from veo_check.refresh.merge import Change, DateRow, PriceRow, Reading, merge
from veo_check.refresh.pages import LARGEST_PAGE, UnreadablePageError, read_page

if TYPE_CHECKING:
    from veo_check.http.client import Transport


PageName = Literal["deprecations", "versions", "pricing", "cost-map"]
#: `unreadable`: nothing was changed because of this page; the others as in `merge.State`.
PageState = Literal["read", "older", "known", "unreadable"]


_CLOUD = "https://docs.cloud.google.com/gemini-enterprise-agent-platform"
#: What is read unless others are named; each has a Markdown twin, which is asked first.
PAGES: Mapping[PageName, str] = {
    "deprecations": "https://ai.google.dev/gemini-api/docs/deprecations",
    "versions": f"{_CLOUD}/models/model-versions",
    "pricing": "https://ai.google.dev/gemini-api/docs/pricing",
}
#: LiteLLM publishes it here and under other addresses; it is read only where it is named.
COST_MAP = "https://github.com/BerriAI/litellm/raw/main/model_prices_and_context_window.json"

#: What each page speaks for.
_DATES_OF: Mapping[PageName, frozenset[str]] = {
    "deprecations": frozenset({DEPRECATIONS.surface}),
    "versions": frozenset({VERSIONS.surface}),
    "cost-map": COST_MAP_SURFACES,
}
_PRICES_OF: Mapping[PageName, frozenset[str]] = {
    "pricing": frozenset({PRICING_SURFACE}),
    "cost-map": COST_MAP_SURFACES,
}
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
#: A twin that is not there, in contrast to one that cannot be had today.
_MISSING = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page to read; `place` is a URL or a file, None the official address."""

    page: PageName
    place: str | None = None

    @property
    def address(self) -> str:
        """Where the page is published, wherever this copy of it is read."""
        return COST_MAP if self.page == "cost-map" else PAGES[self.page]

    @property
    def places(self) -> tuple[str, ...]:
        """Where to look, in order; nowhere for a page that is read only where it is named."""
        if self.place is not None:
            return (self.place,)
        return (f"{self.address}.md.txt", self.address) if self.page in PAGES else ()


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

    document: Document
    pages: tuple[PageResult, ...]

    @property
    def unreadable(self) -> bool:
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


def refresh(
    document: Document,
    requests: tuple[PageRequest, ...],
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
        leave=_allowed(requests),
        clock=clock,
        transport=transport,
        limits=Limits(body=LARGEST_PAGE),
    )
    results: list[PageResult] = []
    with asking.door:
        for request in requests:
            document, result = _put(document, request, read_on, asking, watch)
            results.append(result)
    return Refreshed(document, tuple(results))


def _put(
    document: Document,
    request: PageRequest,
    read_on: date,
    asking: Asking,
    watch: Callable[[str], None],
) -> tuple[Document, PageResult]:
    """The document with one page in it, or as it was where the page cannot be trusted."""
    digest = None
    shown = printable(request.place or request.address, 300)
    try:
        content, shown = _fetch(request, asking, watch)
        digest = hashlib.sha256(content).hexdigest()
        merged = merge(document, _reading(document, request, content, digest, shown, read_on))
        try:  # what is written must be what a run can read
            _ = parse_reference(merged.document, "refreshed").prices
        except InvalidFileError as problem:
            raise UnreadablePageError(f"its rows do not fit the known ones: {problem}") from None
    except UnreadablePageError as problem:
        result = PageResult(request.page, shown, "unreadable", digest, detail=str(problem))
        return document, result
    return merged.document, PageResult(
        request.page, shown, merged.state, digest, merged.changes, merged.detail
    )


def _reading(
    document: Document,
    request: PageRequest,
    content: bytes,
    digest: str,
    shown: str,
    read_on: date,
) -> Reading:
    dates: tuple[DateRow, ...] = ()
    prices: tuple[PriceRow, ...] = ()
    page = None if request.page == "cost-map" else read_page(content)
    if page is None:
        dates, prices = read_cost_map(content, _kind_of(document))
    elif request.page == "pricing":
        prices = read_pricing(page)
    else:
        dates = read_dates(page, DEPRECATIONS if request.page == "deprecations" else VERSIONS)
    updated = page.updated if page is not None else None
    if updated is not None and updated > read_on:
        raise UnreadablePageError(
            f"it was last updated on {updated}, so it cannot have been read on {read_on}"
        )
    own = urlsplit(request.address).netloc
    vendor: SourceKind = "official" if shown.startswith(f"https://{own}/") else "official-copy"
    source = Source(
        url=request.address,
        kind="third-party" if page is None else vendor,
        publisher="litellm" if page is None else "google",
        confirmed=read_on,
        page_date=updated,
        note=_note(request),
        sha256=digest,
    )
    return Reading(
        f"{source.publisher}-{request.page}-{read_on}-{digest[:8]}",
        source,
        dates,
        prices,
        date_surfaces=_DATES_OF.get(request.page, frozenset()),
        price_surfaces=_PRICES_OF.get(request.page, frozenset()),
    )


def _note(request: PageRequest) -> str:
    if request.place is None:
        return "read by veo-check refresh"
    where = "a file" if not _URL.match(request.place) else urlsplit(request.place).netloc
    return f"read by veo-check refresh from {printable(where, 100)}"


def _kind_of(document: Document) -> Callable[[str, str, date], DateKind]:
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


def _allowed(requests: tuple[PageRequest, ...]) -> AllowList:
    """The person running the command named these hosts, or they are Google's own."""
    origins = set()
    for place in (place for request in requests for place in request.places):
        try:
            origins.add(origin_of(place))
        except ValueError:
            continue  # a file, or an address that the client refuses
    # no variable has an empty name: this allows to ask without a key, and no key
    return AllowList(keys=frozenset(("", origin) for origin in origins))


def _fetch(request: PageRequest, asking: Asking, watch: Callable[[str], None]) -> tuple[bytes, str]:
    """The bytes, and where they came from. Raises UnreadablePageError."""
    for place in request.places:
        shown = printable(place, 300)
        watch(shown)
        if not _URL.match(place):
            return _file(place), shown
        answer = asking.door.get(place)
        if isinstance(answer, Failure):
            raise UnreadablePageError(answer.detail)
        if answer.status == 200:
            return answer.body, shown
        if answer.status not in _MISSING or place == request.places[-1]:
            raise UnreadablePageError(f"{answer.place} answered {answer.status}")
    raise UnreadablePageError("no address is known")


def _file(place: str) -> bytes:
    try:
        return read_limited(place, LARGEST_PAGE, follow_links=True)
    except NotRegularError:
        raise UnreadablePageError("it is not a regular file") from None
    except TooLargeError:
        raise UnreadablePageError(f"it is larger than {LARGEST_PAGE // 1024**2} MB") from None
    except OSError as error:
        raise UnreadablePageError(f"it cannot be read: {why_unread(error)}") from None
    except ValueError:
        raise UnreadablePageError("it cannot be read: no such name") from None


# A reference document as text that a person can read: one source, one row, one line.


#: bundled file -> the sections it holds, in their order
BUNDLE: Mapping[str, tuple[str, ...]] = {
    "capabilities.json": ("capabilities",),
    "lifecycle.json": ("lifecycle",),
    "prices.json": ("rasters", "credits", "prices"),
}


def as_text(document: Document) -> str:
    return "{\n" + ",\n".join(_section(key, value) for key, value in document.items()) + "\n}\n"


def as_bundle(document: Document) -> dict[str, str]:
    """The document as the files that the package ships, by name."""
    files = {}
    for name, sections in BUNDLE.items():
        rows = {key: document[key] for key in sections if key in document}
        named = _named(rows)
        sources = cast("Document", document.get("sources", {}))
        used = {key: sources[key] for key in sorted(named & sources.keys())}
        files[name] = as_text({"compiled": document.get("compiled"), "sources": used, **rows})
    return files


def _named(value: object) -> set[str]:
    """Every source that something in here names."""
    if isinstance(value, list):
        return set[str]().union(*map(_named, value))
    if not isinstance(value, dict):
        return set()
    source = value.get("source")
    own = {source} if isinstance(source, str) else set[str]()
    return own.union(*map(_named, value.values()))


def _section(key: str, value: object) -> str:
    if isinstance(value, list) and value:
        return f'  "{key}": [\n{_lines(map(_line, value))}\n  ]'
    if isinstance(value, dict) and value:
        lines = (_entry(name, held, nested=key == "rasters") for name, held in value.items())
        return f'  "{key}": {{\n{_lines(lines)}\n  }}'
    return f'  "{key}": {_line(value)}'


def _entry(name: str, value: object, *, nested: bool) -> str:
    if not nested or not isinstance(value, dict):
        return f"{_line(name)}: {_line(value)}"
    rows = ",\n".join(f"      {_line(key)}: {_line(held)}" for key, held in value.items())
    return f"{_line(name)}: {{\n{rows}\n    }}"


def _lines(texts: Iterable[str]) -> str:
    return ",\n".join(f"    {text}" for text in texts)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


# Which rows a verdict could be based on today, and when they were last confirmed.


def active_rows(reference: Reference, day: date) -> dict[Source, list[str]]:
    """The ids of every row that counts on `day`, by source: what may be too old.

    Left out is what no later reading can change: readings that a newer one of the same page
    replaced, dates of retired ids, and prices that have ended.
    """
    rows: dict[Source, list[str]] = {}
    for row in (*_dates(reference, day), *reference.prices):
        if not isinstance(row, PriceRule) or row.live_on(day):
            rows.setdefault(row.source, []).append(row.id)
    return rows


def _dates(reference: Reference, day: date) -> Iterator[LifecycleRow | Capability]:
    for model in reference.models():
        for surface in reference.surfaces(model):
            judged = judge_lifecycle(reference, model, surface, AsOf(day, day))
            if judged.state == "retired":
                continue
            yield from judged.rows
            capability = reference.capability(model, surface)
            if capability is not None:
                yield capability
