"""`veo-check refresh` as somebody types it: what it prints, writes and returns."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from official_pages import DEPRECATIONS, NONE, deprecations_html, deprecations_md, pricing_md
from rough_server import RoughServer
from veo_check.cli.main import main
from veo_check.core.clock import SystemClock
from veo_check.reference import load
from veo_check.reference.load import (
    REFRESHED_FILE,
    bundled_document,
    load_reference,
    read_document,
    user_data_dir,
)
from veo_check.refresh.upkeep import as_text

DATA = Path(load.__file__).parent / "data"
RunResult = tuple[int, str, str]


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 12, 1, 12, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with captured pages."""
    (tmp_path / "old.html").write_bytes(deprecations_html([(*DEPRECATIONS[1][:2], NONE, "")]))
    (tmp_path / "new.md").write_bytes(deprecations_md([DEPRECATIONS[1]]))
    (tmp_path / "pricing.md").write_bytes(pricing_md())
    (tmp_path / "bad.md").write_bytes(b"# Nothing")
    return tmp_path


@pytest.fixture
def refresh(capfd: pytest.CaptureFixture[str]) -> Callable[..., RunResult]:
    def run(*words: object) -> RunResult:
        capfd.readouterr()
        code = main(["refresh", *map(str, words)])
        return (code, *capfd.readouterr())

    return run


Refresh = Callable[..., RunResult]
VEO = DEPRECATIONS[1][0]


def test_two_captures_and_the_difference_between_them(refresh: Refresh, folder: Path) -> None:
    file = folder / "reference.json"
    code, out, _ = refresh(
        "--deprecations", folder / "old.html", "--read-on", "2026-11-20", "--write", file
    )
    assert code == 0
    assert f"new id: {VEO} on gemini-api: no date announced, released 2025-10-15\n" in out
    # the bundle knew other ids of that page
    assert "row gone: veo-3.1-generate-preview on gemini-api" in out
    assert out.endswith(f"\nWritten: {file}\n")
    code, out, err = refresh(
        "--deprecations", folder / "new.md", "--read-on", "2026-11-21", "--write", file
    )
    digest = out.partition("sha256 ")[2][:64]
    assert (code, err) == (0, f"veo-check: reading {folder / 'new.md'}\n")
    assert out == (
        f"deprecations: {folder / 'new.md'}\n"
        f"  read on 2026-11-21, sha256 {digest}\n"
        f"  date set: {VEO} on gemini-api: 2026-10-22 at the earliest, replacement "
        "gemini-omni-9-flash; until now no date announced\n"
        f"\nWritten: {file}\n"
    )
    assert main(["lifecycle", VEO, "--reference", str(file)]) == 1


def test_the_result_lands_where_later_runs_find_it(refresh: Refresh, folder: Path) -> None:
    target = user_data_dir() / REFRESHED_FILE
    code, out, _ = refresh("--deprecations", folder / "new.md")
    assert (code, target.is_file()) == (0, True)
    assert f"Written: {target}" in out
    book = load_reference(user_dir=user_data_dir())
    assert (book.origin, str(book.compiled)) == (str(target), "2026-12-01")
    # the next one adds to it
    refresh("--pricing", folder / "pricing.md")
    later = read_document(target)
    before = bundled_document()
    for section in ("lifecycle", "prices"):
        rows, known = later[section], before[section]
        assert isinstance(rows, list)
        assert isinstance(known, list)
        assert rows[: len(known)] == known
        assert len(rows) > len(known)


def test_a_page_that_says_nothing_new_confirms_what_is_known(
    refresh: Refresh, folder: Path
) -> None:
    file = folder / "reference.json"
    words = ("--deprecations", folder / "new.md", "--write", file)
    refresh(*words, "--read-on", "2026-11-21")
    code, out, _ = refresh(*words, "--read-on", "2026-11-22")
    assert code == 0
    assert "  says what was known; every row is confirmed anew\n" in out
    code, out, _ = refresh(*words, "--read-on", "2026-11-22")
    assert (code, out.splitlines()[1:]) == (
        0,
        ["  nothing changed: this reading is in the reference already", "", "Nothing was written."],
    )


def test_an_older_reading_writes_nothing(refresh: Refresh, folder: Path) -> None:
    file = folder / "reference.json"
    refresh("--deprecations", folder / "new.md", "--read-on", "2026-11-21", "--write", file)
    before = file.read_bytes()
    code, out, _ = refresh(
        "--deprecations", folder / "old.html", "--read-on", "2026-11-20", "--write", file
    )
    assert (code, file.read_bytes()) == (0, before)
    assert "nothing changed: it was read on 2026-11-20; a reading of 2026-11-21 is known" in out


def test_a_file_that_is_asked_for_is_there_though_nothing_is_new(
    refresh: Refresh, folder: Path
) -> None:
    file = folder / "reference.json"
    code, *_ = refresh(
        "--deprecations", folder / "old.html", "--read-on", "2026-08-01", "--write", file
    )
    assert (code, read_document(file)) == (0, bundled_document())


def test_an_unreadable_page_exits_3_and_the_others_are_written(
    refresh: Refresh, folder: Path
) -> None:
    file = folder / "reference.json"
    code, out, _ = refresh(
        *("--deprecations", folder / "bad.md", "--pricing", folder / "pricing.md"),
        *("--write", file),
    )
    assert (code, file.exists()) == (3, True)
    assert "  could not be read: it has no Veo table" in out
    code, out, _ = refresh("--deprecations", folder / "bad.md", "--write", folder / "x.json")
    assert (code, (folder / "x.json").exists()) == (3, False)
    assert out.endswith("Nothing was written.\n")


def test_json_says_the_same(refresh: Refresh, folder: Path) -> None:
    file = folder / "reference.json"
    code, out, _ = refresh(
        *("--pricing", folder / "bad.md", "--deprecations", folder / "new.md"),
        *("--write", file, "-o", "json", "-o", f"text:{folder / 'report.txt'}"),
    )
    report = json.loads(out)
    assert (code, report["read_on"], report["written"]) == (3, "2026-12-01", [str(file)])
    first, second = report["pages"]
    assert (first["page"], first["state"], len(first["sha256"])) == ("deprecations", "read", 64)
    assert {
        "kind": "new-id",
        "model": VEO,
        "surface": "gemini-api",
        "text": f"new id: {VEO} on gemini-api: 2026-10-22 at the earliest, released 2025-10-15, "
        "replacement gemini-omni-9-flash",
    } in first["changes"]
    assert (second["page"], second["state"], second["changes"]) == ("pricing", "unreadable", [])
    assert "could not be read" in (folder / "report.txt").read_text(encoding="utf-8")


def test_a_page_on_this_machine_may_be_read_over_http(refresh: Refresh, folder: Path) -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        page = deprecations_md()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + page)

    server = RoughServer(serve)
    try:
        code, out, _ = refresh(
            "--deprecations", f"{server.url}/dates", "--write", folder / "reference.json"
        )
    finally:
        server.close()
    assert (code, len(server.requests)) == (0, 1)
    assert f"new id: {VEO}" in out


USAGE = {
    "plain http": (("--pricing", "http://mirror.example/x"), "plain http"),
    "no address": (("--pricing", "ftp://mirror.example/x"), "must be an http"),
    "no page": (("--pricing", ""), "names no page"),
    "no day": (("--pricing", "x", "--read-on", "2026-02-30"), "YYYY-MM-DD"),
    "a day to come": (("--pricing", "x", "--read-on", "2026-12-02"), "is still to come"),
    "a day for no capture": (("--read-on", "2026-11-01"), "is for captured pages"),
    "no folder": (("--pricing", "x", "--write", "{tmp}/gone/all.json"), "is not a folder"),
    "no format": (("-o", "xml"), "no such format"),
    "no reference": (("--pricing", "x", "--reference", "{tmp}/gone.json"), "cannot be read"),
    "two targets": (("--write", "a.json", "--write-bundle", "."), "cannot be given together"),
    "ages and pages": (("--check-age", "30", "--pricing", "x"), "reads no page"),
    "a negative age": (("--check-age", "-1"), "--check-age"),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage_errors_exit_2_before_anything_is_read(
    name: str, refresh: Refresh, tmp_path: Path
) -> None:
    words, said = USAGE[name]
    code, out, err = refresh(*(word.replace("{tmp}", str(tmp_path)) for word in words))
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_that_is_no_reference_is_not_overwritten(refresh: Refresh, folder: Path) -> None:
    notes = folder / "notes.txt"
    notes.write_text("mine", encoding="utf-8")
    code, _, err = refresh("--deprecations", folder / "new.md", "--write", notes)
    assert (code, notes.read_text(encoding="utf-8")) == (2, "mine")
    assert "is not a JSON reference file" in err


def test_starting_elsewhere_does_not_lose_what_is_there(refresh: Refresh, folder: Path) -> None:
    base, there = folder / "base.json", folder / "there.json"
    for file in (base, there):
        file.write_text(as_text(bundled_document()), encoding="utf-8")
    words = ("--deprecations", folder / "new.md", "--reference", base)
    code, _, err = refresh(*words, "--write", there)
    assert code == 2
    assert "its rows would be lost" in err
    assert refresh(*words, "--write", folder / "new.json")[0] == 0
    assert refresh(*words, "--write", base)[0] == 0


def test_a_target_that_cannot_be_replaced_leaves_nothing_behind(
    refresh: Refresh, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    before = sorted(folder.iterdir())
    code, _, err = refresh("--deprecations", folder / "new.md", "--write", folder / "x.json")
    assert (code, sorted(folder.iterdir())) == (2, before)
    assert "cannot be written: No space left on device" in err


def test_a_link_is_kept_and_what_it_leads_to_is_replaced(refresh: Refresh, folder: Path) -> None:
    real, link = folder / "real.json", folder / "link.json"
    real.write_text(as_text(bundled_document()), encoding="utf-8")
    link.symlink_to(real)
    assert refresh("--deprecations", folder / "new.md", "--write", link)[0] == 0
    assert link.is_symlink()
    assert read_document(real)["compiled"] == "2026-12-01"


def test_maintainers_write_the_packages_own_files(refresh: Refresh, folder: Path) -> None:
    data = folder / "data"
    shutil.copytree(DATA, data)
    code, out, _ = refresh("--deprecations", folder / "new.md", "--write-bundle", data)
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("Written")] == [
        f"Written: {data / name}" for name in ("capabilities.json", "lifecycle.json", "prices.json")
    ]
    before, after = (
        (place / "lifecycle.json").read_text(encoding="utf-8").splitlines()
        for place in (DATA, data)
    )
    # rows and a source are added, the day is moved: all else stays
    kept = [line for line in before if line not in after]
    assert len(kept) == 2
    assert (data / "prices.json").read_text(encoding="utf-8").count("\n") == (
        (DATA / "prices.json").read_text(encoding="utf-8").count("\n")
    )
    assert load_reference(user_dir=user_data_dir()).origin == "bundled"


def test_nothing_new_leaves_the_packages_files_alone(refresh: Refresh, folder: Path) -> None:
    code, out, _ = refresh("--deprecations", folder / "bad.md", "--write-bundle", folder)
    assert (code, list(folder.glob("*.json"))) == (3, [])
    assert refresh("--deprecations", folder / "new.md", "--write-bundle", folder / "no")[0] == 2
    assert "Nothing was written." in out


def test_old_rows_are_listed_with_the_command_that_confirms_each(refresh: Refresh) -> None:
    code, out, err = refresh("--check-age", "30")
    assert (code, err) == (3, "")
    for row, command in (
        ("life:gemini-api:gemini-omni-1.1-flash:google-deprecations-2026-10", "veo-check refresh"),
        (
            "price:agent-platform:veo-3.1-fast-generate-001:720p:audio:google",
            "veo-check refresh --knowledge",
        ),
        (
            "cap:agent-platform:gemini-omni-1.1-flash-preview:google-omni-1.1-model-page-2026-09",
            "veo-check refresh --models URL, the address of its model page",
        ),
    ):
        [block] = [part for part in out.split(" days old: ") if part.startswith(f"{row}\n")]
        assert block.splitlines()[2] == f"    {command}"
    assert "171 rows in force, 9 of them by hand:\n" in out
    code, out, _ = refresh("--check-age", "36500")
    assert code == 0
    assert out.startswith("No row in force is older than 36500 days.\n171 rows in force")


def test_the_ages_of_another_file_can_be_asked_for(refresh: Refresh, folder: Path) -> None:
    file = folder / "reference.json"
    refresh("--deprecations", folder / "new.md", "--write", file)
    _, of_bundle, _ = refresh("--check-age", "45")
    _, of_file, _ = refresh("--check-age", "45", "--reference", file)
    assert "/gemini-api/docs/deprecations" in of_bundle
    assert "/gemini-api/docs/deprecations" not in of_file


def test_its_help_has_an_example_and_hides_the_maintainers_option(refresh: Refresh) -> None:
    code, out, _ = refresh("--help")
    assert code == 0
    assert "Example: veo-check refresh --pricing pricing.md.txt" in " ".join(out.split())
    assert "--write-bundle" not in out
