"""Run the selected checks of one route over its facts; one check's bug never becomes another's."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing
from veo_check.core.findings import (
    GOOD,
    TARGETS,
    Blocked,
    Check,
    Finding,
    Outcome,
    ReferenceUse,
    Status,
    Tier,
    UsedRows,
    ValidUntil,
    warning,
)
from veo_check.core.frozen import dataclass
from veo_check.core.gateway import Gateway
from veo_check.core.route import Route, Waiver
from veo_check.engine.plan import PlannedCheck
from veo_check.reference.lifecycle import judge_lifecycle, not_before_passed
from veo_check.reference.load import Reference

#: What checks may ask for, by type: the route, the reference, judging, and every fact.
Values = Mapping[type, object]


@dataclass(frozen=True, slots=True)
class Result:
    """One check of one route: what it said, its status at each tier, and how long it took."""

    selected: PlannedCheck
    outcome: Outcome
    statuses: Mapping[Tier, Status]
    reason: str | None
    duration_ms: int
    crash: str | None = None


def judge(
    plan: tuple[PlannedCheck, ...], values: Values, gateway: Gateway, strict: bool
) -> list[Result]:
    """Results in the plan's order. Checks that read what others stood on run after the others."""
    results: dict[str, Result] = {}
    last: list[PlannedCheck] = []
    for line in plan:
        if line.check is not None and UsedRows in line.check.need_types:
            last.append(line)
        else:
            results[line.id] = _run(line, values, gateway, strict)
    if last:
        late = {**values, UsedRows: UsedRows(tuple(_used(results.values())))}
        results |= {line.id: _run(line, late, gateway, strict) for line in last}
    return [results[line.id] for line in plan]


def _used(results: Iterable[Result]) -> list[ReferenceUse]:
    rows: dict[tuple[str, str, bool], ReferenceUse] = {}
    for result in results:
        for use in result.outcome.uses:
            rows.setdefault((use.row, use.kind, use.live), use)
    return list(rows.values())


def _run(line: PlannedCheck, values: Values, gateway: Gateway, strict: bool) -> Result:
    if line.check is None:
        return _settled(line, line.status or Status.ERROR, line.reason)
    route = values.get(Route)
    surface = route.model.surface if isinstance(route, Route) else ""
    if (why := line.check.not_for(gateway, surface)) is not None:
        return _settled(line, Status.NOT_APPLICABLE, why)
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


def _settled(line: PlannedCheck, status: Status, reason: str | None) -> Result:
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


# Waivers: which failed checks the owner accepts, and what became of each waiver.


LONGEST = timedelta(days=90)
State = Literal["used", "unused", "expired", "refused"]


@dataclass(frozen=True, slots=True)
class WaiverOutcome:
    """What became of one waiver of the route file."""

    waiver: Waiver
    state: State


def waive(
    results: list[Result], waivers: tuple[Waiver, ...], judging: AsOf, strict: bool
) -> tuple[list[Result], tuple[WaiverOutcome, ...]]:
    """Apply the waivers. A check is waived where every failing finding is covered by a live one.

    A waiver that is expired, too long or for a check that may not be waived covers nothing, and
    the check it names says so in a warning.
    """
    if not waivers:
        return results, ()
    by_id = {result.selected.id: result for result in results}
    ruled: list[WaiverOutcome] = []
    live: set[str] = set()
    ends: dict[str, Waiver] = {}
    for number, waiver in enumerate(waivers):
        check = waiver.finding.partition("/")[0]
        complaint, state = _complaint(waiver, by_id.get(check), judging)
        if complaint is None:
            live.add(waiver.finding)
            ends[waiver.finding] = waiver
            seen = check in by_id and any(
                finding.code == waiver.finding for finding in by_id[check].outcome.findings
            )
            ruled.append(WaiverOutcome(waiver, "used" if seen else "unused"))
            continue
        ruled.append(WaiverOutcome(waiver, state))
        if check in by_id:
            by_id[check] = _warned(by_id[check], f"waivers.{number}", state, complaint, strict)
    return [_covered(by_id[one.selected.id], live, ends, strict) for one in results], tuple(ruled)


def _complaint(waiver: Waiver, result: Result | None, judging: AsOf) -> tuple[str | None, State]:
    if result is None:
        return f"no check is called {waiver.finding.partition('/')[0]}", "refused"
    if result.selected.check is not None and not result.selected.check.waivable:
        return f"{result.selected.id} cannot be waived", "refused"
    if waiver.expires < judging.expiry_day:
        return f"the waiver for {waiver.finding} expired on {waiver.expires}", "expired"
    if waiver.expires - judging.expiry_day > LONGEST:
        return f"the waiver for {waiver.finding} runs longer than 90 days", "refused"
    return None, "unused"


def _warned(result: Result, at: str, state: State, complaint: str, strict: bool) -> Result:
    code = f"{result.selected.id}/waiver-{state}"
    fix = "renew it with a new reason and day, or delete it"
    said = warning(code, f"{complaint}; it covers nothing", at=at, fix=fix)
    outcome = replace(result.outcome, findings=(*result.outcome.findings, said))
    return replace(result, outcome=outcome, statuses=_raised(result.statuses, strict))


def _raised(statuses: Mapping[Tier, Status], strict: bool) -> dict[Tier, Status]:
    warned = Status.FAIL if strict else Status.WARN
    return {tier: warned if one is Status.PASS else one for tier, one in statuses.items()}


def _covered(result: Result, live: set[str], ends: Mapping[str, Waiver], strict: bool) -> Result:
    statuses = {
        tier: Status.WAIVED
        if status is Status.FAIL and _all_covered(result.outcome, tier, live, strict)
        else status
        for tier, status in result.statuses.items()
    }
    if statuses == dict(result.statuses):
        return result
    codes = {finding.code for finding in result.outcome.findings} & live
    untils = tuple(ValidUntil(ends[code].expires, f"the waiver for {code} ends") for code in codes)
    outcome = replace(result.outcome, untils=(*result.outcome.untils, *untils))
    return replace(result, outcome=outcome, statuses=statuses)


def _all_covered(outcome: Outcome, tier: Tier, live: set[str], strict: bool) -> bool:
    if tier not in TARGETS or outcome.blocked is not None:
        return False
    failing = {"blocker", "warning"} if strict else {"blocker"}
    return all(
        finding.code in live for finding in outcome.findings if finding.severity_at(tier) in failing
    )


# Until when a verdict holds, and why it ends then.


@dataclass(frozen=True, slots=True)
class Validity:
    """`until` is the earliest of all ends, `model_until` the model's shutdown date alone."""

    until: date | None
    because: str | None
    model_until: date | None


def validity(untils: Iterable[ValidUntil], day: date) -> Validity:
    """The earliest end on or after `day`. Ends that have passed are findings, not limits."""
    coming = sorted(
        (until for until in untils if until.day >= day), key=lambda one: (one.day, one.because)
    )
    model = next((one.day for one in coming if one.model), None)
    if not coming:
        return Validity(None, None, None)
    return Validity(coming[0].day, coming[0].because, model)


def passed_not_before(route: Route, reference: Reference, judging: AsOf) -> list[str]:
    """Published "or later" days that have gone by: they promise nothing since, and end nothing."""
    judged = judge_lifecycle(reference, route.model.official, route.model.surface, judging)
    return [
        not_before_passed(row)
        for row in judged.dated
        if row.kind == "not-before" and row.shutdown is not None and row.shutdown <= judging.day
    ]


# What keeps a run from paying for a job.


#: What a job settles, so that it never stops one.
_AVAILABILITY = "availability-status"
_FAMILY = "endpoint-family"
_LOCATION = "location-served"
_CONTESTED = "model-lifecycle/contested"
#: The failures of `endpoint-family` that no job can settle: it would be paid for nothing.
_HOPELESS = frozenset({"endpoint-family/not-routed", "endpoint-family/other-family"})


def what_stops_money(results: Iterable[Result], target: Tier) -> str | None:
    """The first reason why no job may be paid for, or None.

    Every check required for research or staging has to be good at the target, whatever kept it
    from being so; a contested date and what only a job can settle stop nothing.
    """
    stopping = [
        f"{result.selected.id} is {result.statuses[target].value}"
        for result in results
        if result.selected.required_for is not None
        and result.selected.required_for <= Tier.STAGING
        and result.statuses[target] not in GOOD
        and not a_job_settles(result, target)
    ]
    return "; ".join(stopping) or None


def names_a_step(result: Result) -> bool:
    """Whether the check itself says what is cheaper to try than a job."""
    return result.selected.id == _LOCATION


def a_job_settles(result: Result, target: Tier) -> bool:
    """Whether only a paid job can tell what the check could not."""
    if result.selected.id == _AVAILABILITY:
        return True
    status = result.statuses[target]
    codes = {finding.code for finding in result.outcome.findings}
    if result.selected.id == _FAMILY:
        return status in {Status.BLOCKED, Status.FAIL} and not codes & _HOPELESS
    if result.selected.id == _LOCATION:
        # of an earlier refusal only an accepted job can say that it no longer holds
        return status is Status.BLOCKED or "location-served/refused" in codes
    return status is Status.BLOCKED and _CONTESTED in codes
