"""Proofs on disk: sealed under the key that paid, and read with distrust.

The seal is HMAC-SHA256 over the proof's canonical text, under a key derived for this purpose from
the one that paid, so that nobody without that key can make, change or use a proof. Good and bad
results are sealed alike, because the newest one decides.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from veo_check.core.proof import Proof, ProofCode
from veo_check.core.route import Route
from veo_check.evidence.durable import Disk, make_folders, read_limited, write_durably
from veo_check.evidence.records import UnreadableRecordError, from_text, to_text

#: Seals the proofs of keys that change with every login.
PROOF_KEY_VARIABLE = "VEO_CHECK_PROOF_KEY"
#: Characters. A shorter key of one's own choice could be guessed from one sealed proof.
SHORTEST_PROOF_KEY = 16

_ID = re.compile(r"[0-9a-f]{8}-\d{6}-[0-9a-f]{6}")
_NAME = re.compile(r"\d{6}-[0-9a-f]{6}\.json")
_LIMIT = 1024 * 1024
_SEAL_PURPOSE = b"veo-check/proof/seal/v1"
_MARK_PURPOSE = b"veo-check/proof/key-mark/v1"


class SealingKey(Protocol):
    """A secret that can seal without being shown."""

    def seal(self, message: bytes) -> str:
        """HMAC-SHA256 of `message` under the secret, in hex."""


@dataclass(frozen=True, slots=True)
class SealedProof:
    """A proof as its file holds it. `key_mark` tells keys apart and tells nothing about them."""

    format: Literal["veo-check proof 1"]
    proof: Proof
    key_mark: str
    seal: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file among the proofs that speaks for nothing, and why."""

    path: Path
    code: ProofCode
    why: str


def proof_key_variable(route: Route) -> str | None:
    """Which variable's key seals a route's proofs.

    The key that pays; where that is an access token, which changes, `VEO_CHECK_PROOF_KEY`. None
    where the route names no key at all.
    """
    if route.via.gateway == "google" and route.model.surface == "agent-platform":
        return PROOF_KEY_VARIABLE
    key = route.via.key
    if key is None:
        return None
    return PROOF_KEY_VARIABLE if key.adc else key.env


def seal_proof(proof: Proof, key: SealingKey) -> SealedProof:
    """The proof with its seal."""
    return SealedProof("veo-check proof 1", proof, _mark(key), _seal(proof, key))


def write_proof(folder: Path, proof: Proof, key: SealingKey, disk: Disk | None = None) -> Path:
    """Seal a proof and put it on disk under its job's id. Raises OSError."""
    disk = disk or Disk()
    if not folder.is_dir():
        make_folders(folder, disk)
    path = folder / _file_name(proof)
    write_durably(path, to_text(seal_proof(proof, key)).encode(), disk)
    return path


def read_proofs(folder: Path, key: SealingKey | None) -> tuple[SealedProof | Unusable, ...]:
    """Every result of a route, newest first by file name, which is the order they were begun in.

    Without `key` no seal can be checked: then none is usable. A file that is not named like a job's
    result is a stray one, and outranks none.
    """
    try:
        names = sorted(one.name for one in folder.iterdir() if _NAME.fullmatch(one.name))
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (Unusable(folder, "unreadable", f"the folder cannot be read ({error.strerror})"),)
    return tuple(_read(folder / name, key) for name in reversed(names))


def read_proof(path: Path, key: SealingKey) -> SealedProof | Unusable:
    """One proof file, its seal checked."""
    return _read(path, key)


def _mark(key: SealingKey) -> str:
    return key.seal(_MARK_PURPOSE)[:16]


def _seal(proof: Proof, key: SealingKey) -> str:
    derived = bytes.fromhex(key.seal(_SEAL_PURPOSE))
    return hmac.new(derived, to_text(proof).encode(), hashlib.sha256).hexdigest()


def _file_name(proof: Proof) -> str:
    """The job's id without the route's mark, which is the folder's name."""
    return f"{proof.id.partition('-')[2]}.json"


def _read(path: Path, key: SealingKey | None) -> SealedProof | Unusable:
    try:
        sealed = from_text(SealedProof, read_limited(path, _LIMIT).decode())
    except UnreadableRecordError as error:
        return _useless(path, f"is not as veo-check wrote it: {error}")
    except OSError as error:
        return _useless(path, f"cannot be read ({error.strerror or error})")
    except ValueError:
        return _useless(path, "is not as veo-check wrote it")
    if not _ID.fullmatch(sealed.proof.id):  # it goes into sentences before its seal is checked
        return _useless(path, "is not as veo-check wrote it: it has no job's id")
    if key is None:
        return Unusable(
            path,
            "no-key",
            f"proof {sealed.proof.id} is on record, but this run has not the key that sealed it",
        )
    if not hmac.compare_digest(sealed.key_mark.encode(), _mark(key).encode()):
        return Unusable(
            path,
            "other-key",
            f"proof {sealed.proof.id} was sealed under another key than this run's",
        )
    same = hmac.compare_digest(sealed.seal.encode(), _seal(sealed.proof, key).encode())
    if not same or path.name != _file_name(sealed.proof):
        return Unusable(
            path, "altered", f"proof {sealed.proof.id} was changed after it was sealed ({path})"
        )
    return sealed


def _useless(path: Path, why: str) -> Unusable:
    return Unusable(
        path, "unreadable", f"the proof {path} {why}; move it away or pay for a new one"
    )
