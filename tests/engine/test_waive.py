"""Waivers cover single findings of failed checks, for a while, and never quietly."""

from __future__ import annotations

from datetime import date

import pytest

from veo_check.core.clock import AsOf
from veo_check.core.findings import (
    TARGETS,
    Check,
    CheckOutput,
    Findings,
    Outcome,
    Status,
    Tier,
    ValidUntil,
    blocker,
    check,
    warning,
)
from veo_check.core.route import Waiver
from veo_check.engine.judge import Result, waive
from veo_check.engine.plan import PlannedCheck

TODAY = AsOf(date(2026, 11, 22), date(2026, 11, 22))
MARKUP = blocker("price-agrees/markup", "the gateway is 40 % dearer", at="via.model")
STALE = blocker("price-agrees/stale", "the second source is older")


@check(item="pricing-unit", since="0.1")
def price_agrees() -> Findings:
    """T.

    Why: w. Fix: f.
    """
    yield from ()


@check(item="pricing-unit", since="0.1", waivable=False)
def price_known() -> Findings:
    """T.

    Why: w. Fix: f.
    """
    yield from ()


def result(one: Check, *said: CheckOutput) -> Result:
    outcome = Outcome.collect(said)
    line = PlannedCheck(one.id, one.item, Tier.PRODUCTION, one)
    statuses = {tier: outcome.status_at(tier) for tier in TARGETS}
    return Result(line, outcome, statuses, outcome.blocked, 0)


def waiver(finding: str = "price-agrees/markup", expires: str = "2026-12-15") -> Waiver:
    return Waiver(
        finding=finding,
        reason="contract",
        owner="v@example.com",
        expires=date.fromisoformat(expires),
    )


def status(results: list[Result]) -> Status:
    return results[0].statuses[Tier.PRODUCTION]


def test_a_live_waiver_covers_its_finding_and_ends_the_verdict() -> None:
    results, ruled = waive([result(price_agrees, MARKUP)], (waiver(),), TODAY, strict=False)
    assert status(results) is Status.WAIVED
    assert results[0].outcome.untils == (
        ValidUntil(date(2026, 12, 15), "the waiver for price-agrees/markup ends"),
    )
    assert [one.state for one in ruled] == ["used"]


def test_a_second_finding_keeps_the_check_failed() -> None:
    results, _ = waive([result(price_agrees, MARKUP, STALE)], (waiver(),), TODAY, strict=False)
    assert status(results) is Status.FAIL


def test_a_waiver_never_covers_a_hole() -> None:
    from veo_check.core.findings import Blocked

    said = (MARKUP, Blocked("the catalogue could not be read"))
    results, _ = waive([result(price_agrees, *said)], (waiver(),), TODAY, strict=False)
    assert status(results) is Status.FAIL


def test_an_unused_waiver_changes_nothing() -> None:
    results, ruled = waive([result(price_agrees)], (waiver(),), TODAY, strict=False)
    assert status(results) is Status.PASS
    assert [one.state for one in ruled] == ["unused"]


@pytest.mark.parametrize(
    ("of", "expires", "code", "state"),
    [
        (price_agrees, "2026-11-21", "price-agrees/waiver-expired", "expired"),
        (price_agrees, "2027-03-01", "price-agrees/waiver-refused", "refused"),
        (price_known, "2026-12-15", "price-known/waiver-refused", "refused"),
    ],
)
def test_a_waiver_that_may_not_cover_warns(of: Check, expires: str, code: str, state: str) -> None:
    finding = f"{of.id}/markup"
    failed = result(of, blocker(finding, "dearer"))
    results, ruled = waive([failed], (waiver(finding, expires),), TODAY, strict=False)
    assert status(results) is Status.FAIL
    assert results[0].outcome.findings[-1].code == code
    assert [one.state for one in ruled] == [state]


def test_an_expired_waiver_without_its_finding_is_a_warning() -> None:
    results, _ = waive([result(price_agrees)], (waiver(expires="2026-11-21"),), TODAY, strict=False)
    assert status(results) is Status.WARN


def test_the_last_day_still_counts() -> None:
    results, _ = waive(
        [result(price_agrees, MARKUP)], (waiver(expires="2026-11-22"),), TODAY, strict=False
    )
    assert status(results) is Status.WAIVED


def test_the_later_of_the_two_days_decides() -> None:
    past = AsOf(day=date(2026, 6, 1), clock_day=date(2026, 11, 22))
    results, _ = waive(
        [result(price_agrees, MARKUP)], (waiver(expires="2026-11-01"),), past, strict=False
    )
    assert status(results) is Status.FAIL


def test_strict_makes_a_waived_check_answer_for_its_warnings_too() -> None:
    said = (MARKUP, warning("price-agrees/older", "old"))
    strict = result(price_agrees, *said)
    results, _ = waive([strict], (waiver(),), TODAY, strict=True)
    assert status(results) is Status.FAIL


def test_a_waiver_for_no_check_is_counted_and_covers_nothing() -> None:
    results, ruled = waive(
        [result(price_agrees, MARKUP)], (waiver("no-such-check/x"),), TODAY, strict=False
    )
    assert status(results) is Status.FAIL
    assert [one.state for one in ruled] == ["refused"]
