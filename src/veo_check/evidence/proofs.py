"""Proofs on disk: sealed under the key that paid, and read with distrust.

The seal is HMAC-SHA256 over the proof's canonical text, under a key derived for this purpose from
the one that paid, so that nobody without that key can make, change or use a proof. Good and bad
results are sealed alike, because the newest one decides.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from veo_check.core.clock import AsOf
from veo_check.core.frozen import dataclass
from veo_check.core.gateway import Gateway
from veo_check.core.reading import read_limited
from veo_check.core.results import (
    Flat,
    NewestJob,
    Proof,
    ProofCode,
    ProofStatus,
    RowSeen,
    binding_of,
    lower_resolution,
)
from veo_check.core.route import Route
from veo_check.core.secrets import CredentialKind
from veo_check.evidence.records import (
    Disk,
    UnreadableRecordError,
    from_text,
    make_folders,
    to_text,
    write_durably,
)

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

    @property
    def kind(self) -> CredentialKind:
        """What of Google's it is, by its form."""

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


def proof_key_variable(
    variable: str | None,
    surface: str,
    gateway: Gateway | None,
    key_for: Callable[[str], SealingKey | None],
) -> str:
    """Which variable's key seals the proofs of jobs that the key in `variable` pays.

    That key; where it is an access token, which changes, `VEO_CHECK_PROOF_KEY`, and so where there
    is no variable but a login. What is not set may be either.
    """
    if variable is None:
        return PROOF_KEY_VARIABLE
    if gateway is None or surface not in gateway.token_on:
        return variable
    key = key_for(variable)
    return variable if key is not None and key.kind != "other" else PROOF_KEY_VARIABLE


def seal_proof(proof: Proof, key: SealingKey) -> SealedProof:
    return SealedProof("veo-check proof 1", proof, _mark(key), _seal(proof, key))


def write_proof(folder: Path, proof: Proof, key: SealingKey, disk: Disk | None = None) -> Path:
    """Seal a proof and put it on disk under its job's id. Raises OSError."""
    disk = disk or Disk()
    if not folder.is_dir():
        make_folders(folder, disk)
    path = proof_path(folder, proof.id)
    write_durably(path, to_text(seal_proof(proof, key)).encode(), disk)
    return path


def read_proofs(folder: Path, key: SealingKey | None) -> tuple[SealedProof | Unusable, ...]:
    """Every result of a route, newest first by file name, which is the order they were begun in.

    Without `key` no seal can be checked: then none is usable. A file that is not named like a job's
    result is a stray one, and outranks none.
    """
    try:
        names = sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (Unusable(folder, "unreadable", f"the folder cannot be read ({error.strerror})"),)
    return tuple(read_proof(folder / name, key) for name in reversed(names))


def _mark(key: SealingKey) -> str:
    return key.seal(_MARK_PURPOSE)[:16]


def _seal(proof: Proof, key: SealingKey) -> str:
    derived = bytes.fromhex(key.seal(_SEAL_PURPOSE))
    return hmac.new(derived, to_text(proof).encode(), hashlib.sha256).hexdigest()


def proof_path(folder: Path, job: str) -> Path:
    """Where a job's proof is: its id without the route's mark, which is the folder's name."""
    return folder / f"{job.partition('-')[2]}.json"


def read_proof(path: Path, key: SealingKey | None) -> SealedProof | Unusable:
    """One proof file, its seal checked."""
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
    if not same or path != proof_path(path.parent, sealed.proof.id):
        return Unusable(
            path, "altered", f"proof {sealed.proof.id} was changed after it was sealed ({path})"
        )
    return sealed


def _useless(path: Path, why: str) -> Unusable:
    return Unusable(
        path, "unreadable", f"the proof {path} {why}; move it away or pay for a new one"
    )


# Whether an earlier paid result still speaks for a route, and the first reason why it does not.


LONGEST_VALIDITY = timedelta(days=30)

#: How far the clocks of two machines may differ. A simulated day begins at noon in every run.
_SKEW = timedelta(minutes=5)
_SIMULATED_SKEW = timedelta(days=1)


def assess(
    read: Iterable[SealedProof | Unusable],
    route: Route,
    now: datetime,
    judging: AsOf,
    *,
    simulated: bool,
    newest: NewestJob | None,
    row: RowSeen | None,
    row_known: bool = True,
    journal_problem: str | None = None,
) -> ProofStatus:
    """Whether the newest result (the first of `read`) still speaks for the route, else why not.

    `newest` is the journal's newest smoke job. `row` is the catalogue's row today, `row_known`
    whether it could be read at all. No free read names the model behind a label, so a change of the
    served model shows only in a newer job.
    """
    if journal_problem is not None:
        return ProofStatus("journal-unreadable", f"the journal cannot be read: {journal_problem}")
    sealed = next(iter(read), None)
    if sealed is None:
        if newest is None:
            return ProofStatus("none", "no smoke job is on record")
        says = f"the newest paid job {newest.id} {_STATE_SAYS[newest.state]}"
        return ProofStatus("superseded", says)
    if isinstance(sealed, Unusable):
        return ProofStatus(sealed.code, sealed.why)
    proof = sealed.proof
    against = (
        *_against_kind(proof, simulated),
        *_against_binding(proof, route),
        *_against_result(proof, newest),
        *_against_age(proof, route, now, judging),
        *_against_row(proof, row, row_known=row_known),
    )
    age = max(0, (now - proof.paid_at).days)
    expires = _expiry(proof, route).date()
    if against:
        code, sentence = against[0]
        return ProofStatus(code, sentence, expires=expires, age_days=age)
    paid = proof.binding.shape.resolution
    return ProofStatus(
        "valid",
        f"proof {proof.id} of {proof.made_at:%Y-%m-%d} is valid until {expires}",
        proof,
        expires,
        age,
        paid if lower_resolution(paid, route.request.resolution) else None,
    )


_STATE_SAYS = {
    "intent": "may or may not have been sent",
    "submitted": "is still being polled",
    "uncertain": "may or may not have been accepted",
    "refused": "was refused",
    "unfinished": "did not finish within its deadline",
    "finished": "finished, and left no proof that this run can use",
    "failed": "failed",
    "reopened": "was held for failed and lives after all",
    "abandoned": "was abandoned",
}

Against = Iterator[tuple[ProofCode, str]]


def _against_kind(proof: Proof, simulated: bool) -> Against:
    if proof.simulated is not simulated:
        made = "in the sandbox" if proof.simulated else "for real"
        yield "simulated", f"proof {proof.id} was made {made}, and this run is not"


def _against_binding(proof: Proof, route: Route) -> Against:
    ours, theirs = binding_of(route), proof.binding
    if theirs.route != ours.route:
        yield "other-route", f"proof {proof.id} is for a route of another name"
    parts: tuple[tuple[ProofCode, str, Flat, Flat], ...] = (
        ("other-via", "via", ours.via, theirs.via),
        ("other-model", "model", ours.model, theirs.model),
    )
    for code, part, now, then in parts:
        changed = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
        if changed:
            said = ", ".join(f"{part}.{name}" for name in changed)
            yield code, f"{said} changed since proof {proof.id} was paid"
    shape, paid = ours.shape, theirs.shape
    if paid.mode != shape.mode:
        yield "other-mode", f"proof {proof.id} is for {paid.mode}, the route asks for {shape.mode}"
    if paid.audio is not shape.audio:
        words = ("without", "with")
        yield (
            "other-audio",
            f"proof {proof.id} is {words[paid.audio]} audio, the route asks {words[shape.audio]}",
        )
    if theirs.inputs != ours.inputs:
        yield "other-input", f"an input file of smoke changed since proof {proof.id} was paid"
    if paid != shape:
        yield "other-shape", f"the smoke job's shape changed since proof {proof.id} was paid"


def _against_result(proof: Proof, newest: NewestJob | None) -> Against:
    if newest is not None and newest.id > proof.id:
        yield (
            "superseded",
            f"proof {proof.id} is void: the newer paid job {newest.id} {_STATE_SAYS[newest.state]}",
        )
    if proof.job.state != "finished":
        why = f" ({proof.job.symptom})" if proof.job.symptom else ""
        yield (
            "not-finished",
            f"the newest paid job {proof.id} {_STATE_SAYS[proof.job.state]}{why}",
        )


def _expiry(proof: Proof, route: Route) -> datetime:
    """The route file may shorten what was sealed, never lengthen it; nothing exceeds 30 days.

    Counted from the day it was paid: a job that is only looked at weeks later proves those weeks
    not at all.
    """
    sealed = timedelta(seconds=proof.valid_for_seconds)
    return proof.paid_at + min(sealed, longest_validity(route))


def longest_validity(route: Route) -> timedelta:
    """How long a paid job may speak for this route."""
    return min(route.smoke.proof_valid_for, LONGEST_VALIDITY)


def _against_age(proof: Proof, route: Route, now: datetime, judging: AsOf) -> Against:
    skew = _SIMULATED_SKEW if proof.simulated else _SKEW
    if proof.made_at > now + skew:
        yield "future-dated", f"proof {proof.id} is dated {proof.made_at:%Y-%m-%d}, in the future"
    end = _expiry(proof, route)
    if now >= end or judging.expiry_day > end.date():
        yield "expired", f"proof {proof.id} expired on {end:%Y-%m-%d}"


def _against_row(proof: Proof, row: RowSeen | None, *, row_known: bool) -> Against:
    if not row_known:
        if proof.row is not None:
            yield (
                "row-unknown",
                f"the catalogue cannot be read, so whether the row that proof {proof.id} was paid "
                "for still stands cannot be told",
            )
        return
    then = proof.row
    if row == then:
        return
    if row is None or then is None:
        what = "has no longer exactly one row" if row is None else "had no single row"
        since = "since" if row is None else "when"
        yield "row-changed", f"the catalogue {what} for the label {since} proof {proof.id} was paid"
        return
    yield "row-changed", f"{_row_changes(then, row)} since proof {proof.id} was paid"


def _row_changes(then: RowSeen, row: RowSeen) -> str:
    prices = sorted(
        name
        for name in {*then.price_fields, *row.price_fields}
        if then.price_fields.get(name) != row.price_fields.get(name)
    )
    changes = [
        f"{name} {then.price_fields.get(name, 'absent')} -> {row.price_fields.get(name, 'absent')}"
        for name in prices
    ]
    if then.billing_mode != row.billing_mode:
        changes.append(
            f"billing mode {then.billing_mode or 'none'} -> {row.billing_mode or 'none'}"
        )
    if then.endpoint_types != row.endpoint_types:
        changes.append(
            f"endpoint types {', '.join(then.endpoint_types)} -> {', '.join(row.endpoint_types)}"
        )
    was, now = ((seen.group, seen.group_enabled, seen.group_ratio) for seen in (then, row))
    if was != now:
        changes.append(f"group {_group(then)} -> {_group(row)}")
    return f"the catalogue's row changed ({'; '.join(changes)})"


def _group(row: RowSeen) -> str:
    enabled = "" if row.group_enabled else ", not enabled"
    return f"{row.group or 'none'} (ratio {row.group_ratio}{enabled})"
