"""The C library's search finds what bytes.find finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.scan import scanner as module
from veo_check.scan.scanner import occurrences


@pytest.fixture(autouse=True)
def _always_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WORTH_A_CALL", 0)


@given(st.binary(max_size=60).map(lambda raw: bytes(b"veo-"[one % 4] for one in raw)), st.data())
def test_both_ways_agree(text: bytes, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(text)))
    needle = data.draw(st.sampled_from([b"veo", b"v", b"-", b"veo-veo"]))
    by_hand = []
    place = text.find(needle, 0, end)
    while place >= 0:
        by_hand.append(place)
        place = text.find(needle, place + len(needle), end)
    assert list(occurrences(text, end, needle)) == by_hand
    assert list(occurrences(bytearray(text), end, needle)) == by_hand


def test_nothing_beyond_the_end_is_read() -> None:
    assert list(occurrences(bytearray(b"..veo"), 4, b"veo")) == []
    assert list(occurrences(bytearray(b"..veo"), 5, b"veo")) == [2]


def test_without_the_c_library_it_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_memmem", lambda: None)
    assert list(occurrences(bytearray(b"veo.veo"), 7, b"veo")) == [0, 4]
