from __future__ import annotations

import contextlib
import gc
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.http.answers import MAX_DEPTH, JsonError, parse_json


def test_numbers_are_exact() -> None:
    assert parse_json(b'{"a": 0.1, "b": 12, "c": 1e-7, "d": -2.50}') == {
        "a": Decimal("0.1"),
        "b": 12,
        "c": Decimal("1E-7"),
        "d": Decimal("-2.50"),
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "it is empty"),
        (b" \n\xef\xbb\xbf", "it is empty"),
        (b"<!doctype html><title>x</title>", "it is a web page (HTML or XML), not JSON"),
        (b"\n <html>", "it is a web page (HTML or XML), not JSON"),
        (b"nonsense", "it is not JSON (Expecting value at character 0)"),
        (b'{"a": 1', "it is not JSON (Expecting ',' delimiter at character 7)"),
        (b'{"a": 1} x', "it is not JSON (Extra data at character 9)"),
        (b'{"a": NaN}', "it holds NaN, which is not a number in JSON"),
        (b'{"a": -Infinity}', "it holds -Infinity, which is not a number in JSON"),
        (b'{"a": {"b": 1, "b": 2}}', "the same key stands twice in one object"),
        (b'{"a": 1e999999999}', "it holds a number of absurd size"),
        (b'{"a": 0e99999999999999999999}', "it holds a number of absurd size"),
        (b"1" * 5000, "it holds a number of absurd size"),
        (b'{"a": "\xff\xfe"}', "it is not UTF-8 text"),
        (b"[" * 100_000, "it is nested deeper than 64 levels"),
        (b'{"a":' * 100_000, "it is nested deeper than 64 levels"),
        (b"[" * 65 + b"]" * 65, "it is nested deeper than 64 levels"),
        # strings full of brackets do not hide the depth
        (b'["]",' * 65 + b'"' + b"[" * 65 + b'"' + b"]" * 65, "it is nested deeper than 64 levels"),
    ],
)
def test_what_cannot_be_trusted_is_refused_in_words(body: bytes, why: str) -> None:
    with pytest.raises(JsonError) as caught:
        parse_json(body)
    assert str(caught.value) == why


def test_the_deepest_allowed_nesting_is_read() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None


def test_brackets_in_strings_are_not_nesting() -> None:
    body = json.dumps(["[" * 500, "{" * 500]).encode()
    assert parse_json(body) == ["[" * 500, "{" * 500]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_JSON)
def test_json_comes_out_as_it_went_in(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_json_error(body: bytes) -> None:
    with contextlib.suppress(JsonError):
        parse_json(body)


def test_garbage_collection_goes_on_after_a_large_body() -> None:
    big = json.dumps(["x" * 100] * 20_000).encode()
    assert gc.isenabled()
    assert parse_json(big) == ["x" * 100] * 20_000
    assert gc.isenabled()
    with pytest.raises(JsonError):
        parse_json(big[:-1])
    assert gc.isenabled()
