"""dashboard-confirmed: a person saw the job in the dashboard, not long ago."""

from __future__ import annotations

from datetime import date, timedelta

from veo_check.core.check import check
from veo_check.core.clock import Judging
from veo_check.core.findings import Blocked, Findings, Until, note
from veo_check.core.route import Confirmation, Route

#: How long what a person saw counts, in days, whatever the file says.
LONGEST_DAYS = 30


@check(item="usage-proof", since="0.1")
def dashboard_confirmed(route: Route, judging: Judging) -> Findings:
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
            "nobody confirmed the dashboard's record; add a dashboard-record to confirmations"
        )
        return
    holes = []
    for index, record in sorted(records, key=lambda pair: pair[1].on, reverse=True):
        hole = _hole(record, judging)
        if hole is None:
            end = _end(record)
            yield note(
                "dashboard-confirmed/seen",
                f"{record.by} saw the record in the dashboard on {record.on}; that counts until "
                f"{end}.",
                at=f"confirmations.{index}",
            )
            yield Until(end, "the dashboard confirmation expires")
            return
        holes.append(hole)
    yield Blocked(f"{holes[0]}; look again and renew confirmations")


def _end(record: Confirmation) -> date:
    return min(record.expires, record.on + timedelta(days=LONGEST_DAYS))


def _hole(record: Confirmation, judging: Judging) -> str | None:
    # Held against the later of clock and day judged: judging an old day revives no confirmation.
    if record.on > judging.clock_day:
        return f"the dashboard confirmation is dated {record.on}, a day still to come"
    if record.expires < judging.expiry_day:
        return f"the dashboard confirmation expired on {record.expires}"
    if (judging.expiry_day - record.on).days > LONGEST_DAYS:
        return f"the dashboard confirmation of {record.on} is older than {LONGEST_DAYS} days"
    return None
