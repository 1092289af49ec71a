"""A thousand ways to break each page: what is read is correct, unknown or refused.

Wrong dates and prices are never taken in silence. A mutation that spells another date or amount
perfectly well cannot be told from a change of the page; it has to be told as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from official_pages import (
    cost_map,
    deprecations_html,
    deprecations_md,
    pricing_html,
    pricing_md,
    versions_html,
    versions_md,
)
from page_mutations import Broken, broken
from refreshing import EMPTY, Kind, reading
from veo_check.core.clock import AsOf
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import parse_reference
from veo_check.refresh.merge import Reading, merge
from veo_check.refresh.pages import UnreadablePageError

MUTATIONS = 1000
FIRST, THEN = date(2025, 9, 1), date(2025, 9, 2)
Key = tuple[str, str, str | None]  # model, surface, and "date" or a price's resolution
Facts = Mapping[Key, object]


def facts(read: Reading) -> Facts:
    """What a reader of the page takes as the truth: the days and the amounts."""
    days: dict[Key, object] = {
        (row.model, row.surface, "date"): (row.shutdown, row.kind) for row in read.dates
    }
    amounts: dict[Key, object] = {
        (row.model, row.surface, row.resolution): row.amount for row in read.prices
    }
    return days | amounts


def base(read: Reading) -> Mapping[str, object]:
    """A reference that knows nothing; a list's prices are only read where one was known before."""
    if read.source.official:
        return {**EMPTY, "prices": []}
    source = {"url": "https://list.example/old", "kind": "third-party", "publisher": "list"}
    prices = [
        {
            "id": f"price:{row.model}:{row.surface}:{row.resolution}",
            "surface": row.surface,
            "model": row.model,
            "match": {"resolution": row.resolution},
            "unit": "second",
            "amount": str(row.amount),
            "source": "old",
        }
        for row in read.prices
    ]
    return {**EMPTY, "sources": {"old": {**source, "confirmed": "2025-08-01"}}, "prices": prices}


@dataclass(frozen=True)
class Known:
    """What the page says unbroken, and a reference that holds it."""

    kind: Kind
    truth: Facts
    document: Mapping[str, object]

    @classmethod
    def of(cls, kind: Kind, page: bytes) -> Known:
        read = reading(kind, page, FIRST)
        return cls(kind, facts(read), merge(base(read), read).document)


def outcome(known: Known, mutant: Broken) -> str:
    """`refused`, `correct` or `changed`; fails the test where a wrong value went in silently."""
    truth = known.truth
    try:
        new = reading(known.kind, mutant.content, THEN)
        merged = merge(known.document, new)
    except UnreadablePageError:
        return "refused"
    read = facts(new)
    told = {change.model for change in merged.changes}
    for key, value in read.items():
        if key in truth and truth[key] != value:
            assert mutant.spelling, f"{mutant.how}: {key} became {value}"
        if truth.get(key) != value:
            assert key[0] in told, f"{mutant.how}: {key} became {value} in silence"
    for key in truth.keys() - read.keys():
        assert key[0] in told, f"{mutant.how}: {key} vanished in silence"
        _is_not_alive(merged.document, key)
    return "correct" if read == truth else "changed"


def _is_not_alive(document: Mapping[str, object], key: Key) -> None:
    """What vanished is unknown: no state to rely on, and no price but a new one."""
    book = parse_reference(document, "test")
    model, surface, what = key
    if what == "date":
        judged = judge_lifecycle(book, model, surface, AsOf(THEN, THEN))
        assert judged.state in {"unknown", "unreleased"}
        return
    live = [
        rule
        for rule in book.prices
        if (rule.model, rule.surface) == (model, surface)
        and rule.live_on(THEN)
        and rule.match.get("resolution", ()) in {(what,), ()}
    ]
    assert {rule.valid_from for rule in live} <= {THEN}


def run(kind: Kind, page: bytes, mutations: int) -> dict[str, int]:
    known = Known.of(kind, page)
    counts = {"refused": 0, "correct": 0, "changed": 0}
    for seed in range(mutations):
        counts[outcome(known, broken(page, seed))] += 1
    return counts


PAGES: dict[str, tuple[Kind, bytes]] = {
    "deprecations.md": ("deprecations", deprecations_md()),
    "deprecations.html": ("deprecations", deprecations_html()),
    "versions.md": ("versions", versions_md()),
    "versions.html": ("versions", versions_html()),
    "pricing.md": ("pricing", pricing_md()),
    "pricing.html": ("pricing", pricing_html()),
    "cost-map.json": ("cost-map", cost_map()),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_thousand_mutations_of_a_page(name: str) -> None:
    counts = run(*PAGES[name], MUTATIONS)
    assert sum(counts.values()) == MUTATIONS
    assert counts["refused"] > 100, counts
    assert counts["correct"] > 80, counts


REAL: dict[str, Kind] = {
    "google-deprecations-2026-10.md.txt": "deprecations",
    "google-deprecations-2026-08-01.html": "deprecations",
    "agent-platform-model-versions-2026-08-01.html": "versions",
    "google-pricing-veo-2026-09-24.md.txt": "pricing",
    "litellm-video-prices-1.109.1.json": "cost-map",
}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("mutations", [200, pytest.param(MUTATIONS, marks=pytest.mark.kill)])
def test_mutations_of_a_real_page(shared: Path, name: str, mutations: int) -> None:
    counts = run(REAL[name], (shared / "real" / name).read_bytes(), mutations)
    assert sum(counts.values()) == mutations
    assert counts["refused"] > mutations // 10, counts
