"""Which rule decides, who is believed, and the code of every refusal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import pytest

from veo_check.pricing.arithmetic import price_by
from veo_check.pricing.quote import (
    own_surfaces,
    quote,
    quote_anywhere,
    quotes_by_source,
)
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.load import load_reference
from veo_check.reference.prices import PriceRule, parse_prices
from veo_check.reference.rows import LifecycleRow

D = Decimal
DAY = date(2026, 11, 22)
SHAPE = Shape("m", "s", D(8), "720p", audio=True)
KINDS = {
    "vendor": "official",
    "copy": "official-copy",
    "shop": "gateway",
    "one": "third-party",
    "two": "third-party",
    "three": "third-party",
}


@dataclass(frozen=True, eq=False)
class Book:
    """Prices, and lifecycle rows where a test needs them."""

    prices: tuple[PriceRule, ...]
    rows: tuple[LifecycleRow, ...] = field(default=())

    def prices_of(self, model: str) -> tuple[PriceRule, ...]:
        return tuple(rule for rule in self.prices if rule.model == model)

    def lifecycle(self, model: str, surface: str | None = None) -> tuple[LifecycleRow, ...]:
        return tuple(
            row for row in self.rows if row.model == model and surface in {None, row.surface}
        )

    def capability(self, model: str, surface: str) -> None:
        return None


def book(*rows: dict[str, object], **tables: object) -> Book:
    sources = {
        name: {
            "url": f"https://{name}.example",
            "kind": kind,
            "publisher": name,
            "confirmed": "2026-11-01",
        }
        for name, kind in KINDS.items()
    }
    usual = {"surface": "s", "model": "m", "unit": "second", "amount": "0.1", "source": "vendor"}
    listed = [{**usual, "id": f"price:{place}", **row} for place, row in enumerate(rows)]
    return Book(parse_prices({"sources": sources, "prices": listed, **tables}))


def answer(there: Book, shape: Shape = SHAPE, day: date = DAY) -> str:
    found = quote(there, shape, day)
    return f"{found.expected.normalize():f}" if isinstance(found, Quote) else found.code


def test_the_rule_with_the_most_constraints_wins() -> None:
    there = book(
        {"amount": "1"},
        {"amount": "2", "match": {"resolution": "720p"}},
        {"amount": "3", "match": {"resolution": "720p", "audio": True}},
        {"amount": "4", "match": {"resolution": "4k", "audio": True}},
    )
    assert answer(there) == "24"
    assert answer(there, replace(SHAPE, audio=False)) == "16"
    assert answer(there, replace(SHAPE, resolution="480p")) == "8"
    assert answer(there, replace(SHAPE, resolution=None)) == "8"


def test_a_later_reading_of_one_publisher_takes_over() -> None:
    there = book({"amount": "1"}, {"amount": "2", "valid_from": "2026-06-01"})
    assert answer(there) == "16"
    assert answer(there, day=date(2026, 5, 31)) == "8"


def test_outside_what_is_allowed_is_never_priced_by_a_wider_rule() -> None:
    there = book(
        {"amount": "1"}, {"amount": "2", "match": {"resolution": "720p"}, "allowed": {"seconds": 4}}
    )
    refused = quote(there, SHAPE, DAY)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.rule) == ("unsupported-combination", "price:1")
    assert refused.message == "seconds 8 is not offered by m on s at 720p, only 4"


def test_the_vendors_own_word_comes_first() -> None:
    there = book({"amount": "1", "source": "one"}, {"amount": "2", "source": "copy"})
    assert answer(there) == "16"
    refusing = book(
        {"amount": "1", "source": "one"}, {"amount": "2", "source": "copy", "allowed": {"count": 4}}
    )
    assert answer(refusing) == "unsupported-combination"


def test_a_vendor_without_a_price_for_the_shape_leaves_the_word_to_others() -> None:
    silent = replace(SHAPE, audio=False)
    there = book({"amount": "1", "match": {"audio": True}}, {"amount": "2", "source": "one"})
    assert [answer(there), answer(there, silent)] == ["8", "16"]
    foreign = book({"amount": "1", "currency": "CNY"}, {"amount": "2", "source": "one"})
    assert answer(foreign) == "unknown-currency"


def test_third_parties_are_believed_where_most_agree() -> None:
    two_to_one = book(
        {"amount": "1", "source": "one"},
        {"amount": "2", "source": "two"},
        {"amount": "2", "source": "three"},
    )
    found = quote(two_to_one, SHAPE, DAY)
    assert isinstance(found, Quote)
    assert (found.expected, [one.publisher for one in found.agreeing]) == (D(16), ["two"])
    by_source = quotes_by_source(two_to_one, SHAPE, DAY)
    assert [one.source.publisher for one in by_source if one.source is not None] == [
        "one",
        "three",
        "two",
    ]
    divided = book({"amount": "1", "source": "one"}, {"amount": "2", "source": "two"})
    assert answer(divided) == "ambiguous"


@pytest.mark.parametrize(
    ("rows", "shape", "code"),
    [
        ([{"model": "other"}], SHAPE, "unknown-model"),
        ([{"surface": "other"}], SHAPE, "unpriced"),
        ([{"valid_from": "2026-12-01"}], SHAPE, "unpriced"),
        ([{"valid_to": "2026-11-22"}], SHAPE, "unpriced"),
        ([{"valid_to": "2026-11-22", "ends": "retired"}], SHAPE, "retired"),
        ([{"match": {"resolution": "4k"}}], SHAPE, "unsupported-combination"),
        ([{"match": {"audio": False}}], SHAPE, "unpriced"),
        ([{"match": {"frame_rate": 24}}], SHAPE, "ambiguous"),
        ([{"match": {"resolution": "4k"}}], replace(SHAPE, resolution=None), "ambiguous"),
        ([{"match": {"seconds": 8}}], replace(SHAPE, seconds=None), "unknown-duration"),
        (
            [{"match": {"resolution": "720p", "audio": False}}, {"match": {"resolution": "4k"}}],
            SHAPE,
            "unsupported-combination",
        ),
        ([{"allowed": {"aspect_ratio": "16:9"}}], replace(SHAPE, aspect_ratio=None), "ambiguous"),
        ([{}], replace(SHAPE, seconds=None), "unknown-duration"),
        ([{"currency": "CNY"}], SHAPE, "unknown-currency"),
        ([{"currency": "credit:beads"}], SHAPE, "unknown-credit"),
        ([{"unit": "million-tokens"}], SHAPE, "unknown-unit"),
        ([{}], replace(SHAPE, tokens=D(5)), "unknown-unit"),
    ],
)
def test_every_refusal_has_its_code(rows: list[dict[str, object]], shape: Shape, code: str) -> None:
    beads = {"beads": {"source": "shop"}}
    assert answer(book(*rows, credits=beads), shape) == code


def test_a_shut_down_model_has_no_price() -> None:
    there = book({})
    row = LifecycleRow(
        "life:m", "m", "s", None, date(2026, 10, 22), "earliest", "n", None, there.prices[0].source
    )
    gone = replace(there, rows=(row,))
    refused = quote(gone, SHAPE, DAY)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.message) == (
        "retired",
        "the model m was shut down on s on 2026-10-22; replacement: n",
    )
    assert answer(gone, day=date(2026, 10, 21)) == "0.8"
    later = replace(gone, rows=(replace(row, kind="not-before"),))
    assert answer(later) == "0.8"
    elsewhere = replace(gone, rows=(replace(row, surface="t"),))
    assert answer(elsewhere) == "0.8"


def test_a_gateway_cannot_sell_what_every_vendor_ended() -> None:
    there = book({"source": "shop"})
    row = LifecycleRow(
        "life:m", "m", "t", None, date(2026, 10, 22), "exact", None, None, there.prices[0].source
    )
    assert answer(replace(there, rows=(row,))) == "retired"
    alive = replace(row, surface="u", shutdown=None, kind="none-announced")
    assert answer(replace(there, rows=(row, alive))) == "0.8"


def test_a_known_model_without_a_price_is_unpriced() -> None:
    source = book({}).prices[0].source
    row = LifecycleRow("life:n", "n", "s", None, None, "none-announced", None, None, source)
    assert answer(Book((), (row,)), replace(SHAPE, model="n")) == "unpriced"


def test_audio_nobody_asked_about_is_what_the_model_makes() -> None:
    unsaid = replace(SHAPE, audio=None)
    both = book({"match": {"audio": True}, "amount": "2"}, {"match": {"audio": False}})
    assert answer(both, unsaid) == "16"
    mute = book({"allowed": {"audio": [False]}})
    assert answer(mute, unsaid) == "0.8"
    assert answer(mute, SHAPE) == "unsupported-combination"


def test_the_sum_in_words() -> None:
    pool = {"beads": {"usd": "2", "units": "10", "source": "shop"}}
    row = {
        "unit": None,
        "components": [
            {"meter": "call", "rate": "5"},
            {"meter": "output-second", "rate": "1", "free": "1"},
            {"meter": "input-image", "rate": "3"},
        ],
        "currency": "credit:beads",
        "multiplier": "0.5",
    }
    row = {key: value for key, value in row.items() if value is not None}
    there = book({}, credits=pool)
    (rule,) = parse_prices(
        {
            "sources": {
                "p": {
                    "url": "https://p.example",
                    "kind": "official",
                    "publisher": "p",
                    "confirmed": "2026-11-01",
                }
            },
            "credits": {"beads": {"usd": "2", "units": "10", "source": "p"}},
            "prices": [{"id": "x", "surface": "s", "model": "m", "source": "p", **row}],
        }
    )
    found = price_by(rule, replace(SHAPE, count=2))
    assert isinstance(found, Quote)
    assert found.expected == D("2.4")
    assert found.text == (
        "5 credits per call + 1 credits per second x 7 s x 0.5 x 2 clips; 10 credits = $2.00"
    )
    assert (found.unit, found.currency, found.per_second) == ("credit", "USD", D("0.15"))
    assert there.prices[0].flat is False


def test_a_rate_that_does_not_divide_is_rounded_to_nine_decimals() -> None:
    found = quote(book({"unit": "call", "amount": "0.1"}), replace(SHAPE, seconds=D(3)), DAY)
    assert isinstance(found, Quote)
    assert (found.per_second, found.expected, found.unit) == (D("0.033333333"), D("0.1"), "call")
    timeless = quote(book({"unit": "call"}), replace(SHAPE, seconds=None), DAY)
    assert isinstance(timeless, Quote)
    assert timeless.per_second is None


def test_frames_are_counted_whole() -> None:
    row: dict[str, object] = {
        "components": [{"meter": "frame", "rate": "1", "per": "30", "rounding": "ceil"}]
    }
    listed = {"surface": "s", "model": "m", "source": "p", "id": "x", **row}
    page = {
        "url": "https://p.example",
        "kind": "official",
        "publisher": "p",
        "confirmed": "2026-11-01",
    }
    there = Book(parse_prices({"sources": {"p": page}, "prices": [listed]}))
    assert answer(there, replace(SHAPE, seconds=D("1.26"), frame_rate=24)) == "2"
    assert answer(there) == "ambiguous"


def test_the_vendors_own_surface_is_taken_unless_one_is_named() -> None:
    reference = load_reference()
    assert own_surfaces(reference, "gemini-omni-1.1-flash") == ("gemini-api",)
    assert own_surfaces(reference, "sora-2-pro") == ("openai",)
    assert own_surfaces(reference, "MiniMax-H3") == ("minimax",)
    sora = quote_anywhere(reference, Shape("sora-2-pro", "", D(8), "720p"), DAY)
    assert isinstance(sora, Refusal)
    assert sora.code == "retired"
    omni = quote_anywhere(reference, Shape("gemini-omni-1.1-flash-preview", "", D(10), "720p"), DAY)
    assert isinstance(omni, Quote)
    assert (omni.shape.surface, omni.expected) == ("agent-platform", D("1.0136"))
    apart = book({}, {"surface": "t", "amount": "0.2"})
    differing = quote_anywhere(apart, replace(SHAPE, surface=""), DAY)
    assert isinstance(differing, Refusal)
    assert differing.code == "ambiguous"


def test_two_published_prices_a_percent_apart_are_one() -> None:
    token = {"unit": "million-tokens", "amount": "12", "tokens": {"per_second": {"720p": "5792"}}}
    there = book({**token, "source": "one"}, {"amount": "0.07", "source": "two"})
    found = quote(there, SHAPE, DAY)
    assert isinstance(found, Quote)
    assert [source.publisher for source in found.agreeing] == ["two"]
    assert found.expected == D("0.556032")
    apart = book({**token, "source": "one"}, {"amount": "0.0705", "source": "two"})
    assert answer(apart) == "ambiguous"


def test_the_agent_platform_is_priced_by_google_and_by_another() -> None:
    shape = Shape("veo-3.1-fast-generate-001", "agent-platform", D(8), "1080p", audio=True)
    views = {
        one.source.publisher: one.expected
        for one in quotes_by_source(load_reference(), shape, DAY)
        if isinstance(one, Quote)
    }
    assert views == {
        "litellm": D("0.96"),
        "google": D("0.96"),
    }
