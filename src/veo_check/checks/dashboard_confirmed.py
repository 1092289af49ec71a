"""dashboard-confirmed: a person saw the job in the dashboard, not long ago."""

from __future__ import annotations

from veo_check.core.clock import AsOf, last_day, why_not
from veo_check.core.findings import Blocked, Findings, ValidUntil, check, note
from veo_check.core.route import Route


@check(item="usage-proof", since="0.1")
def dashboard_confirmed(route: Route, judging: AsOf) -> Findings:
    """A person saw the job's record in the dashboard within the last 30 days.

    Why: the people who pay and support the route look at the dashboard, not at an API. Whether the
    model, route, status, unit and owner can be read there, only a person can tell.
    Fix: look the job up in the dashboard, then add to `confirmations` what you saw: `what:
    dashboard-record`, by whom, on which day, and when it expires (30 days at most).
    """
    records = [
        (index, one)
        for index, one in enumerate(route.confirmations)
        if one.what == "dashboard-record"
    ]
    if not records:
        yield Blocked(
            "no confirmation of the dashboard record; add a dashboard-record to confirmations"
        )
        return
    holes = []
    for index, record in sorted(records, key=lambda pair: pair[1].on, reverse=True):
        hole = why_not(record, judging)
        if hole is None:
            end = last_day(record)
            yield note(
                "dashboard-confirmed/seen",
                f"{record.by} saw the record in the dashboard on {record.on}; that counts until "
                f"{end}.",
                at=f"confirmations.{index}",
            )
            yield ValidUntil(end, "the dashboard confirmation expires")
            return
        holes.append(hole)
    yield Blocked(f"{holes[0]}; look again and renew confirmations")
