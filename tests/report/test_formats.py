"""Every format of the six canonical reports, byte for byte. `pytest --update` rewrites them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from canonical_reports import CANONICAL
from veo_check.cli.output import FORMATS

HERE = Path(__file__).parent


@pytest.mark.parametrize("word", FORMATS)
@pytest.mark.parametrize("name", CANONICAL)
def test_golden(
    word: str, name: str, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEO_CHECK_ACTION_PAGE", "https://example.com/checks")
    text = import_module(f"veo_check.report.{word}").render(CANONICAL[name])
    golden(HERE / "golden" / f"{name}.{word}", text)


@pytest.mark.parametrize("name", CANONICAL)
def test_a_saved_report_reads_back_whole(name: str, tmp_path: Path) -> None:
    from veo_check.cli.checks import read_report
    from veo_check.report.json import render

    saved = tmp_path / "report.json"
    saved.write_text(render(CANONICAL[name]), encoding="utf-8")
    assert read_report(saved) == CANONICAL[name]
