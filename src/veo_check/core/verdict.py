"""The verdict: one pure, total, monotone function over check results."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

from veo_check.core.findings import GOOD, TARGETS, Status, Tier
from veo_check.core.frozen import dataclass
from veo_check.core.money import ExitCode


class Verdict(enum.StrEnum):
    """The answer for one route, and for a run."""

    READY = "ready"
    NOT_READY = "not-ready"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check as the verdict sees it: the tier that requires it and its status at each tier.

    `left_out` marks a built-in requirement that the chosen checklist does not hold: it caps the
    tier like any other missing evidence, but nobody switched it off for this run.
    """

    check: str
    required_for: Tier | None
    statuses: Mapping[Tier, Status]
    left_out: bool = False

    def required_at(self, tier: Tier) -> bool:
        return self.required_for is not None and self.required_for <= tier


@dataclass(frozen=True, slots=True)
class Decision:
    """Verdict and tier of one route, and whether a required check was switched off or crashed."""

    verdict: Verdict
    tier: Tier
    uncoverable: bool


def decide(results: Iterable[CheckResult], target: Tier) -> Decision:
    """Tier: the highest whose required checks are all good. Ready: the tier reaches the target."""
    judged = list(results)
    tier = Tier.NONE
    for candidate in TARGETS:
        required = [result for result in judged if result.required_at(candidate)]
        if not required or any(result.statuses[candidate] not in GOOD for result in required):
            break
        tier = candidate
    at_target = [result for result in judged if result.required_at(target)]
    if any(result.statuses[target] is Status.FAIL for result in at_target):
        verdict = Verdict.NOT_READY
    elif target in TARGETS and tier >= target:
        verdict = Verdict.READY
    else:
        verdict = Verdict.INCONCLUSIVE
    uncoverable = any(
        result.statuses[target] is Status.ERROR
        or (result.statuses[target] is Status.SKIPPED and not _forgivable(result))
        for result in at_target
    )
    return Decision(verdict, tier, uncoverable)


def _forgivable(result: CheckResult) -> bool:
    """A checklist may be the part of the whole that can be judged here, such as offline; but one
    without the checks that even research needs judges nothing."""
    return result.left_out and result.required_for is not Tier.RESEARCH


_WORST_FIRST = (Verdict.NOT_READY, Verdict.INCONCLUSIVE, Verdict.READY)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a run: the worst of its routes; of no routes at all: inconclusive."""
    seen = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in seen), Verdict.INCONCLUSIVE)


def exit_code(ruling: Decision, inconclusive: str = "own") -> ExitCode:
    """Exit code of one route. `inconclusive` is `own` (3), `fail` (1) or `pass` (0).

    `pass` never covers a required check that was switched off or that crashed.
    """
    if ruling.verdict is Verdict.READY:
        return ExitCode.OK
    if ruling.verdict is Verdict.NOT_READY:
        return ExitCode.FAILED
    if inconclusive == "fail":
        return ExitCode.FAILED
    if inconclusive == "pass" and not ruling.uncoverable:
        return ExitCode.OK
    return ExitCode.INCONCLUSIVE


def worst_exit(codes: Iterable[ExitCode]) -> ExitCode:
    """Exit code of several routes: 2 before 1 before 3 before 0; of none: 3."""
    seen = set(codes)
    order = (ExitCode.USAGE, ExitCode.FAILED, ExitCode.INCONCLUSIVE, ExitCode.OK)
    return next((code for code in order if code in seen), ExitCode.INCONCLUSIVE)
