"""A gateway's billing expression, worked out without ever running it as code."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.pricing.billing_expression import Evaluated, Value, evaluate
from veo_check.pricing.shape import RefusedError

FACTS: dict[str, Value | None] = {
    "seconds": Decimal(8),
    "resolution": "720p",
    "audio": True,
    "unknown": None,
}


@pytest.mark.parametrize(
    ("text", "amount", "tier"),
    [
        ("0.4", "0.4", None),
        ('u("seconds") * 0.4', "3.2", None),
        ("u('seconds') * 0.4 + 1", "4.2", None),
        ("2 + 3 * 4", "14", None),
        ("(2 + 3) * 4", "20", None),
        ("-(1 - 3) / 4", "0.5", None),
        ('u("resolution") == "4k" ? 2 : u("resolution") == "720p" ? 1 : 0', "1", None),
        ('u("seconds") >= 8 && u("resolution") != "4k" ? 1 : 2', "1", None),
        ('u("seconds") < 8 || !(u("resolution") == "720p") ? 1 : 2', "2", None),
        ('u("audio") ? tier("sound", 2) : tier("silent", 1)', "2", "sound"),
        ('tier("a", u("seconds") * 0.1)', "0.8", "a"),
        ("true ? 1 : 2", "1", None),
    ],
)
def test_what_it_works_out(text: str, amount: str, tier: str | None) -> None:
    assert evaluate(text, FACTS) == Evaluated(Decimal(amount), tier)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "unknown-unit"),
        ("1 2", "unknown-unit"),
        ("p * 2 + c * 8", "unknown-unit"),
        ('u("pixels") * 2', "unknown-unit"),
        ('u("unknown") * 2', "unknown-unit"),
        ("u(1)", "unknown-unit"),
        ('"4k"', "unpriced"),
        ("true", "unpriced"),
        ('"4k" * 2', "unknown-unit"),
        ('"4k" == 2 ? 1 : 2', "unknown-unit"),
        ("1 ? 2 : 3", "unknown-unit"),
        ("1 / 0", "unknown-unit"),
        ("__import__('os')", "unknown-unit"),
        ("u.__class__", "unknown-unit"),
        ('tier("a")', "unknown-unit"),
        ("(1", "unknown-unit"),
        ("1e5", "unknown-unit"),
        ("1 // 2", "unknown-unit"),
        ("9" * 5_000, "unknown-unit"),
        ("(" * 60 + "1" + ")" * 60, "unknown-unit"),
        ("-" * 60 + "1", "unknown-unit"),
        ("1" + "*99999999999999999999" * 190, "unpriced-or-amount"),
    ],
)
def test_what_it_refuses(text: str, code: str) -> None:
    if code == "unpriced-or-amount":  # large, but a number
        assert evaluate(text, FACTS).amount > 0
        return
    with pytest.raises(RefusedError) as raised:
        evaluate(text, FACTS)
    assert raised.value.code == code


@given(st.text(alphabet='u("seconds")tier?:+-*/<>=!&|0.4 \n', max_size=60))
def test_no_text_does_anything_else(text: str) -> None:
    try:
        answer = evaluate(text, FACTS)
    except RefusedError:
        return
    assert answer.amount.is_finite()
