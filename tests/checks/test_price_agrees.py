from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from check_world import (
    GOOGLE,
    OPENAI,
    a_book,
    a_catalog,
    a_cost,
    a_price,
    a_route,
    a_row,
    a_source,
    codes,
    heard,
    judging,
    missing,
)
from veo_check.checks.price_agrees import percent, price_agrees
from veo_check.core.facts import Catalog, DisplayPrice, Missing, SkuPrice
from veo_check.core.findings import Outcome, blocker

OFFICIAL = a_price("0.12")
SECOND = a_price("0.12", "litellm")


def run(
    *prices: dict[str, object],
    asked: str = "0.12",
    catalog: Catalog | Missing | None = None,
    changes: dict[str, Any] | None = None,
    sku: SkuPrice | Missing | None = None,
    **more: Any,
) -> Outcome:
    route, book = a_route(changes), a_book(prices=list(prices), **more)
    catalog = catalog or a_catalog(a_row(model_price=Decimal(asked)))
    return heard(
        price_agrees,
        route=route,
        reference=book,
        judging=judging(),
        cost=a_cost(route, book, catalog),
        sku=sku or missing("not-configured", "billing-sku"),
    )


def test_all_three_agree() -> None:
    outcome = run(OFFICIAL, SECOND)
    assert codes(outcome) == ["note compared"]
    assert outcome.findings[0].message == (
        "For this request: gateway $0.96, Google $0.96 (2026-11-10), LiteLLM $0.96 (2026-11-01)."
    )
    assert len(outcome.uses) == 1


@pytest.mark.parametrize(
    ("rate", "unit_known", "code"),
    [
        ("0.12", True, "note sku"),
        ("0.16", True, "blocker sku-differs"),
        ("0.12", False, "note sku-unit"),
    ],
)
def test_the_sku_of_a_bill_is_one_more_official_price(
    rate: str, unit_known: bool, code: str
) -> None:
    amount = Decimal(rate)
    per_second = amount if unit_known else None
    sku = SkuPrice("7DE3-56E5-CE6C", amount, "count", per_second, Decimal(0), "u", ("x7",))
    named = {"model.billing_sku": sku.sku}
    outcome = run(OFFICIAL, SECOND, changes=named, sku=sku)
    assert codes(outcome) == [code, "note compared"]
    assert outcome.findings[0].evidence == ("x7",)
    assert codes(run(OFFICIAL, SECOND, sku=sku)) == ["note compared"]  # the route names none
    unread = missing("no-key", "billing-sku", "VEO_CHECK_BILLING_KEY is not set")
    outcome = run(OFFICIAL, SECOND, changes=named, sku=unread)
    assert codes(outcome) == ["note sku-unread", "note compared"]


def test_the_markup_has_a_limit() -> None:
    assert codes(run(OFFICIAL, SECOND, asked="0.15")) == ["note compared"]  # exactly 25 %
    outcome = run(OFFICIAL, SECOND, asked="0.16")
    assert codes(outcome) == ["blocker markup", "note compared"]
    assert outcome.findings[0] == blocker(
        "price-agrees/markup",
        (
            "The gateway charges 33.3% more than the reference price: $1.28 at the "
            "gateway, Google $0.96 (2026-11-10)."
        ),
        at="budget.max_markup",
        expected="at most 25%",
        actual="33.3%",
        fix="ask the gateway for its price, raise budget.max_markup, or waive this finding",
        evidence=("ref:price:agent-platform:veo-3.1-fast-generate-001:google", "x3"),
    )
    allowed = run(OFFICIAL, SECOND, asked="0.16", changes={"budget.max_markup": "50%"})
    assert codes(allowed) == ["note compared"]


def test_a_gateway_far_below_is_suspicious() -> None:
    assert codes(run(OFFICIAL, SECOND, asked="0.09")) == ["note compared"]
    assert codes(run(OFFICIAL, SECOND, asked="0.08")) == ["warning below", "note compared"]


def test_the_second_source_has_to_agree_with_the_vendor() -> None:
    outcome = run(OFFICIAL, a_price("0.16", "litellm"))
    assert codes(outcome) == ["blocker second-source", "note compared"]
    assert outcome.findings[0].message == (
        "LiteLLM $1.28 (2026-11-01) differs by 33.3% from Google $0.96 "
        "(2026-11-10); the reading of LiteLLM is older."
    )


def test_one_second_source_is_enough_and_the_others_that_differ_warn() -> None:
    outcome = run(OFFICIAL, SECOND, a_price("0.05", "portkey"))
    assert codes(outcome) == ["warning other-differs", "note compared"]
    assert "differs by -58.3%" in outcome.findings[0].message


def test_an_agreeing_pair_stands_for_the_vendor() -> None:
    pair = (SECOND, a_price("0.12", "comfy"))
    assert codes(run(*pair)) == ["note compared"]
    assert codes(run(*pair, a_price("0.20", "portkey"))) == [
        "warning other-differs",
        "note compared",
    ]
    assert codes(run(*pair, asked="0.16")) == ["blocker markup", "note compared"]


def test_no_second_source() -> None:
    assert codes(run(OFFICIAL)) == ["warning no-second-source", "note compared"]
    outcome = run(OFFICIAL, changes=GOOGLE)
    assert codes(outcome) == ["note compared"]
    assert outcome.blocked == (
        "only Google prices this request; veo-check refresh --openrouter or --cost-map may add a "
        "second source"
    )


def test_a_second_source_that_is_too_old_is_none() -> None:
    sources = {"litellm": a_source("litellm", "third-party", "2026-07-01")}
    outcome = run(OFFICIAL, a_price("0.50", "litellm"), sources=sources)
    assert codes(outcome) == ["warning no-second-source", "note compared"]


def test_both_read_on_one_day() -> None:
    sources = {"litellm": a_source("litellm", "third-party", "2026-11-10")}
    outcome = run(OFFICIAL, a_price("0.50", "litellm"), sources=sources)
    assert outcome.findings[0].message.endswith("both were read on the same day.")


def test_direct_and_openai_routes_compare_what_there_is() -> None:
    assert codes(run(OFFICIAL, SECOND, changes=GOOGLE)) == ["note compared"]
    assert codes(run(OFFICIAL, SECOND, changes=OPENAI)) == [
        "note gateway-unread",
        "note compared",
    ]


@pytest.mark.parametrize(
    ("catalog", "why"),
    [
        (missing(), "offline"),
        (a_catalog(), "the catalogue has no row for this label"),
    ],
)
def test_without_the_gateways_price_it_cannot_tell(catalog: Catalog | Missing, why: str) -> None:
    assert run(OFFICIAL, SECOND, catalog=catalog).blocked == (
        f"the gateway's price is not known: {why}"
    )


def test_tokens_whose_number_is_unknown() -> None:
    changes = {"model.official": "seedance"}
    row = a_row(quota_type=0, model_price=None, model_ratio=Decimal("3.5"))
    prices = [a_price("0.12", model="seedance"), a_price("0.12", "litellm", model="seedance")]
    outcome = run(*prices, catalog=a_catalog(row), changes=changes)
    assert outcome.blocked is not None
    assert "per million tokens" in outcome.blocked


def test_a_lower_bound_flatters() -> None:
    shown = DisplayPrice("per_second", "second", Decimal("0.12"), None, lower_bound=True)
    outcome = run(OFFICIAL, SECOND, catalog=a_catalog(a_row(), display=(shown,)))
    assert codes(outcome) == ["warning lower-bound", "note compared"]


def test_without_a_reference_price_there_is_nothing_to_compare_with() -> None:
    assert run().blocked is not None
    free = run(a_price("0"))
    assert free.findings == ()
    assert free.blocked is not None


def test_percent() -> None:
    assert [percent(Decimal(one)) for one in ("0.25", "-0.5", "0.3333", "0")] == [
        "25%",
        "-50%",
        "33.3%",
        "0%",
    ]
