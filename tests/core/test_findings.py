from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import cast

import pytest

from veo_check.core.findings import (
    GOOD,
    TARGETS,
    Blocked,
    CheckOutput,
    Finding,
    Outcome,
    ReferenceUse,
    Severity,
    Status,
    Tier,
    ValidUntil,
    blocker,
    note,
    warning,
)

BLOCKER, WARNING, NOTE = blocker("a/b", "b"), warning("a/w", "w"), note("a/n", "n")


def test_constructors_turn_values_into_text() -> None:
    values = {
        "at": "via.model",
        "expected": 1,
        "actual": date(2026, 11, 22),
        "fix": "do it",
        "evidence": (one for one in ("x1", "ref:a")),
    }
    expected = ("via.model", "1", "2026-11-22", "do it", ("x1", "ref:a"))
    made = blocker("a/b", "text", **values, warn_below=Tier.PRODUCTION)  # type: ignore[arg-type]
    assert made == Finding("a/b", "blocker", "text", *expected, Tier.PRODUCTION)
    values["evidence"] = ("x1", "ref:a")
    assert warning("a/b", "text", **values) == Finding("a/b", "warning", "text", *expected)  # type: ignore[arg-type]
    assert note("a/b", "text", **values) == Finding("a/b", "note", "text", *expected)  # type: ignore[arg-type]
    assert note("a/b", "text") == Finding("a/b", "note", "text")
    assert note("a/b", "text", actual=0).actual == "0"


@pytest.mark.parametrize("warn_below", [None, *Tier])
@pytest.mark.parametrize("severity", ["blocker", "warning", "note"])
def test_only_a_blocker_weighs_less_and_only_below_its_tier(
    severity: Severity, warn_below: Tier | None
) -> None:
    finding = Finding("a/b", severity, "text", warn_below=warn_below)
    for tier in Tier:
        milder = severity == "blocker" and warn_below is not None and tier < warn_below
        assert finding.severity_at(tier) == ("warning" if milder else severity)


def test_collect_sorts_what_was_said() -> None:
    uses = ReferenceUse("row", "price", date(2026, 1, 1))
    until = ValidUntil(date(2027, 1, 1), "ends")
    said: list[CheckOutput] = [
        NOTE,
        Blocked("one"),
        uses,
        BLOCKER,
        until,
        Blocked("two"),
        Blocked("one"),
    ]
    assert Outcome.collect(iter(said)) == Outcome((NOTE, BLOCKER), "one; two", (uses,), (until,))
    assert Outcome.collect([]) == Outcome()


@pytest.mark.parametrize(
    "said",
    [
        "all is well",
        0,
        None,
        (),
        Finding,
        {"code": "a/b", "severity": "blocker"},
        Finding("a/b", cast("Severity", "critical"), "text"),
        Finding("a/b", cast("Severity", None), "text"),
        Finding("a/b", "blocker", cast("str", b"text")),
        Finding("a/b", "blocker", "text", fix=cast("str", 3)),
        Finding("a/b", "blocker", "text", warn_below=cast("Tier", "never")),
        Finding("a/b", "blocker", "text", evidence=cast("tuple[str]", (1,))),
        Blocked(""),
        Blocked("  "),
        Blocked(cast("str", None)),
        ReferenceUse("row", "price", cast("date", "2026-01-01")),
        ValidUntil(datetime(2027, 1, 1, tzinfo=UTC), "ends"),
    ],
    ids=repr,
)
def test_what_no_verdict_can_weigh_is_an_error(said: object) -> None:
    with pytest.raises(TypeError, match="no finding"):
        Outcome.collect(cast("list[CheckOutput]", [NOTE, said]))


def test_the_worst_decides() -> None:
    for several in itertools.product([(), (NOTE,), (WARNING,), (BLOCKER,)], repeat=2):
        findings = tuple(itertools.chain(*several))
        for blocked in (None, "hole"):
            status = Outcome(findings, blocked).status_at(Tier.STAGING)
            if BLOCKER in findings:
                assert status is Status.FAIL
            elif blocked:
                assert status is Status.BLOCKED
            elif WARNING in findings:
                assert status is Status.WARN
            else:
                assert status is Status.PASS


def test_a_status_for_each_tier() -> None:
    milder = blocker("a/b", "text", warn_below=Tier.PRODUCTION)
    assert [Outcome((milder,)).status_at(tier).value for tier in TARGETS] == [
        "warn",
        "warn",
        "fail",
    ]
    assert [Outcome((milder,), "hole").status_at(tier).value for tier in TARGETS] == [
        "blocked",
        "blocked",
        "fail",
    ]


def test_what_counts_as_positive_evidence() -> None:
    assert {status.value for status in GOOD} == {"pass", "warn", "waived", "not-applicable"}
    assert {status.value for status in Status} - {status.value for status in GOOD} == {
        "fail",
        "skipped",
        "blocked",
        "error",
    }
