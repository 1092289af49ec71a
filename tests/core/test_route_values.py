"""Single values of a route file: what each takes, and what it says to the rest."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from veo_check.core import route as route_values
from veo_check.core.route import (
    Day,
    Deadline,
    Duration,
    Link,
    ModelId,
    Money,
    OperationId,
    Percent,
    ProofLife,
    Url,
)

READ: list[tuple[object, object, object]] = [
    (Money, "2.00", Decimal("2.00")),
    (Money, 2, Decimal(2)),
    (Money, "0", Decimal(0)),
    (Percent, "25%", Decimal("0.25")),
    (Percent, "2.5 %", Decimal("0.025")),
    (Duration, "90s", timedelta(seconds=90)),
    (Duration, "10m", timedelta(minutes=10)),
    (Duration, "2h", timedelta(hours=2)),
    (Duration, "7d", timedelta(days=7)),
    (Deadline, "1d", timedelta(days=1)),
    (ProofLife, "30d", timedelta(days=30)),
    (Day, "2026-12-01", date(2026, 12, 1)),
    (Day, date(2026, 12, 1), date(2026, 12, 1)),
    (ModelId, "google/veo-3.1:fast@x", "google/veo-3.1:fast@x"),
    (ModelId, "可灵-2.0", "可灵-2.0"),
    (Url, "https://router.flatkey.ai/v1", "https://router.flatkey.ai/v1"),
    (Url, "http://[::1]:4000", "http://[::1]:4000"),
    (Link, "https://…", "https://…"),
    (OperationId, "projects/p/operations/1", "projects/p/operations/1"),
]
REFUSED: list[tuple[object, object]] = [
    (Money, 2.0),
    (Money, True),
    (Money, "NaN"),
    (Money, "Infinity"),
    (Money, "-1"),
    (Money, ""),
    (Money, "1,000"),
    (Money, None),
    (Percent, "25"),
    (Percent, 25),
    (Percent, "-5%"),
    (Percent, "%"),
    (Duration, "10"),
    (Duration, 10),
    (Duration, "1w"),
    (Duration, "-1s"),
    (Duration, "٣s"),
    (Deadline, "0s"),
    (Deadline, "2d"),
    (ProofLife, "31d"),
    (Day, "2026-02-30"),
    (Day, "20261201"),
    (Day, "2026-12-01T00:00:00"),
    (Day, "1764547200"),
    (Day, 1764547200),
    (Day, datetime(2026, 12, 1, tzinfo=None)),  # noqa: DTZ001 - the point is that it is refused
    (ModelId, ""),
    (ModelId, "a b"),
    (ModelId, "a\u200bb"),
    (ModelId, "a\u202eb"),
    (ModelId, "a\x7fb"),
    (ModelId, "a%2fb"),
    (ModelId, "a?b"),
    (ModelId, "a#b"),
    (ModelId, "a\\b"),
    (ModelId, "../admin"),
    (ModelId, "a/./b"),
    (ModelId, "/a"),
    (ModelId, "a" * 201),
    (Url, "router.flatkey.ai"),
    (Url, "ftp://router.flatkey.ai"),
    (Url, "https://"),
    (Url, "https://user:word@router.flatkey.ai"),
    (Url, "https://router.flatkey.ai\\@elsewhere.example"),
    (Url, "https://router.flatkey.ai/?x=1"),
    (Url, "https://router.flatkey.ai/#x"),
    (Url, "https://router.flatkey.ai/%2e%2e"),
    (Url, "https://router.flаtkey.ai"),  # noqa: RUF001 - the letter is Cyrillic
    (Url, "https://router.flatkey.ai:99999"),
    (Url, "https://router.flatkey.ai\n"),
    (Link, "javascript:alert(1)"),
    (Link, 'https://x"onclick=1'),
    (Link, "https://x\x1b[31m"),
    (OperationId, "a b"),
]


@pytest.mark.parametrize(("kind", "given", "read"), READ)
def test_a_value_is_read_exactly(kind: Any, given: object, read: object) -> None:
    assert TypeAdapter(kind).validate_python(given) == read


@pytest.mark.parametrize(("kind", "given"), REFUSED)
def test_a_wrong_value_is_refused(kind: Any, given: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given)


def test_every_pattern_is_told_in_words() -> None:
    kinds = [value for name, value in vars(route_values).items() if name[0].isupper()]
    patterns = {
        metadata.pattern
        for kind in kinds
        for field in getattr(kind, "__metadata__", ())
        for metadata in getattr(field, "metadata", ())
        if getattr(metadata, "pattern", None)
    }
    assert patterns == set(route_values.PATTERNS_IN_WORDS)
