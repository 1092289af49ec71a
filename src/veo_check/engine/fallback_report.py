"""The report's fallback table: what is decided for each situation, and what each target changes."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

from veo_check.core.fallbacks import Candidate, FallbackOutcome, candidates, differences
from veo_check.core.fallbacks import FallbackOutcomes as Outcomes
from veo_check.core.findings import GOOD
from veo_check.core.money import usd
from veo_check.core.route import Route, Situation
from veo_check.report.model import FallbackReport, FallbackTargetReport


def fallback_report(route: Route, outcomes: object) -> FallbackReport | None:
    """The table of a route; None where its file has no fallback section.

    `outcomes` is the fact of that name where the targets were judged, else anything.
    """
    rules = route.fallback
    if rules is None:
        return None
    judged = outcomes.targets if isinstance(outcomes, Outcomes) else ()
    by_index = {one.index: one for one in judged}
    situations: tuple[Situation, ...] = get_args(Situation)
    return FallbackReport(
        decisions={one: getattr(rules, one) for one in situations},
        approved_by=rules.approved_by,
        approved_on=rules.approved_on.isoformat() if rules.approved_on else None,
        targets=[_target(route, one, by_index.get(one.index)) for one in candidates(route)],
    )


def _target(
    primary: Route, candidate: Candidate, outcome: FallbackOutcome | None
) -> FallbackTargetReport:
    target, route = candidate.target, candidate.route
    units = (outcome.primary_unit, outcome.unit) if outcome else (None, None)
    changes = differences(primary, route, *units) if route else ()
    return FallbackTargetReport(
        name=target.name,
        situations=list(target.for_),
        gateway=target.via.gateway or primary.via.gateway,
        model=target.model.official,
        surface=target.model.surface,
        expected=_amount(outcome.expected if outcome else None),
        primary_expected=_amount(outcome.primary_expected if outcome else None),
        unit=outcome.unit if outcome else None,
        price_refused=outcome.price_refused if outcome else candidate.problem,
        changes=[f"{one.name}: {one.primary} -> {one.target}" for one in changes],
        bad_checks=None
        if outcome is None
        else {
            check: status.value for check, status in outcome.statuses.items() if status not in GOOD
        },
    )


def _amount(number: Decimal | None) -> str | None:
    return None if number is None else usd(number)
