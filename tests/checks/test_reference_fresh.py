from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import pytest

from check_world import DAY, codes, heard, judging
from veo_check.checks.reference_fresh import reference_fresh
from veo_check.core.findings import Outcome, ReferenceUse, UsedRows, ValidUntil


def used(
    days: int, kind: Literal["lifecycle", "price", "capability"] = "lifecycle", live: bool = False
) -> ReferenceUse:
    return ReferenceUse(f"{kind}:{days}", kind, DAY - timedelta(days=days), live)


def run(*rows: ReferenceUse, max_age_days: int | None = None) -> Outcome:
    return heard(reference_fresh, used=UsedRows(rows), judging=judging(max_age_days=max_age_days))


def test_no_fact_at_all_is_no_evidence() -> None:
    assert run() == Outcome(
        blocked="no check used a dated fact, so there is nothing recent to rely on"
    )


def test_young_facts() -> None:
    outcome = run(used(14), used(45, "price"), used(45, "capability"))
    assert codes(outcome) == ["note ages"]
    assert outcome.findings[0].message == "The verdict uses 3 dated facts, 14 to 45 days old."
    assert outcome.findings[0].evidence == (
        "ref:lifecycle:14",
        "ref:price:45",
        "ref:capability:45",
    )
    assert (
        ValidUntil(DAY + timedelta(days=31), "a lifecycle fact becomes too old") in outcome.untils
    )
    assert ValidUntil(DAY + timedelta(days=75), "a price fact becomes too old") in outcome.untils


@pytest.mark.parametrize(("kind", "warn", "block"), [("lifecycle", 14, 45), ("price", 45, 120)])
def test_limits(kind: Literal["lifecycle", "price"], warn: int, block: int) -> None:
    assert codes(run(used(warn, kind))) == ["note ages"]
    assert codes(run(used(warn + 1, kind))) == [f"warning {kind}-aging", "note ages"]
    outcome = run(used(block, kind))
    assert outcome.blocked is None
    assert outcome.untils == (ValidUntil(DAY, f"a {kind} fact becomes too old"),)
    too_old = run(used(block + 1, kind))
    confirmed = DAY - timedelta(days=block + 1)
    assert too_old.blocked == (
        f"1 of 1 {kind} fact is too old: the oldest was last confirmed {block + 1} days ago, on "
        f"{confirmed}; more than {block} days are too much for a {kind} fact: run "
        "veo-check refresh, or update veo-check"
    )
    assert too_old.untils == ()


def test_refresh_does_not_read_what_a_model_accepts() -> None:
    aging = run(used(46, "capability")).findings[0]
    assert aging.fix == "update veo-check, or name a newer file with --reference"
    outcome = run(used(121, "capability"))
    assert outcome.blocked is not None
    assert outcome.blocked.endswith("update veo-check, or name a newer file with --reference")


def test_live_evidence_stands_in_for_age() -> None:
    outcome = run(used(400, live=True))
    assert outcome.blocked is None
    assert codes(outcome) == ["warning lifecycle-aging", "note ages"]
    assert outcome.findings[0].message == (
        "1 of 1 lifecycle fact is older than wanted. The oldest was last confirmed 400 days ago, "
        f"on {DAY - timedelta(days=400)}. A live answer confirms 1 of them."
    )
    assert outcome.untils == ()


def test_max_age_tightens_and_loosens_both() -> None:
    assert run(used(6), max_age_days=5).blocked is not None
    assert run(used(6, "price"), max_age_days=5).blocked is not None
    assert codes(run(used(5), max_age_days=5)) == ["note ages"]
    assert run(used(365), max_age_days=365).blocked is None
    assert run(used(365, "price"), max_age_days=365).blocked is None


def test_confirmed_after_the_day_judged_is_age_zero() -> None:
    outcome = heard(
        reference_fresh,
        used=UsedRows((used(0),)),
        judging=judging(date(2026, 3, 1), date(2026, 11, 22)),
    )
    assert codes(outcome) == ["note ages"]
    assert outcome.findings[0].message == "The verdict uses 1 dated fact, 0 days old."


def test_old_facts_of_one_kind_are_one_finding() -> None:
    outcome = run(used(96, "price"), used(50, "price"), used(3, "price"), used(20))
    assert codes(outcome) == ["warning price-aging", "warning lifecycle-aging", "note ages"]
    price = outcome.findings[0]
    assert price.message == (
        "2 of 3 price facts are older than wanted. The oldest was last confirmed 96 days ago, on "
        f"{DAY - timedelta(days=96)}."
    )
    assert price.evidence == ("ref:price:96", "ref:price:50")
