"""A bundle is written whole or not at all, and read with distrust."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from veo_check.core.clock import AsOf
from veo_check.core.facts import GatewayStatus, KeyAnswer, Missing
from veo_check.core.findings import ReferenceUse, Tier
from veo_check.core.secrets import AllowList
from veo_check.evidence.bundle import (
    MANIFEST,
    Bundle,
    NotABundleError,
    RouteEvidence,
    RouteRecord,
    RunRecord,
    bundle_files,
    manifest_of,
    read_bundle,
    read_files,
    write_bundle,
)
from veo_check.evidence.records import UnreadableRecordError
from veo_check.http.answers import Exchange
from veo_check.routefile.checklist import Checklist, Item, Requirement

DAY = date(2026, 11, 22)
BUNDLE = Bundle(
    run=RunRecord(
        tool_version="0.1.0",
        judging=AsOf(DAY, DAY),
        target=None,
        only=frozenset(),
        skip=frozenset({"price-agrees"}),
        strict=False,
        offline=False,
        inconclusive="own",
        allow_plugins=frozenset(),
        scenario="healthy",
        leave=AllowList(
            frozenset({("MY_KEY", "https://gateway.example")}), frozenset({"gateway"}), False
        ),
        reference_origin="bundled",
        routes=(RouteRecord("drafts", "routes/drafts.yaml", True, Decimal("0.48"), ("paid",)),),
    ),
    report=b"{}\n",
    checklist=Checklist(
        "mine",
        "Mine",
        (
            Item(
                "price",
                "Price",
                "why",
                "what",
                (Requirement("price-unit", None), Requirement("price-agrees", Tier.STAGING)),
            ),
        ),
    ),
    exchanges=(Exchange("x1", "GET", "https://a.example", None, 200, 41, "{}"),),
    reference=b"{}\n",
    routes=(
        RouteEvidence(
            text=b"version: 1\n",
            extended=b"version: 1\n",
            facts={
                KeyAnswer: KeyAnswer("accepted", 200, None, ("x1",)),
                GatewayStatus: Missing("gateway-status", "offline", "no network"),
            },
            fallbacks={2: {KeyAnswer: KeyAnswer("refused", 401)}},
            used=(ReferenceUse("price:a", "price", DAY),),
        ),
    ),
)
NAMES = {
    "report.json",
    "run.json",
    "checklist.json",
    "exchanges.json",
    "reference.json",
    "routes/1/route.yaml",
    "routes/1/extends.yaml",
    "routes/1/facts/key-answer.json",
    "routes/1/facts/gateway-status.missing.json",
    "routes/1/fallbacks/2/key-answer.json",
    "routes/1/used.json",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "evidence", "20261122T120000Z-ready", BUNDLE)


def test_what_was_written_reads_back(place: Path) -> None:
    read = read_files(place)
    assert read.altered == ()
    assert set(read.files) == NAMES
    assert read_bundle(read.files) == BUNDLE


def test_only_the_bundle_is_left_in_its_folder(place: Path) -> None:
    assert [one.name for one in place.parent.iterdir()] == ["20261122T120000Z-ready"]
    found = {one.relative_to(place).as_posix() for one in place.rglob("*") if one.is_file()}
    assert found == NAMES | {MANIFEST}


def test_a_name_that_is_taken_gets_a_number(place: Path) -> None:
    second = write_bundle(place.parent, place.name, BUNDLE)
    third = write_bundle(place.parent, place.name, BUNDLE)
    assert [second.name, third.name] == [f"{place.name}-2", f"{place.name}-3"]


def test_nothing_is_left_of_a_bundle_that_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []

    def full_after_three(path: Path, content: bytes) -> int:
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(path)
        return 0

    monkeypatch.setattr(Path, "write_bytes", full_after_three)
    with pytest.raises(OSError, match="No space"):
        write_bundle(tmp_path / "evidence", "name", BUNDLE)
    assert list((tmp_path / "evidence").iterdir()) == []


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_changed_file_is_named(name: str, place: Path) -> None:
    content = (place / name).read_bytes()
    (place / name).write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert _altered(place) == [(name, "is not what the manifest says: its hash differs")]
    (place / name).write_bytes(content + b"\n")
    assert _altered(place) == [(name, f"is longer than {len(content)} bytes")]
    (place / name).unlink()
    assert _altered(place) == [(name, "is missing")]


def test_a_file_that_was_added_is_named(place: Path) -> None:
    (place / "routes/1/facts/catalog.json").write_text("{}")
    assert _altered(place) == [("routes/1/facts/catalog.json", "is not in the manifest")]


def test_links_are_not_followed(place: Path, tmp_path: Path) -> None:
    same = tmp_path / "same.json"
    (place / "run.json").rename(same)
    (place / "run.json").symlink_to(same)
    assert [one[0] for one in _altered(place)] == ["run.json"]
    (place / "run.json").unlink()
    same.rename(place / "run.json")
    (place / "routes/1").rename(tmp_path / "1")
    (place / "routes/1").symlink_to(tmp_path / "1")
    said = dict(_altered(place))
    assert said["routes/1/used.json"] == "is behind routes/1, which is not a folder"
    assert said["routes/1"] == "is not in the manifest"


def test_a_pipe_does_not_hang(place: Path) -> None:
    (place / "run.json").unlink()
    os.mkfifo(place / "run.json")
    assert _altered(place) == [("run.json", "is not a plain file")]


@pytest.mark.parametrize(
    "name",
    [
        "../run.json",
        "/etc/passwd",
        "routes/../../x",
        "a//b",
        ".hidden",
        "a\\b",
        "c:d",
        MANIFEST,
        "",
    ],
)
def test_names_stay_inside(name: str, place: Path) -> None:
    manifest = json.loads((place / MANIFEST).read_text())
    manifest["files"][name] = {"sha256": "0" * 64, "size": 3}
    _rewrite(place, manifest)
    with pytest.raises(NotABundleError, match="is not the name of a file"):
        read_files(place)
    with pytest.raises(ValueError, match="cannot be the name"):
        manifest_of({name: b""}, "0.1.0")


def _swell(manifest: dict[str, dict[str, object]]) -> None:
    manifest["files"]["run.json"] = {"sha256": "0" * 64, "size": 64 * 1024**2 + 1}


def _swell_together(manifest: dict[str, dict[str, object]]) -> None:
    for name in manifest["files"]:
        manifest["files"][name] = {"sha256": "0" * 64, "size": 64 * 1024**2}


def _multiply(manifest: dict[str, dict[str, object]]) -> None:
    for number in range(20_001):
        manifest["files"][f"f{number}"] = {"sha256": "", "size": 0}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_swell, "cannot have 67108865 bytes"),
        (_swell_together, "too large together"),
        (_multiply, "more than 20000 files"),
    ],
)
def test_sizes_are_limited_before_anything_is_read(
    change: Callable[[dict[str, dict[str, object]]], None], said: str, place: Path
) -> None:
    manifest = json.loads((place / MANIFEST).read_text())
    change(manifest)
    _rewrite(place, manifest)
    with pytest.raises(NotABundleError, match=said):
        read_files(place)


@pytest.mark.parametrize("text", ["", "{}", "[]", "\x00", "{" * 5000, '{"format": "other"}', "ÿ"])
def test_a_folder_without_a_manifest_is_no_bundle(text: str, tmp_path: Path) -> None:
    with pytest.raises(NotABundleError, match=r"holds no manifest\.json"):
        read_files(tmp_path)
    (tmp_path / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(NotABundleError, match=r"manifest\.json: is not"):
        read_files(tmp_path)


def test_a_file_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotABundleError, match="is not a folder"):
        read_files(tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.json", b"{}", "run.json: the record has no field"),
        ("run.json", b"\xff", "run.json: is not UTF-8 text"),
        ("exchanges.json", b"[1]", "exchanges.json: the record is not what belongs there"),
        ("routes/1/facts/oracle.json", b"{}", "oracle.json: no fact is called so"),
        ("routes/1/facts/key-answer.missing.json", b"{}", "or it is there twice"),
        ("routes/1/fallbacks/x/key-answer.json", b"{}", "fallback routes are numbered"),
        ("routes/1/facts/key-answer.json", b"{}", "key-answer.json: the record has no field"),
    ],
)
def test_parts_that_do_not_fit_are_named(name: str, content: bytes, said: str) -> None:
    with pytest.raises(UnreadableRecordError, match=said):
        read_bundle(bundle_files(BUNDLE) | {name: content})


@pytest.mark.parametrize("name", sorted(NAMES - {"routes/1/extends.yaml"}))
def test_parts_that_are_missing_are_named_or_are_no_facts(name: str) -> None:
    files = bundle_files(BUNDLE)
    del files[name]
    if "/facts/" in name or "/fallbacks/" in name:
        assert read_bundle(files) != BUNDLE
        return
    with pytest.raises(UnreadableRecordError, match=f"{name}: is not in the bundle"):
        read_bundle(files)


def _altered(place: Path) -> list[tuple[str, str]]:
    return [(one.file, one.why) for one in read_files(place).altered]


def _rewrite(place: Path, manifest: dict[str, object]) -> None:
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=True) + "\n"
    (place / MANIFEST).write_text(text)
