"""The traps of the price facts, each sprung once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from vendor_prices import reference
from veo_check.core.facts import Catalog, CatalogRow, DisplayPrice
from veo_check.pricing.gateway_row import GatewayPrice, price_of_row
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Quote, Refusal, Shape

D = Decimal
TODAY = date(2026, 11, 22)
AUGUST = date(2026, 8, 15)
FAST = "veo-3.1-fast-generate-001"


def ask(model: str, surface: str, day: date = TODAY, **shape: object) -> Quote | Refusal:
    usual: dict[str, object] = {"seconds": D(8), "resolution": "720p"}
    return quote(reference(), Shape(model, surface, **(usual | shape)), day)  # type: ignore[arg-type]


def code(answer: object) -> str:
    return answer.code if isinstance(answer, Refusal) else "priced"


def at_gateway(row: CatalogRow, *shown: DisplayPrice, **shape: object) -> GatewayPrice | Refusal:
    usual: dict[str, object] = {
        "model": FAST,
        "surface": "agent-platform",
        "seconds": D(8),
        "resolution": "720p",
    }
    groups = {"plg": D(1)}
    catalog = Catalog("https://x.example", 1, (row,), (), groups, {}, ("plg",), shown)
    return price_of_row(catalog, "plg", Shape(**(usual | shape)), D(500_000))  # type: ignore[arg-type]


def row(**fields: object) -> CatalogRow:
    usual = CatalogRow("veo3.1-fast", 1, D("0.1"), None, None, ("plg",), ())
    return CatalogRow(**({name: getattr(usual, name) for name in usual.__slots__} | fields))


def test_37_5_is_nobodys_price() -> None:
    unpriced = row(quota_type=0, model_price=None, model_ratio=D("37.5"))
    assert code(at_gateway(unpriced)) == "unpriced"


def test_a_per_request_label_on_a_per_second_number() -> None:
    label = DisplayPrice("request", "request", D("0.1"), D("0.1"))
    price = at_gateway(row(), label)
    assert isinstance(price, GatewayPrice)
    assert (price.expected, price.per_second) == (D("0.8"), D("0.1"))
    assert price.notes == ("the site labels $0.10 per request; jobs are charged it per second",)


def test_a_from_price_is_a_lower_bound() -> None:
    price = at_gateway(row(), DisplayPrice("per_second", "second", D("0.1"), D("0.1"), True))
    assert isinstance(price, GatewayPrice)
    assert price.bound == "lower"
    listed = ask("veo3.1-fast", "apimart")
    assert isinstance(listed, Quote)
    assert (listed.bound, listed.expected) == ("lower", D("0.512"))


def test_the_silent_rate_does_not_exist_on_the_gemini_api() -> None:
    silent = ask("veo-3.1-fast-generate-preview", "gemini-api", AUGUST, audio=False)
    assert code(silent) == "unsupported-combination"
    assert code(ask(FAST, "agent-platform", audio=False)) == "priced"


def test_lite_makes_no_4k() -> None:
    for model, surface, day in (
        ("veo-3.1-lite-generate-001", "agent-platform", TODAY),
        ("veo-3.1-lite-generate-preview", "gemini-api", AUGUST),
    ):
        assert code(ask(model, surface, day, resolution="4k")) == "unsupported-combination"
    lite = at_gateway(row(), model="veo-3.1-lite-generate-001", resolution="4k")
    assert code(lite) == "unsupported-combination"


def test_some_resolutions_are_8_seconds() -> None:
    for model, surface, day, resolution in (
        (FAST, "agent-platform", TODAY, "4k"),
        ("veo-3.1-fast-generate-preview", "gemini-api", AUGUST, "1080p"),
    ):
        shape = {"seconds": D(6), "resolution": resolution}
        assert code(ask(model, surface, day, **shape)) == "unsupported-combination"


def test_tokens_that_are_seconds() -> None:
    reported = ask("MiniMax-H3", "minimax", resolution="768p", tokens=D(8))
    assert code(reported) == "unknown-unit"
    ratio = row(quota_type=0, model_price=None, model_ratio=D(4))
    assert code(at_gateway(ratio, model="MiniMax-H3", tokens=D(8))) == "unknown-unit"


def test_the_gateways_built_in_price_is_older_than_the_vendors() -> None:
    price = at_gateway(row(model_price=D("0.15")))
    assert isinstance(price, GatewayPrice)
    assert price.notes == (
        "0.15 is the default built into the gateway's code: Google's price until 2026-04-07",
    )


def test_integers_are_truncated_on_the_way() -> None:
    price = at_gateway(row(model_price=D("0.15")), resolution="4k")
    assert isinstance(price, GatewayPrice)
    assert price.charged == (D("2.799984"), D("2.799998"))


def test_currencies_are_kept_apart() -> None:
    answer = ask("doubao-seedance-2-0-260128", "volcengine", seconds=D(5))
    assert code(answer) == "unknown-currency"


def test_a_listing_outlives_its_model() -> None:
    assert code(ask("sora-2", "openai")) == "retired"
    assert code(ask("veo-3.1-generate-preview", "laozhang")) == "retired"


def test_opaque_credits_are_no_price() -> None:
    assert code(ask("seedance-2.0", "shotstack")) == "unknown-credit"


def test_ten_seconds_are_three_times_five() -> None:
    five, ten = (ask("ray-3.2", "luma", seconds=D(seconds)) for seconds in (5, 10))
    assert isinstance(five, Quote)
    assert isinstance(ten, Quote)
    assert ten.expected == 3 * five.expected
