"""Reading one row of a reference file: every complaint names the row and the key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import cast, get_args

from veo_check.core.errors import InvalidFileError
from veo_check.core.money import amount
from veo_check.reference.rows import Source, SourceKind

#: resolution -> aspect ratio -> (width, height)
Raster = Mapping[str, Mapping[str, tuple[int, int]]]


class Row:
    """A mapping under inspection, with the name that complaints about it carry."""

    def __init__(self, name: str, row: object) -> None:
        if not isinstance(row, Mapping):
            raise InvalidFileError(f"{name}: must be a mapping")
        self.name = name
        self.row = cast("Mapping[str, object]", row)

    def fail(self, message: str) -> InvalidFileError:
        return InvalidFileError(f"{self.name}: {message}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.row.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.fail(f"{key} must be text")
        return value

    def optional_text(self, key: str) -> str | None:
        return None if self.row.get(key) is None else self.text(key)

    def word(self, key: str, allowed: Iterable[str], default: str) -> str:
        value = self.text(key, default)
        known = tuple(allowed)
        if value not in known:
            raise self.fail(f"{key}: '{value}' is not one of {', '.join(known)}")
        return value

    def money(self, key: str, default: str | None = None) -> Decimal:
        try:
            return amount(self.row.get(key, default))
        except ValueError as problem:
            raise self.fail(f"{key}: {problem}") from None

    def whole(self, key: str, default: int | None = None) -> int:
        value = self.row.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.fail(f"{key} must be a whole number")
        return value

    def day(self, key: str) -> date | None:
        value = self.row.get(key)
        if value is None or type(value) is date:
            return value
        try:
            return date.fromisoformat(value) if isinstance(value, str) else _not_a_day()
        except ValueError:
            raise self.fail(f"{key} must be a day such as 2026-11-22") from None

    def mapping(self, key: str) -> Mapping[str, object]:
        value = self.row.get(key, {})
        if not isinstance(value, Mapping):
            raise self.fail(f"{key} must be a mapping")
        return value

    def only(self, known: Iterable[str]) -> None:
        surplus = sorted(set(map(str, self.row)) - set(known))
        if surplus:
            raise self.fail(f"unknown key {', '.join(surplus)}")


def _not_a_day() -> date:
    raise ValueError


def read_source(name: str, value: object) -> Source:
    row = Row(f"sources.{name}", value)
    confirmed = row.day("confirmed")
    if confirmed is None:
        raise row.fail("confirmed: the day it was last seen at its source is missing")
    return Source(
        url=row.text("url"),
        kind=cast("SourceKind", row.word("kind", get_args(SourceKind), "")),
        publisher=row.text("publisher"),
        confirmed=confirmed,
        page_date=row.day("page_date"),
        note=row.optional_text("note"),
        sha256=row.optional_text("sha256"),
    )


def read_raster(name: str, value: object) -> Raster:
    row = Row(f"rasters.{name}", value)
    table: dict[str, dict[str, tuple[int, int]]] = {}
    for resolution in row.row:
        ratios = row.mapping(resolution)
        table[resolution] = {ratio: _size(row, ratio, size) for ratio, size in ratios.items()}
    return table


def _size(row: Row, ratio: str, value: object) -> tuple[int, int]:
    width, cross, height = value.partition("x") if isinstance(value, str) else ("", "", "")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise row.fail(f"{ratio}: a size is written as text such as 1280x720")
    return int(width), int(height)
