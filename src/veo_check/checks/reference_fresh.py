"""reference-fresh: the dated facts under this verdict are young enough."""

from __future__ import annotations

from veo_check.core.clock import AsOf
from veo_check.core.findings import (
    Blocked,
    Findings,
    ReferenceUse,
    UsedRows,
    ValidUntil,
    check,
    note,
    warning,
)
from veo_check.reference.lifecycle import freshness, last_usable_day, limits

_MEND = "run veo-check refresh, or update veo-check"
#: `refresh` reads dates and prices; what a model accepts comes with a release, or with a file.
_MEND_CAPABILITY = "update veo-check, or name a newer file with --reference"


@check(item="data-and-keys", since="0.1", waivable=False)
def reference_fresh(used: UsedRows, judging: AsOf) -> Findings:
    """The dated facts that this verdict stands on were confirmed recently.

    Why: Google cut prices and shut models down within weeks. A table that nobody looked at since
    says what was true then, and a checker that trusts it lies.
    Fix: run `veo-check refresh`, or update veo-check; `--max-age DAYS` moves the limit, both ways.
    """
    if not used.rows:
        yield Blocked("no check stood on a dated fact, so there is nothing recent to rely on")
        return
    ages = []
    for row in sorted(used.rows, key=lambda one: (one.confirmed, one.row)):
        ages.append(_age(row, judging))
        yield from _one(row, judging)
    if max(ages) == min(ages):
        span = f"{ages[0]} days old"
    else:
        span = f"{min(ages)} to {max(ages)} days old"
    yield note(
        "reference-fresh/ages",
        f"{len(ages)} dated {'fact' if len(ages) == 1 else 'facts'} used, {span}.",
        evidence=(f"ref:{row.row}" for row in used.rows),
    )


def _age(row: ReferenceUse, judging: AsOf) -> int:
    return max(0, (judging.day - row.confirmed).days)


def _one(row: ReferenceUse, judging: AsOf) -> Findings:
    age = _age(row, judging)
    state = freshness(row.kind, age, judging.max_age_days)
    warn, block = limits(row.kind, judging.max_age_days)
    mend = _MEND_CAPABILITY if row.kind == "capability" else _MEND
    if state == "stale" and not row.live:
        yield Blocked(
            f"{row.row} was last confirmed {age} days ago, on {row.confirmed}; more than {block} "
            f"days are too old for a {row.kind} fact: {mend}"
        )
        return
    if state != "fresh":
        beside = "; live evidence stands beside it" if row.live else ""
        yield warning(
            f"reference-fresh/{row.kind}-aging",
            f"{row.row} was last confirmed {age} days ago, on {row.confirmed}{beside}.",
            expected=f"at most {warn} days",
            actual=f"{age} days",
            fix=mend,
            evidence=(f"ref:{row.row}",),
        )
    if not row.live:
        yield ValidUntil(
            last_usable_day(row.kind, row.confirmed, judging),
            f"{row.row} becomes too old",
        )
