"""A new-api catalogue row, read as USD per second: or refused by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from veo_check.core.facts import Catalog, CatalogRow, DisplayPrice
from veo_check.pricing.gateway_row import GatewayPrice, price_of_row, quota_charged, sound_unit
from veo_check.pricing.shape import Refusal, Shape

D = Decimal
SHAPE = Shape("veo-3.1-generate-001", "agent-platform", D(8), "720p", audio=True)
ROW = CatalogRow("veo3.1", 1, D("0.4"), None, None, ("plg",), ())


def catalog(row: CatalogRow = ROW, **changes: object) -> Catalog:
    usual = Catalog("https://x.example", 638, (row,), (), {"plg": D("0.9")}, {}, ("plg",))
    return replace(usual, **changes)  # type: ignore[arg-type]


def read(row: CatalogRow = ROW, shape: Shape = SHAPE, **changes: object) -> GatewayPrice:
    answer = price_of_row(catalog(row, **changes), "plg", shape, D(500_000))
    assert isinstance(answer, GatewayPrice), answer
    return answer


def refused(row: CatalogRow = ROW, shape: Shape = SHAPE, **changes: object) -> tuple[str, str]:
    answer = price_of_row(catalog(row, **changes), "plg", shape, D(500_000))
    assert isinstance(answer, Refusal), answer
    return answer.code, answer.message


def test_a_price_per_call_is_a_price_per_second() -> None:
    price = read()
    assert (price.unit, price.list_rate, price.rate) == ("second", D("0.4"), D("0.36"))
    assert (price.list_per_second, price.per_second) == (D("0.4"), D("0.36"))
    assert (price.expected, price.held, price.bound) == (D("2.88"), D("2.88"), "exact")
    assert price.notes == ()
    assert price.reading == "model_price 0.4 is USD per second (quota_type 1) x group plg 0.9"


def test_the_groups_own_ratio_for_the_model_replaces_the_groups() -> None:
    price = read(group_model_ratio={"plg": D("0.5")})
    assert (price.group_ratio, price.per_second) == (D("0.5"), D("0.2"))


def test_the_label_that_says_per_request_is_named() -> None:
    label = DisplayPrice("request", "request", D("0.4"), D("0.36"))
    assert read(display=(label,)).notes == (
        "the site labels $0.40 per request; jobs are charged it per second",
    )
    other = replace(label, configured=D("0.5"))
    assert read(display=(other,)).notes == ("the site shows $0.50 per request; the row says $0.40",)


@pytest.mark.parametrize(
    ("model", "price", "resolution", "per_second", "charged"),
    [
        ("veo-3.1-generate-001", "0.4", "1080p", "0.4", ("3.2", "3.2")),
        ("veo-3.1-generate-001", "0.4", "4k", "0.6", ("4.8", "4.8")),
        ("veo-3.1-fast-generate-001", "0.1", "1080p", "0.1", ("0.8", "0.8")),
        ("veo-3.1-fast-generate-001", "0.15", "4k", "0.34999995", ("2.799984", "2.799998")),
        ("veo-3.0-generate-001", "0.4", "4k", "0.4", ("3.2", "3.2")),
    ],
)
def test_the_size_factor_and_what_truncation_makes_of_it(
    model: str, price: str, resolution: str, per_second: str, charged: tuple[str, str]
) -> None:
    row = replace(ROW, model_price=D(price))
    shape = replace(SHAPE, model=model, resolution=resolution)
    answer = read(row, shape, group_ratio={"plg": D(1)})
    assert answer.per_second == D(per_second)
    assert answer.charged == (D(charged[0]), D(charged[1]))
    assert answer.expected == D(charged[1])


def test_quota_is_truncated_after_each_factor() -> None:
    factors = (D(8), D("2.333333"))
    assert quota_charged(D("0.15"), D(1), factors, D(500_000)) == (1_399_992, 1_399_999)
    assert quota_charged(D("0.4"), D("0.9"), (D(8),), D(500_000)) == (1_440_000, 1_440_000)


BY_EXPRESSION = replace(ROW, billing_mode="tiered_expr", billing_expr="2")
BY_RATIO = replace(ROW, quota_type=0, model_price=None, model_ratio=D("3.5"))
SHOWN = DisplayPrice("per_second", "second", D("0.1"), None)


@pytest.mark.parametrize("told", ["0", "-0", "-1", "-0.5", "NaN", "Infinity", "1E+99", "1E-99"])
@pytest.mark.parametrize("row", [ROW, BY_EXPRESSION, BY_RATIO])
def test_a_quota_unit_that_cannot_be_prices_nothing(told: str, row: CatalogRow) -> None:
    answer = price_of_row(catalog(row), "plg", SHAPE, D(told))
    assert isinstance(answer, Refusal)
    assert answer.code == "quota-unit"
    shown = price_of_row(catalog(row, display=(SHOWN,)), "plg", SHAPE, D(told))
    assert isinstance(shown, Refusal)
    assert shown.code == "quota-unit"
    assert sound_unit(D(told)) is None


def test_a_quota_unit_that_was_not_read_is_never_assumed() -> None:
    for row, shape in [(ROW, SHAPE), (BY_RATIO, replace(SHAPE, model="seedance"))]:
        answer = price_of_row(catalog(row), "plg", shape)
        assert isinstance(answer, Refusal)
        assert answer.code == "quota-unread"
    # what is told in USD needs no unit
    for told in (catalog(BY_EXPRESSION), catalog(display=(SHOWN,))):
        assert isinstance(price_of_row(told, "plg", SHAPE), GatewayPrice)


def test_the_gateways_own_quota_unit_counts() -> None:
    answer = price_of_row(catalog(), "plg", replace(SHAPE, seconds=D(1)), D(7))
    assert isinstance(answer, GatewayPrice)
    assert answer.charged == (D(2) / 7, D(2) / 7)  # 0.36 x 7 is 2.52 units, cut to 2
    assert sound_unit(D(1000)) == 1000


def test_the_unpriced_sentinel_is_no_price() -> None:
    code, message = refused(replace(ROW, quota_type=0, model_price=None, model_ratio=D("37.50")))
    assert code == "unpriced"
    assert "not $75 per million tokens" in message
    shown = DisplayPrice("per_second", "second", D("0.1"), D("0.1"))
    row = replace(ROW, quota_type=0, model_price=None, model_ratio=D("37.5"))
    assert refused(row, display=(shown,))[0] == "unpriced"


@pytest.mark.parametrize(
    ("row", "shape", "code"),
    [
        (replace(ROW, model_price=None), SHAPE, "unpriced"),
        (replace(ROW, model_price=D("NaN")), SHAPE, "unpriced"),
        (replace(ROW, model_price=D("Infinity")), SHAPE, "unpriced"),
        (replace(ROW, model_price=D("1E+999999")), SHAPE, "unpriced"),
        (replace(ROW, model_price=D("1E-999999")), SHAPE, "unpriced"),
        (replace(ROW, model_price=D("0." + "3" * 100_000)), SHAPE, "unpriced"),
        (replace(ROW, model_price=D("-0.4")), SHAPE, "unpriced"),
        (replace(ROW, model_price=D(0)), SHAPE, "unpriced"),
        (replace(ROW, defects=("model_price is not a number",)), SHAPE, "unpriced"),
        (replace(ROW, quota_type=None), SHAPE, "unknown-unit"),
        (replace(ROW, quota_type=7), SHAPE, "unknown-unit"),
        (ROW, replace(SHAPE, count=2), "unsupported-combination"),
        (
            ROW,
            replace(SHAPE, model="veo-3.1-lite-generate-001", resolution="4k"),
            "unsupported-combination",
        ),
        (ROW, replace(SHAPE, model="seedance-2.0"), "unknown-unit"),
        (ROW, replace(SHAPE, model="sora-2-pro", resolution="1080p"), "unknown-unit"),
        (replace(ROW, quota_type=0, model_ratio=D(3)), SHAPE, "ambiguous"),
        (
            replace(ROW, quota_type=0, model_ratio=D(3)),
            replace(SHAPE, model="MiniMax-H3"),
            "unknown-unit",
        ),
        (
            replace(ROW, quota_type=0, model_ratio=None),
            replace(SHAPE, model="seedance"),
            "unpriced",
        ),
        (replace(ROW, billing_mode="tiered_expr"), SHAPE, "unpriced"),
        (
            replace(ROW, billing_mode="tiered_expr", billing_expr="p * 2"),
            SHAPE,
            "expression-unread",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(row: CatalogRow, shape: Shape, code: str) -> None:
    assert refused(row, shape)[0] == code


def test_the_row_and_the_group_must_be_one() -> None:
    assert refused(rows=())[0] == "unknown-model"
    assert refused(rows=(ROW, ROW))[0] == "ambiguous"
    assert refused(group_ratio={"vip": D(1)})[0] == "ambiguous"
    assert refused(group_ratio={"plg": D("NaN")})[0] == "unpriced"
    answer = price_of_row(catalog(), None, SHAPE, D(500_000))
    assert isinstance(answer, Refusal)
    assert (answer.code, "say which (plg)" in answer.message) == ("ambiguous", True)


def test_a_free_group_says_so() -> None:
    price = read(group_ratio={"plg": D(0)})
    assert price.expected == 0
    assert price.notes == ("the ratio of group plg is 0: its jobs cost nothing",)


def test_other_ratios_are_tokens_and_hold_half_a_ratio() -> None:
    row = replace(ROW, quota_type=0, model_price=None, model_ratio=D("3.5"))
    seedance = replace(SHAPE, model="dreamina-seedance-2-0-260128")
    price = read(row, seedance, group_ratio={"plg": D(1)})
    assert (price.unit, price.rate, price.expected, price.held) == (
        "token",
        D(7),
        None,
        D("1.75"),
    )
    assert (price.per_second, price.list_per_second) == (None, None)
    counted = read(row, replace(seedance, tokens=D(108_900)), group_ratio={"plg": D("0.5")})
    assert (counted.expected, counted.per_second) == (D("0.38115"), D("0.04764375"))
    assert counted.list_per_second == D("0.0952875")


def test_a_per_second_table_outweighs_the_rows_own_price() -> None:
    row = replace(ROW, model_price=D(1))
    shown = DisplayPrice("per_second", "second", D("0.1512"), D("0.13608"), lower_bound=True)
    price = read(row, replace(SHAPE, seconds=D(5)), display=(shown,))
    assert (price.list_per_second, price.per_second) == (D("0.1512"), D("0.13608"))
    assert (price.expected, price.bound) == (D("0.68040"), "lower")
    assert price.notes == ("`from`: the lowest tier only; this shape may cost more",)


def test_a_displayed_price_that_does_not_add_up_is_named_and_the_dearer_taken() -> None:
    shown = DisplayPrice("per_second", "second", D("0.1"), D("0.2"))
    price = read(display=(shown,))
    assert price.per_second == D("0.2")
    assert price.notes[0].startswith("display_pricing shows $0.20 for group plg")


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        (DisplayPrice("per_second", "fortnight", D(1), None), "unknown-unit"),
        (DisplayPrice("per_second", "second", None, None), "unpriced"),
        (DisplayPrice("per_second", "second", D("-1"), None), "unpriced"),
        (DisplayPrice("per_second", "second", D("NaN"), None), "unpriced"),
    ],
)
def test_a_displayed_price_nobody_can_read(shown: DisplayPrice, code: str) -> None:
    assert refused(display=(shown,))[0] == code
    assert refused(display=(shown, shown))[0] == "ambiguous"


def test_the_public_price_holds_for_the_public_group_alone() -> None:
    shown = DisplayPrice("per_second", "second", None, D("0.36"))
    assert read(display=(shown,)).list_per_second == D("0.4")
    answer = price_of_row(catalog(display=(shown,), group_ratio={"vip": D("0.5")}), "vip", SHAPE)
    assert isinstance(answer, Refusal)
    assert answer.code == "ambiguous"


def test_an_expression_is_worked_out_for_the_shape() -> None:
    row = replace(
        ROW,
        billing_mode="tiered_expr",
        billing_expr='u("resolution") == "4k" ? tier("4k", u("seconds") * 0.6)'
        ' : tier("standard", u("seconds") * 0.4)',
    )
    price = read(row)
    assert (price.list_per_second, price.per_second, price.expected) == (
        D("0.4"),
        D("0.36"),
        D("2.88"),
    )
    assert price.reading.startswith("billing_expr is $3.20 for 8 s, tier standard")
    assert read(row, replace(SHAPE, resolution="4k")).list_per_second == D("0.6")


def test_what_the_gateway_leaves_out_is_noted() -> None:
    silent = read(shape=replace(SHAPE, audio=False))
    assert silent.notes == ("the gateway does not price audio: a silent clip costs the same",)
    assert silent.expected == D("2.88")
    usual = read(shape=replace(SHAPE, seconds=None))
    assert (usual.expected, usual.notes) == (
        D("2.88"),
        ("no length given: the gateway takes 8 s",),
    )
    table = read(replace(ROW, model_price=D(1)))
    assert table.notes == (
        "a price of exactly 1 is what operators set where a hidden per-second table decides",
    )


@pytest.mark.parametrize(
    ("model", "price"),
    [("veo-3.1-fast-generate-001", "0.15"), ("sora-2", "0.3"), ("sora-2-pro", "0.50")],
)
def test_a_default_built_into_the_gateway_is_named(model: str, price: str) -> None:
    notes = read(replace(ROW, model_price=D(price)), replace(SHAPE, model=model)).notes
    assert [note.split(" is the default built into")[0] for note in notes] == [price.rstrip("0")]


def test_kling_is_charged_by_call() -> None:
    price = read(shape=replace(SHAPE, model="kling-v3", count=2))
    assert (price.unit, price.expected, price.per_second) == ("call", D("0.72"), D("0.045"))
