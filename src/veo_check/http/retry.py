"""How long to wait before a GET is asked again, if at all. Nothing else is ever retried."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

_AGAIN = frozenset({429, 500, 502, 503, 504})


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header (a number or an HTTP date), or None where there is none."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        return None
    return max((moment - now).total_seconds(), 0.0)


def worth_repeating(status: int) -> bool:
    """Whether an answer of this status may be another one a moment later."""
    return status in _AGAIN


def back_off(attempt: int) -> float:
    """Seconds to wait after the given attempt (1, 2, …) where nobody said how long."""
    return 0.5 * 2.0 ** (attempt - 1)
