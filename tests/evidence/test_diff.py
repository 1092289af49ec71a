"""What drifted between two runs, and whether it matters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from veo_check.engine.verify import Drift, Snapshot, drifts

BASE = Snapshot(
    facts={"verdict": "ready", "price expected": "0.96", "group ratio plg": "0.8"},
    passing={"day": "2026-11-22"},
    checks={"price-unit": "pass", "price-fresh": "pass"},
    latency={"GET https://a.example": 100},
)


def changed(after: Snapshot) -> tuple[Drift, ...]:
    return drifts({"drafts": BASE}, {"drafts": after})


def test_the_same_twice_has_no_drift() -> None:
    assert changed(BASE) == ()


def test_a_fact_that_changed_came_or_went_matters() -> None:
    facts = {"verdict": "not-ready", "price expected": "0.96", "row group": "vip"}
    assert changed(replace(BASE, facts=facts)) == (
        Drift("drafts", "verdict", "ready", "not-ready", True),
        Drift("drafts", "group ratio plg", "0.8", None, True),
        Drift("drafts", "row group", None, "vip", True),
    )


@pytest.mark.parametrize(
    ("now", "matters"),
    [
        ("warn", False),
        ("waived", False),
        ("not-applicable", False),
        ("fail", True),
        ("blocked", True),
        ("skipped", True),
        ("error", True),
    ],
)
def test_a_status_matters_where_evidence_was_lost_or_won(now: str, matters: bool) -> None:
    after = replace(BASE, checks={**BASE.checks, "price-unit": now})
    assert changed(after) == (Drift("drafts", "check price-unit", "pass", now, matters),)
    assert drifts({"drafts": after}, {"drafts": BASE}) == (
        Drift("drafts", "check price-unit", now, "pass", matters),
    )


def test_a_check_that_is_gone_matters() -> None:
    after = replace(BASE, checks={"price-unit": "pass"})
    assert changed(after) == (Drift("drafts", "check price-fresh", "pass", None, True),)


def test_days_go_by() -> None:
    after = replace(BASE, passing={"day": "2026-11-23"})
    assert changed(after) == (Drift("drafts", "day", "2026-11-22", "2026-11-23", False),)


@pytest.mark.parametrize(
    ("ms", "said"), [(100, None), (190, None), (299, None), (301, "301 ms"), (20, None)]
)
def test_latency_is_told_where_it_is_another_order_and_never_matters(
    ms: int, said: str | None
) -> None:
    after = replace(BASE, latency={"GET https://a.example": ms})
    told = () if said is None else (
        Drift("drafts", "latency of GET https://a.example", "100 ms", said, False),
    )  # fmt: skip
    assert changed(after) == told


def test_much_faster_is_told_too() -> None:
    slow = replace(BASE, latency={"GET https://a.example": 4000})
    assert [one.after for one in drifts({"r": slow}, {"r": BASE})] == ["100 ms"]
    nearly = replace(BASE, latency={"GET https://a.example": 2100})
    assert drifts({"r": slow}, {"r": nearly}) == ()


def test_a_route_of_only_one_run_matters() -> None:
    assert drifts({"a": BASE}, {"b": BASE}) == (
        Drift("a", "route", "in this run", None, True),
        Drift("b", "route", None, "in this run", True),
    )


def test_what_matters_comes_first() -> None:
    after = replace(
        BASE, facts={**BASE.facts, "verdict": "inconclusive"}, passing={"day": "2026-11-23"},
        checks={"price-unit": "warn", "price-fresh": "blocked"},
    )  # fmt: skip
    assert [one.matters for one in changed(after)] == [True, True, False, False]
