"""`veo-check scan` as somebody types it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from small_reference import document, row
from veo_check.cli.main import main
from veo_check.core.clock import SystemClock


@dataclass(frozen=True)
class RunResult:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., RunResult]
DEAD, SOON, SURE, ODD = "veo-dead-001", "veo-soon-001", "veo-sure-001", "veo-9.9-odd"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and a small reference beside it."""
    (tmp_path / "reference.json").write_text(
        json.dumps(
            document(
                row("2026-10-01", model=DEAD, replacement=SURE),
                row("2026-12-24", model=SOON, replacement=DEAD),
                row(model=SURE),
                row(model="sora-2", surface="openai"),
                row("2026-10-01", model="sora-2", surface="other"),
            )
        )
    )
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 11, 22, 12, tzinfo=UTC))
    return folder


@pytest.fixture
def veo(folder: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object, reference: bool = True) -> RunResult:
        capfd.readouterr()
        named = ["--reference", "../reference.json"] if reference else []
        code = main(["scan", *(str(one) for one in words), *named])
        return RunResult(code, *capfd.readouterr())

    return run


def test_a_litellm_alias_is_no_id(veo: Command, folder: Path) -> None:
    (folder / "c.yaml").write_text(
        f"model_list:\n  - model_name: veo-7-ours\n    litellm_params: {{model: gemini/{ODD}}}\n"
    )
    assert [hit["id"] for hit in veo(".", "-o", "json").json["hits"]] == [ODD]
    (folder / "c.yaml").write_text("model_name: veo-7-ours\n")
    assert [hit["id"] for hit in veo(".", "-o", "json").json["hits"]] == ["veo-7-ours"]


def test_json_is_the_documented_shape(veo: Command, folder: Path) -> None:
    (folder / "a.py").write_text(f'x = 1\nmodel = "models/{SOON}"\n')
    (folder / "b.env").write_text(f"A={SURE}\nB={ODD}\n")
    (folder / "c.bin").write_bytes(b"\0")
    ran = veo(".", "-o", "json")
    assert (ran.code, ran.err) == (1, "")
    assert ran.json == {
        "files": 2,
        "skipped": 1,
        "more": 0,
        "hits": [
            {
                "file": "a.py",
                "line": 2,
                "column": 17,
                "id": SOON,
                "state": "retiring",
                "replacement": SURE,
            },
            {
                "file": "b.env",
                "line": 1,
                "column": 3,
                "id": SURE,
                "state": "alive",
                "replacement": None,
            },
            {
                "file": "b.env",
                "line": 2,
                "column": 3,
                "id": ODD,
                "state": "unknown",
                "replacement": None,
            },
        ],
    }


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("", (), 0),
        (SURE, (), 0),
        (SOON, (), 1),
        (SOON, ("--within", "10"), 0),
        (DEAD, (), 1),
        (DEAD, ("--as-of", "2026-05-01"), 0),
        (ODD, (), 3),
        (f"{ODD} {DEAD}", (), 1),
        (f"{ODD} {SURE}", (), 3),
        (SURE, ("--as-of", "2027-06-01"), 3),  # read too long ago
        ("sora-2", (), 1),  # the worst surface decides
        ("sora-2", ("--surface", "openai"), 0),
        (SURE, ("--surface", "openai"), 3),  # no row there
    ],
)
def test_exit_codes(
    veo: Command, folder: Path, text: str, options: tuple[str, ...], code: int
) -> None:
    (folder / "a.txt").write_text(text)
    for output in ("text", "json", "sarif", "github"):
        assert veo(".", "-o", output, *options).code == code


def test_text_names_places_and_says_what_to_do(veo: Command, folder: Path) -> None:
    (folder / "a.py").write_text(f'model = "{SOON}"\nother = "{SURE}"\n')
    ran = veo(".")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        f"a.py:1:10: {SOON}: retiring\n"
        f"a.py:2:10: {SURE}: alive\n"
        "\n"
        f"{SOON} (once): retiring on agent-platform. The announced shutdown is 2026-12-24, in 32 "
        f"days. Source: Google, read 2026-11-20. Its replacement {DEAD} is retired too: "
        f"move to {SURE}.\n"
        "\n"
        "2 ids in 1 file: 1 alive, 1 retired or soon, 0 not known. Judged for 2026-11-22, "
        f"reference ../reference.json of 2026-11-22.\n"
    )


def test_another_day_is_said_to_be_hypothetical(veo: Command) -> None:
    assert "Judged for 2026-12-01 (hypothetical)" in veo(".", "--as-of", "2026-12-01").out


def test_the_bundled_reference_judges_the_article_s_ids(veo: Command, folder: Path) -> None:
    (folder / "app.py").write_text('m = "veo-3.1-generate-preview"\n')
    ran = veo("app.py", "-o", "json", reference=False)
    assert ran.code == 1
    assert ran.json["hits"][0]["state"] == "retired"
    assert ran.json["hits"][0]["replacement"] == "gemini-omni-1.2-flash"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gone",), "no such file or folder: gone"),
        (("bad\0name",), "no such file or folder: 'bad\\x00name'"),
        ((".", "-o", "xml"), "-o xml: no such format (known: text, json, sarif, github)"),
        ((".", "-o", "json:"), "-o json:: no file after the colon"),
        ((".", "-o", "json:gone/x.json"), "its folder does not exist"),
        ((".", "-o", "json", "-o", "sarif"), "cannot share standard output"),
        ((".", "--surface", "vertex"), "known: agent-platform, openai, other"),
        ((".", "--write-baseline"), "needs --baseline FILE"),
        ((".", "--baseline", "gone.json"), "--baseline gone.json: cannot be read"),
        ((".", "--as-of", "2026-02-30"), "YYYY-MM-DD"),
        ((".", "--within", "-1"), "--within"),
        ((".", "-o", "json:."), "-o: . cannot be written: Is a directory"),
        ((), "PATH"),
    ],
)
def test_usage_errors_exit_2(veo: Command, words: tuple[str, ...], said: str) -> None:
    ran = veo(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_what_could_not_be_read_is_a_hole(
    veo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.py").write_text(SURE)
    (folder / "b\x1b[31m.py").write_text(DEAD)
    real = os.open

    def refuse(path: str, flags: int, *rest: int) -> int:
        if "b\x1b" in str(path):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    ran = veo(".", "-o", "json")
    assert ran.code == 3
    assert (ran.json["files"], ran.json["skipped"]) == (1, 1)
    assert ran.err == "veo-check: skipped 'b\\x1b[31m.py': cannot be read: Permission denied\n"
    assert "1 not readable" in veo(".").out
    assert "::warning file=b.py,title=not scanned::" in veo(".", "-o", "github").out
    notes = veo(".", "-o", "sarif").json["runs"][0]["invocations"][0]
    assert notes["toolExecutionNotifications"][0]["level"] == "warning"


def test_many_skipped_files_are_not_all_named(veo: Command, folder: Path) -> None:
    for number in range(25):
        (folder / f"{number}.txt").write_bytes(b"x" * (1 << 20) + b"y")
    ran = veo(".", "--max-size", "1")
    assert ran.code == 0
    assert ran.err.count("\n") == 21
    assert ran.err.endswith("skipped 5 more\n")


def test_an_ignore_counts_through_its_day(veo: Command, folder: Path) -> None:
    (folder / "a.py").write_text(f"m = '{DEAD}'  # veo-check: ignore[{DEAD}] until 2026-11-22\n")
    ran = veo(".")
    assert (ran.code, ran.out.split(". ")[0]) == (0, "0 ids in 1 file; 1 ignored inline")
    late = veo(".", "--as-of", "2026-11-23")
    assert late.code == 1
    assert f"a.py:1:6: {DEAD}: retired (its ignore expired on 2026-11-22)\n" in late.out
    expired = "Its inline ignore expired on 2026-11-22."
    assert expired in veo(".", "--as-of", "2026-11-23", "-o", "github").out
    # another day does not bring an expired one back
    (folder / "a.py").write_text(f"m = '{DEAD}'  # veo-check: ignore[{DEAD}] until 2026-11-21\n")
    assert veo(".", "--as-of", "2026-10-20").code == 1


def test_an_ignore_without_a_day_covers_nothing_and_says_so(veo: Command, folder: Path) -> None:
    (folder / "a.py").write_text(f"m = '{DEAD}'  # veo-check: ignore[{DEAD}]\n")
    ran = veo(".")
    assert ran.code == 1
    assert f"a.py:1: the ignore has no day and covers nothing; write veo-check: ignore[{DEAD}]" in (
        ran.err
    )


def test_a_baseline_hides_what_was_there_and_nothing_else(veo: Command, folder: Path) -> None:
    (folder / "a.py").write_text(f"'{DEAD}' '{SOON}' '{SURE}'\n")
    written = veo(".", "--baseline", "base.json", "--write-baseline")
    assert (written.code, written.out) == (0, "")
    assert written.err == "veo-check: base.json: 2 ids recorded\n"
    assert json.loads((folder / "base.json").read_text()) == {
        "version": 1,
        "hits": [
            {"file": "a.py", "id": DEAD, "state": "retired", "count": 1},
            {"file": "a.py", "id": SOON, "state": "retiring", "count": 1},
        ],
    }
    # the baseline itself holds ids, and is not looked at
    same = veo(".", "--baseline", "base.json")
    assert (same.code, same.err) == (0, "")
    assert "1 id in 1 file: 1 alive" in same.out
    assert "2 in the baseline" in same.out
    # lines may move
    (folder / "a.py").write_text(f"\n\n'{SOON}' '{DEAD}'\n")
    assert veo(".", "--baseline", "base.json").code == 0
    # one more place is one too many
    (folder / "a.py").write_text(f"'{DEAD}'\n'{DEAD}'\n'{SOON}'\n")
    more = veo(".", "--baseline", "base.json", "-o", "json")
    assert [(hit["line"], hit["id"]) for hit in more.json["hits"]] == [(2, DEAD)]


def test_what_got_worse_is_reported_again(veo: Command, folder: Path) -> None:
    (folder / "a.py").write_text(f"'{SOON}'\n")
    veo(".", "--baseline", "base.json", "--write-baseline")
    later = veo(".", "--baseline", "base.json", "--as-of", "2026-12-25")
    assert later.code == 1
    assert "1 places that are gone or have changed, such as veo-soon-001 (retiring)" in later.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "no baseline of version 1"),
        ('{"version": 2, "hits": []}', "no baseline of version 1"),
        ('{"version": 1, "hits": [1]}', "hits[0] needs file, id, state and a count"),
        (
            '{"version": 1, "hits": [{"file": "a", "id": "b", "state": "c", "count": true}]}',
            "count",
        ),
        ('{"version": 1, "hits": [{"file": "a", "id": "b", "state": "c", "count": 0}]}', "count"),
        ('{"version": 1, "hits": [{"file": "a", "id": 2, "state": "c", "count": 1}]}', "needs"),
    ],
)
def test_a_broken_baseline_exits_2(veo: Command, folder: Path, text: str, said: str) -> None:
    (folder / "base.json").write_text(text)
    ran = veo(".", "--baseline", "base.json")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_sarif_is_what_the_schema_asks_for(veo: Command, folder: Path, shared: Path) -> None:
    (folder / "a b%é.py").write_text(f"'{DEAD}'\n'{ODD}' '{SURE}'\n")
    ran = veo(".", "-o", "sarif")
    schema = json.loads((shared / "schemas" / "sarif-schema-2.1.0.json").read_text())
    jsonschema.validate(ran.json, schema)
    (run,) = ran.json["runs"]
    uri = "a%20b%25%C3%A9.py"
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert [
        (one["ruleId"], one["level"], place["artifactLocation"]["uri"], place["region"])
        for one, place in zip(run["results"], places, strict=True)
    ] == [
        ("scan/retired", "error", uri, {"startLine": 1, "startColumn": 2, "endColumn": 14}),
        ("scan/unknown", "warning", uri, {"startLine": 2, "startColumn": 2, "endColumn": 13}),
    ]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "scan/retired",
        "scan/unknown",
    ]
    absolute = veo(folder / "a b%é.py", "-o", "sarif").json["runs"][0]["results"][0]
    assert absolute["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_annotations_mark_the_line(veo: Command, folder: Path) -> None:
    (folder / "a.py").write_text(f"'{DEAD}' '{SURE}'\n")
    assert veo(".", "-o", "github").out == (
        "::error file=a.py,line=1,col=2,title=video model retired::"
        f"{DEAD}: retired on agent-platform. The model was shut down on 2026-10-01. "
        f"Source: Google, read 2026-11-20. Move to {SURE}.\n"
    )


@pytest.mark.parametrize(
    "name",
    [
        "]]>.py", "a\n::error::x.py", "\x1b[31mred.py", "a,line=9::b.py", "::error::x.py",
        "100%.py", "\u202egnp.py", "##[error]x.py",
    ],
)  # fmt: skip
def test_hostile_names_stay_names(veo: Command, folder: Path, name: str) -> None:
    (folder / name).write_text(f"'{DEAD}'\n")
    for output in ("text", "github"):
        out = veo(".", "-o", output).out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "##[" not in out
        commands = [line for line in out.splitlines() if line.startswith("::")]
        assert len(commands) == (output == "github")
        assert all(line.count("::") == 2 for line in commands)
    assert veo(".", "-o", "json").json["hits"][0]["file"] == name
    assert veo(".", "-o", "sarif").json["runs"][0]["results"][0]["ruleId"] == "scan/retired"


def test_a_name_that_is_no_text_at_all(veo: Command, folder: Path) -> None:
    (folder / os.fsdecode(b"\xff.py")).write_text(f"'{DEAD}'\n")
    for output in ("text", "json", "sarif", "github"):
        assert veo(".", "-o", output).code == 1
    written = veo(".", "-o", "text:out.txt", "--baseline", "b.json", "--write-baseline")
    assert written.code == 0
    assert veo(".", "--baseline", "b.json").code == 0


def test_several_outputs_and_none_of_them_is_looked_at(veo: Command, folder: Path) -> None:
    (folder / "a.py").write_text(f"'{DEAD}'\n")
    for _ in range(2):
        ran = veo(".", "-o", "json:out.json", "-o", "sarif:out.sarif", "-o", "github")
        assert ran.code == 1
        assert ran.out.count("::error") == 1
        assert json.loads((folder / "out.json").read_text())["files"] == 1


def test_colour_is_for_terminals(veo: Command, folder: Path) -> None:
    from veo_check.cli.scan_formats import Shown, render
    from veo_check.core.clock import AsOf
    from veo_check.reference.load import load_reference
    from veo_check.scan.ids import IdFinder
    from veo_check.scan.judged import judge_hits
    from veo_check.scan.scanner import scan

    (folder / "a.py").write_text("sora-2\n")
    book = load_reference()
    seen = scan(["."], IdFinder.of(book.models()))
    day = SystemClock().now().date()
    judging = AsOf(day, day)
    hits, _ = judge_hits(seen.found, book, None, judging)
    shown = Shown(seen, hits, 0, 0, judging, book)
    assert "sora-2: \x1b[31mretired\x1b[0m\n" in render("text", shown, colour=True)
    assert "\x1b" not in veo(".").out


def test_the_help_has_an_example_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Example: veo-check scan . -o github -o sarif:veo-scan.sarif" in said
    assert "Exit codes: 0 all ids live beyond the horizon" in said


@pytest.mark.parametrize(("word", "code"), [("own", 3), ("fail", 1), ("pass", 0)])
def test_what_is_not_known_ends_as_asked(veo: Command, folder: Path, word: str, code: int) -> None:
    (folder / "a.py").write_text("'veo-99-odd'\n")
    assert veo(".", f"--inconclusive={word}").code == code
    (folder / "b.py").write_text(f"'{DEAD}'\n")
    assert veo(".", f"--inconclusive={word}").code == 1, "never what is known to be wrong"


def test_a_file_that_cannot_be_read_is_never_passed(veo: Command, folder: Path) -> None:
    (folder / "gone.py").symlink_to(folder / "nowhere.py")
    assert veo("gone.py", "--inconclusive=pass").code == 3
    wrong = veo(".", "--inconclusive=maybe")
    assert (wrong.code, "--inconclusive maybe: choose one of" in wrong.err) == (2, True)
