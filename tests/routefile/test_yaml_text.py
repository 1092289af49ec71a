"""YAML text as data: what scalars become, where they stand, and what is refused."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from veo_check.routefile import yaml_reader as yaml_text
from veo_check.routefile.yaml_reader import Data, Document, Place, read_yaml


def data_of(text: str) -> Data:
    document = read_yaml("f.yaml", text)
    assert document.problems == []
    return document.data


def complaints(text: str) -> list[str]:
    return [str(one).removeprefix("f.yaml:") for one in read_yaml("f.yaml", text).problems]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True),
        ("false", False),
        ("yes", "yes"),
        ("on", "on"),
        ("True", "True"),
        ("null", None),
        ("~", None),
        ("", None),
        ("8", 8),
        ("-8", -8),
        ("+8", 8),
        ("007", 7),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("9" * 19, "9" * 19),
        ("2.00", "2.00"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("16:9", "16:9"),
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01T10:00:00Z", "2026-12-01T10:00:00Z"),
        ("'8'", "8"),
        ('"true"', "true"),
        ('""', ""),
        ("a b", "a b"),
        ('"\\e[31mred"', "\x1b[31mred"),
        ("|\n  two\n  lines", "two\nlines\n"),
        (">-\n  one\n  line", "one line"),
        ("[1, a, [b]]", [1, "a", ["b"]]),
        ("{a: {b: c}}", {"a": {"b": "c"}}),
    ],
)
def test_a_scalar_is_what_was_written(written: str, read: Data) -> None:
    assert data_of(f"key: {written}\n") == {"key": read}


@pytest.mark.parametrize("key", ["on", "yes", "true", "null", "~", "8", "2026-12-01", "1.0"])
def test_keys_are_text(key: str) -> None:
    assert data_of(f"{key}: 1\n") == {key: 1}


def test_every_key_and_value_has_its_place() -> None:
    document = read_yaml("f.yaml", "a: 1\nb:\n  - x\n  - c: 'y'\nd: {e: f}\n")
    assert document.places == {
        (): Place((1, 1), (1, 1), False),
        ("a",): Place((1, 1), (1, 4), True),
        ("b",): Place((2, 1), (3, 3), False),
        ("b", 0): Place((3, 5), (3, 5), True),
        ("b", 1): Place((4, 5), (4, 5), False),
        ("b", 1, "c"): Place((4, 5), (4, 8), True),
        ("d",): Place((5, 1), (5, 4), False),
        ("d", "e"): Place((5, 5), (5, 8), True),
    }


def test_columns_count_letters_not_bytes() -> None:
    document = read_yaml("f.yaml", "ключ: {ä: 1}\r\nb: 2\r\n")
    assert document.places[("ключ", "ä")] == Place((1, 8), (1, 11), True)
    assert Place(*document.places[("b",)]).shown == (2, 4)


def test_the_nearest_place_is_the_thing_itself_or_what_is_around_it() -> None:
    document = read_yaml("f.yaml", "a: {b: [x]}\n")
    spots = [
        place.shown if (place := document.nearest(path)) else None
        for path in (("a", "b", 0), ("a", "b", 1), ("a", "c"), ("z", "y"))
    ]
    assert spots == [(1, 9), (1, 5), (1, 1), (1, 1)]
    assert Document("f.yaml").nearest(("a",)) is None


NO_ALIAS = "anchors and aliases (&name, *name) are not used here; write the value out"
TWICE = "this key stands here already, on line 1; keep one of the two"
MERGE = "merge keys (<<) are not used here; write the values out"
SECOND = "a second document begins here; put each route into its own file"
TOP_LEVEL = "has to hold `key: value` lines at its top level"
CONTROL = "holds the control character {}, which YAML does not allow; take it out"
UNCLOSED = "is not YAML: found unexpected end of stream (while scanning a quoted scalar)"
NO_TAG = "tags (!name) are not used here; take it out"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", [f"3:1: a: {TWICE}"]),
        ("a: &x 1\nb: *x\n", [f"1:4: a: {NO_ALIAS}", f"2:4: b: {NO_ALIAS}"]),
        ("a: &x {b: 1}\n", [f"1:4: a: {NO_ALIAS}"]),
        ("&x a: 1\n", [f"1:1: a: {NO_ALIAS}"]),
        ("a: !!str 1\n", [f"1:4: a: {NO_TAG}"]),
        ("a: !!python/object:os.system {}\n", [f"1:4: a: {NO_TAG}"]),
        ("!!str a: 1\n", [f"1:1: a: {NO_TAG}"]),
        ("<<: {a: 1}\n", [f"1:1: <<: {MERGE}"]),
        ("? [a]\n: 1\n", ["1:3: (file): a key has to be plain text"]),
        ("*a : 1\n", ["1:1: (file): a key has to be plain text"]),
        ("a: 1\n---\nb: 2\n", [f"2:1: (file): {SECOND}"]),
        ("- a\n", [f"1:1: (file): {TOP_LEVEL}"]),
        ("hello\n", [f"1:1: (file): {TOP_LEVEL}"]),
        ("a: 1\nb: \0\n", [f"2:4: (file): {CONTROL.format('U+0000')}"]),
        ("a: \x1b[31m\n", [f"1:4: (file): {CONTROL.format('U+001B')}"]),
        ("a: b: c\n", ["1:5: (file): is not YAML: mapping values are not allowed in this context"]),
        ("a: 'b\n", [f"2:1: (file): {UNCLOSED}"]),
        ("%YAML 2.0\n---\na: 1\n", ["1:1: (file): is not YAML: found incompatible YAML document"]),
    ],
)
def test_what_is_refused_is_named_with_its_place(text: str, said: list[str]) -> None:
    assert complaints(text) == said


def test_reading_goes_on_after_what_is_refused() -> None:
    document = read_yaml("f.yaml", "a: &x 1\na: 2\n<<: 3\nb: *x\nc: 4\n")
    assert document.data == {"a": 1, "a (2)": 2, "<<": 3, "b": None, "c": 4}
    assert document.unread == {("a",), ("a (2)",), ("<<",), ("b",)}
    assert len(document.problems) == 4


def test_depth_and_number_of_values_are_limited() -> None:
    deep = "".join(" " * level + "a:\n" for level in range(30))
    assert complaints(deep) == ["21:21: a.a.a: is nested deeper than 20 levels"]
    wide = "a: [" + "1," * 10_000 + "]\n"
    assert complaints(wide) == ["1:20001: (file): holds more than 10000 values"]
    assert complaints("a: [" + "1," * 9_000 + "]\n") == []


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "~\n", "---\n...\n"])
def test_an_empty_text_is_no_data_and_no_problem(text: str) -> None:
    document = read_yaml("f.yaml", text)
    assert (document.data, document.problems) == (None, [])


def test_a_start_marker_and_an_end_marker_are_fine() -> None:
    assert data_of("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


def test_without_libyaml_the_data_and_the_places_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "a: [1, {b: 'x'}]\non: |\n  text\nc: 2.0\n"
    fast = read_yaml("f.yaml", text)
    monkeypatch.setattr(yaml_text, "_LOADER", yaml.SafeLoader)
    slow = read_yaml("f.yaml", text)
    assert (slow.data, slow.places) == (fast.data, fast.places)
    assert complaints("a: &x 1\n") == [f"1:4: a: {NO_ALIAS}"]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, VALUES, min_size=1, max_size=4))
def test_json_is_read_as_what_it_says(data: dict[str, Data]) -> None:
    document = read_yaml("f.yaml", json.dumps(data, ensure_ascii=False, indent=1))
    if not any("looks like a key" in one.message for one in document.problems):
        assert (document.problems, document.data) == ([], data)
