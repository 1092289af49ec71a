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

import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar

from veo_check.core.clock import AsOf
from veo_check.core.facts import (
    Catalog,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    Missing,
    OfficialModel,
    ProductionKey,
    ProvenLife,
    SkuPrice,
    SmokeKeyVariable,
)
from veo_check.core.findings import ReferenceUse
from veo_check.core.frozen import dataclass
from veo_check.core.job_log import LogSample
from veo_check.core.reading import NotRegularError, read_limited, why_unread
from veo_check.core.results import ControlledFailure, Delivery, JobResult, ProofStatus, UsageProof
from veo_check.core.secrets import AllowList
from veo_check.evidence.records import UnreadableRecordError, from_text, to_text
from veo_check.http.answers import Exchange
from veo_check.routefile.checklist import Checklist, TierInWords

# Facts as files: one each, named after its type, with the text of `evidence.records`.


#: Every fact a run can learn. What is worked out from facts (fallback outcomes) is not among them.
FACT_TYPES: tuple[type, ...] = (
    GatewayListing,
    OfficialModel,
    KeyAnswer,
    KeyUsage,
    GatewayStatus,
    Catalog,
    ProductionKey,
    SkuPrice,
    SmokeKeyVariable,
    LogSample,
    JobResult,
    Delivery,
    UsageProof,
    ControlledFailure,
    ProvenLife,
    ProofStatus,
)
Facts = Mapping[type, object]


def fact_name(kind: type) -> str:
    """The file name of a fact's type: `KeyAnswer` is `key-answer`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


_KINDS = {fact_name(kind): kind for kind in FACT_TYPES}


def fact_files(facts: Facts, folder: str) -> dict[str, bytes]:
    """One file a fact, in `folder` of the bundle. Raises TypeError for what is no fact."""
    files: dict[str, bytes] = {}
    for kind, fact in facts.items():
        if kind not in FACT_TYPES:
            raise TypeError(f"{kind.__name__} is not listed among the facts of a bundle")
        missing = ".missing" if isinstance(fact, Missing) else ""
        files[f"{folder}/{fact_name(kind)}{missing}.json"] = to_text(fact).encode()
    return files


def read_facts(files: Mapping[str, bytes], folder: str) -> dict[type, object]:
    """The facts in `folder`. Raises UnreadableRecordError, naming the file."""
    facts: dict[type, object] = {}
    for name in files:
        above, _, file = name.rpartition("/")
        if above != folder:
            continue
        word = file.removesuffix(".json").removesuffix(".missing")
        kind = _KINDS.get(word)
        if kind is None or kind in facts:
            raise UnreadableRecordError(f"{name}: no fact is called so, or it is there twice")
        wanted: type = Missing if file.endswith(".missing.json") else kind
        facts[kind] = _record(wanted, files, name)
    return {kind: facts[kind] for kind in FACT_TYPES if kind in facts}


# The manifest of an evidence bundle: the SHA-256 of every file, and reading only what agrees.


MANIFEST = "manifest.json"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,5}")
_MOST_FILES = 20_000
_LARGEST_MANIFEST = 8 * 1024 * 1024
_LARGEST_FILE = 64 * 1024 * 1024
_LARGEST_BUNDLE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileSeal:
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every file of a bundle but this one."""

    format: Literal["veo-check evidence 1"]
    tool_version: str
    files: Mapping[str, FileSeal]


class NotABundleError(ValueError):
    """What was named is not an evidence bundle. Says why."""


@dataclass(frozen=True, slots=True)
class Altered:
    """A file of a bundle that is not what the manifest says."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Read:
    """A bundle's files by name, as far as they are what the manifest says, and the others."""

    manifest: Manifest
    files: Mapping[str, bytes]
    altered: tuple[Altered, ...]


def manifest_of(files: Mapping[str, bytes], tool_version: str) -> bytes:
    """The manifest's text for these files. Raises ValueError for a name it may not hold."""
    for name in files:
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise ValueError(f"{name!r} cannot be the name of a file in a bundle")
    seals = {name: FileSeal(_digest(content), len(content)) for name, content in files.items()}
    return to_text(Manifest("veo-check evidence 1", tool_version, seals)).encode()


def read_files(folder: Path) -> Read:
    """Every file of the bundle in `folder`, hashes checked. Raises NotABundleError."""
    manifest = _manifest(folder)
    files: dict[str, bytes] = {}
    altered: list[Altered] = []
    for name, seal in manifest.files.items():
        content = _content(folder, name, seal)
        if isinstance(content, Altered):
            altered.append(content)
        else:
            files[name] = content
    altered += [Altered(name, "is not in the manifest") for name in _beside(folder, manifest.files)]
    return Read(manifest, files, tuple(altered))


def _manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise NotABundleError(f"{folder}: is not a folder")
    try:
        text = read_limited(folder / MANIFEST, _LARGEST_MANIFEST).decode()
        manifest = from_text(Manifest, text)
    except FileNotFoundError:
        raise NotABundleError(f"{folder}: holds no {MANIFEST}") from None
    except UnreadableRecordError as error:
        raise NotABundleError(
            f"{folder / MANIFEST}: is not as veo-check wrote it: {error}"
        ) from None
    except OSError as error:
        raise NotABundleError(f"{folder / MANIFEST}: cannot be read: {why_unread(error)}") from None
    except ValueError:
        raise NotABundleError(f"{folder / MANIFEST}: is not a manifest") from None
    if len(manifest.files) > _MOST_FILES:
        raise NotABundleError(f"{folder / MANIFEST}: names more than {_MOST_FILES} files")
    for name, seal in manifest.files.items():
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise NotABundleError(f"{folder / MANIFEST}: {name[:100]!r} is not the name of a file")
        if not 0 <= seal.size <= _LARGEST_FILE:
            raise NotABundleError(f"{folder / MANIFEST}: {name} cannot have {seal.size} bytes")
    if sum(seal.size for seal in manifest.files.values()) > _LARGEST_BUNDLE:
        raise NotABundleError(f"{folder / MANIFEST}: the files are too large together")
    return manifest


def _content(folder: Path, name: str, seal: FileSeal) -> bytes | Altered:
    path = folder / name
    try:
        for above in list(path.relative_to(folder).parents)[:-1]:
            if not stat.S_ISDIR(os.lstat(folder / above).st_mode):
                return Altered(name, f"is behind {above}, which is not a folder")
        content = read_limited(path, seal.size)
    except FileNotFoundError:
        return Altered(name, "is missing")
    except NotRegularError:
        return Altered(name, "is not a plain file")
    except OSError as error:
        return Altered(name, f"cannot be read: {why_unread(error)}")
    except ValueError:
        return Altered(name, f"is longer than {seal.size} bytes")
    if len(content) != seal.size or _digest(content) != seal.sha256:
        return Altered(name, "is not what the manifest says: its hash differs")
    return content


def _beside(folder: Path, known: Mapping[str, FileSeal]) -> Iterator[str]:
    """What lies in the folder and is not in the manifest; folders without files do not matter."""
    count = 0
    for above, below, names in os.walk(folder):  # does not follow links
        links = [name for name in below if (Path(above) / name).is_symlink()]
        for name in [*names, *links]:
            count += 1
            inside = (Path(above) / name).relative_to(folder).as_posix()
            if inside != MANIFEST and inside not in known:
                yield inside
            if count > 2 * _MOST_FILES:
                return


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


T = TypeVar("T")
_MOST_ROUTES = 2000


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
    """The options of a run that its verdicts depend on."""

    tool_version: str
    judging: AsOf
    target: TierInWords
    only: frozenset[str]
    skip: frozenset[str]
    strict: bool
    offline: bool
    inconclusive: Literal["own", "fail", "pass"]
    allow_plugins: frozenset[str]
    scenario: str | None
    leave: AllowList
    reference_origin: str
    routes: tuple[RouteRecord, ...]


@dataclass(frozen=True, slots=True)
class _Exchanges:
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class _Used:
    rows: tuple[ReferenceUse, ...]


@dataclass(frozen=True, slots=True)
class RouteEvidence:
    """One route's file and facts. `fallbacks`: the facts of each target by its index."""

    text: bytes
    extended: bytes | None
    facts: Facts
    fallbacks: Mapping[int, Facts]
    used: tuple[ReferenceUse, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """All of a run. `report` and `reference` are JSON texts."""

    run: RunRecord
    report: bytes
    checklist: Checklist
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
    files[MANIFEST] = manifest_of(files, bundle.run.tool_version)
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".tmp-{secrets.token_hex(8)}"
    try:
        for file, content in files.items():
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
        checklist=_record(Checklist, files, "checklist.json"),
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
    """One record. Raises UnreadableRecordError, naming the file."""
    try:
        return from_text(kind, _file(files, name).decode())
    except UnicodeDecodeError:
        raise UnreadableRecordError(f"{name}: is not UTF-8 text") from None
    except UnreadableRecordError as error:
        raise UnreadableRecordError(f"{name}: {error}") from None
