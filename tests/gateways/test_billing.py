"""One SKU's list price at Google's Cloud Billing: its traps, and what is not known."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from veo_check.core.facts import Missing, SkuPrice
from veo_check.engine.catalog import ask_sku
from veo_check.gateways.billing import SKU

KNOWN, OTHER = "7DE3-56E5-CE6C", "0012-B7F2-DD14"
KEY = "AIza-billing-key-0123456789abcdef"
D = Decimal


def tier(start: str = "0", **price: object) -> dict[str, Any]:
    return {"startAmount": {"value": start}, "listPrice": {"currencyCode": "USD", **price}}


def page(
    sku: str, *tiers: dict[str, Any], unit: str = "count", quantity: str = "1", **more: object
) -> dict[str, Any]:
    told = {"unit": unit, "unitDescription": unit, "unitQuantity": {"value": quantity}}
    rate = {"tiers": list(tiers), "unitInfo": told}
    return {"name": f"skus/{sku}/price", "currencyCode": "USD", "rate": rate, **more}


def ask(
    body: object, sku: str = KNOWN, status: int = 200, environ: dict[str, str] | None = None
) -> tuple[SkuPrice | Missing, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def world(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, json=body)

    answer = ask_sku(
        sku,
        environ={"VEO_CHECK_BILLING_KEY": KEY} if environ is None else environ,
        clock=FakeClock(),
        transport=httpx.MockTransport(world),
    )
    return answer, seen


def test_the_key_travels_in_a_header_and_the_price_is_in_usd() -> None:
    answer, [request] = ask(page(KNOWN, tier(nanos=80_000_000)))
    assert str(request.url) == (
        f"https://cloudbilling.googleapis.com/v1beta/skus/{KNOWN}/price?currencyCode=USD"
    )
    assert request.headers["x-goog-api-key"] == KEY
    assert isinstance(answer, SkuPrice)
    assert (answer.amount, answer.unit, answer.per_second) == (D("0.08"), "count", D("0.08"))


@pytest.mark.parametrize(
    ("body", "sku", "amount", "per_second", "free"),
    [
        (page(KNOWN, tier(units="1", nanos=500_000_000)), KNOWN, "1.5", "1.5", "0"),
        # the first tier is free, and the price of a large number is another one
        (page(KNOWN, tier(), tier("100", nanos=390_000_000)), KNOWN, "0.39", "0.39", "0"),
        (page(KNOWN, tier("0", nanos=1), tier("9", nanos=2)), KNOWN, "0.000000001", None, "0"),
        # a count of another SKU is nobody knows what
        (page(OTHER, tier(nanos=80_000_000)), OTHER, "0.08", None, "0"),
        (page(OTHER, tier(nanos=80_000_000), unit="s"), OTHER, "0.08", "0.08", "0"),
        (page(OTHER, tier(units=12), unit="s", quantity="60"), OTHER, "0.2", "0.2", "0"),
        (page(OTHER, tier(nanos=1_397_000), unit="GiBy.h"), OTHER, "0.001397", None, "0"),
    ],
)
def test_amounts_units_and_tiers(
    body: object, sku: str, amount: str, per_second: str | None, free: str
) -> None:
    answer, _ = ask(body, sku)
    assert isinstance(answer, SkuPrice)
    assert answer.amount == D(amount)
    if per_second is not None:
        assert answer.per_second == D(per_second)
    elif sku == OTHER:
        assert answer.per_second is None
    assert answer.free_below == (D(100) if "100" in json.dumps(body) else D(free))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (page(OTHER, tier(nanos=1)), 200, "it is not about 7DE3-56E5-CE6C"),
        (page(KNOWN, tier(nanos=1), currencyCode="EUR"), 200, "it is not in USD"),
        (page(KNOWN), 200, "no tier with a price"),
        (page(KNOWN, tier()), 200, "no tier with a price"),
        (page(KNOWN, tier(nanos=-1), tier("1", nanos=5)), 200, "no tier with a price"),
        (page(KNOWN, tier(nanos=10**9)), 200, "no tier with a price"),
        (page(KNOWN, tier(nanos=5), quantity="0"), 200, "no tier with a price"),
        (page(KNOWN, tier(nanos=5), unit=""), 200, "no tier with a price"),
        ({"error": {"code": 403, "message": "API has not been used"}}, 403, "not been used"),
        ({"error": {"code": 404, "message": "SKU not found"}}, 404, "SKU not found"),
        ([], 200, "it is not about"),
    ],
)
def test_what_cannot_be_read_is_missing(body: object, status: int, words: str) -> None:
    answer, _ = ask(body, status=status)
    assert isinstance(answer, Missing)
    assert words in answer.detail
    assert KEY not in answer.detail


def test_without_a_key_nothing_is_asked() -> None:
    answer, seen = ask({}, environ={})
    assert seen == []
    assert isinstance(answer, Missing)
    assert answer.detail.startswith("VEO_CHECK_BILLING_KEY is not set")


def test_googles_own_example_is_read(shared: Path) -> None:
    examples = json.loads((shared / "real" / "google-pricing-api-examples.json").read_text())
    body = examples["v1beta/skus/SKU_ID/price"]["response"]
    answer, _ = ask(body, OTHER)
    assert isinstance(answer, SkuPrice)
    assert (answer.amount, answer.unit, answer.per_second) == (D("0.001397"), "GiBy.h", None)


def test_how_a_sku_is_written() -> None:
    assert SKU.fullmatch(KNOWN)
    assert not any(map(SKU.fullmatch, ("", "Veo 3 Fast", "7de3-56e5-ce6c", f"{KNOWN}/..", "C7E2")))
