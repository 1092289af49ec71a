"""fallback-cost: what each fallback costs and changes is known and accepted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from veo_check.core.fallbacks import (
    Candidate,
    FallbackOutcome,
    FallbackOutcomes,
    candidates,
    differences,
)
from veo_check.core.findings import Blocked, Finding, Findings, blocker, check, note
from veo_check.core.money import plain, usd
from veo_check.core.route import Route
from veo_check.pricing.job_cost import JobCost, JobPrice
from veo_check.pricing.shape import Refusal


@check(item="fallback", since="0.1")
def fallback_cost(route: Route, outcomes: FallbackOutcomes, cost: JobCost) -> Findings:
    """The same request is priced on every fallback, and the owner accepted what changes.

    Why: a fallback can cost several times as much, bill by token, or make a shorter or silent clip.
    A viewer and a bill notice; the owner has to have said yes before.
    Fix: raise `max_cost_ratio` or name the difference in `accepts` if it is acceptable; else choose
    another target.
    """
    by_index = {outcome.index: outcome for outcome in outcomes.targets}
    found = list(candidates(route))
    if not found:
        yield note("fallback-cost/none", "No fallback route is declared.", at="fallback")
    for candidate in found:
        outcome = by_index.get(candidate.index)
        if outcome is None or candidate.route is None:
            yield Blocked(f"the fallback '{candidate.target.name}' was not priced")
            continue
        yield from _cost(candidate, outcome, cost.charged)
        yield from _changes(route, candidate, candidate.route, (cost.unit, outcome.unit))


def _cost(
    candidate: Candidate, outcome: FallbackOutcome, primary: JobPrice | Refusal
) -> Iterator[Finding | Blocked]:
    name, target = candidate.target.name, outcome.expected
    if target is None or isinstance(primary, Refusal) or not primary.expected:
        why = outcome.price_refused or "no price of the primary to compare with"
        yield Blocked(f"the cost of the fallback '{name}' is not known: {why}")
        return
    ratio, limit = target / primary.expected, candidate.target.max_cost_ratio
    shown = plain(ratio.quantize(Decimal("0.01")))
    own = usd(primary.expected)
    text = f"'{name}' costs ${usd(target)} a job, {shown} times the primary's ${own}"
    if ratio > limit:
        yield blocker(
            "fallback-cost/higher-cost",
            f"The fallback {text}.",
            at=f"{candidate.at}.max_cost_ratio",
            expected=f"at most {plain(limit)}",
            actual=shown,
            fix="raise max_cost_ratio if the owner accepts the cost, or choose a cheaper target",
        )
    else:
        yield note("fallback-cost/cost", f"The fallback {text}.", at=candidate.at)


def _changes(
    primary: Route, candidate: Candidate, target: Route, units: tuple[str | None, str | None]
) -> Iterator[Finding]:
    accepted = {word.strip().lower() for word in candidate.target.accepts}
    for difference in differences(primary, target, *units):
        text = f"With the fallback '{candidate.target.name}', {difference.name} changes from "
        text += f"{difference.primary} to {difference.target}"
        if difference.needs_acceptance and difference.name not in accepted:
            yield blocker(
                f"fallback-cost/{difference.name}",
                f"{text}, and the owner has not accepted that.",
                at=f"{candidate.at}.accepts",
                expected=difference.primary,
                actual=difference.target,
                fix=f"add {difference.name} to accepts if it is acceptable, or choose another one",
            )
        else:
            accepted_word = ", accepted" if difference.needs_acceptance else ""
            yield note("fallback-cost/change", f"{text}{accepted_word}.", at=candidate.at)
