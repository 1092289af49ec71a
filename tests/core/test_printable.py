from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.core.secrets import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07after", "after"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPsecret sequence\x1b\\rest", "rest"),
        ("\x9b31mred", "red"),
        ("a\r\nb\tc\x00d", "a b cd"),
        ("veo\u202egnp.exe", "veognp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \ud800 half", "lone half"),
        ("ünïcode 视频 ok", "ünïcode 视频 ok"),
        ("  many   spaces \u2028 here ", "many spaces here"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_dropped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_long_text_is_cut_with_a_mark() -> None:
    assert printable("a" * 50, 10) == "aaaaaaaaa…"
    assert printable("a" * 10, 10) == "a" * 10


def test_megabytes_are_looked_at_only_as_far_as_they_are_shown() -> None:
    assert printable("\x1b]" + "x" * 5_000_000, 5) == "…"


@given(st.text(max_size=200), st.integers(1, 50))
def test_nothing_but_one_printable_line_comes_out(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert all(unicodedata.category(char)[0] != "C" for char in shown)
    assert shown == " ".join(shown.split())
    shown.encode()
