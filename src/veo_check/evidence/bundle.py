"""Evidence bundles: everything that one run stood on, so that it can be judged again offline.

    manifest.json             the SHA-256 of every other file
    report.json               the report of the run
    run.json                  the day judged, the options, the version
    checklist.json            what was asked for
    exchanges.json            every request and answer, redacted, as recorded
    reference.json            the reference data, whole
    routes/1/route.yaml       the route file (and extends.yaml where it extends one)
    routes/1/facts/….json     one file a fact; ….missing.json says why there is none
    routes/1/used.json        the reference rows that the verdict stood on
    routes/1/fallbacks/0/….   the same facts of each fallback route

This module reads and writes; judging again is the engine's work.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar, cast

from veo_check.core.clock import Judging
from veo_check.core.findings import Uses
from veo_check.evidence.fact_files import Facts, fact_files, read_facts, read_record
from veo_check.evidence.manifest import MANIFEST, manifest_of
from veo_check.evidence.records import UnreadableRecordError, to_text
from veo_check.http.exchange import Exchange

T = TypeVar("T")
_MOST_ROUTES = 2000


@dataclass(frozen=True, slots=True)
class LeaveRecord:
    """What the person running the command allowed: variable and origin of each key."""

    keys: tuple[tuple[str, ...], ...]
    http_hosts: tuple[str, ...]
    trust_env: bool


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """What is kept of a route besides its file and facts. `paid`: the state folder was asked."""

    name: str
    file: str
    paid: bool
    spent: Decimal
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The wishes of a run that its verdicts depend on."""

    tool_version: str
    judging: Judging
    target: str | None
    only: tuple[str, ...]
    skip: tuple[str, ...]
    strict: bool
    offline: bool
    inconclusive: Literal["own", "fail", "pass"]
    allow_plugins: tuple[str, ...]
    scenario: str | None
    leave: LeaveRecord
    reference_origin: str
    routes: tuple[RouteRecord, ...]


@dataclass(frozen=True, slots=True)
class RequirementRecord:
    """One check of an item; `tier` None requires it for nothing."""

    check: str
    tier: str | None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One item of the checklist."""

    id: str
    title: str
    why: str
    evidence: str
    checks: tuple[RequirementRecord, ...]


@dataclass(frozen=True, slots=True)
class ChecklistRecord:
    """The checklist that the run judged by."""

    name: str
    title: str
    items: tuple[ItemRecord, ...]


@dataclass(frozen=True, slots=True)
class _Exchanges:
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class _Used:
    rows: tuple[Uses, ...]


@dataclass(frozen=True, slots=True)
class RouteEvidence:
    """One route's file and facts. `fallbacks`: the facts of each target by its index."""

    text: bytes
    extended: bytes | None
    facts: Facts
    fallbacks: Mapping[int, Facts]
    used: tuple[Uses, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """All of a run. `report` and `reference` are JSON texts."""

    run: RunRecord
    report: bytes
    checklist: ChecklistRecord
    exchanges: tuple[Exchange, ...]
    reference: bytes
    routes: tuple[RouteEvidence, ...]


def bundle_files(bundle: Bundle) -> dict[str, bytes]:
    """The bundle as files by name, without the manifest."""
    files = {
        "report.json": bundle.report,
        "run.json": to_text(bundle.run).encode(),
        "checklist.json": to_text(bundle.checklist).encode(),
        "exchanges.json": to_text(_Exchanges(bundle.exchanges)).encode(),
        "reference.json": bundle.reference,
    }
    for number, route in enumerate(bundle.routes, start=1):
        above = f"routes/{number}"
        files[f"{above}/route.yaml"] = route.text
        if route.extended is not None:
            files[f"{above}/extends.yaml"] = route.extended
        files |= fact_files(route.facts, f"{above}/facts")
        for index, facts in route.fallbacks.items():
            files |= fact_files(facts, f"{above}/fallbacks/{index}")
        files[f"{above}/used.json"] = to_text(_Used(route.used)).encode()
    return files


def write_bundle(folder: Path, name: str, bundle: Bundle) -> Path:
    """Write the bundle as a folder of `folder`, all of it or nothing; with the path it got.

    A number is added to a name that is taken. Raises OSError.
    """
    files = bundle_files(bundle)
    manifest = manifest_of(files, bundle.run.tool_version)
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".tmp-{secrets.token_hex(8)}"
    try:
        for file, content in {**files, MANIFEST: manifest}.items():
            path = beside / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return _put(beside, folder, name)
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _put(beside: Path, folder: Path, name: str) -> Path:
    for number in range(1, 10_000):
        place = folder / (name if number == 1 else f"{name}-{number}")
        if place.exists():
            continue
        try:
            return beside.rename(place)
        except OSError:
            if not place.exists():
                raise
    raise FileExistsError(f"{folder / name} is taken")


def read_bundle(files: Mapping[str, bytes]) -> Bundle:
    """The bundle that these files hold. Raises UnreadableRecordError, naming the file."""
    run = _record(RunRecord, files, "run.json")
    routes = [_route(number, files) for number in range(1, len(run.routes) + 1)]
    if len(routes) > _MOST_ROUTES:
        raise UnreadableRecordError("run.json: holds too many routes")
    return Bundle(
        run=run,
        report=_file(files, "report.json"),
        checklist=_record(ChecklistRecord, files, "checklist.json"),
        exchanges=_record(_Exchanges, files, "exchanges.json").exchanges,
        reference=_file(files, "reference.json"),
        routes=tuple(routes),
    )


def _route(number: int, files: Mapping[str, bytes]) -> RouteEvidence:
    above = f"routes/{number}"
    prefix = f"{above}/fallbacks/"
    indexes = {
        name.removeprefix(prefix).partition("/")[0] for name in files if name.startswith(prefix)
    }
    if not all(index.isdecimal() and len(index) < 5 for index in indexes):
        raise UnreadableRecordError(f"{prefix}: fallback routes are numbered")
    return RouteEvidence(
        text=_file(files, f"{above}/route.yaml"),
        extended=files.get(f"{above}/extends.yaml"),
        facts=read_facts(files, f"{above}/facts"),
        fallbacks={int(index): read_facts(files, f"{prefix}{index}") for index in sorted(indexes)},
        used=_record(_Used, files, f"{above}/used.json").rows,
    )


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise UnreadableRecordError(f"{name}: is not in the bundle")
    return files[name]


def _record(kind: type[T], files: Mapping[str, bytes], name: str) -> T:
    return cast("T", read_record(kind, _file(files, name), name))
