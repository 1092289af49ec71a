"""The text people read: real runs at several widths, and the rules of the layout.

`pytest --update` rewrites the golden files; what differs in each run has a fixed stand-in there.
"""

from __future__ import annotations

import io
import re
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Literal

import pytest

from canonical_reports import CANONICAL, INCONCLUSIVE, NOT_READY, READY
from twelve_routes import twelve
from veo_check.cli.main import main
from veo_check.cli.output import text_width, wants_ascii, wants_colour
from veo_check.core.clock import SystemClock
from veo_check.report.model import OpenJob, Report
from veo_check.report.text import Look, render

HERE = Path(__file__).parent
WIDTHS = (50, 80, 100, 120)
MOST = {"main-job": 40, "article": 35, "missing-key": 32, "twelve": 45}
#: job and proof ids: random, and as long as their stand-in
_ID = re.compile(r"\b[0-9a-f]{8}-\d{6}-[0-9a-f]{6}\b")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def printed(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., str]:
    """What a run prints in a folder with the examples, on a fixed day and without a resolver."""

    def unresolved(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    copytree(root / "examples", tmp_path / "examples", ignore=ignore_patterns(".veo-check"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 11, 22, 12, tzinfo=UTC))
    monkeypatch.setattr(socket, "getaddrinfo", unresolved)

    def run(*words: str) -> str:
        main(["run", *words])
        return _ID.sub("00000000-000001-000000", capsys.readouterr().out)

    return run


def words_of(name: str, printed: Callable[..., str]) -> list[str]:
    """The command line of a run, after what has to be on record before it."""
    if name == "twelve":
        folder = twelve()
        for route_file in sorted(Path(folder).glob("ready-*.yaml")):
            printed(str(route_file), "--sandbox", "--spend", "2")
        return [folder, "--sandbox"]
    return {
        "main-job": ["examples/flatkey-veo-3.1-fast.yaml", "--sandbox", "--spend", "2"],
        "article": ["examples/article-2026-06-17.yaml", "--offline"],
        "missing-key": ["examples/flatkey-veo-3.1-fast.yaml"],
    }[name]


@pytest.mark.parametrize("name", MOST)
def test_real_runs_at_every_width(
    name: str, printed: Callable[..., str], golden: Callable[[Path, str], None]
) -> None:
    report = Report.model_validate_json(printed(*words_of(name, printed), "-o", "json"))
    for width in WIDTHS:
        text = render(report, Look(width=width))
        lines = text.splitlines()
        assert [line for line in lines if len(line) > width and not _to_paste(line)] == []
        assert _verdict_and_reason(lines[-3], report)
        golden(HERE / "golden" / f"{name}.{width}.text", text)
    assert len(render(report).splitlines()) <= MOST[name]


def _to_paste(line: str) -> bool:
    """A command is not wrapped: it is there to be pasted."""
    return line.startswith("    veo-check ") or line.startswith("        veo-check ")


def _verdict_and_reason(line: str, report: Report) -> bool:
    worst = next(route for route in report.routes if route.verdict == report.verdict)
    said = {
        "ready": ("READY", worst.valid_until or "routes"),
        "not-ready": ("NOT READY", ""),
        "inconclusive": ("INCONCLUSIVE", ""),
    }[report.verdict]
    reason = line.partition(":")[2].strip() if report.verdict != "ready" else line
    return line.startswith(said[0]) and said[1] in line and len(reason) > 10


@pytest.mark.parametrize("name", CANONICAL)
@pytest.mark.parametrize("detail", ["short", "verbose", "quiet"])
@pytest.mark.parametrize("width", [1, 40, 80, 999])
def test_text_fits_its_width(
    name: str, detail: Literal["short", "verbose", "quiet"], width: int
) -> None:
    text = render(CANONICAL[name], Look(width=width, detail=detail))
    kept = min(max(width, 40), 120)
    long = [line for line in text.splitlines() if len(line) > kept and not _to_paste(line)]
    assert long == [] or detail == "quiet"  # one line each, for a log or an editor


@pytest.mark.parametrize("name", CANONICAL)
@pytest.mark.parametrize("detail", ["short", "verbose", "quiet"])
def test_colour_only_repeats_the_words(
    name: str, detail: Literal["short", "verbose", "quiet"]
) -> None:
    plain = render(CANONICAL[name], Look(detail=detail))
    coloured = render(CANONICAL[name], Look(colour=True, detail=detail))
    assert COLOUR.sub("", coloured) == plain
    assert ("\x1b[" in coloured) == (detail != "quiet")


def test_ascii_marks_for_a_terminal_without_others(
    printed: Callable[..., str],
) -> None:
    for name in MOST:
        report = Report.model_validate_json(printed(*words_of(name, printed), "-o", "json"))
        for width in WIDTHS:
            text = render(report, Look(width=width, ascii=True))
            assert text.isascii()
            lines = text.splitlines()
            assert [line for line in lines if len(line) > width and not _to_paste(line)] == []


def test_quiet_says_one_line_for_each_route_that_may_not_take_traffic(
    printed: Callable[..., str],
) -> None:
    lines = printed(*words_of("twelve", printed), "-q").splitlines()
    assert [line.partition(": ")[0] for line in lines[:-1]] == [
        "routes/invalid.yaml:39:3",
        "routes/budget.yaml:40",
        "routes/group.yaml:21",
        "routes/label.yaml:20",
        "routes/retired.yaml:26",
        "routes/seconds.yaml:31",
        "routes/no-job.yaml",
        "routes/no-log.yaml:6",
    ]
    assert lines[-1].startswith("7 of 11 routes may not take traffic, 1 file is invalid")
    assert lines[-1].endswith("Exit code 2.")
    assert "SIMULATED" in lines[-1]


def test_verbose_shows_every_check_with_its_evidence(printed: Callable[..., str]) -> None:
    words = words_of("article", printed)
    report = Report.model_validate_json(printed(*words, "-o", "json"))
    said = " ".join(printed(*words, "-v").split())
    for check in report.routes[0].checks:
        assert f"{check.id}: {check.status}" in said
        for finding in check.findings:
            assert " ".join(finding.message.split()) in said


def test_both_ends_of_detail_at_once_are_a_usage_error(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(root / "examples"), "--offline", "-v", "-q"]) == 2
    assert "-v and -q cannot be combined" in capsys.readouterr().err


def test_money_in_doubt_stands_above_everything_else() -> None:
    job = OpenJob(
        job="j-1",
        state="unfinished",
        gateway="flatkey",
        at_stake="0.48",
        resume="veo-check run r.yaml --spend 2",
        look="veo-check job show j-1 --state .veo-check",
    )
    running = INCONCLUSIVE.routes[0].model_copy(update={"open_job": job})
    for routes in ([running], [READY.routes[0], running]):
        text = render(INCONCLUSIVE.model_copy(update={"routes": routes, "interrupted": True}))
        lines = text.splitlines()
        assert lines[0] == "INTERRUPTED while job j-1 runs at flatkey, $0.48 at stake"
        assert lines[2].strip() == job.resume
        assert lines[4].strip() == job.look


def test_a_job_that_may_have_been_accepted_is_looked_for_and_closed(
    printed: Callable[..., str],
) -> None:
    words = ("examples/flatkey-veo-3.1-fast.yaml", "--scenario", "job-dropped-after")
    for more in (("--spend", "2"), ()):
        text = printed(*words, *more)
        lines = text.splitlines()
        job = "00000000-000001-000000"
        assert lines[0] == f"JOB {job} may have been accepted at flatkey, $0.48 at stake"
        head = " ".join(line.strip() for line in lines[1 : lines.index("")])
        assert "the key's total was $2.50 before and $2.98 after: it grew by $0.48" in head
        assert "look in the gateway's usage log for a row of 2026-11-30" in head
        close = f"veo-check job abandon {job} --state examples/.veo-check"
        assert close in [line.strip() for line in lines[1 : lines.index("")]]
        missing = lines[lines.index("One thing is missing") :]
        assert missing[1].startswith(f"  1. it is not known whether job {job} was accepted")
        assert close in (line.strip() for line in missing)
        assert f"--spend {2}" not in " ".join(missing), "it must not be sent again"
        assert lines[-3].startswith("INCONCLUSIVE for production: ")


def test_a_job_that_goes_on_is_one_cause(printed: Callable[..., str]) -> None:
    route = ("examples/flatkey-veo-3.1-fast.yaml", "--scenario", "job-poll-5xx")
    text = printed(*route, "--spend", "2")
    assert "JOB 00000000-000001-000000 runs at flatkey, $0.48 at stake" in text
    assert "One thing is missing\n  1. job 00000000-000001-000000 has not ended" in text
    assert "-> run again; it continues this job and sends nothing new" in text


def test_a_good_mark_never_stands_beside_an_item_that_is_not() -> None:
    for report in CANONICAL.values():
        for item in report.routes[0].items:
            (line,) = (
                line
                for line in render(report).splitlines()
                if line[4:].startswith(f"{item.title[:17]}")
            )
            assert line.startswith("  ✓") == (item.status == "pass")


def test_routes_of_one_name_and_none_at_all() -> None:
    both = READY.model_copy(update={"routes": [*READY.routes, *NOT_READY.routes] * 20})
    text = render(both.model_copy(update={"verdict": "not-ready"}))
    assert text.splitlines()[-3].startswith("NOT READY: 20 of 40, first storyboard-drafts: ")
    assert "115,200.00" in text  # 40 x 2,880
    assert len(render(READY.model_copy(update={"routes": []})).splitlines()[-3]) > 10


@pytest.mark.parametrize(
    ("terminal", "environment", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"CLICOLOR_FORCE": "1"}, True),
        (False, {"FORCE_COLOR": "0"}, False),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
    ],
)
def test_colour_is_asked_of_the_environment(
    terminal: bool,
    environment: dict[str, str],
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", _Stream(terminal))
    assert wants_colour() is expected


@pytest.mark.parametrize(
    ("columns", "expected"), [("100", 100), ("", 80), ("wide", 80), ("-5", 80), ("²", 80)]
)
def test_a_pipe_has_the_width_of_columns(
    columns: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stdout", _Stream(False))
    assert text_width() == expected


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", False), ("ascii", True), ("cp1252", True), ("?", True)]
)
def test_marks_follow_the_encoding(
    encoding: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", _Stream(False, encoding))
    assert wants_ascii() is expected


class _Stream(io.StringIO):
    def __init__(self, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__()
        self._terminal, self._encoding = terminal, encoding

    def isatty(self) -> bool:
        return self._terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding
