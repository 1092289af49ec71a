"""The work behind `veo-check evidence`: bundles in, sentences out, exit codes back."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from veo_check.cli.checks import parse_report
from veo_check.cli.main import tell_crash
from veo_check.cli.output import check_format, look, redactor
from veo_check.core.facts import Missing
from veo_check.core.frozen import dataclass
from veo_check.core.money import ExitCode, InvalidFileError
from veo_check.core.reading import read_limited
from veo_check.core.results import Proof
from veo_check.core.secrets import printable
from veo_check.engine.verify import Snapshot, drifts, kept_reference, rejudge, snapshots
from veo_check.evidence.bundle import (
    MANIFEST,
    Bundle,
    Facts,
    NotABundleError,
    Read,
    fact_name,
    read_bundle,
    read_files,
)
from veo_check.evidence.proofs import SealedProof, proof_key_variable, read_proof
from veo_check.evidence.records import UnreadableRecordError, from_text
from veo_check.gateways.registry import GATEWAYS
from veo_check.http.keys import Keys, Secret
from veo_check.report.model import Report

_MOST_SHOWN = 40
_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Opened:
    """A bundle that is whole."""

    read: Read
    bundle: Bundle
    report: Report


def show(path: Path) -> int:
    """Print what is in a bundle or a proof. Raises InvalidFileError."""
    if path.is_file():
        for line in _proof_lines(_read_proof(path)):
            sys.stdout.write(f"{printable(line, 300)}\n")
        # the seal's check takes the key that paid
        sys.stdout.write(
            "its seal was not checked; `veo-check evidence verify` does, with the key\n"
        )
        return int(ExitCode.OK)
    opened = _open(path)
    from veo_check.report.text import render

    sys.stdout.write(render(opened.report, look("short", None)))
    sys.stdout.write(f"\nbundle {path}\n")
    for depth, line in _holds(opened):
        sys.stdout.write(f"{'  ' * depth}{printable(line, 600)}\n")
    return 0


def verify(path: Path, allow_plugins: tuple[str, ...]) -> int:
    """0 whole and the same, 1 altered or not what its facts say. Raises InvalidFileError."""
    if path.is_file():
        return _verify_proof(path)
    read = _read_bundle(path)
    if read.altered:
        for altered in read.altered[:_MOST_SHOWN]:
            sys.stdout.write(f"{printable(altered.file, 200)}: {altered.why}\n")
        sys.stdout.write(_of(len(read.altered), "file is", "files are") + " not as recorded\n")
        return 1
    opened = _parsed(path, read)
    differences = _rejudged(path, opened, frozenset(allow_plugins))
    version = opened.bundle.run.tool_version
    if not differences:
        sys.stdout.write(
            f"{len(read.files)} files as recorded; judged again: "
            f"{opened.report.verdict}, exit code {opened.report.exit_code}, as recorded\n"
        )
        return 0
    for line in differences[:_MOST_SHOWN]:
        sys.stdout.write(f"{line}\n")
    from veo_check import __version__

    sys.stdout.write(
        f"every file is as recorded, but judging again differs in "
        f"{_of(len(differences), 'value', 'values')}\n"
    )
    if version != __version__:
        sys.stdout.write(
            f"the run was judged by veo-check {printable(version, 50)}, this is {__version__}; "
            "verify with the same version to tell a changed rule from a changed bundle\n"
        )
    return 1


def diff(before: Path, after: Path, output: str) -> int:
    """0 nothing that matters drifted, 1 something did. Raises InvalidFileError, UsageError."""
    check_format(output)
    found = drifts(_snapshots(before), _snapshots(after))
    matter = sum(drift.matters for drift in found)
    if output == "json":
        drifted = [asdict(drift) for drift in found]
        document = {"matters": matter > 0, "drifts": drifted}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return 1 if matter else 0
    for drift in found:
        was = "none" if drift.before is None else _cut(drift.before)
        becomes = "none" if drift.after is None else _cut(drift.after)
        mark = "!" if drift.matters else " "
        line = printable(f"{mark} {drift.route}: {drift.what}: {was} -> {becomes}", 800)
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(
        f"{_of(len(found), 'change', 'changes')}, {matter} of them matter\n"
        if found
        else "nothing drifted\n"
    )
    return 1 if matter else 0


def _read_bundle(path: Path) -> Read:
    """The bundle in a folder, or the only one below it. Raises InvalidFileError."""
    if path.is_dir() and not (path / MANIFEST).exists():
        inside = sorted(folder.parent for folder in path.glob(f"*/{MANIFEST}"))
        if len(inside) > 1:
            many = f"{path} holds {len(inside)} bundles; name one, such as {inside[-1]}"
            raise InvalidFileError(printable(many, 600))
        path = inside[0] if inside else path
    try:
        return read_files(path)
    except NotABundleError as error:
        raise InvalidFileError(printable(str(error), 600)) from None


def _open(path: Path) -> _Opened:
    """A whole bundle. Raises InvalidFileError; a changed file is one reason."""
    read = _read_bundle(path)
    if read.altered:
        first = read.altered[0]
        why = printable(f"{first.file} {first.why}", 400)
        raise InvalidFileError(f"{path}: {why}; `veo-check evidence verify` lists every such file")
    return _parsed(path, read)


def _parsed(path: Path, read: Read) -> _Opened:
    try:
        bundle = read_bundle(read.files)
    except UnreadableRecordError as error:
        raise InvalidFileError(printable(f"{path}: {error}", 600)) from None
    return _Opened(read, bundle, parse_report(bundle.report, f"{path / 'report.json'}"))


def _rejudged(path: Path, opened: _Opened, allow_plugins: frozenset[str]) -> list[str]:
    try:
        found = rejudge(opened.bundle, opened.report, allow_plugins, tell_crash)
    except UnreadableRecordError as error:
        raise InvalidFileError(printable(f"{path}: {error}", 600)) from None
    return [
        printable(
            f"{differs.route}: {differs.at}: "
            f"recorded {_cut(differs.recorded)}; now {_cut(differs.now)}",
            800,
        )
        for differs in found
    ]


def _snapshots(path: Path) -> dict[str, Snapshot]:
    opened = _open(path)
    try:
        with tempfile.TemporaryDirectory(prefix="veo-check-") as folder:
            reference = kept_reference(opened.bundle, Path(folder))
            return snapshots(opened.bundle, opened.report, reference)
    except UnreadableRecordError as error:
        raise InvalidFileError(printable(f"{path}: {error}", 600)) from None


def _holds(opened: _Opened) -> Iterator[tuple[int, str]]:
    """What is in the bundle, a line each with its depth."""
    run = opened.bundle.run
    yield 1, f"written by veo-check {run.tool_version}, {len(opened.read.files)} files, unchanged"
    yield 1, f"reference data: {run.reference_origin}, {opened.report.reference.digest}"
    yield 1, f"{len(opened.bundle.exchanges)} exchanges"
    for record, evidence in zip(run.routes, opened.bundle.routes, strict=True):
        yield 1, f"route {record.name}"
        yield from _facts(evidence.facts, 2)
        rows = ", ".join(sorted({use.row for use in evidence.used})) or "none"
        yield 2, f"reference rows used: {rows}"
        for index, facts in evidence.fallbacks.items():
            yield 2, f"fallback {index}"
            yield from _facts(facts, 3)


def _facts(facts: Facts, depth: int) -> Iterator[tuple[int, str]]:
    for kind, fact in facts.items():
        cited = ", ".join(getattr(fact, "exchanges", ()))
        if isinstance(fact, Missing):
            yield depth, f"{fact_name(kind)}: not learned, {fact.code}: {fact.detail}"
        else:
            yield depth, f"{fact_name(kind)}: learned" + (f" ({cited})" if cited else "")


def _cut(text: str) -> str:
    return printable(text, 200) or "nothing"


def _of(count: int, single: str, many: str) -> str:
    return f"{count} {single if count == 1 else many}"


# A proof alone: what was paid, and whether its seal holds.


def _verify_proof(path: Path) -> int:
    """0 sealed under this key, 1 not, 3 without the key. Raises InvalidFileError for no proof."""
    proof, keys = _read_proof(path), Keys(os.environ, redactor())
    via, surface = proof.binding.via, proof.binding.model.get("surface", "")

    def read(variable: str) -> Secret | None:
        found = keys.read(variable)
        return found if isinstance(found, Secret) else None

    gateway = GATEWAYS.get(via.get("gateway", ""))
    variable = proof_key_variable(via.get("key.env"), surface, gateway, read)
    secret = read(variable)
    if secret is None:
        named = printable(variable, 100)
        sys.stdout.write(f"{path}: cannot tell: the key that sealed it is not set ({named})\n")
        return int(ExitCode.INCONCLUSIVE)
    checked = read_proof(path, secret)
    if isinstance(checked, SealedProof):
        sys.stdout.write(f"{path}: the seal holds under {variable}\n")
        return int(ExitCode.OK)
    sys.stdout.write(f"{printable(checked.why, 500)}\n")
    return int(ExitCode.FAILED)


def _read_proof(path: Path) -> Proof:
    try:
        return from_text(SealedProof, read_limited(path, _LIMIT).decode()).proof
    except UnreadableRecordError as error:
        raise InvalidFileError(f"{path}: neither a bundle's folder nor a proof: {error}") from None
    except OSError as error:
        raise InvalidFileError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise InvalidFileError(f"{path}: neither a bundle's folder nor a proof") from None


def _proof_lines(proof: Proof) -> Iterator[str]:
    shape = proof.binding.shape
    kind = "SIMULATED proof" if proof.simulated else "proof"
    yield f"{kind} {proof.id} of route {proof.binding.route}, made {proof.made_at:%Y-%m-%d}"
    yield (
        f"  {shape.label}: {shape.mode}, {shape.seconds} s, {shape.resolution}, "
        f"{shape.aspect_ratio}, {'with audio' if shape.audio else 'silent'}"
    )
    job = proof.job
    why = f" ({job.symptom})" if job.symptom else ""
    yield f"  job {job.job}: {job.state}{why}, served by {job.served_model or 'unknown'}"
    yield f"  {job.polls} polls: {' -> '.join(job.statuses) or 'no status seen'}"
    if proof.delivery:
        yield f"  {len(proof.delivery.videos)} videos delivered"
    if proof.usage and proof.usage.billed is not None:
        yield f"  billed {proof.usage.billed:f} USD, quoted {proof.usage.quoted:f}"
    yield f"  valid for {proof.valid_for_seconds // 86400} days"
