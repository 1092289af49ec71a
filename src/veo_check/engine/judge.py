"""Run the selected checks of one route over its facts; one check's bug never becomes another's."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from veo_check.core.check import Check
from veo_check.core.facts import Missing
from veo_check.core.findings import Blocked, Finding, Outcome, Status, Uses
from veo_check.core.tiers import TARGETS, Tier
from veo_check.core.used_rows import UsedRows
from veo_check.engine.select import Selected

#: What checks may ask for, by type: the route, the reference, judging, and every fact.
Values = Mapping[type, object]


@dataclass(frozen=True, slots=True)
class Result:
    """One check of one route: what it said, its status at each tier, and how long it took."""

    selected: Selected
    outcome: Outcome
    statuses: Mapping[Tier, Status]
    reason: str | None
    duration_ms: int
    crash: str | None = None


def judge(plan: tuple[Selected, ...], values: Values, gateway: str, strict: bool) -> list[Result]:
    """Results in the plan's order. Checks that read what others stood on run after the others."""
    results: dict[str, Result] = {}
    last: list[Selected] = []
    for line in plan:
        if line.check is not None and UsedRows in line.check.need_types:
            last.append(line)
        else:
            results[line.id] = _run(line, values, gateway, strict)
    if last:
        late = {**values, UsedRows: UsedRows(tuple(_used(results.values())))}
        results |= {line.id: _run(line, late, gateway, strict) for line in last}
    return [results[line.id] for line in plan]


def _used(results: Iterable[Result]) -> list[Uses]:
    rows: dict[tuple[str, str, bool], Uses] = {}
    for result in results:
        for use in result.outcome.uses:
            rows.setdefault((use.row, use.kind, use.live), use)
    return list(rows.values())


def _run(line: Selected, values: Values, gateway: str, strict: bool) -> Result:
    if line.check is None:
        return _settled(line, line.status or Status.ERROR, line.reason)
    if gateway in line.check.not_for:
        return _settled(line, Status.NOT_APPLICABLE, line.check.not_for[gateway])
    started = time.perf_counter()
    try:
        outcome = _ask(line.check, values)
    # isolation: any bug becomes this check's status; a plug-in that exits must not end the run as 0
    except (Exception, SystemExit) as error:  # noqa: BLE001
        took = round((time.perf_counter() - started) * 1000)
        why = f"crashed with {type(error).__name__}; please report it"
        statuses = dict.fromkeys(TARGETS, Status.ERROR)
        return Result(line, Outcome(), statuses, why, took, traceback.format_exc())
    took = round((time.perf_counter() - started) * 1000)
    statuses = {tier: _strict(outcome.status_at(tier), strict) for tier in TARGETS}
    return Result(line, outcome, statuses, outcome.blocked, took)


def _settled(line: Selected, status: Status, reason: str | None) -> Result:
    return Result(line, Outcome(), dict.fromkeys(TARGETS, status), reason, 0)


def _strict(status: Status, strict: bool) -> Status:
    return Status.FAIL if strict and status is Status.WARN else status


def _ask(check: Check, values: Values) -> Outcome:
    given: dict[str, object] = {}
    holes: list[Blocked] = []
    for need in check.needs:
        if need.type not in values:
            raise LookupError(f"nothing supplies {need.type.__name__}")
        value = values[need.type]
        if isinstance(value, Missing) and not need.optional:
            holes.append(Blocked(f"{value.probe}: {value.detail}"))
        given[need.parameter] = value
    if holes:
        return Outcome.collect(holes)
    outcome = Outcome.collect(check(**given))
    for finding in outcome.findings:
        _belongs(check, finding)
    return outcome


def _belongs(check: Check, finding: Finding) -> None:
    if not finding.code.startswith(f"{check.id}/"):
        raise ValueError(f"{check.id} yielded the code {finding.code}")
