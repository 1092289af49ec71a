"""Whether an earlier paid result still speaks for a route, and the first reason why it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from veo_check.core.clock import Judging
from veo_check.core.proof import (
    NewestJob,
    Proof,
    ProofCode,
    ProofStatus,
    RowSeen,
    binding_of,
    lower_resolution,
)
from veo_check.core.route import Route
from veo_check.evidence.proofs import SealedProof, Unusable

LONGEST_VALIDITY = timedelta(days=30)

#: How far the clocks of two machines may differ. A simulated day begins at noon in every run.
_SKEW = timedelta(minutes=5)
_SIMULATED_SKEW = timedelta(days=1)


def assess(
    read: Iterable[SealedProof | Unusable],
    route: Route,
    now: datetime,
    judging: Judging,
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
        return _invalid("journal-unreadable", f"the journal cannot be read: {journal_problem}")
    sealed = next(iter(read), None)
    if sealed is None:
        if newest is None:
            return _invalid("none", "no paid smoke job is on record for this route")
        return _superseded(newest)
    if isinstance(sealed, Unusable):
        return _invalid(sealed.code, sealed.why)
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
    return ProofStatus(
        "valid",
        f"proof {proof.id} of {proof.made_at:%Y-%m-%d} is valid until {expires}",
        proof,
        expires,
        age,
        _lower_resolution(proof, route),
    )


def _invalid(code: ProofCode, sentence: str) -> ProofStatus:
    return ProofStatus(code, sentence)


_STATE_SAYS = {
    "intent": "may or may not have been sent",
    "submitted": "is still being polled",
    "uncertain": "may or may not have been accepted",
    "refused": "was refused",
    "unfinished": "did not finish within its deadline",
    "finished": "finished, and left no proof that this run can use",
    "failed": "failed",
    "abandoned": "was abandoned",
}

Against = Iterator[tuple[ProofCode, str]]


def _superseded(newest: NewestJob) -> ProofStatus:
    return _invalid("superseded", f"the newest paid job {newest.id} {_STATE_SAYS[newest.state]}")


def _against_kind(proof: Proof, simulated: bool) -> Against:
    if proof.simulated is not simulated:
        made = "in the sandbox" if proof.simulated else "for real"
        yield "simulated", f"proof {proof.id} was made {made}, and this run is not"


def _against_binding(proof: Proof, route: Route) -> Against:
    ours, theirs = binding_of(route), proof.binding
    if theirs.route != ours.route:
        yield "other-route", f"proof {proof.id} is for a route of another name"
    for code, part, now, then in (
        ("other-via", "via", ours.via, theirs.via),
        ("other-model", "model", ours.model, theirs.model),
    ):
        changed = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
        if changed:
            said = ", ".join(f"{part}.{name}" for name in changed)
            yield _code(code), f"{said} changed since proof {proof.id} was paid"
    shape, paid = ours.shape, theirs.shape
    if paid.mode != shape.mode:
        yield "other-mode", f"proof {proof.id} is for {paid.mode}, the route asks for {shape.mode}"
    if paid.audio is not shape.audio:
        words = ("without", "with")
        yield (
            "other-audio",
            f"proof {proof.id} is {words[paid.audio]} audio, the route asks {words[shape.audio]}",
        )
    if paid != shape:
        yield "other-shape", f"the smoke job's shape changed since proof {proof.id} was paid"


def _code(word: str) -> ProofCode:
    return "other-via" if word == "other-via" else "other-model"


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


def _against_age(proof: Proof, route: Route, now: datetime, judging: Judging) -> Against:
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
    groups = [(one.group, one.group_enabled, one.group_ratio) for one in (then, row)]
    if groups[0] != groups[1]:
        changes.append(f"group {_group(then)} -> {_group(row)}")
    return f"the catalogue's row changed ({'; '.join(changes)})"


def _group(row: RowSeen) -> str:
    enabled = "" if row.group_enabled else ", not enabled"
    return f"{row.group or 'none'} (ratio {row.group_ratio}{enabled})"


def _lower_resolution(proof: Proof, route: Route) -> str | None:
    """The resolution that was paid for, where the route's own is higher."""
    paid = proof.binding.shape.resolution
    return paid if lower_resolution(paid, route.request.resolution) else None
