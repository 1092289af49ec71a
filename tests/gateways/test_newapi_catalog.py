from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers import answer
from check_world import a_route
from fake_clock import FakeClock
from job_world import Network, door, no, ok
from veo_check.core.facts import Catalog, CatalogRow, DisplayPrice
from veo_check.gateways.newapi import catalog_asks, read_catalog
from veo_check.gateways.probes import CATALOG, Asking
from veo_check.http.answers import Failure
from veo_check.http.keys import KeyName

ROW: dict[str, Any] = {
    "model_name": "veo3.1-fast",
    "quota_type": 1,
    "model_price": 0.15,
    "model_ratio": 0,
    "completion_ratio": 1,
    "owner_by": "google",
    "enable_groups": ["default", "plg"],
    "supported_endpoint_types": ["gemini", "openai"],
    "availability_status": "unknown_failure",
    "availability_reason": "…",
    "availability_checked_at": 1781654400,
    "icon": "Google.Color",
}
ENVELOPE: dict[str, Any] = {
    "success": True,
    "data": [ROW, {"model_name": "gpt-5", "quota_type": 0}],
    "group_ratio": {"default": 1, "plg": 0.9},
    "group_model_ratio": {"plg": {"veo3.1-fast": 0.85, "other": 2}, "default": {"other": 3}},
    "usable_group": {"default": "Default", "plg": "Public"},
    "supported_endpoint": {"gemini": {"path": "/v1beta/models/{model}", "method": "POST"}},
    "pricing_version": "website-public-plg-v2",
    "display_pricing": {
        "veo3.1-fast": {
            "billing_kind": "request",
            "prices": {"request": {"configured": "0.15", "plg": "0.1275", "from": True}},
        }
    },
}


def read(envelope: object, label: str = "veo3.1-fast") -> Catalog:
    got = read_catalog(answer(envelope), label, "https://gateway.example/api/pricing")
    assert isinstance(got, Catalog), got
    return got


def test_the_labels_row_is_read_exactly() -> None:
    assert read(ENVELOPE) == Catalog(
        source="https://gateway.example/api/pricing",
        total_rows=2,
        rows=(
            CatalogRow(
                model_name="veo3.1-fast",
                quota_type=1,
                model_price=Decimal("0.15"),
                model_ratio=Decimal(0),
                completion_ratio=Decimal(1),
                enable_groups=("default", "plg"),
                endpoint_types=("gemini", "openai"),
                availability_status="unknown_failure",
                availability_reason="…",
                availability_checked_at=datetime(2026, 6, 17, tzinfo=UTC),
                owner="google",
                price_fields={
                    "quota_type": "1",
                    "model_price": "0.15",
                    "model_ratio": "0",
                    "completion_ratio": "1",
                },
            ),
        ),
        near=(),
        group_ratio={"default": Decimal(1), "plg": Decimal("0.9")},
        group_model_ratio={"plg": Decimal("0.85")},
        usable_groups=("default", "plg"),
        display=(DisplayPrice("request", "request", Decimal("0.15"), Decimal("0.1275"), True),),
        supported_endpoints={"gemini": "/v1beta/models/{model}"},
        schema_version="website-public-plg-v2",
        exchanges=("x1",),
    )


def test_every_row_of_the_label_is_kept() -> None:
    catalog = read({**ENVELOPE, "data": [ROW, {**ROW, "model_price": 0.4}, ROW]})
    assert [row.model_price for row in catalog.rows] == [
        Decimal("0.15"),
        Decimal("0.4"),
        Decimal("0.15"),
    ]


def test_names_are_exact_and_near_ones_are_offered_best_first() -> None:
    rows = [{"model_name": name} for name in ("veo3.1-fast ", "VEO3.1-FAST", "veo3.1", "gpt-5")]
    catalog = read({**ENVELOPE, "data": rows})
    assert catalog.rows == ()
    assert catalog.near == ("VEO3.1-FAST", "veo3.1-fast", "veo3.1")


def test_near_names_are_fit_to_print() -> None:
    catalog = read({**ENVELOPE, "data": [{"model_name": "veo3.1-f\x1b[31mast"}]})
    assert catalog.near == ("veo3.1-fast",)


@pytest.mark.parametrize(
    ("field", "value", "defect"),
    [
        ("model_price", -0.4, "model_price is negative"),
        ("model_price", "0.4", "model_price is text, not a number"),
        ("model_price", True, "model_price is a truth value, not a number"),
        ("model_price", {"usd": 1}, "model_price is an object, not a number"),
        ("model_price", [0.4], "model_price is a list, not a number"),
        ("model_price", "NaN", "model_price is text, not a number"),
        ("model_price", 10**40, "model_price is out of range, not a number"),
        ("model_ratio", -37.5, "model_ratio is negative"),
        ("completion_ratio", "x", "completion_ratio is text, not a number"),
        ("quota_type", 2, "quota_type is neither 0 (by ratio) nor 1 (by price)"),
        ("quota_type", None, "quota_type is neither 0 (by ratio) nor 1 (by price)"),
        ("quota_type", "1", "quota_type is neither 0 (by ratio) nor 1 (by price)"),
        ("enable_groups", "plg", "enable_groups is not a list of names"),
        ("enable_groups", ["plg", 5], "enable_groups is not a list of names"),
        ("supported_endpoint_types", {}, "supported_endpoint_types is not a list of names"),
    ],
)
def test_what_is_wrong_with_a_row_is_written_down(field: str, value: object, defect: str) -> None:
    (row,) = read({**ENVELOPE, "data": [{**ROW, field: value}]}).rows
    assert row.defects == (defect,)
    if field in {"model_price", "model_ratio", "completion_ratio", "quota_type"}:
        assert getattr(row, field) is None


def test_absent_prices_are_no_defect() -> None:
    (row,) = read({**ENVELOPE, "data": [{"model_name": "veo3.1-fast", "quota_type": 0}]}).rows
    assert (row.model_price, row.model_ratio, row.defects) == (None, None, ())


def test_a_broken_ratio_for_the_label_leaves_the_group_without_one() -> None:
    """Falling back to the group's own ratio would price the job by the wrong one."""
    for broken in (-1, "0.9", None, True):
        ratios = {"plg": {"veo3.1-fast": broken}}
        catalog = read({**ENVELOPE, "group_model_ratio": ratios})
        assert catalog.ratio_for("plg") is None
        assert catalog.ratio_for("default") == Decimal(1)
    assert read({**ENVELOPE, "group_model_ratio": {"plg": "odd"}}).ratio_for("plg") is None


def test_broken_group_ratios_are_no_ratios() -> None:
    ratios = {"a": -1, "b": "2", "c": None, "d": True, "e": 0.5}
    assert read({**ENVELOPE, "group_ratio": ratios}).group_ratio == {"e": Decimal("0.5")}


def test_price_fields_are_kept_as_served_and_bounded() -> None:
    row = {**ROW, "billing_expr": "x" * 5000, "cache_ratio": 0.10, "billing_plugin_variants": [{}]}
    (read_row,) = read({**ENVELOPE, "data": [row]}).rows
    assert read_row.price_fields["cache_ratio"] == "0.1"
    assert read_row.price_fields["billing_plugin_variants"] == "[{}]"
    assert len(read_row.price_fields["billing_expr"]) == 500


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"success": False, "message": "pricing is disabled"}, 403, "refused"),
        ({"success": False, "message": "x"}, 200, "unreadable"),
        ({"success": True}, 200, "unreadable"),
        ({"success": True, "data": {"a": 1}}, 200, "unreadable"),
        ({"success": True, "data": [1, 2]}, 200, "unreadable"),
        ([ROW], 200, "unreadable"),
        ("<html>", 200, "unreadable"),
        (
            b'{"success": true, "data": [{"model_name": "a", "model_price": NaN}]}',
            200,
            "unreadable",
        ),
        ("", 502, "server-error"),
    ],
)
def test_what_is_no_catalogue_says_so(body: object, status: int, code: str) -> None:
    got = read_catalog(answer(body, status), "veo3.1-fast", "u")
    assert isinstance(got, Failure)
    assert got.code == code


@pytest.mark.parametrize(
    "rows",
    [
        [{"key": "ssvip", "name": "n", "visible": True}],
        [{"model_name": None}, {"model_name": 7}],
        [{"id": "veo3.1-fast", "price": 1}],
        ["veo3.1-fast"],
    ],
)
def test_rows_without_a_model_name_are_no_price_rows(rows: list[object]) -> None:
    got = read_catalog(answer({"success": True, "data": rows}), "veo3.1-fast", "u")
    assert isinstance(got, Failure)
    assert "not price rows" in got.detail


def test_a_catalogue_without_rows_is_a_catalogue() -> None:
    assert read({"success": True, "data": []}).total_rows == 0


_JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.lists(st.integers(), max_size=2)
)


@given(
    st.dictionaries(st.sampled_from(sorted(ROW)), _JUNK),
    st.dictionaries(st.sampled_from(sorted(ENVELOPE)), _JUNK),
)
def test_hostile_fields_never_raise_and_never_make_a_price(
    row: dict[str, Any], envelope: dict[str, Any]
) -> None:
    body = {**ENVELOPE, "data": [{**ROW, **row, "model_name": "veo3.1-fast"}], **envelope}
    got = read_catalog(answer(body), "veo3.1-fast", "u")
    if isinstance(got, Failure):
        return
    for one in got.rows:
        for price in (one.model_price, one.model_ratio, one.completion_ratio):
            assert price is None or price >= 0
    assert all(ratio >= 0 for ratio in got.group_ratio.values())
    json.dumps(dict(got.rows[0].price_fields) if got.rows else {})


@pytest.mark.parametrize(
    ("group", "flatkey", "urls"),
    [
        (
            "plg",
            True,
            ["https://c.example/api/website/pricing?group=plg", "https://c.example/api/pricing"],
        ),
        ("vip", True, ["https://c.example/api/website/pricing", "https://c.example/api/pricing"]),
        (None, True, ["https://c.example/api/website/pricing", "https://c.example/api/pricing"]),
        ("plg", False, ["https://c.example/api/pricing"]),
    ],
)
def test_where_the_catalogue_is_asked_for(
    group: str | None, flatkey: bool, urls: list[str]
) -> None:
    key = KeyName("FLATKEY_KEY")
    asks = catalog_asks("https://c.example", group, key, flatkey=flatkey)
    assert [ask.url for ask in asks] == urls
    assert all(ask.key is None and ask.on_behalf_of == key for ask in asks)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_only_an_absent_catalogue_sends_to_the_next(status: int, clock: FakeClock) -> None:
    network = Network(no(status, {}), ok({"data": [ROW]}))
    asking = Asking(door(network, clock))
    via = {"via.console_url": "https://console.flatkey.ai", "via.key.env": "FLATKEY_KEY"}
    got = CATALOG.learn(a_route(via), asking)
    absent = status != 403
    assert (isinstance(got, Catalog), len(network.requests)) == (absent, 2 if absent else 1)
