"""What happens when a job fails: every failure, the decision, who is billed, what it costs.

Nothing is asked. Costs are what is charged for a job where that is known to the caller, else
reference prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Literal

from veo_check.checks.fallback_rules import fallback_rules
from veo_check.core.clock import AsOf
from veo_check.core.fallbacks import Candidate, Difference, candidates, differences
from veo_check.core.findings import Finding
from veo_check.core.frozen import dataclass
from veo_check.core.money import ExitCode, usd
from veo_check.core.route import Route, Situation
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import JobCost, JobPrice, PriceSources
from veo_check.pricing.shape import Refusal
from veo_check.reference.capabilities import unsupported
from veo_check.reference.lifecycle import LifecycleJudgement, judge_lifecycle
from veo_check.reference.load import Reference

#: Google's documented latency of one Veo job, seconds (Veo guide, "Last updated 2026-03-05").
FASTEST, SLOWEST = 11, 360
#: Final renders that the article's table calls high-resolution.
_HIGH = frozenset({"1080p", "2k", "4k"})
Billed = Literal["no", "if-accepted", "unless-refunded", "yes"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a job fails, as the application sees it."""

    name: str
    situation: Situation | None  # None: not a matter of fallback, fix it
    billed_direct: Billed  # by Google itself
    billed_gateway: Billed  # by a gateway, where its books differ
    first: str  # what to do before anything else


#: In the order in which a job meets them. Who is billed: facts of Google's guide and of new-api.
FAILURES: tuple[Failure, ...] = (
    Failure(
        "400 unsupported parameter",
        "unsupported_parameter",
        "no",
        "no",
        "fix the request",
    ),
    Failure("401/403 key refused", None, "no", "no", "put in a working key"),
    Failure("404 model retired", "deprecated_model", "no", "no", "migrate to a live model"),
    Failure("402/403 quota or balance", None, "no", "no", "top up, or raise the quota"),
    Failure("429 rate limit", "transient_error", "no", "no", "wait as Retry-After says"),
    Failure(
        "5xx on submit", "transient_error", "if-accepted", "if-accepted", "look in the usage log"
    ),
    Failure(
        "timeout, no operation id",
        "transient_error",
        "if-accepted",
        "if-accepted",
        "look in the usage log",
    ),
    Failure("timeout, operation id known", None, "yes", "yes", "keep polling the same operation"),
    Failure(
        "job ends in an error",
        "transient_error",
        "no",
        "unless-refunded",
        "check for the refund",
    ),
    Failure(
        "safety block (filtered)",
        "policy_block",
        "no",
        "unless-refunded",
        "check for the refund",
    ),
    Failure(
        "done, but no video", "transient_error", "no", "unless-refunded", "check for the refund"
    ),
    Failure(
        "never done", "transient_error", "if-accepted", "unless-refunded", "stop at the deadline"
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the runbook. Costs in USD: the least and the most of the whole incident, None
    where no price is known; waits in seconds."""

    failure: str
    decision: str
    billed: str
    cost: tuple[Decimal, Decimal] | None
    wait: tuple[int, int] | None
    viewer: str


@dataclass(frozen=True, slots=True)
class Target:
    """A fallback route, judged by what is published."""

    candidate: Candidate
    life: LifecycleJudgement | None
    price: JobPrice | Refusal
    changes: tuple[Difference, ...]
    unfit: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether a job could run on it, by what is published."""
        alive = self.life is not None and self.life.state in {"alive", "retiring", "contested"}
        return self.candidate.route is not None and alive and not self.unfit


@dataclass(frozen=True, slots=True)
class Runbook:
    """The whole answer for one route."""

    route: Route
    price: JobPrice | Refusal
    rows: tuple[Row, ...]
    targets: tuple[Target, ...]
    broken_rules: tuple[Finding, ...]

    @property
    def exit_code(self) -> ExitCode:
        """1: a rule or a target is broken; 3: a target's life or price is not known; else 0."""
        lives = [target.life for target in self.targets]
        if self.broken_rules or any(
            target.candidate.route is None or target.unfit for target in self.targets
        ):
            return ExitCode.FAILED
        if any(life is not None and life.exit_code == ExitCode.FAILED for life in lives):
            return ExitCode.FAILED
        prices = (self.price, *(target.price for target in self.targets))
        unknown = any(isinstance(price, Refusal) for price in prices)
        unsure = any(life is None or life.exit_code != ExitCode.OK for life in lives)
        return ExitCode.INCONCLUSIVE if unknown or unsure else ExitCode.OK


def runbook(
    route: Route,
    reference: Reference,
    judging: AsOf,
    cost_of: Callable[[Route], JobCost] | None = None,
) -> Runbook:
    """What happens to a job of this route when it fails, on the day judged.

    `cost_of` knows what a job of the route and of each target costs; without it the reference does.
    """
    cost_of = cost_of or PriceSources(reference, judging, gateway_of).cost
    own, targets, rows = incidents(route, reference, judging, cost_of)
    broken = tuple(
        said
        for said in fallback_rules(route=route, judging=judging)
        if isinstance(said, Finding) and said.severity == "blocker"
    )
    return Runbook(route, own.shown, rows, targets, broken)


def incidents(
    route: Route, reference: Reference, judging: AsOf, cost_of: Callable[[Route], JobCost]
) -> tuple[JobCost, tuple[Target, ...], tuple[Row, ...]]:
    """What a job costs, the fallback routes, and a row for every way in which a job fails."""
    own = cost_of(route)
    targets = tuple(
        _target(route, own, candidate, reference, judging, cost_of)
        for candidate in candidates(route)
    )
    cost = own.shown.expected if isinstance(own.shown, JobPrice) else None
    return own, targets, tuple(_row(route, failure, cost, targets) for failure in FAILURES)


def _target(
    primary: Route,
    own: JobCost,
    candidate: Candidate,
    reference: Reference,
    judging: AsOf,
    cost_of: Callable[[Route], JobCost],
) -> Target:
    route = candidate.route
    if route is None:
        return Target(candidate, None, Refusal("unpriced", candidate.problem or ""), (), ())
    model, surface = route.model.official, route.model.surface
    life = judge_lifecycle(reference, model, surface, judging)
    cost = cost_of(route)
    capability = reference.capability(model, surface)
    unfit = tuple(
        one.message
        for one in unsupported(capability, route.request)
        if one.outcome == "unsupported"
    )
    changes = differences(primary, route, own.unit, cost.unit)
    return Target(candidate, life, cost.shown, changes, unfit)


def _row(route: Route, failure: Failure, cost: Decimal | None, targets: tuple[Target, ...]) -> Row:
    billed = failure.billed_direct if gateway_of(route).direct else failure.billed_gateway
    decision, takes_over, tries = _decision(route, failure, targets)
    lost_most = Decimal(0) if billed == "no" else cost
    lost_least = cost if billed == "yes" else Decimal(0)
    after_least, after_most = _after(cost, takes_over, tries)
    incident = (
        None
        if None in {lost_most, lost_least, after_most, after_least}
        else (_sum(lost_least, after_least), _sum(lost_most, after_most))
    )
    keeps_polling = failure.billed_direct == "yes"
    wait = (FASTEST, SLOWEST) if takes_over or tries or keeps_polling else None
    return Row(
        failure.name,
        f"{failure.first}; then {decision}" if decision else failure.first,
        _billed_words(route, billed),
        incident,
        wait,
        "the same video, later" if keeps_polling or tries else _viewer(takes_over),
    )


def _decision(
    route: Route, failure: Failure, targets: tuple[Target, ...]
) -> tuple[str | None, tuple[Target, ...], int]:
    """What is decided, which targets may take over, and how often the primary is tried again."""
    if failure.situation is None:
        return None, (), 0
    rules = route.fallback
    word = getattr(rules, failure.situation) if rules else None
    if word is None:
        return "NOT DECIDED: stop", (), 0
    if word in {"fail_closed", "block"}:
        return "stop: no other route", (), 0
    if word == "human_review":
        return "a person reviews the prompt; no other route", (), 0
    if word == "retry_once":
        return "retry once on the same route", (), 1
    return _switch(
        route,
        tuple(target for target in targets if failure.situation in target.candidate.target.for_),
    )


def _switch(route: Route, targets: tuple[Target, ...]) -> tuple[str, tuple[Target, ...], int]:
    usable = tuple(target for target in targets if target.usable)
    if not usable:
        return "stop: no fallback route is usable", (), 0
    names = ", then ".join(target.candidate.target.name for target in usable)
    rules, request = route.fallback, route.request
    if request.use == "draft":
        if rules is None or rules.draft != "switch":
            return "stop: drafts do not switch", (), 0
        return f"switch to {names}", usable, 0
    if request.resolution in _HIGH and rules is not None:
        if rules.high_resolution_final == "require_approval":
            return (
                f"switch to {names}; a more expensive one only with the owner's approval",
                usable,
                0,
            )
        if rules.high_resolution_final == "fail_closed":
            return "stop: a high-resolution final does not switch", (), 0
    return f"switch to {names}", usable, 0


def _after(
    cost: Decimal | None, takes_over: tuple[Target, ...], tries: int
) -> tuple[Decimal | None, Decimal | None]:
    """USD of what runs in place of the failed job: one success on the primary or on a target."""
    if tries:
        return cost, cost
    if not takes_over:
        return Decimal(0), Decimal(0)
    prices = [target.price for target in takes_over]
    known = [price.expected for price in prices if isinstance(price, JobPrice)]
    if len(known) < len(takes_over):
        return None, None
    return min(known), sum(known, Decimal(0))


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal:
    assert one is not None
    assert other is not None
    return one + other


def _billed_words(route: Route, billed: Billed) -> str:
    who = gateway_of(route).payer
    match billed:
        case "no":
            return "not charged"
        case "yes":
            return who
        case "if-accepted":
            return f"{who}, if it was accepted"
        case "unless-refunded":
            return f"{who}, until refunded"


def _viewer(takes_over: tuple[Target, ...]) -> str:
    if not takes_over:
        return "no video"
    changed = dict.fromkeys(
        change.name for target in takes_over for change in target.changes if change.needs_acceptance
    )
    return "changes: " + (", ".join(changed) if changed else "nothing visible")


def successor_lines(book: Runbook) -> Iterator[str]:
    """One line a target: what it is, whether it lives, and what it costs beside the primary."""
    for target in book.targets:
        name, route = target.candidate.target.name, target.candidate.route
        if route is None:
            yield f"{name}: does not make a route: {target.candidate.problem}"
            continue
        life = target.life.state if target.life else "unknown"
        gone = target.life.shutdown if target.life and life in {"retired", "retiring"} else None
        when = f" on {gone}" if gone else ""
        price = "price not known"
        if isinstance(target.price, JobPrice):
            price = f"{usd(target.price.expected)} USD"
        yield f"{name}: {route.model.official} on {route.model.surface}, {life}{when}; {price}"
        for change in target.changes:
            mark = " (accepted)" if change.name in target.candidate.target.accepts else ""
            yield f"  {change.name}: {change.primary} -> {change.target}{mark}"
        for why in target.unfit:
            yield f"  cannot run this request: {why}"
