"""fallback-alive: every fallback would itself be let through, and does not end with the primary."""

from __future__ import annotations

from collections.abc import Iterator

from veo_check.core.facts import KeyAnswer, Missing
from veo_check.core.fallbacks import Candidate, FallbackOutcome, FallbackOutcomes, candidates
from veo_check.core.findings import (
    GOOD,
    Blocked,
    Finding,
    Findings,
    Status,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.route import Route

#: Without this check's status nobody looked whether the target is alive at all.
_LIFE = "model-lifecycle"
_KEY = "key-accepted"
_FAMILY = "endpoint-family"


@check(item="fallback", since="0.1")
def fallback_alive(
    route: Route, outcomes: FallbackOutcomes, answer: KeyAnswer | Missing
) -> Findings:
    """Every fallback route passes the free checks itself and outlives the primary.

    Why: a fallback is used on the worst day, often untested since it was written. Routes still
    fall back to Sora 2, which was shut down on 2026-09-24; one that ends on the primary's own day
    is no fallback.
    Fix: choose a target that is alive, or fix what the finding names; then run again.
    """
    by_index = {outcome.index: outcome for outcome in outcomes.targets}
    found = list(candidates(route))
    if not found:
        yield note(
            "fallback-alive/none",
            "No fallback route is declared; a job that fails stays failed.",
            at="fallback",
        )
        return
    for candidate in found:
        outcome = by_index.get(candidate.index)
        name = candidate.target.name
        if candidate.problem is not None:
            yield blocker(
                "fallback-alive/not-a-route",
                f"The fallback '{name}' and the primary do not make a route: {candidate.problem}.",
                at=candidate.at,
                fix="complete its via, model and request",
            )
        elif outcome is None:
            yield Blocked(f"the fallback '{name}' was not judged")
        else:
            yield from _judged(
                outcome, outcomes, candidate.at, _shares_bad_key(route, candidate, answer)
            )
            if candidate.route is not None and candidate.route.base_url == route.base_url:
                yield note(
                    "fallback-alive/same-gateway",
                    f"The fallback '{name}' goes through the primary's own gateway; an outage "
                    "there takes both.",
                    at=candidate.at,
                )


def _shares_bad_key(route: Route, candidate: Candidate, answer: KeyAnswer | Missing) -> bool:
    """Whether the target uses the primary's key at the primary's gateway, and that key is bad.

    One bad key is one failure: `key-accepted` of the primary already says so.
    """
    other = candidate.route
    return (
        isinstance(answer, KeyAnswer)
        and answer.state != "accepted"
        and other is not None
        and (other.via.key, other.base_url) == (route.via.key, route.base_url)
    )


def _judged(
    outcome: FallbackOutcome, outcomes: FallbackOutcomes, at: str, bad_key: bool
) -> Iterator[Finding | Blocked]:
    name, good = outcome.name, True
    if _LIFE not in outcome.statuses:
        good = False
        yield Blocked(f"whether the fallback '{name}' is alive was not checked")
    for check_id, status in outcome.statuses.items():
        if check_id == _FAMILY and status is Status.WARN:
            yield warning(
                "fallback-alive/unproved",
                f"The fallback '{name}' is only declared to accept video jobs; no job has proven "
                "it.",
                at=at,
                fix="prove it by a job of its own: --spend USD --prove-fallbacks",
            )
        if status in GOOD:
            continue
        good = False
        why = outcome.reasons.get(check_id)
        text = f"The fallback '{name}' does not pass {check_id}" + (f": {why}" if why else "")
        if check_id == _KEY and bad_key:
            yield Blocked(f"the fallback '{name}' uses the primary's key, which is not accepted")
        elif status is Status.FAIL:
            yield blocker(
                f"fallback-alive/{check_id}",
                f"{text.rstrip('.')}.",
                at=at,
                actual=status.value,
                fix="choose another target, or fix this one",
            )
        else:
            yield Blocked(f"{text} ({status.value})")
    shared = sorted(set(outcome.shutdowns) & set(outcomes.primary_shutdowns))
    if shared:
        good = False
        yield blocker(
            "fallback-alive/shared-shutdown",
            f"The fallback '{name}' shuts down on the same day as the primary, {shared[0]}.",
            at=at,
            actual=shared[0],
            fix="choose a target that outlives the primary",
        )
    if good:
        yield note("fallback-alive/alive", f"The fallback '{name}' passes.", at=at)
