"""Records: one value has one text, and only that text is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.evidence.records import UnreadableRecordError, from_text, to_text

Word = Literal["red", "green"]


@dataclass(frozen=True, slots=True)
class Inner:
    amount: Decimal
    word: Word = "red"


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    at: datetime
    day: date | None
    count: int
    on: bool
    inner: Inner | None
    many: tuple[Inner, ...] = ()
    named: Mapping[str, Decimal] = field(default_factory=dict)


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXAMPLE = Outer("é\x1b", NOON, date(2026, 11, 22), 3, True, Inner(Decimal("0.40")))
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=0, max_value=10**9)
INNERS = st.builds(Inner, AMOUNTS, st.sampled_from(["red", "green"]))
OUTERS = st.builds(
    Outer,
    st.text(max_size=20),
    st.datetimes(timezones=st.just(UTC)),
    st.none() | st.dates(),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.none() | INNERS,
    st.lists(INNERS, max_size=3).map(tuple),
    st.dictionaries(st.text(max_size=5), AMOUNTS, max_size=3),
)


@given(OUTERS)
def test_what_is_written_is_read_back(record: Outer) -> None:
    assert from_text(Outer, to_text(record)) == record


def test_the_text() -> None:
    assert (
        to_text(Inner(Decimal("1E+2"), "green")) == '{\n  "amount": "100",\n  "word": "green"\n}\n'
    )
    elsewhere = EXAMPLE.at.astimezone(timezone(timedelta(hours=8)))
    assert '"at": "2026-11-22T12:00:00.000000+00:00"' in to_text(
        Outer("x", elsewhere, None, 0, False, None)
    )


def test_any_other_byte_is_refused() -> None:
    text = to_text(EXAMPLE)
    for place in range(len(text)):
        for byte in {" ", "0", "z", chr(ord(text[place]) ^ 1)} - {text[place]}:
            changed = text[:place] + byte + text[place + 1 :]
            try:
                read = from_text(Outer, changed)
            except UnreadableRecordError:
                continue
            assert read != EXAMPLE  # another value: for the seal to notice
            assert to_text(read) == changed


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"count": 3', '"count": 3.0', "not as it was written"),
        ('"count": 3', '"count": NaN', "count is not a number"),
        ('"count": 3', '"count": true', "not as it was written"),
        ('"count": 3', '"count": 3, "count": 3', "not as it was written"),
        ('"count": 3', '"count": ' + "9" * 5000, "not JSON"),
        ('"count": 3,', "", "the record has no field count"),
        ('"count": 3', '"count": 3, "x": 1', "the record has an unknown field 'x'"),
        ('"amount": "0.40"', '"amount": "NaN"', "inner.amount is not a number"),
        ('"amount": "0.40"', '"amount": 4', "not as it was written"),
        ('"amount": "0.40"', '"amount": "1E+999999999"', "not as it was written"),
        ('"amount": "0.40"', '"amount": []', "inner.amount is not what belongs there"),
        ('"name": "', '"name": 7, "x": "', "the record has an unknown field 'x'"),
        ('"count": 3', '"count": "3"', "not as it was written"),
        ('"count": 3', '"count": []', "count is not what belongs there"),
        (
            '"many": []',
            '"many": [{"amount": "1", "word": "x"}]',
            "many[0].word is not what belongs there",
        ),
        ('"many": []', '"many": [{"word": "red"}]', "many[0] has no field amount"),
        ('"day": "2026-11-22"', '"day": 0', "not as it was written"),
        ('"amount": "0.40"', '"amount": "+0.40"', "not as it was written"),
        ('"word": "red"', '"word": "blue"', "inner.word is not what belongs there"),
        ('"word": "red"', '"word": []', "inner.word is not what belongs there"),
        ('.000000+00:00"', '.000000"', "not as it was written"),
        ('.000000+00:00"', '.000000+99:00"', "at is not a time"),
        ('"day": "2026-11-22"', '"day": "2026-11-32"', "day is not a day"),
        ('"many": []', '"many": {}', "many is not what belongs there"),
        ('"named": {}', '"named": []', "named is not what belongs there"),
        ('"inner": {', '"inner": 1, "y": {', "the record has an unknown field 'y'"),
        ('"count": 3', '"count":  3', "not as it was written"),
    ],
)
def test_what_was_not_written_here(old: str, new: str, why: str) -> None:
    text = to_text(EXAMPLE)
    assert old in text
    with pytest.raises(UnreadableRecordError) as caught:
        from_text(Outer, text.replace(old, new))
    assert str(caught.value).endswith(why)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "null", "[]", '"x"', "{", "\ufeff{}", "{}\0"])
def test_what_is_no_record_at_all(text: str) -> None:
    with pytest.raises(UnreadableRecordError):
        from_text(Outer, text)


def test_floats_have_no_place() -> None:
    with pytest.raises(TypeError):
        to_text(Inner(0.4))  # type: ignore[arg-type]
