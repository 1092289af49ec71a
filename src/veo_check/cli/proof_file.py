"""`veo-check evidence show|verify` of a proof: what was paid, and whether its seal holds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from veo_check.core.errors import ExitCode, InvalidFileError
from veo_check.core.printable import printable
from veo_check.core.proof import Proof
from veo_check.core.redaction import Redactor
from veo_check.evidence.durable import read_limited
from veo_check.evidence.proofs import PROOF_KEY_VARIABLE, SealedProof, read_proof
from veo_check.evidence.records import UnreadableRecordError, from_text
from veo_check.http.keys import Keys, Secret

_LIMIT = 1024 * 1024


def is_proof(path: Path) -> bool:
    """Whether this is a file, so that it can only be a proof."""
    return path.is_file()


def show_proof(path: Path) -> int:
    """Print what a proof says. Its seal is not checked: that takes the key that paid."""
    for line in _told(_read(path).proof):
        sys.stdout.write(f"{printable(line, 300)}\n")
    sys.stdout.write("its seal was not checked; `veo-check evidence verify` does, with the key\n")
    return int(ExitCode.OK)


def verify_proof(path: Path) -> int:
    """0 sealed under this key, 1 not, 3 without the key. Raises InvalidFileError for no proof."""
    sealed = _read(path)
    variable = _variable(sealed.proof)
    keys = Keys(os.environ, Redactor.of_environment(os.environ))
    secret = keys.read(variable) if variable else None
    if not isinstance(secret, Secret):
        named = printable(variable or "the key's variable", 100)
        sys.stdout.write(f"{path}: cannot tell: the key that sealed it is not set ({named})\n")
        return int(ExitCode.INCONCLUSIVE)
    read = read_proof(path, secret)
    if isinstance(read, SealedProof):
        sys.stdout.write(f"{path}: the seal holds under {variable}\n")
        return int(ExitCode.OK)
    sys.stdout.write(f"{printable(read.why, 500)}\n")
    return int(ExitCode.FAILED)


def _read(path: Path) -> SealedProof:
    try:
        return from_text(SealedProof, read_limited(path, _LIMIT).decode())
    except UnreadableRecordError as error:
        raise InvalidFileError(f"{path}: neither a bundle's folder nor a proof: {error}") from None
    except OSError as error:
        raise InvalidFileError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise InvalidFileError(f"{path}: neither a bundle's folder nor a proof") from None


def _variable(proof: Proof) -> str | None:
    """The variable whose key seals it, by what the proof says of the route."""
    via, model = proof.binding.via, proof.binding.model
    changing = via.get("gateway") == "google" and model.get("surface") == "agent-platform"
    if changing or via.get("key.adc") == "true":
        return PROOF_KEY_VARIABLE
    return via.get("key.env")


def _told(proof: Proof) -> Iterator[str]:
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
