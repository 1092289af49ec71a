"""Which reference is used, and what a hostile or broken file does: an error, never a traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from small_reference import document, row
from veo_check.core.clock import SystemClock
from veo_check.core.money import ExitCode, InvalidFileError
from veo_check.reference import load
from veo_check.reference.load import (
    REFRESHED_FILE,
    bundled_document,
    load_reference,
    parse_reference,
    user_data_dir,
)


def write(folder: Path, content: object, name: str = "reference.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def real_day(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    """From now on the real clock stands on this day."""
    noon = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    monkeypatch.setattr(SystemClock, "now", lambda _: noon)


def test_the_bundle_is_read_once_and_says_what_it_is() -> None:
    reference = load_reference()
    assert reference is load_reference()
    assert reference.origin == "bundled"
    assert reference.digest.startswith("sha256:")
    assert len(reference.digest) == 71


def test_the_whole_bundle_is_one_document_that_a_refresh_can_start_from() -> None:
    whole = parse_reference(bundled_document(), "whole")
    bundled = load_reference()
    assert whole.lifecycle_rows == bundled.lifecycle_rows
    assert whole.capabilities == bundled.capabilities
    assert whole.compiled == bundled.compiled


def test_the_bundle_is_as_clean_as_any_file_has_to_be(tmp_path: Path) -> None:
    """Read strictly here, because a look-up reads it without these checks."""
    data = Path(load.__file__).parent / "data"
    for file in data.glob("*.json"):
        single = json.loads(file.read_text(encoding="utf-8"))
        content = file.read_bytes()
        if "lifecycle" not in single:  # a file without rows is none that --reference takes
            single |= {key: value for key, value in document(row()).items() if key != "sources"}
            single["sources"] |= document(row())["sources"]
            content = json.dumps(single).encode()
        (tmp_path / file.name).write_bytes(content)
        load_reference(tmp_path / file.name)
    strict = load_reference(write(tmp_path, bundled_document(), "whole.json"))
    assert strict.prices == load_reference().prices


def test_a_named_file_wins_and_is_told(tmp_path: Path) -> None:
    file = write(tmp_path, document(row(model="veo-x")) | {"compiled": "2020-01-01"})
    reference = load_reference(file, tmp_path)
    assert (reference.origin, reference.models()) == (str(file), ("veo-x",))


@pytest.mark.parametrize(
    ("compiled", "wins"), [("2026-12-01", True), ("2026-11-30", True), ("2026-11-29", False)]
)
def test_a_refreshed_file_wins_unless_it_is_older_than_the_bundle(
    tmp_path: Path, compiled: str, wins: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_day(monkeypatch, "2026-12-01")
    assert load_reference().compiled.isoformat() == "2026-11-30"
    write(tmp_path, document(row(model="veo-x")) | {"compiled": compiled}, REFRESHED_FILE)
    reference = load_reference(user_dir=tmp_path)
    expected = str(tmp_path / REFRESHED_FILE) if wins else "bundled"
    assert reference.origin == expected


@pytest.mark.parametrize("ahead", ["2026-12-02", "2099-01-01", "9999-12-31"])
@pytest.mark.parametrize("place", ["compiled", "lifecycle", "price alone"])
def test_a_reading_of_a_day_to_come_is_none(
    tmp_path: Path, ahead: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would never grow old. One of today is fine."""
    for day in ("2026-12-01", ahead):
        real_day(monkeypatch, "2026-12-01")
        whole: dict[str, Any] = json.loads(json.dumps(document(row(model="veo-x"))))
        if place == "compiled":
            whole["compiled"] = day
        elif place == "lifecycle":
            next(iter(whole["sources"].values()))["confirmed"] = day
        else:
            first = next(iter(whole["sources"].values()))
            whole["sources"]["another"] = first | {"confirmed": day}
        file = write(tmp_path, whole)
        if day != ahead:
            assert load_reference(file).models() == ("veo-x",)
            assert load.read_document(file)
            continue
        for read in (load_reference, load.read_document):
            with pytest.raises(InvalidFileError, match=rf"{ahead} is still to come") as caught:
                read(file)
            assert caught.value.exit_code == ExitCode.USAGE
        write(tmp_path, whole, REFRESHED_FILE)
        with pytest.raises(InvalidFileError, match="is still to come"):
            load_reference(user_dir=tmp_path)


def test_the_bundle_serves_on_a_machine_whose_clock_is_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_day(monkeypatch, "2020-01-01")
    assert load_reference().origin == "bundled"


def test_without_a_refreshed_file_the_bundle_is_used(tmp_path: Path) -> None:
    assert load_reference(user_dir=tmp_path / "nowhere").origin == "bundled"


def test_the_user_folder_is_the_platforms(home: Path) -> None:
    expected = Path(platformdirs.user_data_dir("veo-check", appauthor=False))
    assert user_data_dir() == expected
    assert home in expected.parents


def test_equal_content_has_an_equal_digest_and_other_content_another(tmp_path: Path) -> None:
    one, same, other = (
        load_reference(write(tmp_path, document(row(model=model)), f"{name}.json"))
        for name, model in (("a", "veo-x"), ("b", "veo-x"), ("c", "veo-y"))
    )
    assert one.digest == same.digest != other.digest


def changed(**cells: Any) -> dict[str, object]:
    content: Any = document(row("2027-01-01"))
    content["lifecycle"][0].update(cells)
    return content  # type: ignore[no-any-return]


def of_source(**cells: Any) -> dict[str, object]:
    content: Any = document(row("2027-01-01"))
    content["sources"]["source-0"].update(cells)
    return content  # type: ignore[no-any-return]


BROKEN: dict[str, tuple[object, str]] = {
    "not an object": ([1], "must hold one JSON object"),
    "no compiled day": ({"lifecycle": []}, "compiled: is missing"),
    "no rows": ({"compiled": "2026-11-22"}, "holds no lifecycle rows"),
    "rows not a list": ({"compiled": "2026-11-22", "lifecycle": {}}, "must be a list of rows"),
    "row not an object": ({"compiled": "2026-11-22", "lifecycle": [7]}, "must be an object"),
    "sources not an object": (changed() | {"sources": []}, "sources: must be an object"),
    "unknown key": (changed(shutdwon="2027-01-01"), "unknown key 'shutdwon'"),
    "unknown source": (changed(source="nobody"), "'nobody' is not in the sources table"),
    "unknown kind": (changed(kind="maybe"), "must be one of: exact, earliest"),
    "unknown end": (changed(at_end="redirected"), "must be one of: refused, rerouted"),
    "date without kind": (changed(kind="none-announced"), "no day none-announced"),
    "kind without date": (changed(shutdown=None), "no day none-announced"),
    "no such day": (changed(shutdown="2027-02-30"), "must be a day"),
    "a day in another spelling": (changed(shutdown="20270101"), "must be a day"),
    "a number for a day": (changed(shutdown=20270101), "must be a day"),
    "shutdown before release": (changed(released="2027-01-02"), "lies before the release"),
    "empty model": (changed(model=""), "must be a text"),
    "escape code in a model": (changed(model="veo\x1b[2J"), "control characters"),
    "line break in a model": (changed(model="veo\n1"), "control characters"),
    "right-to-left override": (changed(model="veo\u202e1"), "control characters"),
    "lone surrogate": (changed(model="veo\ud800"), "control characters"),
    "endless text": (changed(model="v" * 2001), "at most 2000"),
    "source kind": (of_source(kind="rumour"), "must be one of: official"),
    "source day": (of_source(confirmed=None), "confirmed: is missing"),
    "source unknown key": (of_source(read="2026-01-01"), "unknown key 'read'"),
    "third party offers": (
        document(row(source_kind="third-party")),
        "none-announced needs an official source",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_an_error_that_says_where(tmp_path: Path, name: str) -> None:
    content, words = BROKEN[name]
    file = write(tmp_path, content)
    with pytest.raises(InvalidFileError) as raised:
        load_reference(file)
    message = str(raised.value)
    assert message.startswith(f"{file}: ")
    assert words in message
    assert message.isprintable()
    assert raised.value.exit_code == ExitCode.USAGE


def test_two_rows_with_one_id_are_refused(tmp_path: Path) -> None:
    content: Any = document(row(), row(page="b"))
    content["lifecycle"][1]["id"] = "row-0"
    with pytest.raises(InvalidFileError, match="two rows have the id 'row-0'"):
        load_reference(write(tmp_path, content))


RAW: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is not a JSON reference file"),
    "text": (b"hello", "is not a JSON reference file"),
    "cut off": (b'{"compiled": "2026-11-22", ', "is not a JSON reference file"),
    "not UTF-8": (b"\xff\xfe{}", "is not a JSON reference file"),
    "NaN": (b'{"compiled": NaN}', "NaN is not a number"),
    "infinity": (b'{"compiled": -Infinity}', "-Infinity is not a number"),
    "float": (b'{"prices": [0.1]}', "write amounts in quotes"),
    "huge number": (b'{"a": ' + b"9" * 5000 + b"}", "is not a JSON reference file"),
    "deep": (b"[" * 200_000, "is nested too deeply"),
    "key twice": (b'{"compiled": 1, "compiled": 2}', "the key 'compiled' appears twice"),
    "key twice, hostile": (b'{"\\u001b": 1, "\\u001b": 2}', "the key '\\x1b' appears twice"),
}


@pytest.mark.parametrize("name", RAW)
def test_what_is_no_reference_at_all_is_an_error(tmp_path: Path, name: str) -> None:
    content, words = RAW[name]
    file = tmp_path / "reference.json"
    file.write_bytes(content)
    with pytest.raises(InvalidFileError) as raised:
        load_reference(file)
    assert words in str(raised.value)
    assert str(raised.value).isprintable()


def test_a_file_beyond_the_size_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "LARGEST_FILE", 100)
    with pytest.raises(InvalidFileError, match="is larger than"):
        load_reference(write(tmp_path, document(row())))


def _missing(path: Path) -> None:
    """Leave it missing."""


@pytest.mark.parametrize(
    "make", [_missing, Path.mkdir, os.mkfifo], ids=["missing", "folder", "pipe"]
)
def test_what_is_no_regular_file_is_an_error_and_no_hang(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    path = tmp_path / "reference"
    make(path)
    with pytest.raises(
        InvalidFileError, match=r"/reference: (cannot be read|is not a regular file)"
    ):
        load_reference(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "model", "kind", "shutdown", "source", "url", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["compiled", "sources", "lifecycle", "capabilities", "prices"]), json_values
    )
)
def test_any_json_is_a_reference_or_a_clear_error(content: dict[str, object]) -> None:
    message = "file: fine"
    try:
        parse_reference(content, "file")
    except InvalidFileError as error:
        message = str(error)
    assert message.startswith("file: ")
