"""How long a verdict holds."""

from __future__ import annotations

from datetime import date

from veo_check.core.findings import Until
from veo_check.engine.valid import Validity, validity

DAY = date(2026, 11, 22)


def test_the_earliest_end_to_come_decides() -> None:
    ends = [
        Until(date(2027, 5, 4), "the model retires", model=True),
        Until(date(2026, 11, 29), "proof expires"),
        Until(date(2026, 11, 17), "a date that has passed", model=True),
    ]
    assert validity(ends, DAY) == Validity(date(2026, 11, 29), "proof expires", date(2027, 5, 4))


def test_without_ends_nothing_is_promised() -> None:
    assert validity([], DAY) == Validity(None, None, None)
