"""Waivers: which failed checks the owner accepts, and what became of each waiver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from veo_check.core.clock import Judging
from veo_check.core.findings import Outcome, Status, Until, warning
from veo_check.core.route import Waiver
from veo_check.core.tiers import TARGETS, Tier
from veo_check.engine.judge import Result

LONGEST = timedelta(days=90)
State = Literal["used", "unused", "expired", "refused"]


@dataclass(frozen=True, slots=True)
class Ruled:
    """What became of one waiver of the route file."""

    waiver: Waiver
    state: State


def waive(
    results: list[Result], waivers: tuple[Waiver, ...], judging: Judging, strict: bool
) -> tuple[list[Result], tuple[Ruled, ...]]:
    """Apply the waivers. A check is waived where every failing finding is covered by a live one.

    A waiver that is expired, too long or for a check that may not be waived covers nothing, and
    the check it names says so in a warning.
    """
    if not waivers:
        return results, ()
    by_id = {result.selected.id: result for result in results}
    ruled: list[Ruled] = []
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
            ruled.append(Ruled(waiver, "used" if seen else "unused"))
            continue
        ruled.append(Ruled(waiver, state))
        if check in by_id:
            by_id[check] = _warned(by_id[check], f"waivers.{number}", state, complaint, strict)
    return [_covered(by_id[one.selected.id], live, ends, strict) for one in results], tuple(ruled)


def _complaint(waiver: Waiver, result: Result | None, judging: Judging) -> tuple[str | None, State]:
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
    untils = tuple(Until(ends[code].expires, f"the waiver for {code} ends") for code in codes)
    outcome = replace(result.outcome, untils=(*result.outcome.untils, *untils))
    return replace(result, outcome=outcome, statuses=statuses)


def _all_covered(outcome: Outcome, tier: Tier, live: set[str], strict: bool) -> bool:
    if tier not in TARGETS or outcome.blocked is not None:
        return False
    failing = {"blocker", "warning"} if strict else {"blocker"}
    return all(
        finding.code in live for finding in outcome.findings if finding.severity_at(tier) in failing
    )
