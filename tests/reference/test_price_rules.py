"""Price rows: what a reference file may say, and every way it can be wrong."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from veo_check.core.money import InvalidFileError
from veo_check.reference.load import load_reference
from veo_check.reference.prices import Component, PriceRule, Span, parse_prices

SOURCES = {
    "page": {
        "url": "https://a.example",
        "kind": "official",
        "publisher": "a",
        "confirmed": "2026-11-01",
    },
    "older": {
        "url": "https://a.example",
        "kind": "official",
        "publisher": "a",
        "confirmed": "2026-10-01",
    },
}
ROW: dict[str, object] = {
    "id": "price:x",
    "surface": "s",
    "model": "m",
    "unit": "second",
    "amount": "0.10",
    "source": "page",
}


def parse(*rows: dict[str, object], **tables: object) -> tuple[PriceRule, ...]:
    listed = [{**ROW, "id": f"price:{place}", **row} for place, row in enumerate(rows)]
    return parse_prices({"sources": SOURCES, "prices": listed, **tables})


def test_a_short_row_is_one_component_per_second() -> None:
    (rule,) = parse({"match": {"resolution": ["720p", "1080p"]}, "valid_to": "2026-12-01"})
    assert rule.components == (Component("output-second", Decimal("0.10")),)
    assert (rule.unit, rule.currency, rule.bound) == ("second", "USD", "exact")
    assert rule.match == {"resolution": ("720p", "1080p")}
    assert [rule.live_on(date(2026, 11, 30)), rule.live_on(date(2026, 12, 1))] == [True, False]


def test_components_add_up_and_name_the_unit() -> None:
    row = {key: value for key, value in ROW.items() if key not in {"unit", "amount"}}
    row["components"] = [
        {"meter": "call", "rate": "1"},
        {"meter": "output-second", "rate": "2", "free": 1},
    ]
    (rule,) = parse_prices({"sources": SOURCES, "prices": [row]})
    assert rule.unit == "second"
    assert rule.components[1] == Component("output-second", Decimal(2), free=Decimal(1))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"amount": 0.1}, "price:0: amount: float is not an exact number"),
        ({"amount": "-1"}, "price:0: amount: must not be negative"),
        ({"amount": "NaN"}, "price:0: amount: 'NaN' is not a number"),
        ({"amount": True}, "price:0: amount: bool is not an exact number"),
        ({"unit": "fortnight"}, "price:0: unit: must be one of: second, million-tokens"),
        ({"source": "nowhere"}, "price:0: source: 'nowhere' is not in the sources table"),
        ({"kind": "promo"}, "price:0: unknown key 'kind'"),
        ({"valid_from": "2026-13-01"}, "price:0: valid_from: must be a day"),
        ({"valid_from": "20260101"}, "price:0: valid_from: must be a day"),
        ({"valid_from": 5}, "price:0: valid_from: must be a day"),
        (
            {"valid_from": "2026-02-01", "valid_to": "2026-02-01"},
            "valid_to: must be after",
        ),
        ({"colour": "blue"}, "price:0: unknown key 'colour'"),
        ({"match": {"colour": "red"}}, "price:0: match: colour: a price cannot depend on it; it"),
        ({"allowed": {"tier": "flex"}}, "price:0: allowed: tier: a price cannot depend on it; it"),
        (
            {"components": []},
            "price:0: components: give either unit and amount",
        ),
        (
            {"currency": "credit:gold"},
            "currency: 'credit:gold' is not in the credits table",
        ),
        (
            {"tokens": {"raster": "none"}},
            "tokens: raster: 'none' is not in the rasters table",
        ),
        ({"tokens": {"divisor": 0}}, "price:0: tokens: divisor: must be more than 0"),
        ({"match": {"seconds": []}}, "price:0: match: seconds: an empty list allows nothing"),
        ({"match": {"seconds": 4.5}}, "price:0: match: seconds: float is not an exact number"),
        ({"match": "720p"}, "price:0: match: must be an object, not a text"),
        ({"model": ""}, "price:0: model: must be a text"),
        ({"bound": "upper"}, "price:0: bound: must be one of: exact, lower"),
        ({"amount": None}, "price:0: amount: is missing"),
        ({"match": {"seconds": {"min": 1, "max": 2, "step": 1}}}, "seconds: unknown key 'step'"),
        ({"tokens": {"frames": 1}}, "price:0: tokens: unknown key 'frames'"),
    ],
)
def test_a_wrong_row_is_named(row: dict[str, object], complaint: str) -> None:
    with pytest.raises(InvalidFileError) as raised:
        parse(row)
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"prices": {}}, "prices: must be a list of rows"),
        ({"prices": ["x"]}, "prices[0]: must be an object"),
        ({"sources": []}, "reference: sources: must be an object"),
        ({"sources": {"x": {"url": "u"}}}, "sources.'x': kind: is missing"),
        ({"rasters": {"r": {"720p": {"16:9": "wide"}}}}, "a size is written as text"),
        (
            {"credits": {"c": {"usd": "1", "units": "0", "source": "page"}}},
            "'c': units: must be more",
        ),
    ],
)
def test_a_wrong_table_is_named(document: dict[str, object], complaint: str) -> None:
    with pytest.raises(InvalidFileError) as raised:
        parse_prices({"sources": SOURCES, **document})
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"match": {"resolution": "720p"}}, {"match": {"audio": True}}),
        ({"match": {"resolution": ["720p", "4k"]}}, {"match": {"resolution": ["4k"]}}),
        ({"match": {"seconds": {"min": 1, "max": 5}}}, {"match": {"seconds": [5]}}),
        ({"valid_from": "2026-01-01", "valid_to": "2026-06-01"}, {"valid_from": "2026-01-01"}),
    ],
)
def test_a_tie_is_refused(first: dict[str, object], second: dict[str, object]) -> None:
    with pytest.raises(InvalidFileError, match="price:1: ties with price:0"):
        parse(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"match": {"resolution": "720p"}}, {"match": {"resolution": "4k"}}),
        ({}, {"match": {"resolution": "4k"}}),
        ({"surface": "other"}, {}),
        ({"valid_to": "2026-06-01"}, {"valid_from": "2026-06-01"}),
        ({"valid_from": "2026-01-01"}, {"valid_from": "2026-06-01"}),
        ({"source": "older"}, {"source": "page"}),
        (
            {"match": {"seconds": {"min": 1, "max": 4}}},
            {"match": {"seconds": {"min": 5, "max": 9}}},
        ),
    ],
)
def test_what_does_not_tie(first: dict[str, object], second: dict[str, object]) -> None:
    assert [rule.id for rule in parse(first, second)] == ["price:0", "price:1"]


def test_an_id_is_used_once() -> None:
    with pytest.raises(InvalidFileError, match="prices: two rows have the id 'price:same'"):
        parse({"id": "price:same"}, {"id": "price:same", "surface": "other"})


def test_a_span_holds_whole_numbers_unless_said() -> None:
    whole, any_number = Span(Decimal(3), Decimal(10)), Span(Decimal(3), Decimal(10), whole=False)
    asked = [Decimal(3), Decimal(10), Decimal("3.5"), Decimal(11), "3"]
    assert [one in whole for one in asked] == [True, True, False, False, False]
    assert [one in any_number for one in asked] == [True, True, True, False, False]


def test_the_bundled_prices_name_where_each_was_read() -> None:
    rules = load_reference().prices
    assert len(rules) > 150
    assert {rule.source.kind for rule in rules} == {"official-copy", "third-party"}
    assert not [rule.id for rule in rules if not rule.source.url.startswith("https://")]
    late = [rule.id for rule in rules if rule.source.confirmed > date(2026, 11, 30)]
    assert late == []


def test_the_bundled_prices_end_when_their_model_does() -> None:
    reference = load_reference()
    contradicting = []
    for rule in reference.prices:
        rows = reference.lifecycle(rule.model, rule.surface)
        dates = {row.shutdown for row in rows if row.kind in {"exact", "earliest"}} - {None}
        if rule.ends == "retired" and dates and rule.valid_to not in dates:
            contradicting.append((rule.id, rule.valid_to))
    assert contradicting == []


def test_litellm_says_the_same_where_both_price_a_veo_model(shared: Path) -> None:
    text = (shared / "real" / "litellm-video-prices-1.109.1.json").read_text()
    rows = json.loads(text, parse_float=Decimal)["rows"]
    bundled = {
        (rule.surface, rule.model, resolution): rule.components[0].rate
        for rule in load_reference().prices
        if rule.source.publisher == "litellm"
        for resolution in rule.match.get("resolution", ())  # type: ignore[union-attr]
    }
    surfaces = {"vertex_ai": "agent-platform", "gemini": "gemini-api"}
    differing = {}
    for key, row in rows.items():
        provider, _, model = key.partition("/")
        if provider not in surfaces or "veo" not in model:
            continue
        for resolution in ("720p", "1080p", "4k"):
            theirs = row.get(f"output_cost_per_second_{resolution}")
            if theirs is None and resolution == "720p":
                theirs = row["output_cost_per_second"]
            ours = bundled.get((surfaces[provider], model, resolution))
            if theirs is not None and theirs != ours:
                differing[key] = ours
    assert differing == {
        # Google never offered the -001 ids on the Gemini API
        "gemini/veo-3.1-fast-generate-001": None,
        "gemini/veo-3.1-generate-001": None,
        # the previews left the Agent Platform on 2026-04-02, before LiteLLM's present prices
        "vertex_ai/veo-3.1-generate-preview": None,
        "vertex_ai/veo-3.1-fast-generate-preview": None,
        # one price whatever the resolution: bundled without one
        "vertex_ai/veo-2.0-generate-001": None,
    }
