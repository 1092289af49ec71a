from __future__ import annotations

from datetime import UTC, datetime

import pytest

from veo_check.http.client import back_off, retry_after, worth_repeating

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("٣", None),
        ("9" * 400, 999_999_999.0),
        ("Sun, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_only_passing_trouble_is_worth_repeating() -> None:
    again = [status for status in range(100, 600) if worth_repeating(status)]
    assert again == [429, 500, 502, 503, 504]


def test_waits_double() -> None:
    assert [back_off(attempt) for attempt in (1, 2, 3)] == [0.5, 1.0, 2.0]
