"""JSON values from outside, as the types we need or None. Nothing here raises."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from veo_check.http.json_text import Json

_LARGEST = 10**18
_LAST_SECOND = 32_503_680_000  # the year 3000


def mapping(value: Json) -> dict[str, Json]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """The array, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: Json) -> str | None:
    """A string that holds something."""
    return value if isinstance(value, str) and value.strip() else None


def texts(value: Json) -> tuple[str, ...]:
    """The strings of an array of strings."""
    return tuple(one for one in items(value) if isinstance(one, str) and one)


def number(value: Json) -> Decimal | None:
    """A JSON number of sane size. Not booleans, not numbers in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if isinstance(value, int) and abs(value) > _LARGEST:
        return None
    return Decimal(value)


def whole(value: Json) -> int | None:
    """A whole number; 5.0 counts."""
    exact = number(value)
    if exact is None or abs(exact) > _LARGEST or exact != exact.to_integral_value():
        return None
    return int(exact)


def moment(value: Json) -> datetime | None:
    """A moment from unix seconds; zero and below mean none."""
    seconds = whole(value)
    if seconds is None or not 0 < seconds < _LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, UTC)
