"""The verdict over every combination of statuses and tiers, held against the spec's sentences."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.core.findings import TARGETS, Status, Tier
from veo_check.core.money import ExitCode
from veo_check.core.verdict import (
    CheckResult,
    Decision,
    Verdict,
    decide,
    exit_code,
    worst,
    worst_exit,
)

FINE = {Status.PASS, Status.WARN, Status.WAIVED, Status.NOT_APPLICABLE}
#: From best to worst. Could not tell is better than no: its exit code says so.
ORDER = (
    Status.NOT_APPLICABLE,
    Status.PASS,
    Status.WARN,
    Status.WAIVED,
    Status.BLOCKED,
    Status.SKIPPED,
    Status.ERROR,
    Status.FAIL,
)
VERDICTS = (Verdict.READY, Verdict.INCONCLUSIVE, Verdict.NOT_READY)
CODES = (ExitCode.OK, ExitCode.INCONCLUSIVE, ExitCode.FAILED)
WORSE = [(better, one) for at, one in enumerate(ORDER) for better in ORDER[:at]]


def judged(
    required_for: Tier | None, *statuses: Status, name: str = "check", left_out: bool = False
) -> CheckResult:
    """A check with one status at every tier, or one each for research, staging, production."""
    each = statuses * 3 if len(statuses) == 1 else statuses
    return CheckResult(name, required_for, dict(zip(TARGETS, each, strict=True)), left_out)


def one_a_tier() -> Iterator[tuple[CheckResult, ...]]:
    """Every combination of statuses of three checks, one required at each tier."""
    for statuses in itertools.product(Status, repeat=3):
        yield tuple(
            judged(tier, status, name=tier.word)
            for tier, status in zip(TARGETS, statuses, strict=True)
        )


def by_the_book(results: tuple[CheckResult, ...], target: Tier) -> tuple[Verdict, Tier]:
    """The spec's sentences, one by one."""
    reached = Tier.NONE
    for tier in TARGETS:
        needed = [one for one in results if one.required_for and one.required_for <= tier]
        if needed and all(one.statuses[tier] in FINE for one in needed) and reached == tier - 1:
            reached = tier
    needed = [one for one in results if one.required_for and one.required_for <= target]
    if any(one.statuses[target] is Status.FAIL for one in needed):
        return Verdict.NOT_READY, reached
    return (Verdict.READY if reached >= target else Verdict.INCONCLUSIVE), reached


@pytest.mark.parametrize("target", TARGETS)
def test_every_combination_of_one_check_a_tier(target: Tier) -> None:
    seen = set()
    for results in one_a_tier():
        ruling = decide(results, target)
        assert (ruling.verdict, ruling.tier) == by_the_book(results, target), results
        seen.add(ruling.verdict)
    assert seen == set(Verdict)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("required_for", [None, *TARGETS])
def test_every_combination_of_statuses_by_tier(required_for: Tier | None, target: Tier) -> None:
    """A finding may weigh differently by tier: each tier counts with its own status."""
    other = judged(Tier.RESEARCH, Status.PASS, name="other")
    for statuses in itertools.product(Status, repeat=3):
        results = (other, judged(required_for, *statuses))
        ruling = decide(results, target)
        assert (ruling.verdict, ruling.tier) == by_the_book(results, target), results


def test_never_ready_without_every_required_check_good() -> None:
    for results, target in itertools.product(one_a_tier(), TARGETS):
        if decide(results, target).verdict is Verdict.READY:
            assert all(one.statuses[target] in FINE for one in results if one.required_at(target))


@pytest.mark.parametrize("target", TARGETS)
def test_a_worse_result_never_improves_anything(target: Tier) -> None:
    for results in one_a_tier():
        before = decide(results, target)
        for at, one in enumerate(results):
            for better, worse in WORSE:
                if one.statuses[target] is better:
                    changed = list(results)
                    changed[at] = judged(one.required_for, worse, name=one.check)
                    _not_improved(before, decide(changed, target))


@pytest.mark.parametrize("target", TARGETS)
def test_a_worse_result_at_one_tier_never_improves_anything(target: Tier) -> None:
    other = judged(Tier.RESEARCH, Status.PASS, name="other")
    for statuses in itertools.product(Status, repeat=3):
        for required_for, at in itertools.product(TARGETS, range(3)):
            before = decide((other, judged(required_for, *statuses)), target)
            for better, worse in WORSE:
                if statuses[at] is better:
                    changed = [*statuses[:at], worse, *statuses[at + 1 :]]
                    _not_improved(before, decide((other, judged(required_for, *changed)), target))


def _not_improved(before: Decision, after: Decision) -> None:
    assert after.tier <= before.tier
    assert VERDICTS.index(after.verdict) >= VERDICTS.index(before.verdict)
    for mode in ("own", "fail", "pass"):
        assert CODES.index(exit_code(after, mode)) >= CODES.index(exit_code(before, mode))


_results = st.lists(
    st.builds(
        judged,
        st.sampled_from([None, *TARGETS]),
        st.sampled_from(Status),
        st.sampled_from(Status),
        st.sampled_from(Status),
        left_out=st.booleans(),
    ),
    max_size=6,
)


@given(results=_results, target=st.sampled_from(TARGETS))
def test_many_checks_by_the_book(results: list[CheckResult], target: Tier) -> None:
    ruling = decide(results, target)
    assert (ruling.verdict, ruling.tier) == by_the_book(tuple(results), target)


@given(results=_results, more=_results, target=st.sampled_from(TARGETS))
def test_one_more_required_check_never_improves_a_verdict_with_evidence(
    results: list[CheckResult], more: list[CheckResult], target: Tier
) -> None:
    if not any(one.required_for is Tier.RESEARCH for one in results):
        results = [*results, judged(Tier.RESEARCH, Status.PASS)]
    before, after = decide(results, target), decide([*results, *more], target)
    assert after.tier <= before.tier
    assert VERDICTS.index(after.verdict) >= VERDICTS.index(before.verdict)


@given(results=_results, target=st.sampled_from(TARGETS))
def test_the_order_of_checks_does_not_matter(results: list[CheckResult], target: Tier) -> None:
    assert decide(results, target) == decide(results[::-1], target)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_required_is_no_evidence(target: Tier) -> None:
    assert decide([], target) == Decision(Verdict.INCONCLUSIVE, Tier.NONE, False)
    notes = [judged(None, status) for status in Status]
    assert decide(notes, target) == Decision(Verdict.INCONCLUSIVE, Tier.NONE, False)


def test_what_cannot_be_covered() -> None:
    for status in Status:
        ruling = decide([judged(Tier.RESEARCH, status)], Tier.RESEARCH)
        assert ruling.uncoverable is (status in {Status.SKIPPED, Status.ERROR})
        beyond = decide(
            [judged(Tier.RESEARCH, Status.PASS), judged(Tier.PRODUCTION, status)], Tier.STAGING
        )
        assert beyond == Decision(
            Verdict.READY, Tier.PRODUCTION if status in FINE else Tier.STAGING, False
        )
    good = judged(Tier.RESEARCH, Status.PASS)
    left_out = [good, judged(Tier.STAGING, Status.SKIPPED, left_out=True)]
    assert decide(left_out, Tier.STAGING) == Decision(Verdict.INCONCLUSIVE, Tier.RESEARCH, False)
    nothing = [judged(Tier.RESEARCH, Status.SKIPPED, left_out=True)]
    assert decide(nothing, Tier.RESEARCH) == Decision(Verdict.INCONCLUSIVE, Tier.NONE, True)
    crashed = [judged(Tier.RESEARCH, Status.ERROR, left_out=True)]
    assert decide(crashed, Tier.RESEARCH).uncoverable


@pytest.mark.parametrize(
    ("verdict", "uncoverable", "own", "fail", "passes"),
    [
        (Verdict.READY, False, 0, 0, 0),
        (Verdict.NOT_READY, False, 1, 1, 1),
        (Verdict.NOT_READY, True, 1, 1, 1),
        (Verdict.INCONCLUSIVE, False, 3, 1, 0),
        (Verdict.INCONCLUSIVE, True, 3, 1, 3),
    ],
)
def test_exit_codes(verdict: Verdict, uncoverable: bool, own: int, fail: int, passes: int) -> None:
    ruling = Decision(verdict, Tier.NONE, uncoverable)
    assert exit_code(ruling) == own
    assert [exit_code(ruling, mode) for mode in ("own", "fail", "pass")] == [own, fail, passes]


def test_the_worst_route_is_the_runs_verdict() -> None:
    for several in itertools.product(VERDICTS, repeat=3):
        assert worst(several) is max(several, key=VERDICTS.index)
    assert worst([]) is Verdict.INCONCLUSIVE


def test_two_before_one_before_three_before_zero() -> None:
    order = [ExitCode.OK, ExitCode.INCONCLUSIVE, ExitCode.FAILED, ExitCode.USAGE]
    for several in itertools.product(order, repeat=3):
        assert worst_exit(several) is max(several, key=order.index)
    assert worst_exit([]) is ExitCode.INCONCLUSIVE
