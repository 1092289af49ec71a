"""Notebooks: only what a person wrote, at its line of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.scan.ids import IdFinder
from veo_check.scan.notebook import cells
from veo_check.scan.scanner import Found, scan

finder = IdFinder.of(["veo-3.1-generate-001", "sora-2"])


def notebook(*sources: object, indent: int | None = 1) -> str:
    listed = [
        {
            "cell_type": "code",
            "outputs": [{"text": ["sora-2\n"], "source": "sora-2"}],
            "metadata": {"note": "sora-2"},
            "source": source,
        }
        for source in sources
    ]
    return json.dumps({"cells": listed, "nbformat": 4}, indent=indent, ensure_ascii=False)


def found(tmp_path: Path, text: str, name: str = "a.ipynb") -> list[tuple[int, int, str]]:
    file = tmp_path / name
    file.write_bytes(text.encode())
    seen = scan([str(file)], finder)
    assert (seen.files, seen.skipped) == (1, 0)
    return [(one.line, one.column, one.id) for one in seen.found]


def where(text: str, word: str) -> tuple[int, int]:
    """Line and column of a word in the raw file."""
    at = text.index(word)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


@pytest.mark.parametrize("indent", [1, None])
@pytest.mark.parametrize(
    "source",
    [
        ["import x\n", 'model = "veo-3.1-generate-001"\n'],
        'import x\nmodel = "veo-3.1-generate-001"\n',
        ["é = 'ü'; m = \"veo-3.1-generate-001\""],
        ["veo-3.1-generate-001"],
    ],
)
def test_the_source_of_a_cell_at_its_place_in_the_file(
    tmp_path: Path, indent: int | None, source: object
) -> None:
    text = notebook("x = 1\n", source, indent=indent)
    line, column = where(text, "veo-3.1-generate-001")
    assert found(tmp_path, text) == [(line, column, "veo-3.1-generate-001")]


def test_outputs_and_metadata_do_not_count(tmp_path: Path) -> None:
    assert found(tmp_path, notebook("x = 1")) == []
    assert found(tmp_path, notebook("sora-2"))[0][2] == "sora-2"


def test_an_old_notebook_keeps_its_cells_in_worksheets(tmp_path: Path) -> None:
    text = json.dumps({"worksheets": [{"cells": [{"input": ["sora-2"], "outputs": ["sora-2"]}]}]})
    assert found(tmp_path, text) == [(1, text.index("sora-2") + 1, "sora-2")]


def test_escapes_do_not_hide_an_id(tmp_path: Path) -> None:
    text = '{"cells": [{"source": ["a = \\"\\u0073ora-2\\" # veo"]}]}'
    assert found(tmp_path, text) == [(1, text.index("\\u0073") + 1, "sora-2")]


def test_an_ignore_in_the_line_above_counts(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    file.write_text(notebook(["# veo-check: ignore[sora-2] until 2026-12-31\n", "m = 'sora-2'"]))
    (one,) = scan([str(file)], finder).found
    assert one.ignore is not None
    assert (one.id, str(one.ignore.until)) == ("sora-2", "2026-12-31")


@pytest.mark.parametrize(
    "text",
    [
        '{"cells": [{"source": "sora-2"}',
        "model = 'sora-2'",
        '{"cells": [}, "sora-2"',
        '"sora-2"',
        ": sora-2",
        ", sora-2",
        '{"models": ["sora-2"]}',
        "[" * 100_000 + '"sora-2"',
        '{"cells": [{"source": ["sora-2\\x"]}]}',
    ],
)
def test_what_is_no_notebook_is_read_as_text(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == [(1, text.index("sora-2") + 1, "sora-2")]


@given(st.lists(st.text(max_size=20), max_size=4), st.text(max_size=8), st.booleans())
def test_every_offset_leads_back_to_its_character(
    before: list[str], prefix: str, ascii_only: bool
) -> None:
    source = [*before, prefix + " sora-2"]
    content = json.dumps({"cells": [{"source": source}]}, ensure_ascii=ascii_only)
    raw = content.encode("utf-8", "surrogatepass")
    read = cells(raw)
    assert read is not None
    (cell,) = read
    at = cell.text.rindex(b"sora-2")
    assert cell.text.endswith(b"sora-2")
    assert raw[next(cell.offsets_of([at])) :].startswith(b"sora-2")


def test_a_hit_is_told_by_the_path_that_was_named(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    file.write_text('{"cells":[{"source":"sora-2"}]}')
    assert scan([str(file)], finder).found == [Found(str(file), 1, 22, "sora-2")]
