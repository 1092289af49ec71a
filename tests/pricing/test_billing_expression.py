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
        ("1e-1", "0.1", None),
        ('tier("x", u("seconds") * 1e-1)', "0.8", "x"),
        ("2.5E-2 * 4 + 1e+1", "10.1", None),
        (".5 + 5e2", "500.5", None),
        ('v1:tier("a", u("seconds") * 0.1)', "0.8", "a"),
        (" v1: 2", "2", None),
    ],
)
def test_what_it_works_out(text: str, amount: str, tier: str | None) -> None:
    assert evaluate(text, FACTS) == Evaluated(Decimal(amount), tier)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "expression-unread"),
        ("1 2", "expression-unread"),
        ("p * 2 + c * 8", "expression-unread"),
        ('u("pixels") * 2', "expression-unread"),
        ('u("unknown") * 2', "expression-unread"),
        ("u(1)", "expression-unread"),
        ('"4k"', "expression-unread"),
        ("true", "expression-unread"),
        ('"4k" * 2', "expression-unread"),
        ('"4k" == 2 ? 1 : 2', "expression-unread"),
        ("1 ? 2 : 3", "expression-unread"),
        ("1 / 0", "expression-unread"),
        ("__import__('os')", "expression-unread"),
        ("u.__class__", "expression-unread"),
        ('tier("a")', "expression-unread"),
        ("(1", "expression-unread"),
        ("1e", "expression-unread"),
        ("1e999", "expression-unread"),
        ("1e5.5", "expression-unread"),
        ('max(u("seconds"), 4) * 0.1', "expression-unread"),
        ('param("seconds") * 0.1', "expression-unread"),
        ('header("x-tier") == "gold" ? 1 : 2', "expression-unread"),
        ('has(param("model"), "4k") ? 1 : 2', "expression-unread"),
        ("v2:1", "expression-unread"),
        ("v1:v1:1", "expression-unread"),
        ("1 // 2", "expression-unread"),
        ("9" * 5_000, "expression-unread"),
        ("(" * 60 + "1" + ")" * 60, "expression-unread"),
        ("-" * 60 + "1", "expression-unread"),
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
