"""`veo-check render`: every other format of a saved report, which may be anybody's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from canonical_reports import CANONICAL
from hostile_reports import HOSTILE, hostile_report
from veo_check.cli.main import main
from veo_check.cli.output import FORMATS
from veo_check.report.json import render
from veo_check.report.model import Report
from veo_check.report.text import Look


@dataclass(frozen=True)
class RunResult:
    code: int
    out: str
    err: str


Command = Callable[..., RunResult]


@pytest.fixture
def veo(capfd: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object) -> RunResult:
        capfd.readouterr()
        code = main(["render", *(str(one) for one in words)])
        return RunResult(code, *capfd.readouterr())

    return run


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Report], Path]:
    def save(report: Report) -> Path:
        path = tmp_path / "report.json"
        path.write_text(render(report), encoding="utf-8")
        return path

    return save


@pytest.mark.parametrize("word", FORMATS)
@pytest.mark.parametrize("name", CANONICAL)
def test_each_format_is_what_the_run_would_have_written(
    name: str, word: str, veo: Command, saved: Callable[[Report], Path]
) -> None:
    report = CANONICAL[name]
    more = (Look(width=100),) if word == "text" else ()  # COLUMNS of the tests
    wanted = import_module(f"veo_check.report.{word}").render(report, *more)
    assert veo(saved(report), "-o", word) == RunResult(report.exit_code, wanted, "")


def test_several_formats_in_one_go(
    veo: Command, saved: Callable[[Report], Path], tmp_path: Path
) -> None:
    report = CANONICAL["not-ready"]
    page, suite = tmp_path / "report.html", tmp_path / "junit.xml"
    ran = veo(saved(report), "-o", f"html:{page}", "-o", f"junit:{suite}", "-o", "markdown")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("## veo-check: not ready: ")
    assert page.read_text().startswith("<!doctype html>")
    assert suite.read_text().startswith("<?xml ")


def test_text_is_the_default(veo: Command, saved: Callable[[Report], Path]) -> None:
    said = veo(saved(CANONICAL["waived"])).out.splitlines()
    assert said[-3].startswith("READY for production until 2026-12-15, when ")
    assert said[-2].endswith("Exit code 0.")


@pytest.mark.parametrize("word", FORMATS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_report_ends_with_its_own_code(
    name: str, word: str, veo: Command, saved: Callable[[Report], Path]
) -> None:
    ran = veo(saved(hostile_report(HOSTILE[name])), "-o", word)
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"as_of": "tomorrow"}, "as_of: "),
        ({"as_of": "2026-02-30"}, "as_of: "),
        ({"started_at": "2026-11-22T12:00:00"}, "started_at: "),
        ({"verdict": "fine"}, "verdict: "),
        ({"schema_version": "2"}, "schema_version: "),
        ({"more": 1}, "more: "),
        ({"routes": None}, "routes: "),
        ({"exit_code": "1\nveo_check_verdict 1"}, "exit_code: "),
    ],
)
def test_what_is_no_report_is_refused(
    change: dict[str, object], said: str, veo: Command, tmp_path: Path
) -> None:
    data = json.loads(render(CANONICAL["ready"])) | change
    path = tmp_path / "report.json"
    path.write_text(json.dumps(data))
    ran = veo(path)
    assert (ran.code, ran.out) == (2, "")
    start = f"veo-check: {path}: not a veo-check report of version 1: {said}"
    assert ran.err.startswith(start)
    assert ran.err.count("\n") == 1


def test_an_amount_cannot_be_a_line_of_metrics(veo: Command, tmp_path: Path) -> None:
    data = json.loads(render(CANONICAL["ready"]))
    data["routes"][0]["quote"]["expected"] = "0.96\nveo_check_verdict 1"
    path = tmp_path / "report.json"
    path.write_text(json.dumps(data))
    ran = veo(path, "-o", "prometheus")
    assert (ran.code, ran.out) == (2, "")
    assert "routes.0.quote.expected: " in ran.err


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "{}", "\x00", "[" * 100_000, '{"a": 1e999}']
)
def test_anything_else_is_refused_in_one_line(text: str, veo: Command, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    ran = veo(path)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_a_file_that_cannot_be_read_is_a_usage_error(veo: Command, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.json", tmp_path):
        ran = veo(path)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_a_format_nobody_knows_is_named(veo: Command, saved: Callable[[Report], Path]) -> None:
    ran = veo(saved(CANONICAL["ready"]), "-o", "htlm")
    assert ran.code == 2
    assert "did you mean html?" in ran.err
