"""fallback-rules: every failure has a decision, and none goes against the article's table."""

from __future__ import annotations

from collections.abc import Iterator

from veo_check.core.clock import AsOf
from veo_check.core.findings import Finding, Findings, Tier, blocker, check, note
from veo_check.core.route import Fallback, FallbackTarget, Route, Situation

#: What each situation may be decided as. Anything else goes against the article's table.
DECISIONS: dict[Situation, tuple[str, ...]] = {
    "transient_error": ("retry_once", "switch", "fail_closed"),
    "deprecated_model": ("block",),
    "unsupported_parameter": ("fail_closed",),
    "high_resolution_final": ("require_approval", "fail_closed"),
    "draft": ("switch", "fail_closed"),
    "policy_block": ("fail_closed", "human_review"),
}
#: Decisions under which another route may take over at all.
_LETS_ANOTHER_ROUTE = {"retry_once", "switch", "require_approval"}
_WHY_NOT = {
    "deprecated_model": "a retired model is migrated, not routed around",
    "unsupported_parameter": "the same wrong request would only fail elsewhere",
    "policy_block": "what a safety filter refused is never sent to another provider",
}


@check(item="fallback", since="0.1", waivable=False)
def fallback_rules(route: Route, judging: AsOf) -> Findings:
    """Every situation has a decision, a person approved them, and a job is retried at most once.

    Why: another video model changes style, length, filters and price. Whether a failed job may
    switch is decided calmly and beforehand, or it is decided by a retry loop at night.
    Fix: decide all six situations under `fallback`, name who approved them and when, keep
    `budget.retries` at 0 or 1, and give every `switch` a route to switch to.
    """
    rules = route.fallback
    if rules is None:
        yield blocker(
            "fallback-rules/undecided",
            "The route file does not say what happens when a job fails.",
            at="fallback",
            fix=f"add fallback with a decision for each of: {', '.join(DECISIONS)}",
        )
        return
    found = [
        *_decisions(rules),
        *_approval(rules, judging),
        *_retries(route, rules),
        *_targets(rules),
        *_chains(rules.routes),
    ]
    yield from found
    if not found:
        decided = ", ".join(f"{name} {_decision(rules, name)}" for name in DECISIONS)
        yield note("fallback-rules/decided", f"Decided: {decided}.", at="fallback")


def _decision(rules: Fallback, situation: Situation) -> str | None:
    value = getattr(rules, situation)
    return value if isinstance(value, str) else None


def _decisions(rules: Fallback) -> Iterator[Finding]:
    for situation, allowed in DECISIONS.items():
        decision = _decision(rules, situation)
        if decision is None:
            yield blocker(
                "fallback-rules/undecided",
                f"Nothing is decided for {situation}.",
                at="fallback",
                expected=" or ".join(allowed),
                fix=f"set fallback.{situation} to {' or '.join(allowed)}",
            )
        elif decision not in allowed:
            yield blocker(
                "fallback-rules/forbidden",
                f"The decision for {situation} is '{decision}', which is not allowed.",
                at=f"fallback.{situation}",
                expected=" or ".join(allowed),
                actual=decision,
                fix=f"set fallback.{situation} to {' or '.join(allowed)}",
            )


def _approval(rules: Fallback, judging: AsOf) -> Iterator[Finding]:
    if rules.approved_by is None or rules.approved_on is None:
        missing = [name for name in ("approved_by", "approved_on") if getattr(rules, name) is None]
        yield blocker(
            "fallback-rules/not-approved",
            f"The fallback rules are not approved: {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            at="fallback",
            fix="name who approved them in fallback.approved_by, and the day in approved_on",
            warn_below=Tier.PRODUCTION,
        )
    elif rules.approved_on > judging.expiry_day:
        yield blocker(
            "fallback-rules/not-approved",
            f"The approval is dated {rules.approved_on}, a day still to come.",
            at="fallback.approved_on",
            fix="write the day on which the rules were approved",
        )


def _retries(route: Route, rules: Fallback) -> Iterator[Finding]:
    retries = route.budget.retries
    if retries > 1:
        yield blocker(
            "fallback-rules/retries",
            f"A failed job is retried {retries} times; each try can cost a whole video.",
            at="budget.retries",
            expected="at most 1",
            actual=retries,
            fix="set budget.retries to 1 or 0, and make the application keep to it",
        )
    elif retries == 0 and rules.transient_error == "retry_once":
        yield blocker(
            "fallback-rules/retries",
            "The decision for transient_error is retry_once, but the budget counts no retry.",
            at="budget.retries",
            expected="1",
            actual=retries,
            fix="set budget.retries to 1, or decide transient_error otherwise",
        )


def _targets(rules: Fallback) -> Iterator[Finding]:
    for situation in ("transient_error", "draft"):
        if _decision(rules, situation) == "switch" and not any(
            situation in target.for_ for target in rules.routes
        ):
            yield blocker(
                "fallback-rules/no-route",
                f"The decision for {situation} is switch, but no fallback route is for it.",
                at=f"fallback.{situation}",
                fix=f"add a route with for: [{situation}], or decide fail_closed",
            )
    for index, target in enumerate(rules.routes):
        for situation in target.for_:
            yield from _may_take_over(rules, target, situation, f"fallback.routes.{index}")


def _may_take_over(
    rules: Fallback, target: FallbackTarget, situation: Situation, at: str
) -> Iterator[Finding]:
    decision = _decision(rules, situation)
    if situation in _WHY_NOT:
        yield blocker(
            "fallback-rules/re-routed",
            f"The route '{target.name}' is for {situation}: {_WHY_NOT[situation]}.",
            at=f"{at}.for",
            fix=f"take {situation} out of its for",
        )
    elif decision is not None and decision not in _LETS_ANOTHER_ROUTE:
        yield blocker(
            "fallback-rules/contradiction",
            f"The route '{target.name}' is for {situation}, which is decided as '{decision}'.",
            at=f"{at}.for",
            fix=f"take {situation} out of its for, or decide {situation} otherwise",
        )
    elif situation == "draft" and target.max_cost_ratio > 1:
        yield blocker(
            "fallback-rules/draft-cost",
            f"The route '{target.name}' may cost {target.max_cost_ratio} times the primary for a "
            "draft; drafts fall back to cheaper routes only.",
            at=f"{at}.max_cost_ratio",
            expected="at most 1",
            actual=target.max_cost_ratio,
            fix="set max_cost_ratio to 1 or less, or make it a route for another situation",
        )


def _chains(targets: list[FallbackTarget]) -> Iterator[Finding]:
    next_of: dict[str, list[str]] = {}
    for index, target in enumerate(targets):
        at = f"fallback.routes.{index}"
        if target.name in next_of:
            yield blocker(
                "fallback-rules/same-name",
                f"Two fallback routes are called '{target.name}'.",
                at=f"{at}.name",
                fix="give each fallback route a name of its own",
            )
        next_of.setdefault(target.name, target.fallback)
    for index, target in enumerate(targets):
        at = f"fallback.routes.{index}.fallback"
        for name in target.fallback:
            if name not in next_of:
                yield blocker(
                    "fallback-rules/unknown-route",
                    f"The fallback '{target.name}' names '{name}', which is not a fallback route.",
                    at=at,
                    fix=f"use one of: {', '.join(next_of)}",
                )
        if _reaches(target.name, target.name, next_of):
            yield blocker(
                "fallback-rules/loop",
                f"The fallback '{target.name}' leads back to itself, so a failed job could be sent "
                "and paid again and again.",
                at=at,
                fix="end the chain: take one of the names out",
            )


def _reaches(start: str, goal: str, next_of: dict[str, list[str]]) -> bool:
    seen: set[str] = set()
    todo = list(next_of.get(start, ()))
    while todo:
        name = todo.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            todo.extend(next_of.get(name, ()))
    return False
