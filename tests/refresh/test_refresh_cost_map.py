"""LiteLLM's cost map: dates without a kind, prices without a day, and no evidence of life."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from veo_check.reference.load import bundled_document, parse_reference
from veo_check.reference.prices import PriceRule
from veo_check.reference.rows import DateKind, LifecycleRow
from veo_check.refresh.lists import read_cost_map
from veo_check.refresh.merge import merge
from veo_check.refresh.pages import UnreadablePageError
from veo_check.refresh.readings import PriceRow
from veo_check.refresh.run import PageRequest, _reading


def kind_of(_model: str, surface: str, _day: date) -> DateKind:
    return "earliest" if surface == "gemini-api" else "not-before"


def cost_map(**rows: Any) -> bytes:
    named = {name.replace("__", "/").replace("_", "-"): row for name, row in rows.items()}
    return json.dumps(named).encode()


def veo(**cells: Any) -> dict[str, Any]:
    return {"litellm_provider": "gemini", "mode": "video_generation", **cells}


def tiers(prices: tuple[PriceRow, ...]) -> dict[str | None, str]:
    return {row.resolution: str(row.amount) for row in prices}


def test_a_date_is_read_with_the_kind_that_the_vendor_gives_it() -> None:
    dates, prices = read_cost_map(
        cost_map(
            gemini__veo_9=veo(deprecation_date="2026-10-22"),
            vertex__veo_9=veo(
                litellm_provider="vertex_ai-video-models", deprecation_date="2026-11-17"
            ),
        ),
        kind_of,
    )
    assert [(row.surface, row.model, str(row.shutdown), row.kind) for row in dates] == [
        ("gemini-api", "veo-9", "2026-10-22", "earliest"),
        ("agent-platform", "veo-9", "2026-11-17", "not-before"),
    ]
    assert prices == ()


def test_a_row_without_a_date_is_no_evidence() -> None:
    dates, _ = read_cost_map(
        cost_map(gemini__veo_9=veo(), veo_8=veo(deprecation_date=None)), kind_of
    )
    assert dates == ()


def test_a_missing_4k_tier_is_not_the_base_rate() -> None:
    _, prices = read_cost_map(cost_map(veo_9=veo(output_cost_per_second=0.05)), kind_of)
    assert tiers(prices) == {"720p": "0.05", "1080p": "0.05"}
    row = veo(
        output_cost_per_second=0.1,
        output_cost_per_second_720p=0.05,
        output_cost_per_second_1080p=0.12,
        output_cost_per_second_4k=0.3,
    )
    _, prices = read_cost_map(cost_map(veo_9=row), kind_of)
    assert tiers(prices) == {"720p": "0.05", "1080p": "0.12", "4k": "0.3"}


def test_only_googles_surfaces_and_video_models_are_read() -> None:
    dates, prices = read_cost_map(
        cost_map(
            veo_9=veo(deprecation_date="2026-10-22"),
            runwayml__veo_9=veo(litellm_provider="runwayml", deprecation_date="2020-01-01"),
            gemini__gemini_3_flash=veo(deprecation_date="2020-01-01"),
            odd__veo_7="text",
            odd__veo_6=veo(litellm_provider=["gemini"]),
        ),
        kind_of,
    )
    assert [row.model for row in dates] == ["veo-9"]
    assert prices == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[]", "not a table of models"),
        (b"{", "not JSON"),
        (b"", "empty"),
        (b"\xff", "not UTF-8"),
        (b'{"rows": 3}', "not a table of models"),
        (b"<html></html>", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"veo-9": {"x": NaN}}', "NaN is not a number"),
        (b'{"veo-9": {"x": 1.5e99999999999999999999}}', "not JSON"),
        (b'{"veo-9": {"x": 1, "x": 2}}', "the key 'x' appears twice"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (cost_map(gemini__gemini_3=veo()), "lists no Veo model"),
        (cost_map(veo_9=veo(deprecation_date="2026-13-01")), "no readable deprecation_date"),
        (cost_map(veo_9=veo(deprecation_date="soon")), "no readable deprecation_date"),
        (cost_map(veo_9=veo(deprecation_date=20261022)), "no readable deprecation_date"),
        (cost_map(veo_9=veo(deprecation_date="1026-10-22")), "no readable deprecation_date"),
        (cost_map(veo_9=veo(output_cost_per_second="0.1")), "no number"),
        (cost_map(veo_9=veo(output_cost_per_second=True)), "no number"),
        (cost_map(veo_9=veo(**{"output_cost`": 1})), "has a key"),
        (cost_map(veo_9=veo(output_cost_per_second=0)), "not believable"),
        (cost_map(veo_9=veo(output_cost_per_second=-0.1)), "not believable"),
        (cost_map(veo_9=veo(output_cost_per_second=40)), "not believable"),
        (
            cost_map(
                gemini__veo_9=veo(deprecation_date="2026-10-22"),
                veo_9=veo(deprecation_date="2026-10-23"),
            ),
            "two different dates",
        ),
        (
            cost_map(
                gemini__veo_9=veo(output_cost_per_second=0.1),
                veo_9=veo(output_cost_per_second=0.2),
            ),
            "two different prices",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "map",
)
def test_what_cannot_be_trusted_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(UnreadablePageError, match=words) as raised:
        read_cost_map(content, kind_of)
    assert str(raised.value).isprintable()


def test_the_real_map_gives_its_dates_and_successors(shared: Path) -> None:
    content = (shared / "real" / "litellm-video-prices-1.110.2.json").read_bytes()
    dates, prices = read_cost_map(content, kind_of)
    gemini, cloud, next_omni = "gemini-api", "agent-platform", "gemini-omni-1.2-flash"
    assert {(row.surface, row.model): (str(row.shutdown), row.replacement) for row in dates} == {
        (gemini, "gemini-omni-1.1-flash"): ("2026-12-03", next_omni),
        (gemini, "gemini-omni-flash-preview"): ("2026-10-22", next_omni),
        (gemini, "veo-3.1-fast-generate-preview"): ("2026-10-22", next_omni),
        (gemini, "veo-3.1-generate-preview"): ("2026-10-22", next_omni),
        (gemini, "veo-3.1-lite-generate-preview"): ("2026-10-22", next_omni),
        (cloud, "gemini-omni-flash-preview"): ("2026-11-06", None),
        (cloud, "veo-3.1-generate-001"): ("2026-11-17", None),
        (cloud, "veo-3.1-fast-generate-001"): ("2026-11-17", None),
        (cloud, "veo-3.0-generate-001"): ("2026-06-30", "veo-3.1-generate-001"),
        (cloud, "veo-3.0-fast-generate-001"): ("2026-06-30", "veo-3.1-fast-generate-001"),
        (cloud, "veo-2.0-generate-001"): ("2026-06-30", "veo-3.1-generate-001"),
        ("openai", "sora-2"): ("2026-09-24", None),
        ("openai", "sora-2-pro"): ("2026-09-24", None),
    }
    lite = [row for row in prices if row.model == "veo-3.1-lite-generate-001"]
    assert tiers(tuple(lite)) == {"720p": "0.05", "1080p": "0.08"}
    omni = {(row.surface, row.amount) for row in prices if row.model == next_omni}
    assert {(surface, str(amount.normalize())) for surface, amount in omni} == {
        (gemini, "12"),
        (cloud, "12"),
    }


def test_every_living_row_of_the_bundle_is_confirmed_by_the_real_map(shared: Path) -> None:
    content = (shared / "real" / "litellm-video-prices-1.110.2.json").read_bytes()
    day = date(2026, 12, 1)
    read = _reading(
        bundled_document(), PageRequest("cost-map", "map.json"), content, "a" * 64, "map.json", day
    )
    merged = merge(bundled_document(), read)
    assert merged.changes == ()
    book = parse_reference(merged.document, "test")
    prices = [row for row in book.prices if row.live_on(day)]
    rows: list[PriceRule | LifecycleRow] = [*prices, *book.lifecycle_rows]
    listed = [row for row in rows if row.source.publisher == "litellm"]
    assert listed
    assert [row.id for row in listed if row.source.confirmed != day] == []
