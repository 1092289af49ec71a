from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from check_world import a_catalog, a_cost, a_route, a_row, codes, heard, missing, only
from veo_check.checks.price_unit import price_unit
from veo_check.core.facts import Catalog, DisplayPrice, GatewayStatus, Missing
from veo_check.core.findings import Outcome, blocker, note


def run(catalog: Catalog, changes: dict[str, Any] | None = None) -> Outcome:
    route, status = a_route(changes), GatewayStatus(Decimal(500_000), None)
    cost = a_cost(route, None, catalog, status)
    return heard(price_unit, route=route, catalog=catalog, status=status, cost=cost)


def test_usd_per_second() -> None:
    catalog = a_catalog(a_row(), group_ratio={"plg": Decimal("0.9")})
    assert only(run(catalog)) == note(
        "price-unit/per-second",
        "$0.108 per second of video: model_price 0.12 is USD per second (quota_type 1) x group plg "
        "0.9.",
        at="via.model",
        actual="0.108",
        evidence=("x3",),
    )


def test_unpriced_is_named() -> None:
    row = a_row(
        quota_type=0,
        model_price=None,
        model_ratio=Decimal("37.5"),
        price_fields={"quota_type": "0", "model_ratio": "37.5"},
    )
    assert only(run(a_catalog(row))) == blocker(
        "price-unit/unpriced",
        "The row 'veo3.1-fast' has no usable price: model_ratio 37.5 is what the gateway answers "
        "for a model without a price, not $75 per million tokens; where such a model is let "
        "through it holds $18.75 per second.",
        at="via.model",
        expected="USD per second",
        actual="model_ratio: 37.5, quota_type: 0",
        fix="ask the gateway to set a price for this label, or use a label that has one",
        evidence=("x3",),
    )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (a_row(quota_type=0, model_price=None, model_ratio=Decimal("0.2")), "ambiguous"),
        (a_row(quota_type=7), "unknown-unit"),
        (a_row(model_price=Decimal(0)), "unpriced"),
        (a_row(defects=("model_price is NaN",)), "unpriced"),
    ],
    ids=str,
)
def test_a_price_without_its_unit_is_none(row: Any, code: str) -> None:
    assert codes(run(a_catalog(row))) == [f"blocker {code}"]


@pytest.mark.parametrize(
    "expression",
    [
        'tier("x", max(u("seconds"), 4) * 0.1)',
        'param("duration") * 0.1',
        'header("x-tier") == "gold" ? 1 : 2',
        'has(u("resolution"), "4k") ? 1 : 2',
        'v7:u("seconds")',
        '"per second"',
    ],
)
def test_an_expression_beyond_the_grammar_is_not_checked(expression: str) -> None:
    row = a_row(billing_mode="tiered_expr", billing_expr=expression)
    outcome = run(a_catalog(row))
    assert outcome.findings == ()
    assert outcome.blocked is not None
    assert "a price that is an expression" in outcome.blocked


def test_an_expression_with_an_exponent_is_a_price() -> None:
    row = a_row(billing_mode="tiered_expr", billing_expr='v1:tier("x", u("seconds") * 1e-1)')
    outcome = run(a_catalog(row))
    assert outcome.findings[0].actual == "0.10"


def test_a_shape_the_gateway_would_price_though_no_video_is_made() -> None:
    assert codes(run(a_catalog(a_row()), {"request.count": 2})) == [
        "blocker unsupported-combination"
    ]


def test_the_sites_label_is_noted() -> None:
    label = DisplayPrice("request", "request", Decimal("0.12"), Decimal("0.12"))
    outcome = run(a_catalog(a_row(), display=(label,)))
    assert codes(outcome) == ["note per-second", "note remark"]
    assert outcome.findings[1].message == (
        "The site labels $0.12 per request; jobs are charged it per second."
    )


def test_a_lower_bound_is_named() -> None:
    shown = DisplayPrice("per_second", "second", Decimal("0.10"), Decimal("0.10"), lower_bound=True)
    outcome = run(a_catalog(a_row(), display=(shown,)))
    assert codes(outcome)[:2] == ["note per-second", "warning lower-bound"]


def test_another_unit_is_said() -> None:
    kling = {"model.official": "kling-v3"}
    outcome = run(a_catalog(a_row(model_price=Decimal("0.56"))), kling)
    assert codes(outcome) == ["note per-second", "note other-unit"]
    assert outcome.findings[0].actual == "0.07"


def test_tokens_whose_number_is_unknown_are_blocked() -> None:
    seedance = {"model.official": "dreamina-seedance-2-0-260128"}
    row = a_row(quota_type=0, model_price=None, model_ratio=Decimal("3.5"))
    outcome = run(a_catalog(row), seedance)
    assert outcome == Outcome(
        blocked="the gateway's price is not known: model_ratio 3.5 is $7.00 per million tokens x "
        "group plg 1: the number of tokens in this request is not known"
    )


def test_what_it_cannot_tell() -> None:
    assert run(a_catalog()).blocked == "the catalogue has 0 rows for 'veo3.1-fast', not 1"
    assert run(a_catalog(a_row(), a_row())).blocked == (
        "the catalogue has 2 rows for 'veo3.1-fast', not 1"
    )
    assert run(a_catalog(a_row()), {"via.group": None}).blocked == (
        "the price depends on the group, and the route file names no via.group"
    )
    assert run(a_catalog(a_row(), group_ratio={})).blocked == (
        "the catalogue gives no price ratio for the group 'plg'"
    )


@pytest.mark.parametrize("status", [missing(), GatewayStatus(None, "v1")])
def test_a_quota_unit_that_was_not_read_is_not_assumed(status: GatewayStatus | Missing) -> None:
    outcome = judged(status)
    assert outcome.findings == ()
    assert outcome.blocked is not None
    assert outcome.blocked.startswith("what one USD is in the gateway's quota units could not be")


@pytest.mark.parametrize("told", ["0", "-5", "1E+40", "1E-40"])
def test_a_quota_unit_that_cannot_be_fails(told: str) -> None:
    outcome = judged(GatewayStatus(Decimal(told), "v1"))
    assert codes(outcome) == ["blocker quota-unit"]
    assert f"one USD is {told} quota units" in only(outcome).message


def judged(status: GatewayStatus | Missing) -> Outcome:
    route, catalog = a_route(), a_catalog(a_row())
    cost = a_cost(route, None, catalog, status)
    return heard(price_unit, route=route, catalog=catalog, status=status, cost=cost)
