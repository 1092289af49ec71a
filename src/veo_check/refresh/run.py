"""Reading the official pages again and putting what they say into a reference document.

A key is sent to the Developer Knowledge API alone. A page that cannot be read or understood changes
nothing; the others are still put in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from veo_check.core.clock import Clock
from veo_check.core.money import InvalidFileError
from veo_check.core.reading import NotRegularError, TooLargeError, read_limited, why_unread
from veo_check.core.secrets import AllowList, origin_of, printable, refusal_of_host
from veo_check.gateways.probes import Asking
from veo_check.http.answers import Failure, Limits
from veo_check.reference.load import parse_reference
from veo_check.reference.rows import DateKind, Document, Source, SourceKind
from veo_check.refresh.google import (
    CLOUD_SURFACE,
    DEPRECATIONS,
    SURFACE,
    VERSIONS,
    read_cloud_pricing,
    read_dates,
    read_pricing,
)
from veo_check.refresh.knowledge import Knowledge, KnowledgePage
from veo_check.refresh.lists import (
    COST_MAP_DATES,
    COST_MAP_SURFACES,
    OPENROUTER_SURFACES,
    read_cost_map,
    read_openrouter,
)
from veo_check.refresh.merge import confirm, merge, newest_reading
from veo_check.refresh.model_page import read_models
from veo_check.refresh.pages import LARGEST_PAGE, UnreadablePageError, read_page
from veo_check.refresh.readings import Change, Reading

if TYPE_CHECKING:
    from veo_check.http.client import Transport


PageName = Literal[
    "deprecations", "versions", "pricing", "cloud-pricing", "models", "cost-map", "openrouter"
]
#: `unchanged`: the page is the one that was read before, and its rows are confirmed anew;
#: `unreadable`: nothing was changed because of this page; the others as in `merge.State`.
PageState = Literal["read", "unchanged", "older", "known", "unreadable"]


_CLOUD = "https://docs.cloud.google.com/gemini-enterprise-agent-platform"
#: Where each page is published. Of a list of model pages the first lists what the others describe.
ADDRESSES: Mapping[PageName, tuple[str, ...]] = {
    "deprecations": ("https://ai.google.dev/gemini-api/docs/deprecations",),
    "versions": (f"{_CLOUD}/models/model-versions",),
    "pricing": ("https://ai.google.dev/gemini-api/docs/pricing",),
    "cloud-pricing": (
        "https://cloud.google.com/gemini-enterprise-agent-platform/generative-ai/pricing",
    ),
    "models": (
        f"{_CLOUD}/models/video/generate-videos-from-text",
        f"{_CLOUD}/models/veo/3-1-generate",
        f"{_CLOUD}/models/gemini/omni-1-1-flash",
    ),
    "cost-map": (
        "https://github.com/BerriAI/litellm/raw/main/model_prices_and_context_window.json",
    ),
    "openrouter": ("https://openrouter.ai/api/v1/videos/models",),
}
#: LiteLLM publishes it under other addresses too; it is read only where it is named.
COST_MAP = ADDRESSES["cost-map"][0]
#: What is read unless others are named: the pages with a Markdown twin, which needs no key.
TWINS: tuple[PageName, ...] = ("deprecations", "versions", "pricing", "models")
#: What the Developer Knowledge API is asked for.
BY_KNOWLEDGE: tuple[PageName, ...] = (*TWINS, "cloud-pricing")

_PUBLISHERS: Mapping[PageName, tuple[str, SourceKind]] = {
    "cost-map": ("litellm", "third-party"),
    "openrouter": ("openrouter", "gateway"),
}
#: What each page speaks for.
_DATES_OF: Mapping[PageName, frozenset[str]] = {
    "deprecations": frozenset({DEPRECATIONS.surface}),
    "versions": frozenset({VERSIONS.surface}),
    "models": frozenset({CLOUD_SURFACE}),
    "cost-map": COST_MAP_DATES,
}
_PRICES_OF: Mapping[PageName, frozenset[str]] = {
    "pricing": frozenset({SURFACE}),
    "cloud-pricing": frozenset({CLOUD_SURFACE}),
    "cost-map": COST_MAP_SURFACES,
    "openrouter": OPENROUTER_SURFACES,
}
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FRONT_MATTER_URI = re.compile(r"\A---\n(?:.*\n)*?uri: (https://\S+)\n(?:.*\n)*?---\n")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page to read: `address` is where it is published, `place` a URL or file of a copy."""

    page: PageName
    place: str | None = None
    address: str = ""

    @property
    def published(self) -> str:
        """Where the page is published, wherever this copy of it is read."""
        return self.address or ADDRESSES[self.page][0]

    @property
    def source(self) -> str:
        """Where to look."""
        if self.place is not None:
            return self.place
        return self.published + (".md.txt" if self.page in TWINS else "")


def requests_for(pages: tuple[PageName, ...]) -> tuple[PageRequest, ...]:
    """Every address of these pages."""
    return tuple(
        PageRequest(page, address=address) for page in pages for address in ADDRESSES[page]
    )


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
        """Whether the document holds anything that it did not hold before, a day included."""
        return any(page.state in {"read", "unchanged"} for page in self.pages)


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
    environ: Mapping[str, str] | None = None,
    knowledge: str | None = None,
    transport: Transport | None = None,
    watch: Callable[[str], None] = lambda _: None,
) -> Refreshed:
    """Read the pages in turn and put each into the document.

    `knowledge` is the address of the Developer Knowledge API: Google's pages are asked there, with
    the key of `environ`. `watch` is told each place before it is asked. Raises InvalidFileError
    where the document itself cannot be used.
    """
    asking = Asking.open(
        environ=environ or {},
        leave=_allowed(requests),
        clock=clock,
        transport=transport,
        limits=Limits(body=LARGEST_PAGE),
    )
    results: list[PageResult] = []
    with asking.door:
        api = None if knowledge is None else Knowledge(asking.door, knowledge, watch)
        held = {} if api is None else api.basics(_by_knowledge(requests))
        wanted = [
            name for name, page in held.items() if not _is_held(document, page) and not page.problem
        ]
        if api is not None:
            held |= api.contents(wanted)
        for request in requests:
            page = held.get(request.published) if request.place is None else None
            document, result = _put(document, request, page, read_on, asking, watch)
            results.append(result)
    return Refreshed(document, tuple(results))


def _by_knowledge(requests: tuple[PageRequest, ...]) -> list[str]:
    return [
        request.published
        for request in requests
        if request.place is None and request.page in BY_KNOWLEDGE
    ]


def _is_held(document: Document, page: KnowledgePage) -> bool:
    """Whether the newest reading of the page is of this very state."""
    known = newest_reading(document, "google", page.address)
    if known is None:
        return False
    return (known[1].page_date, known[1].length) == (page.updated, page.length)


def _put(
    document: Document,
    request: PageRequest,
    page: KnowledgePage | None,
    read_on: date,
    asking: Asking,
    watch: Callable[[str], None],
) -> tuple[Document, PageResult]:
    """The document with one page in it, or as it was where the page cannot be trusted."""
    digest = None
    shown = printable(request.source if page is None else request.published, 300)
    try:
        if page is not None and page.problem is not None:
            raise UnreadablePageError(page.problem)
        if page is not None and page.content is None:
            unchanged = confirm(document, "google", page.address, read_on, page.length)
            detail = f"last updated on {page.updated}; every row is confirmed anew"
            return unchanged, PageResult(request.page, shown, "unchanged", detail=detail)
        if page is not None and page.content is not None:
            content = page.content
        else:
            content, shown = _fetch(request, asking, watch)
        digest = hashlib.sha256(content).hexdigest()
        reading = _reading(document, request, content, digest, shown, read_on)
        if page is not None:
            source = replace(reading.source, page_date=page.updated, length=page.length)
            reading = replace(reading, source=replace(source, kind="official"))
        merged = merge(document, reading)
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
    publisher, kind = _PUBLISHERS.get(request.page, ("google", "official-copy"))
    address = request.published
    if request.place is not None and request.page == "models":
        named = _FRONT_MATTER_URI.match(content[:2000].decode("utf-8", "replace"))
        address = named[1] if named else _without_twin(request.place)
    own = urlsplit(address).netloc
    if publisher == "google" and shown.startswith(f"https://{own}/"):
        kind = "official"
    name = f"models-{address.rpartition('/')[2]}" if request.page == "models" else request.page
    reading = Reading(
        f"{publisher}-{name}-{read_on}-{digest[:8]}",
        Source(address, kind, publisher, read_on, note=_note(request), sha256=digest),
        date_surfaces=_DATES_OF.get(request.page, frozenset()),
        price_surfaces=_PRICES_OF.get(request.page, frozenset()),
    )
    if request.page == "cost-map":
        dates, prices = read_cost_map(content, _kind_of(document))
        return replace(reading, dates=dates, prices=prices)
    if request.page == "openrouter":
        return replace(reading, prices=read_openrouter(content))
    page = read_page(content)
    if page.updated is not None and page.updated > read_on:
        raise UnreadablePageError(
            f"it was last updated on {page.updated}, so it cannot have been read on {read_on}"
        )
    reading = replace(reading, source=replace(reading.source, page_date=page.updated))
    if request.page == "pricing":
        return replace(reading, prices=read_pricing(page))
    if request.page == "cloud-pricing":
        return replace(reading, prices=read_cloud_pricing(page))
    if request.page == "models":
        models, dates = read_models(page)
        return replace(reading, models=models, dates=dates)
    form = DEPRECATIONS if request.page == "deprecations" else VERSIONS
    return replace(reading, dates=read_dates(page, form))


def _without_twin(place: str) -> str:
    return place.removesuffix(".txt").removesuffix(".md")


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
    """The person running the command named these hosts, or they are publishers' own."""
    origins = set()
    for request in requests:
        try:
            origins.add(origin_of(request.source))
        except ValueError:
            continue  # a file, or an address that the client refuses
    # no variable has an empty name: this allows to ask without a key, and no key
    return AllowList(keys=frozenset(("", origin) for origin in origins))


def _fetch(request: PageRequest, asking: Asking, watch: Callable[[str], None]) -> tuple[bytes, str]:
    """The bytes, and where they came from. Raises UnreadablePageError."""
    place = request.source
    shown = printable(place, 300)
    watch(shown)
    if not _URL.match(place):
        return _file(place), shown
    answer = asking.door.get(place)
    if isinstance(answer, Failure):
        raise UnreadablePageError(answer.detail)
    if answer.status != 200:
        raise UnreadablePageError(f"{answer.place} answered {answer.status}")
    return answer.body, shown


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
