"""Fetching the pages: twins, files, hosts and limits; and that no key ever leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from doors import Answers
from fake_clock import FakeClock
from official_pages import (
    cost_map,
    deprecations_html,
    deprecations_md,
    model_page_md,
    offers_md,
    omni_page_md,
    pricing_md,
    versions_md,
)
from refreshing import EMPTY
from veo_check.core.money import InvalidFileError
from veo_check.pricing.quote import quote, quotes_by_source
from veo_check.pricing.shape import Quote, Shape
from veo_check.reference.load import bundled_document, parse_reference
from veo_check.refresh.run import (
    TWINS as PAGES,
)
from veo_check.refresh.run import (
    PageName,
    PageRequest,
    Refreshed,
    refresh,
    refusal,
    requests_for,
)

DAY = date(2026, 11, 22)
GEMINI = "https://ai.google.dev/gemini-api/docs"
MODELS = "https://docs.cloud.google.com/gemini-enterprise-agent-platform/models"
CLOUD = f"{MODELS}/model-versions"
ALL = requests_for(PAGES)
TWINS = {
    f"{GEMINI}/deprecations.md.txt": deprecations_md(),
    f"{CLOUD}.md.txt": versions_md(),
    f"{GEMINI}/pricing.md.txt": pricing_md(),
    f"{MODELS}/video/generate-videos-from-text.md.txt": offers_md("veo-9.0-generate-001"),
    f"{MODELS}/veo/3-1-generate.md.txt": model_page_md(),
    f"{MODELS}/gemini/omni-1-1-flash.md.txt": omni_page_md(),
}


class Web:
    """Pages by address; what is not there is 404."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self.pages = pages
        self.asked: list[str] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        self.headers.append(request.headers)
        page = self.pages.get(str(request.url))
        return httpx.Response(404) if page is None else httpx.Response(200, content=page)


def read(
    web: Callable[[httpx.Request], httpx.Response], *wanted: PageRequest, day: date = DAY
) -> Refreshed:
    return refresh(EMPTY, wanted, day, clock=FakeClock(), transport=httpx.MockTransport(web))


def told(done: Refreshed) -> dict[str, tuple[str, str | None]]:
    return {page.page: (page.state, page.detail) for page in done.pages}


def test_the_pages_of_google_are_read_from_their_twins() -> None:
    web = Web(TWINS)
    done = read(web, *ALL)
    assert web.asked == list(TWINS)
    assert told(done) == dict.fromkeys(PAGES, ("read", None))
    rows = parse_reference(done.document, "test").lifecycle_rows
    assert {(row.source.kind, row.source.url, row.source.confirmed) for row in rows} == {
        ("official", f"{GEMINI}/deprecations", DAY),
        ("official", CLOUD, DAY),
        ("official", f"{MODELS}/video/generate-videos-from-text", DAY),
        ("official", f"{MODELS}/veo/3-1-generate", DAY),
        ("official", f"{MODELS}/gemini/omni-1-1-flash", DAY),
    }
    assert not done.unreadable
    assert done.extended


def test_a_page_without_a_twin_is_not_read_as_html() -> None:
    def web(request: httpx.Request) -> httpx.Response:
        if str(request.url).endswith(".md.txt"):
            return httpx.Response(404)
        return httpx.Response(200, content=deprecations_html())

    [page] = read(web, PageRequest("deprecations")).pages
    assert (page.state, page.place) == ("unreadable", f"{GEMINI}/deprecations.md.txt")


def test_a_whole_html_page_is_refused_with_where_to_look() -> None:
    html = b"<!doctype html><html><body>" + deprecations_html() + b"</body></html>"
    url = f"{GEMINI}/deprecations"
    [page] = read(Web({url: html}), PageRequest("deprecations", url)).pages
    assert page.state == "unreadable"
    assert "give its Markdown twin, with .md.txt after its address" in (page.detail or "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(404), "deprecations.md.txt answered 404"),
        (httpx.Response(403), "deprecations.md.txt answered 403"),
        (httpx.Response(500), "deprecations.md.txt answered 500"),
        (httpx.Response(302, headers={"location": "https://other.example/"}), "a redirect"),
        (httpx.ConnectError("no way"), "cannot be reached"),
        (httpx.Response(200, content=b"a" * (9 * 1024 * 1024)), "more than 8 MiB"),
        (httpx.Response(200, content=b"# Deprecations"), "has no Veo table"),
        (httpx.Response(200, content=b""), "it is empty"),
    ],
)
def test_a_page_that_cannot_be_read_changes_nothing(
    answer: httpx.Response | Exception, words: str
) -> None:
    done = read(Answers(answer), PageRequest("deprecations"))
    [page] = done.pages
    assert (page.state, done.unreadable, done.extended) == ("unreadable", True, False)
    assert done.document is EMPTY
    assert words in (page.detail or "")


def test_one_bad_page_leaves_the_others() -> None:
    done = read(Web(TWINS | {f"{CLOUD}.md.txt": b"# Nothing"}), *ALL)
    assert {page: state for page, (state, _) in told(done).items()} == {
        "deprecations": "read",
        "versions": "unreadable",
        "pricing": "read",
        "models": "read",
    }
    assert (done.unreadable, done.extended) == (True, True)


def test_no_key_is_sent_whatever_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "FLATKEY_KEY", "GOOGLE_ACCESS_TOKEN"):
        monkeypatch.setenv(name, "secret-0123456789abcdef")
    web = Web(TWINS)
    read(web, *ALL)
    sent = " ".join(f"{name}: {value}" for one in web.headers for name, value in one.items())
    assert "secret-0123456789abcdef" not in sent
    assert not {"authorization", "x-goog-api-key", "cookie"} & {
        name for one in web.headers for name in one
    }


def test_a_named_address_is_asked_as_it_is_and_files_are_not_asked_at_all(tmp_path: Path) -> None:
    file = tmp_path / "pricing.md.txt"
    file.write_bytes(pricing_md())
    web = Web({"https://mirror.example/dates": deprecations_md()})
    done = read(
        web,
        PageRequest("deprecations", "https://mirror.example/dates"),
        PageRequest("pricing", str(file)),
    )
    assert web.asked == ["https://mirror.example/dates"]
    document: Any = done.document
    assert [
        (source["kind"], source["url"], source["note"]) for source in document["sources"].values()
    ] == [
        (
            "official-copy",
            f"{GEMINI}/deprecations",
            "read by veo-check refresh from mirror.example",
        ),
        ("official-copy", f"{GEMINI}/pricing", "read by veo-check refresh from a file"),
    ]


def test_googles_own_page_named_by_hand_is_official() -> None:
    url = f"{GEMINI}/deprecations?hl=en"
    [row, *_] = parse_reference(
        read(Web({url: deprecations_md()}), PageRequest("deprecations", url)).document, "test"
    ).lifecycle_rows
    assert (row.source.kind, row.source.url) == ("official", f"{GEMINI}/deprecations")


def test_a_host_that_only_begins_like_googles_is_not_googles() -> None:
    url = "https://ai.google.dev.example/deprecations"
    [row, *_] = parse_reference(
        read(Web({url: deprecations_md()}), PageRequest("deprecations", url)).document, "test"
    ).lifecycle_rows
    assert row.source.kind == "official-copy"


def _missing(path: Path) -> None:
    """Leave it missing."""


@pytest.mark.parametrize(
    ("make", "words"),
    [(_missing, "No such file"), (Path.mkdir, "irector|regular"), (os.mkfifo, "not a regular")],
    ids=["missing", "folder", "pipe"],
)
def test_what_is_no_file_is_unreadable_and_no_hang(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    place = tmp_path / "page"
    make(place)
    [page] = read(Web({}), PageRequest("pricing", str(place))).pages
    assert page.state == "unreadable"
    assert any(word in (page.detail or "") for word in words.split("|"))


def test_a_page_updated_after_it_was_read_is_refused() -> None:
    page = deprecations_md(note="Last updated 2026-11-21 UTC")
    web = Web({f"{GEMINI}/deprecations.md.txt": page})
    assert told(read(web, PageRequest("deprecations"), day=date(2026, 11, 20))) == {
        "deprecations": (
            "unreadable",
            "it was last updated on 2026-11-21, so it cannot have been read on 2026-11-20",
        )
    }


def test_the_cost_map_takes_the_kind_of_day_that_google_gives_it() -> None:
    url = "https://raw.example/map.json"
    content = (
        cost_map()
        .replace(b"veo-9.0-generate-preview", b"veo-3.1-generate-001")
        .replace(b'"gemini"', b'"vertex_ai"')
        .replace(b"2026-10-22", b"2026-11-17")
    )
    day = date(2026, 12, 1)
    done = refresh(
        bundled_document(),
        (PageRequest("cost-map", url),),
        day,
        clock=FakeClock(),
        transport=httpx.MockTransport(Web({url: content})),
    )
    rows = [
        row
        for row in parse_reference(done.document, "test").lifecycle_rows
        if row.source.confirmed == day and row.source.publisher == "litellm"
    ]
    kinds = {(row.model, row.kind) for row in rows if row.surface == "agent-platform"}
    assert ("veo-3.1-generate-001", "not-before") in kinds
    assert ("veo-9.0-lite-generate-preview", "not-before") in kinds
    # what the map lists no more
    assert ("veo-3.1-fast-generate-001", "absent") in kinds


def test_a_page_whose_rows_do_not_fit_the_known_ones_is_refused() -> None:
    broken = {**bundled_document(), "prices": [{"id": "price"}]}
    with pytest.raises(InvalidFileError):
        refresh(
            broken,
            (PageRequest("pricing"),),
            DAY,
            clock=FakeClock(),
            transport=httpx.MockTransport(Web(TWINS)),
        )


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("https://mirror.example/x", None),
        ("HTTPS://mirror.example/x", None),
        ("http://127.0.0.1:8080/x", None),
        ("http://localhost/x", None),
        ("pages/dates.md.txt", None),
        ("C:/pages/dates.html", None),
        ("http://mirror.example/x", "plain http"),
        ("ftp://mirror.example/x", "must be an http:// or https:// address"),
        ("file:///etc/passwd", "must be an http:// or https:// address"),
        ("https://", "must be an http:// or https:// address"),
        ("https://user:word@mirror.example/", "user name or password"),
        ("https://[::bad", "address"),
        ("", "names no page"),
    ],
)
def test_which_places_may_be_read(place: str, words: str | None) -> None:
    refused = refusal(place)
    if words is None:
        assert refused is None
    else:
        assert words in (refused or "")


def test_each_place_is_told_before_it_is_asked() -> None:
    seen: list[str] = []
    web = Web(TWINS)
    refresh(
        EMPTY,
        ALL,
        DAY,
        clock=FakeClock(),
        transport=httpx.MockTransport(web),
        watch=lambda place: seen.append(f"{place} {len(web.asked)}"),
    )
    assert seen == [f"{url} {place}" for place, url in enumerate(TWINS)]


def test_the_real_pages_on_top_of_the_bundle(shared: Path) -> None:
    real = shared / "real"
    places: dict[PageName, str] = {
        "deprecations": "google-deprecations-2026-10.md.txt",
        "versions": "agent-platform-model-versions-2026-09.md",
        "pricing": "google-pricing-veo-2026-09-24.md.txt",
        "cost-map": "litellm-video-prices-1.110.2.json",
    }
    done = refresh(
        bundled_document(),
        tuple(PageRequest(page, str(real / name)) for page, name in places.items()),
        date(2026, 12, 1),
        clock=FakeClock(),
        transport=httpx.MockTransport(Web({})),
    )
    said = told(done)
    assert said.pop("pricing") == ("known", "it says nothing that is not known of that day")
    assert set(said.values()) == {("read", None)}
    assert [change.text for page in done.pages for change in page.changes] == [
        "row gone: gemini-omni-flash-preview on gemini-api: the page lists it no more; it said "
        "2026-09-30 at the earliest, which has passed: it stays retired",
        "row gone: veo-2.0-generate-001 on agent-platform: the page lists it no more; it said "
        "2026-06-30, which has passed: it stays retired",
    ]


def test_openrouters_list_is_a_second_source_of_the_agent_platforms_silent_prices() -> None:
    made = ["720p", "1080p", "4K"]
    rates = {
        "duration_seconds_with_audio": "0.12",
        "duration_seconds_with_audio_720p": "0.10",
        "duration_seconds_with_audio_4k": "0.30",
        "duration_seconds_without_audio": "0.10",
        "duration_seconds_without_audio_720p": "0.08",
        "duration_seconds_without_audio_4k": "0.25",
    }
    model = {"id": "google/veo-3.1-fast", "supported_resolutions": made, "pricing_skus": rates}
    web = Web(
        {"https://openrouter.ai/api/v1/videos/models": json.dumps({"data": [model]}).encode()}
    )
    day = date(2026, 12, 1)
    done = refresh(
        bundled_document(),
        requests_for(("openrouter",)),
        day,
        clock=FakeClock(),
        transport=httpx.MockTransport(web),
    )
    assert told(done) == {"openrouter": ("read", None)}
    book = parse_reference(done.document, "test")
    shape = Shape("veo-3.1-fast-generate-001", "agent-platform", Decimal(8), "720p", audio=False)
    views = {
        (view.source.publisher, view.source.kind): view.expected
        for view in quotes_by_source(book, shape, day)
        if isinstance(view, Quote)
    }
    assert views == {
        ("google", "official-copy"): Decimal("0.64"),
        ("openrouter", "gateway"): Decimal("0.64"),
    }
    own = quote(book, replace(shape, model="google/veo-3.1-fast", surface="openrouter"), day)
    assert isinstance(own, Quote)
    assert own.expected == Decimal("0.64")
    # read again, it adds nothing and the day moves
    again = refresh(
        done.document,
        requests_for(("openrouter",)),
        date(2026, 12, 8),
        clock=FakeClock(),
        transport=httpx.MockTransport(web),
    )
    before, after = (len(parse_reference(one.document, "x").prices) for one in (done, again))
    assert (before, again.pages[0].changes) == (after, ())
