"""The Developer Knowledge API on this machine: what is asked, what it costs, what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from fake_clock import FakeClock
from official_pages import (
    cloud_pricing_md,
    deprecations_md,
    model_page_md,
    model_table,
    offers_md,
    omni_page_md,
    pricing_md,
    versions_md,
)
from refreshing import EMPTY
from veo_check.cli.main import main
from veo_check.core.clock import SystemClock
from veo_check.core.secrets import SANDBOX_KEY_MARK
from veo_check.reference.load import load_reference, parse_reference
from veo_check.reference.rows import Document
from veo_check.refresh.run import (
    ADDRESSES,
    BY_KNOWLEDGE,
    PageRequest,
    Refreshed,
    refresh,
    requests_for,
)

KEY = f"{SANDBOX_KEY_MARK}-knowledge-0123456789"
DAY, LATER = date(2026, 11, 20), date(2026, 11, 27)
OFFERS, VEO, OMNI = ADDRESSES["models"]
CONTENTS: dict[str, bytes] = {
    ADDRESSES["deprecations"][0]: deprecations_md(),
    ADDRESSES["versions"][0]: versions_md(),
    ADDRESSES["pricing"][0]: pricing_md(),
    ADDRESSES["cloud-pricing"][0]: cloud_pricing_md(),
    OFFERS: offers_md("veo-9.0-generate-001"),
    VEO: model_page_md(),
    OMNI: omni_page_md(),
}


@dataclass
class Corpus:
    """The documents of the stand-in, and every call: (path, names, view, header of the key)."""

    texts: dict[str, bytes] = field(default_factory=lambda: dict(CONTENTS))
    updated: str = "2026-11-18T07:00:00.123456Z"
    error: tuple[int, dict[str, object]] | None = None
    #: a batch with an unknown name is answered 404 as a whole
    strict: bool = False
    #: other files on the same server
    files: dict[str, bytes] = field(default_factory=dict)
    calls: list[tuple[str, tuple[str, ...], str | None, str | None]] = field(default_factory=list)

    def answer(self, path: str, key: str | None) -> tuple[int, dict[str, object]]:
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        names, view = tuple(query.get("names", ())), query.get("view", [None])[0]
        self.calls.append((parts.path, names, view, key))
        if self.error is not None:
            return self.error
        known = {f"documents/{url.partition('://')[2]}": text for url, text in self.texts.items()}
        if self.strict and not set(names) <= set(known):
            return 404, {"error": {"code": 404, "message": "Document not found"}}
        found = [self._document(name, known[name], view) for name in names if name in known]
        return 200, {"documents": found}

    def _document(self, name: str, text: bytes, view: str | None) -> dict[str, object]:
        basic = {"name": name, "updateTime": self.updated, "contentLengthBytes": len(text)}
        return basic if view == "DOCUMENT_VIEW_BASIC" else {**basic, "content": text.decode()}

    def paid(self) -> list[tuple[int, str | None]]:
        """(names, view) of each call since the last look."""
        seen = [(len(names), view) for _, names, view, _ in self.calls]
        self.calls.clear()
        return seen


@contextmanager
def served(corpus: Corpus) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = corpus.files.get(self.path, b"")
            status = 200
            if not content:
                status, body = corpus.answer(self.path, self.headers.get("x-goog-api-key"))
                content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def read(
    url: str,
    document: Document = EMPTY,
    day: date = DAY,
    wanted: tuple[PageRequest, ...] = requests_for(BY_KNOWLEDGE),
    key: str = KEY,
) -> Refreshed:
    clock = FakeClock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    environ = {"VEO_CHECK_KNOWLEDGE_KEY": key}
    return refresh(document, wanted, day, clock=clock, environ=environ, knowledge=url)


def states(done: Refreshed) -> list[str]:
    return [page.state for page in done.pages]


def test_every_page_is_read_in_two_calls_with_the_key_in_a_header() -> None:
    corpus = Corpus()
    with served(corpus) as url:
        done = read(url)
    assert states(done) == ["read"] * 7
    assert [(path, len(names), view) for path, names, view, _ in corpus.calls] == [
        ("/v1/documents:batchGet", 7, "DOCUMENT_VIEW_BASIC"),
        ("/v1/documents:batchGet", 7, None),
    ]
    assert {key for *_, key in corpus.calls} == {KEY}
    rows = parse_reference(done.document, "test").lifecycle_rows
    assert {(row.source.kind, row.source.confirmed, row.source.page_date) for row in rows} == {
        ("official", DAY, date(2026, 11, 18))
    }


def test_unchanged_pages_cost_one_basic_call_and_are_confirmed() -> None:
    corpus = Corpus()
    with served(corpus) as url:
        first = read(url)
        corpus.paid()
        again = read(url, first.document, LATER)
        assert corpus.paid() == [(7, "DOCUMENT_VIEW_BASIC")]
        assert states(again) == ["unchanged"] * 7
        # one page that changed costs its own content and no other
        corpus.texts[VEO] = model_page_md(model_table(lengths="4, 6, or 10 seconds."))
        changed = read(url, again.document, date(2026, 11, 28))
        assert corpus.paid() == [(7, "DOCUMENT_VIEW_BASIC"), (1, None)]
    assert states(changed).count("unchanged") == 6
    texts = [change.text for page in changed.pages for change in page.changes]
    assert texts == [
        "model changed: veo-9.0-generate-001 on agent-platform: seconds: 4, 6, 8 -> 4, 6, 10"
    ]
    before, after = (
        parse_reference(done.document, "test").lifecycle_rows for done in (first, again)
    )
    assert len(before) == len(after)
    assert {row.source.confirmed for row in after} == {LATER}


@pytest.mark.parametrize("strict", [False, True])
def test_a_page_that_vanished_is_unreadable_and_the_others_are_read(strict: bool) -> None:
    corpus = Corpus(strict=strict)
    with served(corpus) as url:
        first = read(url)
        del corpus.texts[OMNI]
        corpus.paid()
        done = read(url, first.document, LATER)
    [gone] = [page for page in done.pages if page.state == "unreadable"]
    assert (gone.place, gone.detail) == (
        OMNI,
        "the Developer Knowledge API has no such page (any more)",
    )
    assert states(done).count("unchanged") == 6
    assert done.unreadable
    book = parse_reference(done.document, "test")
    [row] = book.lifecycle("gemini-omni-9-flash-preview")
    assert row.source.confirmed == DAY  # what was known ages


def test_an_older_state_than_the_known_one_is_refused() -> None:
    corpus = Corpus()
    with served(corpus) as url:
        first = read(url)
        corpus.updated = "2026-11-17T23:59:59Z"
        done = read(url, first.document, LATER)
    assert set(states(done)) == {"unreadable"}
    assert {page.detail for page in done.pages} == {
        "it was last updated on 2026-11-17; its state of 2026-11-18 is known already"
    }
    assert done.document == first.document


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (429, {"error": {"code": 429, "message": "Quota exceeded for quota metric"}}, "Quota exc"),
        (
            403,
            {"error": {"code": 403, "message": "API has not been used"}},
            "API has not been used",
        ),
        (500, {}, "answered 500"),
        (200, {"documents": "none"}, "lists no documents"),
        (200, {"documents": [{"name": "documents/x"}]}, "has no such page"),
    ],
)
def test_an_error_leaves_every_page_unreadable(
    status: int, body: dict[str, object], words: str
) -> None:
    corpus = Corpus(error=(status, body))
    with served(corpus) as url:
        done = read(url)
    assert set(states(done)) == {"unreadable"}
    assert all(words in (page.detail or "") for page in done.pages)
    assert KEY not in str(done)


def test_a_page_in_the_other_shape_is_read_alike() -> None:
    corpus = Corpus()
    table = model_page_md(
        model_table("gemini-omni-9-flash-preview", retirement=None, stage="Preview")
    )
    with served(corpus) as url:
        wanted = (PageRequest("models", address=OMNI),)
        labels = read(url, wanted=wanted)
        corpus.texts[OMNI] = table
        cells = read(url, wanted=wanted)
    for done in (labels, cells):
        [row] = parse_reference(done.document, "test").lifecycle_rows
        assert (row.model, row.kind) == ("gemini-omni-9-flash-preview", "none-announced")
        [capability] = parse_reference(done.document, "test").capabilities
        assert capability.launch_stage == "Preview"


def test_twenty_names_a_call() -> None:
    addresses = [f"https://docs.cloud.google.com/page-{place}" for place in range(45)]
    corpus = Corpus(texts=dict.fromkeys(addresses, model_page_md()))
    with served(corpus) as url:
        read(url, wanted=tuple(PageRequest("models", address=address) for address in addresses))
    basic, full = "DOCUMENT_VIEW_BASIC", None
    assert corpus.paid() == [
        *((20, basic), (20, basic), (5, basic)),
        *((20, full), (20, full), (5, full)),
    ]


def test_a_key_that_no_sandbox_printed_goes_to_no_other_host() -> None:
    corpus = Corpus()
    with served(corpus) as url:
        done = read(url, key="AIza0123456789abcdef0123456789abcdefghi")
    assert corpus.calls == []
    assert all("not to http://127.0.0.1" in (page.detail or "") for page in done.pages)


#: what the captured pages do not hold: written here in their layout, with what was read there
OMNI_PRICES = b"""

## Gemini Omni Flash

*[`gemini-omni-1.1-flash`](https://ai.google.dev/gemini-api/docs/models/gemini-omni-flash)*

|   | Free Tier | Paid Tier, per 1M tokens in USD |
|---|---|---|
| Input price | Not available | $1.50 (text / image / video / audio) |
| Output price (including thinking tokens) | Not available | $9.00 (text) $17.50 (video) |
"""
RATES = (
    ("Veo 3.1", "720p", "$0.40", "$0.20"),
    ("Veo 3.1", "1080p", "$0.40", "$0.20"),
    ("Veo 3.1", "4k", "$0.60", "$0.40"),
    ("Veo 3.1 Fast", "720p", "$0.10", "$0.08"),
    ("Veo 3.1 Fast", "1080p", "$0.12", "$0.10"),
    ("Veo 3.1 Fast", "4k", "$0.30", "$0.25"),
    ("Veo 3.1 Lite", "720p", "$0.05", "$0.03"),
    ("Veo 3.1 Lite", "1080p", "$0.08", "$0.05"),
)
OFFERED = [f"veo-3.1-{name}generate-001" for name in ("", "fast-", "lite-")]


def test_after_a_refresh_with_the_captured_pages_no_row_is_a_month_old(
    shared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    real = shared / "real"
    corpus = Corpus(
        {
            ADDRESSES["deprecations"][0]: (
                real / "google-deprecations-2026-10.md.txt"
            ).read_bytes(),
            ADDRESSES["versions"][0]: (
                real / "agent-platform-model-versions-2026-09.md"
            ).read_bytes(),
            ADDRESSES["pricing"][0]: (real / "google-pricing-veo-2026-09-24.md.txt").read_bytes()
            + OMNI_PRICES,
            ADDRESSES["cloud-pricing"][0]: cloud_pricing_md(RATES),
            OFFERS: offers_md(*OFFERED, "gemini-omni-1.2-flash"),
            VEO: (real / "agent-platform-veo-3-1-generate.devknowledge.md").read_bytes(),
            OMNI: omni_page_md("gemini-omni-1.1-flash-preview"),
        }
    )
    corpus.files["/map.json"] = (real / "litellm-video-prices-1.110.2.json").read_bytes()
    monkeypatch.setenv("VEO_CHECK_KNOWLEDGE_KEY", KEY)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 12, 1, 12, tzinfo=UTC))
    file = tmp_path / "reference.json"
    assert main(["refresh", "--check-age", "30"]) == 3
    with served(corpus) as url:
        pages = ("--knowledge", "--knowledge-at", url, "--cost-map", f"{url}/map.json")
        assert main(["refresh", *pages, "--write", str(file)]) == 0
    out, _ = capfd.readouterr()
    assert "price changed" not in out
    assert "price gone" not in out
    assert main(["refresh", "--check-age", "30", "--reference", str(file)]) == 0
    out, _ = capfd.readouterr()
    assert out.startswith("No row in force is older than 30 days.\n")
    capability = load_reference(file).capability("veo-3.1-fast-generate-001", "agent-platform")
    assert capability is not None
    assert (capability.launch_stage, capability.regions, capability.seconds) == (
        "GA",
        ("us-central1",),
        (4, 6, 8),
    )
    assert (capability.max_count, capability.requests_per_minute) == (4, 50)
    assert (capability.resolutions, capability.resolutions_disputed) == (("720p", "1080p"), ("4k",))
    assert KEY not in file.read_text(encoding="utf-8")


def test_what_google_prices_and_does_not_list_is_told_as_a_conflict() -> None:
    corpus = Corpus()
    priced = (PageRequest("cloud-pricing"), PageRequest("models", address=VEO))
    corpus.texts[VEO] = model_page_md(model_table(resolutions="720p, 1080p"))
    with served(corpus) as url:
        done = read(url, wanted=priced)
    conflicts = [
        change.text for page in done.pages for change in page.changes if change.kind == "conflict"
    ]
    assert conflicts == [
        "conflict: veo-9.0-generate-001 on agent-platform: 4k has a price on Google's price page, "
        "and this page has none"
    ]
    capability = parse_reference(done.document, "x").capability(
        "veo-9.0-generate-001", "agent-platform"
    )
    assert capability is not None
    assert capability.resolutions_disputed == ("4k",)
