"""What keeps a run from paying for a job."""

from __future__ import annotations

from collections.abc import Iterable

from veo_check.core.findings import GOOD, Status
from veo_check.core.tiers import Tier
from veo_check.engine.judge import Result

#: A job settles what these say, so they never stop one.
_SETTLED_BY_A_JOB = frozenset({"endpoint-family", "availability-status"})
_CONTESTED = "model-lifecycle/contested"


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
        and result.selected.id not in _SETTLED_BY_A_JOB
        and result.statuses[target] not in GOOD
        and not _only_contested(result, target)
    ]
    return "; ".join(stopping) or None


def _only_contested(result: Result, target: Tier) -> bool:
    return result.statuses[target] is Status.BLOCKED and any(
        finding.code == _CONTESTED for finding in result.outcome.findings
    )
