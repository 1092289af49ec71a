from __future__ import annotations

from datetime import date
from typing import Any

from check_world import a_route, heard, judging, only
from veo_check.checks.dashboard_confirmed import dashboard_confirmed
from veo_check.core.clock import AsOf
from veo_check.core.findings import Outcome, ValidUntil, note


def record(on: str, expires: str = "2026-12-31", what: str = "dashboard-record") -> dict[str, str]:
    return {"what": what, "by": "ops@example.com", "on": on, "expires": expires}


def run(*records: dict[str, str], when: AsOf | None = None) -> Outcome:
    changes: dict[str, Any] = {"confirmations": list(records)}
    return heard(dashboard_confirmed, route=a_route(changes), judging=when or judging())


def test_seen_lately() -> None:
    outcome = run(record("2026-11-20", "2026-12-10"))
    assert only(outcome) == note(
        "dashboard-confirmed/seen",
        "ops@example.com saw the record in the dashboard on 2026-11-20; that counts until "
        "2026-12-10.",
        at="confirmations.0",
    )
    assert outcome.untils == (ValidUntil(date(2026, 12, 10), "the dashboard confirmation expires"),)


def test_thirty_days_at_most_whatever_the_file_says() -> None:
    assert run(record("2026-10-23")).untils[0].day == date(2026, 11, 22)
    assert run(record("2026-10-22")) == Outcome(
        blocked="the dashboard-record confirmation of 2026-10-22 is older than 30 days; look again "
        "and renew confirmations"
    )


def test_the_newest_that_holds_counts() -> None:
    outcome = run(record("2026-11-01"), record("2026-11-20"), record("2026-11-30"))
    assert only(outcome).at == "confirmations.1"


def test_none_or_another_kind() -> None:
    nobody = Outcome(
        blocked=("no confirmation of the dashboard record; add a dashboard-record to confirmations")
    )
    assert run() == nobody
    usage = record("2026-11-20", what="usage-record") | {"operation": "operations/1"}
    assert run(usage) == nobody


def test_expired_by_the_later_of_clock_and_day() -> None:
    one = record("2026-11-20", "2026-11-21")
    assert run(one).blocked == (
        "the dashboard-record confirmation expired on 2026-11-21; look again and renew "
        "confirmations"
    )
    earlier = judging(date(2026, 11, 20), date(2026, 11, 22))
    assert run(one, when=earlier).blocked is not None
    later = judging(date(2027, 6, 1), date(2026, 11, 22))
    assert run(record("2026-11-20"), when=later).blocked is not None


def test_a_day_still_to_come_was_not_seen() -> None:
    assert run(record("2026-11-23")).blocked == (
        "the dashboard-record confirmation is dated 2026-11-23, a day still to come; look again "
        "and renew confirmations"
    )
    later = judging(date(2026, 12, 1), date(2026, 11, 22))
    assert run(record("2026-11-23"), when=later).blocked is not None
