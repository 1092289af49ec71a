"""What a person saw, and how long it counts."""

from __future__ import annotations

from datetime import date, timedelta

from veo_check.core.clock import Judging
from veo_check.core.route import Confirmation

#: How long what a person saw counts, in days, whatever the file says.
LONGEST_DAYS = 30


def last_day(record: Confirmation) -> date:
    """The last day on which a confirmation counts."""
    return min(record.expires, record.on + timedelta(days=LONGEST_DAYS))


def why_not(record: Confirmation, judging: Judging) -> str | None:
    """Why a confirmation does not count, or None. Held against the later of the clock's day and
    the day judged: judging an old day revives nothing."""
    if record.on > judging.clock_day:
        return f"the {record.what} confirmation is dated {record.on}, a day still to come"
    if record.expires < judging.expiry_day:
        return f"the {record.what} confirmation expired on {record.expires}"
    if (judging.expiry_day - record.on).days > LONGEST_DAYS:
        return f"the {record.what} confirmation of {record.on} is older than {LONGEST_DAYS} days"
    return None
