"""`-o FORMAT[:FILE]`: what is refused beforehand, and that no report is lost to a bad file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from veo_check.cli import output as outputs
from veo_check.cli import output as streams
from veo_check.cli.main import main
from veo_check.core.money import UsageError


class FakeReport:
    """The renderers of these tests do not look into it."""


@pytest.fixture(autouse=True)
def _short_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_renderer", lambda word: lambda *_: f"as {word}\n")


def test_a_file_that_cannot_be_written_loses_no_other_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "report.json", tmp_path / "gone" / "report.xml"
    wishes = streams.parse_outputs((f"junit:{bad}", f"json:{good}", "text"), outputs.FORMATS)
    with pytest.raises(UsageError) as refused:
        outputs.write_outputs(FakeReport(), wishes)  # type: ignore[arg-type]
    assert str(refused.value) == f"{bad}: cannot write: No such file or directory"
    assert (good.read_text(encoding="utf-8"), capsys.readouterr().out) == ("as json\n", "as text\n")


def test_what_may_not_be_written_is_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there.json"
    there.touch()
    asked: list[Path] = []

    def access(path: Path, _mode: int) -> bool:
        asked.append(path)
        return False

    # permissions do not bind the superuser, who runs the tests in many a container
    monkeypatch.setattr(os, "access", access)
    for file in (there, tmp_path / "new.json"):
        with pytest.raises(UsageError) as refused:
            outputs.check_writable(streams.parse_outputs((f"json:{file}",), outputs.FORMATS))
        assert str(refused.value) == f"-o json: {file} may not be written"
    assert asked == [there, tmp_path]


def test_a_run_into_files_says_its_verdict_in_a_line(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    route = str(root / "examples/article-2026-06-17.yaml")
    report = tmp_path / "report.json"
    assert main(["run", route, "--offline", "-o", f"json:{report}"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "veo-check: 1 route: 1 not ready.  Exit code 1. article-veo-standard: the earliest "
        "shutdown date, 2026-10-22, has passed.\n"
    )
    assert main(["run", route, "--offline", "-o", f"json:{report}", "-o", "prometheus"]) == 1
    assert capsys.readouterr().err == "", "what is printed says it"


@pytest.mark.parametrize(
    ("words", "pointer"),
    [
        (["version"], "veo-check --version"),
        (["help"], "veo-check COMMAND --help"),
        (["validate", "route.yaml"], "veo-check run ROUTE --offline"),
        (["explain", "price-unit"], "veo-check checks CHECK"),
        (["lifecycle", "--json"], "write -o json"),
    ],
)
def test_what_people_type_first_gets_a_pointer(
    words: list[str], pointer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert pointer in err


def test_a_missing_route_file_says_so_and_nothing_more(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    gone = tmp_path / "gone.yaml"
    assert main(["run", str(gone), "--offline"]) == 2
    said = f"veo-check: no such route file or folder: {gone}\n"
    assert tuple(capsys.readouterr()) == ("", said)
