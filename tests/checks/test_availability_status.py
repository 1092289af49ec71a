from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from check_world import (
    a_catalog,
    a_proof,
    a_route,
    a_row,
    codes,
    heard,
    judging,
    missing,
    only,
)
from veo_check.checks.availability_status import availability_status
from veo_check.core.facts import CatalogRow, Missing, ProvenLife
from veo_check.core.findings import Outcome, ValidUntil, note


def run(
    *rows: CatalogRow,
    proven: ProvenLife | Missing | None = None,
    changes: dict[str, object] | None = None,
) -> Outcome:
    return heard(
        availability_status,
        route=a_route(changes),
        catalog=a_catalog(*rows),
        judging=judging(),
        proven=proven or missing(),
    )


def test_available_says_that_nothing_was_called() -> None:
    assert only(run(a_row())) == note(
        "availability-status/not-called",
        "The catalogue says 'available', checked 2026-11-22 (today). Nothing was called: since "
        "2026-07-18 the daily probe skips video names and stores 'available'. It proves that the "
        "job ran and that an enabled channel exists.",
        at="via.model",
        actual="available",
        evidence=("x3",),
    )


@pytest.mark.parametrize(
    "changes", [{"via.gateway": "newapi"}, {"via.model": "storyboard"}], ids=str
)
def test_elsewhere_a_chat_message_may_have_been_answered(changes: dict[str, object]) -> None:
    assert only(run(a_row(), changes=changes)).message.endswith(
        "No video was made for it: at best a chat message was answered."
    )


def test_when_it_was_checked() -> None:
    assert codes(run(a_row(availability_checked_at=None))) == [
        "note not-called",
        "warning undated",
    ]
    week_old = a_row(availability_checked_at=datetime(2026, 11, 15, 12, tzinfo=UTC))
    assert codes(run(week_old)) == ["note not-called"]
    old = run(a_row(availability_checked_at=datetime(2026, 11, 14, 12, tzinfo=UTC)))
    assert codes(old) == ["note not-called", "warning old"]
    assert old.findings[1].message == (
        "The status was checked on 2026-11-14, 8 days ago; the probe is meant to run daily."
    )
    ahead = run(a_row(availability_checked_at=datetime(2026, 11, 25, tzinfo=UTC)))
    assert codes(ahead) == ["note not-called", "warning old"]
    assert "a day still to come" in ahead.findings[1].message


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("unknown_failure", "unknown-failure"),
        ("temporary_failure", "temporary-failure"),
        ("official_unsupported", "official-unsupported"),
    ],
)
def test_failures_fail_until_a_job_settles_them(status: str, code: str) -> None:
    assert codes(run(a_row(availability_status=status))) == [f"blocker {code}"]
    settled = run(a_row(availability_status=status), proven=a_proof())
    assert codes(settled) == [f"warning {code}"]
    assert settled.untils == (ValidUntil(date(2026, 11, 29), "the smoke proof expires"),)
    assert only(settled).evidence == ("x3", "x9")


def test_unknown_failure_says_what_it_can_and_cannot_prove() -> None:
    assert only(run(a_row(availability_status="unknown_failure"))).message == (
        "The catalogue says 'unknown_failure', checked 2026-11-22 (today): the probe failed and "
        "its reason is unknown; until 2026-07-18 the probe was a chat message, which no video "
        "model can answer, so for video this word can be a false alarm."
    )


@pytest.mark.parametrize("status", [None, "AVAILABLE", "fine"])
def test_absent_and_unknown_words_block_until_a_job_settles_them(status: str | None) -> None:
    row = a_row(availability_status=status)
    outcome = run(row)
    assert outcome.findings == ()
    assert outcome.blocked is not None
    assert outcome.blocked.endswith("A job settles it: --spend USD")
    word = "absent" if status is None else "unknown-word"
    assert codes(run(row, proven=a_proof())) == [f"warning {word}"]


def test_without_one_row_there_is_no_status() -> None:
    for rows in ((), (a_row(), a_row())):
        outcome = run(*rows)
        assert outcome.findings == ()
        assert outcome.blocked == (f"the catalogue has {len(rows)} rows for 'veo3.1-fast', not 1")
