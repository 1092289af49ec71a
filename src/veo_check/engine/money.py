"""What keeps a run from paying for a job."""

from __future__ import annotations

from collections.abc import Iterable

from veo_check.core.findings import GOOD, Status
from veo_check.core.tiers import Tier
from veo_check.engine.judge import Result

#: What a job settles, so that it never stops one.
_AVAILABILITY = "availability-status"
_FAMILY = "endpoint-family"
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
        and not _a_job_settles(result, target)
    ]
    return "; ".join(stopping) or None


def _a_job_settles(result: Result, target: Tier) -> bool:
    if result.selected.id == _AVAILABILITY:
        return True
    status = result.statuses[target]
    codes = {finding.code for finding in result.outcome.findings}
    if result.selected.id == _FAMILY:
        return status in {Status.BLOCKED, Status.FAIL} and not codes & _HOPELESS
    return status is Status.BLOCKED and _CONTESTED in codes
