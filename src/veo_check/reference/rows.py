"""The rows of reference data: dated, sourced, never rewritten. Several sources are several rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, TypeVar, cast, get_args

from veo_check.core.money import InvalidFileError, amount

SourceKind = Literal["official", "official-copy", "gateway", "third-party"]
#: `exact` final; `earliest` Gemini API table; `not-before` Agent Platform's "or later";
#: `none-announced` a dated official page offers the model and prints no date; `absent` the page was
#: read and no longer lists the id that it listed before.
DateKind = Literal["exact", "earliest", "not-before", "none-announced", "absent"]
AtEnd = Literal["refused", "rerouted"]
Audio = Literal["always", "optional", "never"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row was read. Two rows of one publisher are one opinion, read twice."""

    url: str
    kind: SourceKind
    publisher: str
    confirmed: date  # the day the row was last seen at its source
    page_date: date | None = None
    note: str | None = None
    sha256: str | None = None  # of the bytes that `refresh` read

    def age_days(self, day: date) -> int:
        """Whole days from the last confirmation to `day`; 0 when confirmed after it."""
        return max(0, (day - self.confirmed).days)

    @property
    def official(self) -> bool:
        """The vendor's own word, read at the vendor or in a copy of its page."""
        return self.kind in {"official", "official-copy"}


@dataclass(frozen=True, slots=True)
class LifecycleRow:
    """One reading of one model's dates on one surface."""

    id: str
    model: str
    surface: str
    released: date | None
    shutdown: date | None  # None only with the kinds none-announced and absent
    kind: DateKind
    replacement: str | None  # the first id named
    replacement_text: str | None  # the cell as printed, where it says more than the id
    source: Source
    #: what becomes of requests after the shutdown; None: the source does not say
    at_end: AtEnd | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """What one model accepts on one surface. An empty tuple or None is unknown, never "none".

    `seconds` are the allowed clip lengths. `full_length_only` names what needs the longest length:
    resolutions and modes (e.g. "1080p", "4k", "reference-images"). `endpoints` are the endpoint
    families that the vendor's own surface speaks for it.
    """

    id: str
    model: str
    surface: str
    family: str  # veo | gemini-omni | sora | seedance | ...
    variant: str | None  # standard | fast | lite | pro | mini | ...
    endpoints: tuple[str, ...]
    seconds: tuple[int, ...]
    resolutions: tuple[str, ...]
    full_length_only: tuple[str, ...]
    aspect_ratios: tuple[str, ...]
    audio: Audio | None
    modes: tuple[str, ...]
    max_count: int | None
    frame_rate: int | None
    source: Source
    #: modes that take fewer resolutions than the model does otherwise (extension: 720p only)
    mode_resolutions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


# Small typed parsers for reference files: every cell checked, every complaint with its place.


Sources = Mapping[str, Source]

SOURCE_KINDS: Mapping[str, SourceKind] = {
    "official": "official",
    "official-copy": "official-copy",
    "gateway": "gateway",
    "third-party": "third-party",
}
DATE_KINDS: Mapping[str, DateKind] = {
    "exact": "exact",
    "earliest": "earliest",
    "not-before": "not-before",
    "none-announced": "none-announced",
    "absent": "absent",
}
AT_ENDS: Mapping[str, AtEnd] = {"refused": "refused", "rerouted": "rerouted"}
#: kinds of reading that print no day
_NO_DAY = frozenset({"none-announced", "absent"})
AUDIO: Mapping[str, Audio] = {"always": "always", "optional": "optional", "never": "never"}

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_TEXT = 2000
_LONGEST_LIST = 200

Word = TypeVar("Word", bound=str)
Row = TypeVar("Row")


class Cells:
    """One mapping of a reference file, read cell by cell.

    Every method raises InvalidFileError naming file, row and cell. `finish` refuses cells that
    nobody read: a misspelt key must not silently become "unknown".
    """

    def __init__(self, value: object, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            raise InvalidFileError(f"{where}: must be an object, not {_kind(value)}")
        self._cells: dict[str, object] = value
        self._read: set[str] = set()

    def get(self, key: str) -> object:
        """The raw cell, or None where it is absent."""
        self._read.add(key)
        return self._cells.get(key)

    def problem(self, key: str, what: str) -> InvalidFileError:
        """An error about one cell."""
        return InvalidFileError(f"{self.where}: {key}: {what}")

    def optional_text(self, key: str) -> str | None:
        """A text without control characters, or None."""
        value = self.get(key)
        return None if value is None else self._text(key, value)

    def text(self, key: str) -> str:
        """A text that must be there."""
        return self._text(key, self.get(key))

    def optional_day(self, key: str) -> date | None:
        """A day written YYYY-MM-DD, or None."""
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise self.problem(key, "must be a day such as 2026-11-22")

    def day(self, key: str) -> date:
        """A day that must be there."""
        day = self.optional_day(key)
        if day is None:
            raise self.problem(key, "is missing; it must be a day such as 2026-11-22")
        return day

    def optional_word(self, key: str, words: Mapping[str, Word]) -> Word | None:
        """One of a few words, or None."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or value not in words:
            raise self.problem(key, f"must be one of: {', '.join(words)}")
        return words[value]

    def word(self, key: str, words: Mapping[str, Word]) -> Word:
        """One of a few words, which must be there."""
        word = self.optional_word(key, words)
        if word is None:
            raise self.problem(key, f"is missing; it must be one of: {', '.join(words)}")
        return word

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; absent is empty."""
        return tuple(self._text(key, value) for value in self._list(key))

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers above zero; absent is empty."""
        return tuple(self._integer(key, value) for value in self._list(key))

    def optional_integer(self, key: str) -> int | None:
        """A whole number above zero, or None."""
        value = self.get(key)
        return None if value is None else self._integer(key, value)

    def finish(self) -> None:
        """Refuse cells that were never read."""
        unknown = sorted(set(self._cells) - self._read)
        if unknown:
            raise InvalidFileError(f"{self.where}: unknown key {printable(unknown[0])}")

    def _list(self, key: str) -> list[object]:
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > _LONGEST_LIST:
            raise self.problem(key, f"must be a list of at most {_LONGEST_LIST} values")
        return value

    def _text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            raise self.problem(key, "must be a text, and not empty")
        if len(value) > _LONGEST_TEXT or not value.isprintable():
            raise self.problem(key, "must be one printable line of at most 2000 characters")
        return value

    def _integer(self, key: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 100_000:
            raise self.problem(key, "must be a whole number from 1 to 100000")
        return value


def section(document: Mapping[str, object], key: str, origin: str) -> list[object]:
    """The rows of one section; an absent section has none. Raises InvalidFileError."""
    value = document.get(key, [])
    if not isinstance(value, list):
        raise InvalidFileError(f"{origin}: {key}: must be a list of rows, not {_kind(value)}")
    return value


def parse_sources(document: Mapping[str, object], origin: str = "reference") -> dict[str, Source]:
    """The `sources` table of a reference document, by id. Raises InvalidFileError."""
    table = document.get("sources", {})
    if not isinstance(table, dict):
        raise InvalidFileError(f"{origin}: sources: must be an object, not {_kind(table)}")
    return {
        key: parse_source(value, f"{origin}: sources.{printable(key)}")
        for key, value in table.items()
    }


def parse_source(value: object, where: str) -> Source:
    """One source. Raises InvalidFileError."""
    cells = Cells(value, where)
    source = Source(
        url=cells.text("url"),
        kind=cells.word("kind", SOURCE_KINDS),
        publisher=cells.text("publisher"),
        confirmed=cells.day("confirmed"),
        page_date=cells.optional_day("page_date"),
        note=cells.optional_text("note"),
        sha256=cells.optional_text("sha256"),
    )
    cells.finish()
    if source.sha256 is not None and not _SHA256.fullmatch(source.sha256):
        raise cells.problem("sha256", "must be 64 hexadecimal digits")
    return source


def parse_lifecycle(
    document: Mapping[str, object], sources: Sources, origin: str = "reference"
) -> tuple[LifecycleRow, ...]:
    """The `lifecycle` rows of a document. Raises InvalidFileError."""

    def parse(value: object, where: str) -> LifecycleRow:
        cells = Cells(value, where)
        row = LifecycleRow(
            id=cells.text("id"),
            model=cells.text("model"),
            surface=cells.text("surface"),
            released=cells.optional_day("released"),
            shutdown=cells.optional_day("shutdown"),
            kind=cells.word("kind", DATE_KINDS),
            replacement=cells.optional_text("replacement"),
            replacement_text=cells.optional_text("replacement_text"),
            source=_source_of(cells, sources),
            at_end=cells.optional_word("at_end", AT_ENDS),
        )
        cells.finish()
        if (row.shutdown is None) != (row.kind in _NO_DAY):
            raise cells.problem(
                "shutdown", "a day needs a kind of day, and no day none-announced or absent"
            )
        if row.kind == "none-announced" and not row.source.official:
            # Somebody's list that prints no day is not the vendor offering the model.
            raise cells.problem("kind", "none-announced needs an official source")
        if row.released and row.shutdown and row.shutdown < row.released:
            raise cells.problem("shutdown", "lies before the release")
        return row

    return _rows(document, "lifecycle", origin, parse, lambda row: row.id)


def parse_capabilities(
    document: Mapping[str, object], sources: Sources, origin: str = "reference"
) -> tuple[Capability, ...]:
    """The `capabilities` rows of a document. Raises InvalidFileError."""

    def parse(value: object, where: str) -> Capability:
        cells = Cells(value, where)
        limits = cells.get("mode_resolutions")
        capability = Capability(
            id=cells.text("id"),
            model=cells.text("model"),
            surface=cells.text("surface"),
            family=cells.text("family"),
            variant=cells.optional_text("variant"),
            endpoints=cells.texts("endpoints"),
            seconds=cells.integers("seconds"),
            resolutions=cells.texts("resolutions"),
            full_length_only=cells.texts("full_length_only"),
            aspect_ratios=cells.texts("aspect_ratios"),
            audio=cells.optional_word("audio", AUDIO),
            modes=cells.texts("modes"),
            max_count=cells.optional_integer("max_count"),
            frame_rate=cells.optional_integer("frame_rate"),
            source=_source_of(cells, sources),
            mode_resolutions=_mode_resolutions(limits, f"{where}: mode_resolutions"),
        )
        cells.finish()
        return capability

    return _rows(document, "capabilities", origin, parse, lambda row: row.id)


def printable(text: str) -> str:
    """A foreign word cut and made safe to print in an error."""
    return ascii(text[:60])


def _mode_resolutions(value: object, where: str) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    cells = Cells(value, where)
    return {mode: cells.texts(mode) for mode in cells._cells}


def _source_of(cells: Cells, sources: Sources) -> Source:
    key = cells.text("source")
    if key not in sources:
        raise cells.problem("source", f"{printable(key)} is not in the sources table")
    return sources[key]


def _rows(
    document: Mapping[str, object],
    key: str,
    origin: str,
    parse: Callable[[object, str], Row],
    identity: Callable[[Row], str],
) -> tuple[Row, ...]:
    rows = tuple(
        parse(value, f"{origin}: {key}[{place}]")
        for place, value in enumerate(section(document, key, origin))
    )
    twice = _first_repeated(identity(row) for row in rows)
    if twice is not None:
        raise InvalidFileError(f"{origin}: {key}: two rows have the id {printable(twice)}")
    return rows


def _first_repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return names.get(type(value), "a number")


# Reading one row of a reference file: every complaint names the row and the key.


#: resolution -> aspect ratio -> (width, height)
Raster = Mapping[str, Mapping[str, tuple[int, int]]]


class RowReader:
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
    row = RowReader(f"sources.{name}", value)
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
    row = RowReader(f"rasters.{name}", value)
    table: dict[str, dict[str, tuple[int, int]]] = {}
    for resolution in row.row:
        ratios = row.mapping(resolution)
        table[resolution] = {ratio: _size(row, ratio, size) for ratio, size in ratios.items()}
    return table


def _size(row: RowReader, ratio: str, value: object) -> tuple[int, int]:
    width, cross, height = value.partition("x") if isinstance(value, str) else ("", "", "")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise row.fail(f"{ratio}: a size is written as text such as 1280x720")
    return int(width), int(height)
