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

_REFRESH = "run veo-check refresh, or update veo-check"
#: `refresh` reads dates and prices; what a model accepts comes with a release, or with a file.
_REFRESH_CAPABILITY = "update veo-check, or name a newer file with --reference"


@check(item="data-and-keys", since="0.1", waivable=False)
def reference_fresh(used: UsedRows, judging: AsOf) -> Findings:
    """The dated facts that this verdict is based on were confirmed recently.

    Why: Google cut prices and shut models down within weeks. A table that was not read again since
    says what was true then, and a checker that trusts it is wrong.
    Fix: run `veo-check refresh`, or update veo-check; `--max-age DAYS` moves the limit, both ways.
    """
    if not used.rows:
        yield Blocked("no check used a dated fact, so there is nothing recent to rely on")
        return
    for kind in dict.fromkeys(row.kind for row in used.rows):
        rows = [row for row in used.rows if row.kind == kind]
        yield from _of_kind(sorted(rows, key=lambda row: (row.confirmed, row.row)), judging)
    ages = [_age(row, judging) for row in used.rows]
    if max(ages) == min(ages):
        span = f"{ages[0]} days old"
    else:
        span = f"{min(ages)} to {max(ages)} days old"
    yield note(
        "reference-fresh/ages",
        f"The verdict uses {len(ages)} dated {'fact' if len(ages) == 1 else 'facts'}, {span}.",
        evidence=(f"ref:{row.row}" for row in used.rows),
    )


def _age(row: ReferenceUse, judging: AsOf) -> int:
    return max(0, (judging.day - row.confirmed).days)


def _of_kind(rows: list[ReferenceUse], judging: AsOf) -> Findings:
    """What is old among the facts of one kind, the oldest first."""
    kind = rows[0].kind
    warn, block = limits(kind, judging.max_age_days)
    fix = _REFRESH_CAPABILITY if kind == "capability" else _REFRESH
    state = {row: freshness(kind, _age(row, judging), judging.max_age_days) for row in rows}
    stale = [row for row in rows if state[row] == "stale" and not row.live]
    aging = [row for row in rows if state[row] != "fresh" and row not in stale]
    if stale:
        yield Blocked(
            f"{_counted(stale, rows)} too old: {_oldest(stale[0], judging)}; more than {block} "
            f"days are too much for a {kind} fact: {fix}"
        )
    if aging:
        live = sum(row.live for row in aging)
        beside = f" A live answer confirms {live} of them." if live else ""
        yield warning(
            f"reference-fresh/{kind}-aging",
            f"{_counted(aging, rows)} older than wanted. "
            f"{_oldest(aging[0], judging).capitalize()}.{beside}",
            expected=f"at most {warn} days",
            actual=f"{_age(aging[0], judging)} days",
            fix=fix,
            evidence=(f"ref:{row.row}" for row in aging),
        )
    for row in rows:
        if not row.live and row not in stale:
            yield ValidUntil(
                last_usable_day(kind, row.confirmed, judging), f"a {kind} fact becomes too old"
            )


def _counted(old: list[ReferenceUse], rows: list[ReferenceUse]) -> str:
    kind, are = rows[0].kind, "is" if len(old) == 1 else "are"
    return f"{len(old)} of {len(rows)} {kind} {'fact' if len(rows) == 1 else 'facts'} {are}"


def _oldest(row: ReferenceUse, judging: AsOf) -> str:
    return f"the oldest was last confirmed {_age(row, judging)} days ago, on {row.confirmed}"
