"""What a job costs: which of two prices is charged, which is shown, and why one is not known."""

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
    a_life,
    a_price,
    a_route,
    a_row,
    missing,
)
from veo_check.core.facts import Catalog, DisplayPrice
from veo_check.pricing.job_cost import JobCost, JobPrice
from veo_check.pricing.shape import Refusal
from veo_check.reference.load import Reference

D = Decimal
PAIR = [a_price("0.12", "litellm"), a_price("0.12", "comfy")]
DEAR = a_catalog(a_row(model_price=D("0.36")))
LOWEST = a_catalog(
    a_row(), display=(DisplayPrice("per_second", "second", D("0.1"), None, lower_bound=True),)
)
TOKENS = a_catalog(a_row(quota_type=0, model_price=None, model_ratio=D("3.5")))
SEEDANCE = {"model.official": "seedance"}


def amounts(cost: JobCost) -> tuple[str, str, str]:
    """Charged, shown and other: each side's first letter and its amount, or "-"."""
    sides = cost.charged, cost.shown, cost.other
    charged, shown, other = (
        f"{side.basis[0]}{side.expected}" if isinstance(side, JobPrice) else "-" for side in sides
    )
    return charged, shown, other


@pytest.mark.parametrize(
    ("changes", "catalog", "book", "expected"),
    [
        ({}, DEAR, a_book(), ("g2.88", "g2.88", "r0.96")),
        ({}, a_catalog(a_row(model_price=D("0.1"))), a_book(), ("g0.8", "g0.8", "r0.96")),
        ({}, LOWEST, a_book(), ("g0.8", "g0.8", "r0.96")),
        ({"request.count": 2}, DEAR, a_book(), ("-", "r1.92", "-")),  # the gateway makes one a job
        ({}, missing(), a_book(), ("-", "r0.96", "-")),
        ({}, a_catalog(), a_book(), ("-", "r0.96", "-")),
        ({}, a_catalog(a_row(), a_row()), a_book(), ("-", "r0.96", "-")),
        ({}, a_catalog(a_row(), group_ratio={}), a_book(), ("-", "r0.96", "-")),
        ({"via.group": None}, DEAR, a_book(), ("-", "r0.96", "-")),
        (SEEDANCE, TOKENS, a_book(prices=[a_price("0.2", model="seedance")]), ("-", "r1.6", "-")),
        # a hole in the price data takes nothing from the gateway's word
        ({}, DEAR, a_book(prices=[]), ("g2.88", "g2.88", "-")),
        ({}, DEAR, a_book(prices=PAIR[:1]), ("g2.88", "g2.88", "-")),
        ({}, DEAR, a_book(prices=PAIR), ("g2.88", "g2.88", "r0.96")),
        # the vendor's word that there is no such job does
        ({}, DEAR, a_book(lifecycle=[a_life(shutdown="2026-10-22")]), ("-", "-", "-")),
        ({"request.seconds": 7}, DEAR, a_book(prices=[a_price("0.12", allowed={"seconds": [8]})]),
         ("-", "-", "-")),
        (GOOGLE, missing(), a_book(), ("r0.96", "r0.96", "-")),
        (OPENAI, missing(), a_book(prices=PAIR), ("r0.96", "r0.96", "-")),
        (GOOGLE, DEAR, a_book(prices=PAIR[:1]), ("-", "-", "-")),
    ],
)  # fmt: skip
def test_what_is_charged_what_is_shown_and_what_stands_beside_it(
    changes: dict[str, Any], catalog: Catalog, book: Reference, expected: tuple[str, str, str]
) -> None:
    assert amounts(a_cost(a_route(changes), book, catalog)) == expected


def test_each_side_says_where_it_was_read_and_how() -> None:
    cost = a_cost(a_route(), catalog=LOWEST)
    gateway, reference = cost.gateway, cost.reference
    assert isinstance(gateway, JobPrice)
    assert isinstance(reference, JobPrice)
    assert (gateway.source, gateway.day.isoformat(), gateway.bound, gateway.evidence) == (
        "https://console.flatkey.ai/api/website/pricing",
        "2026-11-22",
        "lower",
        ("x3",),
    )
    assert (reference.source, reference.day.isoformat(), reference.bound) == (
        "https://google.example/page",
        "2026-11-10",
        "exact",
    )
    assert reference.reading == "$0.12 per second x 8 s"
    assert (reference.maximum(2), reference.monthly(3000)) == (D("2.88"), D(2880))


@pytest.mark.parametrize(
    ("catalog", "why"),
    [
        (missing(detail="answered 503"), "the gateway's price is not known: answered 503"),
        (
            a_catalog(),
            "the gateway's price is not known: the catalogue has no row for this label",
        ),
        (
            TOKENS,
            "the gateway's price is not known: model_ratio 3.5 is $7.00 per million tokens x group "
            "plg 1: the number of tokens in this request is not known",
        ),
    ],
)
def test_an_unknown_gateway_price_says_why(catalog: Catalog, why: str) -> None:
    cost = a_cost(a_route(SEEDANCE), catalog=catalog)
    assert isinstance(cost.charged, Refusal)
    assert cost.charged.message == why
    assert cost.unit is None
