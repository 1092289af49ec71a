"""A thousand ways to break each page: what is read is correct, unknown or refused.

Wrong dates and prices are never taken in silence. A mutation that spells another date or amount
perfectly well cannot be told from a change of the page; it has to be told as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from official_pages import (
    cloud_pricing_md,
    cost_map,
    deprecations_html,
    deprecations_md,
    model_page_md,
    model_table,
    omni_page_md,
    openrouter_list,
    pricing_html,
    pricing_md,
    versions_html,
    versions_md,
)
from page_mutations import Broken, broken
from refreshing import EMPTY, Kind, captured, reading
from veo_check.core.clock import AsOf
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import parse_reference
from veo_check.reference.prices import PriceRule
from veo_check.refresh.merge import merge
from veo_check.refresh.pages import UnreadablePageError
from veo_check.refresh.readings import PriceRow, Reading

MUTATIONS = 1000
#: in the ordinary suite; the whole number runs where time does not matter
FEW = 150
FIRST, THEN = date(2025, 9, 1), date(2025, 9, 2)
Key = tuple[str, str, str | None]  # model, surface, and "date" or a price's resolution
Facts = Mapping[Key, object]


def facts(read: Reading) -> Facts:
    """What a reader of the page takes as the truth: the days and the amounts."""
    days: dict[Key, object] = {
        (row.model, row.surface, "date"): (row.shutdown, row.kind) for row in read.dates
    }
    amounts: dict[Key, object] = {
        (row.model, row.surface, f"{row.resolution} {row.audio}"): row.amount for row in read.prices
    }
    cells: dict[Key, object] = {
        (one.model, one.surface, name): value
        for one in read.models
        for name, value in one.cells.items()
    }
    return days | amounts | cells


def base(read: Reading) -> Mapping[str, object]:
    """A reference that knows nothing; a list's prices are only read where one was known before."""
    if read.source.kind != "third-party":
        return {**EMPTY, "prices": []}
    source = {"url": "https://list.example/old", "kind": "third-party", "publisher": "list"}
    prices = [_known_price(row) for row in read.prices]
    return {**EMPTY, "sources": {"old": {**source, "confirmed": "2025-08-01"}}, "prices": prices}


def _known_price(row: PriceRow) -> dict[str, object]:
    rate: dict[str, object] = {"unit": row.unit, "amount": str(row.amount)}
    if row.per_image is not None:
        image = {"meter": "input-image", "rate": str(row.per_image)}
        second = {"meter": "output-second", "rate": str(row.amount)}
        rate = {"components": [second, image]}
    if row.unit == "million-tokens":
        rate["tokens"] = {"per_second": {"720p": "1"}}
    return {
        "id": f"price:{row.model}:{row.surface}:{row.resolution}",
        "surface": row.surface,
        "model": row.model,
        **({} if row.resolution is None else {"match": {"resolution": row.resolution}}),
        **rate,
        "source": "old",
    }


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
        before = truth.get(key)
        if known.kind == "cost-map" and key not in truth:
            continue  # a third party's list adds no model
        if before is not None and before != value:
            less = isinstance(value, list) and set(value) < set(cast("list[object]", before))
            assert mutant.spelling or less, f"{mutant.how}: {key} became {value}"
        if before != value and key[2] != "full_length_only":  # a page only ever adds to that
            assert key[0] in told, f"{mutant.how}: {key} became {value} in silence"
    for key in truth.keys() - read.keys():
        if known.kind == "models" and key[2] != "date":
            continue  # a label that is gone leaves what was known, under its older day
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
    resolution, sound = (what or "").split()
    live = [
        rule
        for rule in book.prices
        if (rule.model, rule.surface) == (model, surface)
        and rule.live_on(THEN)
        and rule.match.get("resolution", ("None",)) == (resolution,)
        and _sound(rule) == sound
    ]
    assert {rule.valid_from for rule in live} <= {THEN}


def _sound(rule: PriceRule) -> str:
    choice = rule.match.get("audio", rule.allowed.get("audio", (None,)))
    assert isinstance(choice, tuple)
    return str(choice[0])


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
    "cloud-pricing.md": ("cloud-pricing", cloud_pricing_md()),
    "model-table": (
        "models",
        model_page_md(
            model_table(),
            model_table("veo-9.0-lite-generate-001", retirement=None, stage="Preview"),
        ),
    ),
    "model-labels": ("models", omni_page_md()),
    "cost-map.json": ("cost-map", cost_map()),
    "openrouter.json": ("openrouter", openrouter_list()),
}
ALL = pytest.mark.parametrize("mutations", [FEW, pytest.param(MUTATIONS, marks=pytest.mark.kill)])


@ALL
@pytest.mark.parametrize("name", PAGES)
def test_mutations_of_a_page(name: str, mutations: int) -> None:
    counts = run(*PAGES[name], mutations)
    assert sum(counts.values()) == mutations
    assert counts["refused"] > mutations // 20, counts
    assert counts["correct"] > mutations // 20, counts


REAL: dict[str, Kind] = {
    "google-deprecations-2026-10.md.txt": "deprecations",
    "google-deprecations-2026-08-01.html": "deprecations",
    "agent-platform-model-versions-2026-08-01.html": "versions",
    "agent-platform-model-versions-2026-09.md": "versions",
    "google-pricing-veo-2026-09-24.md.txt": "pricing",
    "agent-platform-pricing-veo-2026-09-12.md": "cloud-pricing",
    "agent-platform-veo-3-1-generate.devknowledge.md": "models",
    "litellm-video-prices-1.110.2.json": "cost-map",
}


@ALL
@pytest.mark.parametrize("name", REAL)
def test_mutations_of_a_real_page(shared: Path, name: str, mutations: int) -> None:
    counts = run(REAL[name], captured(shared / "real" / name), mutations)
    assert sum(counts.values()) == mutations
    assert counts["refused"] > mutations // 20, counts
