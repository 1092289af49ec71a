"""A quote grows with what is asked, and a comparison says what single quotes say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vendor_prices import reference
from veo_check.core.clock import AsOf
from veo_check.pricing.arithmetic import price_by
from veo_check.pricing.comparison import compare
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Quote, Shape
from veo_check.reference.prices import PriceRule

RULES = reference().prices
DAY = date(2026, 11, 22)
rules = st.sampled_from(RULES)
lengths = st.decimals("0.1", 60, places=2)
SHAPES = st.builds(
    Shape,
    model=st.just("x"),
    surface=st.just("y"),
    seconds=lengths,
    resolution=st.sampled_from(["480p", "720p", "1080p", "4k"]),
    count=st.integers(1, 50),
    input_images=st.integers(0, 20),
    input_video_seconds=st.decimals(0, 30, places=1),
    frame_rate=st.just(24),
)


def cost(rule: PriceRule, shape: Shape) -> Decimal | None:
    answer = price_by(rule, shape)
    return answer.expected if isinstance(answer, Quote) else None


@given(rules, SHAPES, lengths)
def test_more_seconds_never_cost_less(rule: PriceRule, shape: Shape, more: Decimal) -> None:
    less = cost(rule, shape)
    assert shape.seconds is not None
    longer = cost(rule, replace(shape, seconds=shape.seconds + more))
    assume(less is not None and longer is not None)
    assert less is not None
    assert longer is not None
    assert longer >= less >= 0


@given(rules, SHAPES, st.integers(1, 50))
def test_more_clips_cost_more(rule: PriceRule, shape: Shape, more: int) -> None:
    less = cost(rule, shape)
    further = cost(rule, replace(shape, count=shape.count + more))
    assume(less is not None)
    assert less is not None
    assert further is not None
    assert further > less


@given(rules, SHAPES, st.integers(0, 10), st.integers(0, 10))
def test_more_retries_never_cost_less(
    rule: PriceRule, shape: Shape, retries: int, more: int
) -> None:
    answer = price_by(rule, shape)
    assume(isinstance(answer, Quote))
    assert isinstance(answer, Quote)
    assert answer.worst_case(0) == answer.expected
    assert answer.worst_case(retries + more) >= answer.worst_case(retries)


@settings(max_examples=15)
@given(
    st.sampled_from(["4", "5", "6", "8", "10"]),
    st.sampled_from(["480p", "720p", "1080p", "4k"]),
    st.booleans(),
    st.sampled_from([DAY, date(2026, 8, 15), date(2026, 3, 1)]),
)
def test_a_comparison_says_what_single_quotes_say(
    seconds: str, resolution: str, audio: bool, day: date
) -> None:
    asked = Shape(
        "veo-3.1-generate-001", "agent-platform", Decimal(seconds), resolution, audio=audio
    )
    rows = compare(reference(), asked, AsOf(day, day), first=True)
    assert rows[0].shape == asked
    assert {(row.shape.model, row.shape.surface) for row in rows} == {
        (rule.model, rule.surface) for rule in RULES
    }
    base = rows[0].answer
    for row in rows:
        assert row.answer == quote(reference(), row.shape, day)
        if isinstance(row.answer, Quote) and isinstance(base, Quote):
            assert row.relative == row.answer.expected / base.expected
        else:
            assert row.relative is None
    priced = [row.answer.expected for row in rows[1:] if isinstance(row.answer, Quote)]
    assert priced == sorted(priced)
