"""Running checks: isolation, holes, and what the others stood on."""

from __future__ import annotations

from datetime import date

import pytest

from veo_check.core.facts import GatewayListing, KeyAnswer, Missing
from veo_check.core.findings import (
    Check,
    Findings,
    Outcome,
    ReferenceUse,
    Status,
    Tier,
    UsedRows,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.gateway import Gateway, no_catalogue
from veo_check.engine.judge import Result, judge, what_stops_money
from veo_check.engine.plan import PlannedCheck
from veo_check.gateways.google import GOOGLE
from veo_check.gateways.newapi import FLATKEY

LISTING = GatewayListing((), "https://example.com/v1/models")
REFUSED = Missing("gateway-listing", "key-refused", "the key was refused (401)")


@check(item="i", since="0.1", not_for=no_catalogue)
def listed(listing: GatewayListing) -> Findings:
    """T.

    Why: w. Fix: f.
    """
    yield ReferenceUse("row-1", "lifecycle", date(2026, 11, 1))
    yield note("listed/ok", "it is")


@check(item="i", since="0.1")
def copes(listing: GatewayListing | Missing, answer: KeyAnswer | Missing) -> Findings:
    """T.

    Why: w. Fix: f.
    """
    if isinstance(listing, Missing):
        yield blocker("copes/missing", listing.detail)


@check(item="i", since="0.1")
def crashes(listing: GatewayListing) -> Findings:
    """T.

    Why: w. Fix: f.
    """
    yield warning("crashes/soon", "about to")
    raise RuntimeError("secret detail")


@check(item="i", since="0.1")
def exits(listing: GatewayListing) -> Findings:
    """T.

    Why: w. Fix: f.
    """
    yield note("exits/soon", "about to")
    raise SystemExit(0)


@check(item="i", since="0.1")
def wanders() -> Findings:
    """T.

    Why: w. Fix: f.
    """
    yield note("elsewhere/x", "a code of another check")


@check(item="i", since="0.1")
def counts(used: UsedRows) -> Findings:
    """T.

    Why: w. Fix: f.
    """
    yield note("counts/rows", ",".join(row.row for row in used.rows))


def run(*checks: Check, listing: object = LISTING, gateway: Gateway = FLATKEY) -> list[Result]:
    plan = tuple(PlannedCheck(one.id, one.item, Tier.STAGING, one) for one in checks)
    values = {GatewayListing: listing, KeyAnswer: REFUSED}
    return judge(plan, values, gateway, strict=False)


def statuses(results: list[Result]) -> list[Status]:
    return [result.statuses[Tier.STAGING] for result in results]


def test_a_missing_fact_blocks_and_names_the_probe() -> None:
    [result] = run(listed, listing=REFUSED)
    assert statuses([result]) == [Status.BLOCKED]
    assert result.reason == "gateway-listing: the key was refused (401)"


def test_a_check_that_takes_the_hole_decides_itself() -> None:
    assert statuses(run(copes, listing=REFUSED)) == [Status.FAIL]
    assert statuses(run(copes)) == [Status.PASS]


def test_a_crash_is_this_check_s_own() -> None:
    results = run(crashes, listed)
    assert statuses(results) == [Status.ERROR, Status.PASS]
    assert results[0].reason == "crashed with RuntimeError; please report it"
    assert "secret detail" in (results[0].crash or "")


def test_a_code_of_another_check_is_a_bug() -> None:
    assert statuses(run(wanders)) == [Status.ERROR]


def test_a_fact_that_nothing_supplies_is_a_bug_not_a_pass() -> None:
    plan = (PlannedCheck("listed", "i", Tier.STAGING, listed),)
    assert statuses(judge(plan, {}, FLATKEY, strict=False)) == [Status.ERROR]


def test_not_applicable_needs_no_fact() -> None:
    [result] = run(listed, listing=REFUSED, gateway=GOOGLE)
    assert statuses([result]) == [Status.NOT_APPLICABLE]
    assert result.reason == GOOGLE.no_catalogue


def test_rows_are_collected_before_they_are_judged() -> None:
    results = run(counts, listed)
    assert [finding.message for finding in results[0].outcome.findings] == ["row-1"]


def test_strict_turns_warnings_into_failures() -> None:
    @check(item="i", since="0.1")
    def warns() -> Findings:
        """T.

        Why: w. Fix: f.
        """
        yield warning("warns/x", "hm")

    plan = (PlannedCheck("warns", "i", Tier.STAGING, warns),)
    assert statuses(judge(plan, {}, FLATKEY, strict=True)) == [Status.FAIL]


def test_a_check_that_ends_the_process_is_an_error_and_not_exit_code_0() -> None:
    left, other = run(exits, listed)
    assert statuses([left, other]) == [Status.ERROR, Status.PASS]
    assert left.reason == "crashed with SystemExit; please report it"


@pytest.mark.parametrize(
    ("check_id", "status", "code", "stops"),
    [
        # not known where, or by which family: only a job tells
        ("location-served", Status.BLOCKED, None, False),
        ("location-served", Status.FAIL, "elsewhere", True),
        ("location-served", Status.FAIL, "refused", False),
        ("location-served", Status.SKIPPED, None, True),
        ("location-served", Status.ERROR, None, True),
        ("endpoint-family", Status.BLOCKED, None, False),
        ("endpoint-family", Status.FAIL, "refused", False),
        ("endpoint-family", Status.FAIL, "other-family", True),
        ("endpoint-family", Status.SKIPPED, None, True),
        ("availability-status", Status.FAIL, "status", False),
        ("model-lifecycle", Status.BLOCKED, "contested", False),
        ("model-lifecycle", Status.BLOCKED, None, True),
        ("key-accepted", Status.BLOCKED, None, True),
    ],
)
def test_what_only_a_job_settles_stops_none(
    check_id: str, status: Status, code: str | None, stops: bool
) -> None:
    findings = (blocker(f"{check_id}/{code}", "Said."),) if code else ()
    line = PlannedCheck(check_id, "i", Tier.STAGING, None)
    result = Result(line, Outcome(findings), dict.fromkeys(Tier, status), None, 0)
    told = what_stops_money([result], Tier.PRODUCTION)
    assert told == (f"{check_id} is {status.value}" if stops else None)
