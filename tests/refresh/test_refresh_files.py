"""The written file: one row a line, loadable, and the package's own files byte for byte."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from official_pages import deprecations_md
from refreshing import EMPTY, put
from veo_check.core.money import InvalidFileError
from veo_check.reference import load
from veo_check.reference.load import bundled_document, load_reference, read_document
from veo_check.refresh.upkeep import BUNDLE, active_rows, as_bundle, as_text

DATA = Path(load.__file__).parent / "data"


def test_the_package_is_cut_from_the_whole_exactly_as_it_ships() -> None:
    files = as_bundle(bundled_document())
    assert set(files) == {path.name for path in DATA.glob("*.json")} == set(BUNDLE)
    for name, text in files.items():
        assert text == (DATA / name).read_text(encoding="utf-8"), name


def test_a_file_holds_what_the_document_held(tmp_path: Path) -> None:
    document = put(EMPTY, "deprecations", deprecations_md(), date(2026, 10, 1)).document
    file = tmp_path / "reference.json"
    file.write_text(as_text(document), encoding="utf-8")
    assert read_document(file) == document
    rows = [line for line in file.read_text(encoding="utf-8").splitlines() if '"model"' in line]
    assert len(rows) == 4
    assert all(json.loads(row.strip().rstrip(","))["model"] for row in rows)


def test_sections_without_rows_are_written_too() -> None:
    document = {"compiled": "2026-01-01", "sources": {}, "lifecycle": []}
    assert json.loads(as_text(document)) == document


def test_a_document_is_read_with_its_prices(tmp_path: Path) -> None:
    file = tmp_path / "reference.json"
    broken = {**bundled_document(), "prices": [{"id": "price"}]}
    file.write_text(as_text(broken), encoding="utf-8")
    with pytest.raises(InvalidFileError):
        read_document(file)


def test_the_active_rows_leave_out_what_no_reading_can_change() -> None:
    day = date(2026, 11, 30)
    active = active_rows(load_reference(), day)
    rows = {row.id for row in active}
    assert "life:gemini-api:gemini-omni-1.1-flash:google-deprecations-2026-10" in rows
    # a reading that a newer one of its page replaced, a retired id, an ended price
    assert "life:agent-platform:veo-3.1-generate-001:google-versions-2026-08" not in rows
    assert "life:gemini-api:veo-3.1-generate-preview:google-deprecations-2026-10" not in rows
    assert "price:gemini-api:veo-3.1-generate-preview:720p:google" not in rows


def test_every_bundled_row_in_force_has_a_command_or_stays_by_hand_for_a_reason() -> None:
    """The number is what `refresh --check-age` prints: a row more needs a decision."""
    active = active_rows(load_reference(), date(2026, 11, 30))
    by_hand = [row for row in active if row.by_hand is not None]
    assert (len(active), len(by_hand)) == (171, 9)
    assert len(by_hand) <= 10
    assert [row.id for row in active if row.by_hand is None and row.command is None] == []
    assert all(row.how.startswith("by hand: the ") for row in by_hand)
