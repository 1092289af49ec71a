"""The rows of reference data: dated, sourced, never rewritten. Several sources are several rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeVar, get_args

from veo_check.core.frozen import dataclass
from veo_check.core.money import InvalidFileError, amount

SourceKind = Literal["official", "official-copy", "gateway", "third-party"]
#: `exact` final; `earliest` Gemini API table; `not-before` Agent Platform's "or later";
#: `none-announced` a dated official page offers the model and prints no date; `absent` the page was
#: read and no longer lists the id that it listed before.
DateKind = Literal["exact", "earliest", "not-before", "none-announced", "absent"]
AtEnd = Literal["refused", "rerouted"]
Audio = Literal["always", "optional", "never"]


_NAMES = {
    "byteplus": "BytePlus",
    "comfy": "Comfy",
    "google": "Google",
    "litellm": "LiteLLM",
    "openai": "OpenAI",
    "openrouter": "OpenRouter",
}


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
    length: int | None = None  # of the page, in bytes, as the Developer Knowledge API counts them

    @property
    def by(self) -> str:
        """The publisher as people write its name."""
        return _NAMES.get(self.publisher, self.publisher)

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
    #: the model that answers rerouted requests
    reroutes_to: str | None = None
    by_hand: str | None = None  # why it may stay although no command can read it again


@dataclass(frozen=True, slots=True)
class Capability:
    """What one model accepts on one surface. An empty tuple or None is unknown, never "none".

    `seconds` are the allowed clip lengths. `full_length_only` names what needs the longest length:
    resolutions and modes (e.g. "1080p", "4k", "reference-images"); `full_length_disputed` what
    needs it by some sources and not by others. `endpoints` are the endpoint families that the
    vendor's own surface speaks for it.
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
    #: modes that take other lengths than the model does otherwise (extension: 7 s only)
    mode_seconds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    full_length_disputed: tuple[str, ...] = ()
    #: resolutions that one official page lists and another does not
    resolutions_disputed: tuple[str, ...] = ()
    #: the locations that the vendor names for it; elsewhere is unknown, not refused
    regions: tuple[str, ...] = ()
    launch_stage: str | None = None  # as the vendor says it: GA, Preview
    requests_per_minute: int | None = None
    by_hand: str | None = None

    def lengths(self, mode: str | None) -> tuple[int, ...]:
        """The clip lengths that a mode takes; empty: unknown."""
        return self.mode_seconds.get(mode or "", self.seconds)

    def sizes(self, mode: str | None) -> list[str]:
        """The resolutions that a mode makes, the smallest, which is the cheapest, first."""
        known = self.mode_resolutions.get(mode or "", self.resolutions)
        return sorted(known, key=lambda size: int(_LINES.get(size, size[:-1])))


#: how many lines a resolution has whose name does not say it
_LINES = {"2k": "1440", "4k": "2160"}


# Reading reference files: every cell checked, every complaint with its place.


Sources = Mapping[str, Source]
Document = Mapping[str, object]

#: kinds of reading that print no day
_NO_DAY = frozenset({"none-announced", "absent"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_TEXT = 2000
_LONGEST_LIST = 200

T = TypeVar("T")


class Cells:
    """One mapping of a reference file, read cell by cell.

    Every method raises InvalidFileError naming file, row and cell. Without a `default` a cell has
    to be there. `finish` refuses cells that nobody read: a misspelt key must not silently become
    "unknown".
    """

    def __init__(self, value: object, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            raise InvalidFileError(f"{where}: must be an object, not {_kind(value)}")
        self._cells: dict[str, object] = value
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._cells

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def get(self, key: str) -> object:
        """The raw cell, or None where it is absent."""
        self._read.add(key)
        return self._cells.get(key)

    def problem(self, key: str, what: str) -> InvalidFileError:
        return InvalidFileError(f"{self.where}: {key}: {what}")

    def optional(self, read: Callable[[str], T], key: str) -> T | None:
        """What the method `read` makes of a cell, or None where it is absent or null."""
        return None if self.get(key) is None else read(key)

    def text(self, key: str, default: str | None = None) -> str:
        """One printable line, not empty."""
        return self._text(key, self._given(key, default, "must be a text"))

    def day(self, key: str) -> date:
        """A day written YYYY-MM-DD."""
        what = "must be a day such as 2026-11-22"
        value = self._given(key, None, what)
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise self.problem(key, what)

    def word(self, key: str, words: Iterable[str], default: str | None = None) -> Any:
        """One of a few words: typed as Any, so that a Literal's arguments come out as it."""
        what = f"must be one of: {', '.join(words)}"
        value = self._given(key, default, what)
        if not isinstance(value, str) or value not in words:
            raise self.problem(key, what)
        return value

    def integer(self, key: str) -> int:
        """A whole number above zero."""
        return self._integer(key, self.get(key))

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number, zero allowed."""
        value = self._given(key, default, "must be a whole number")
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.problem(key, "must be a whole number")
        return value

    def money(self, key: str, default: str | None = None, *, above_zero: bool = False) -> Decimal:
        """An amount or a rate, never a float."""
        try:
            number = amount(self._given(key, default, "must be an amount in quotes"))
        except ValueError as problem:
            raise self.problem(key, str(problem)) from None
        if above_zero and not number:
            raise self.problem(key, "must be more than 0")
        return number

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; absent is empty."""
        return tuple(self._text(key, value) for value in self.list(key))

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers above zero; absent is empty."""
        return tuple(self._integer(key, value) for value in self.list(key))

    def list(self, key: str) -> list[object]:
        """A list of anything; absent is empty."""
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > _LONGEST_LIST:
            raise self.problem(key, f"must be a list of at most {_LONGEST_LIST} values")
        return value

    def below(self, key: str) -> Cells:
        """The mapping in a cell; absent is empty."""
        value = self.get(key)
        return Cells({} if value is None else value, f"{self.where}: {key}")

    def named(self, key: str, table: Mapping[str, T], name: str) -> T:
        """What the text in a cell names in another table of the file."""
        word = self.text(key)
        if word not in table:
            raise self.problem(key, f"{word[:60]!a} is not in the {name} table")
        return table[word]

    def finish(self) -> None:
        """Refuse cells that were never read."""
        unknown = sorted(set(self._cells) - self._read)
        if unknown:
            raise InvalidFileError(f"{self.where}: unknown key {unknown[0][:60]!a}")

    def _given(self, key: str, default: object, what: str) -> object:
        value = self.get(key)
        if value is None and default is None:
            raise self.problem(key, f"is missing; it {what}")
        return default if value is None else value

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


def table(document: Document, key: str, origin: str, read: Callable[[Cells], T]) -> dict[str, T]:
    """One table of a document by name; an absent one is empty. Raises InvalidFileError."""
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise InvalidFileError(f"{origin}: {key}: must be an object, not {_kind(value)}")
    return {
        name: read(Cells(cells, f"{origin}: {key}.{name[:60]!a}")) for name, cells in value.items()
    }


def rows(document: Document, key: str, origin: str, read: Callable[[Cells], T]) -> tuple[T, ...]:
    """The rows of one section, each with its own id; an absent section has none.

    Raises InvalidFileError.
    """
    listed = document.get(key, [])
    if not isinstance(listed, list):
        raise InvalidFileError(f"{origin}: {key}: must be a list of rows, not {_kind(listed)}")
    seen: set[str] = set()
    found: list[T] = []
    for place, value in enumerate(listed):
        cells = Cells(value, f"{origin}: {key}[{place}]")
        found.append(read(cells))
        cells.finish()
        row_id = cells.text("id")
        if row_id in seen:
            raise InvalidFileError(f"{origin}: {key}: two rows have the id {row_id[:60]!a}")
        seen.add(row_id)
    return tuple(found)


def parse_sources(document: Document, origin: str = "reference") -> dict[str, Source]:
    """The `sources` table of a reference document, by id. Raises InvalidFileError."""
    return table(document, "sources", origin, _source)


def _source(cells: Cells) -> Source:
    source = Source(
        url=cells.text("url"),
        kind=cells.word("kind", get_args(SourceKind)),
        publisher=cells.text("publisher"),
        confirmed=cells.day("confirmed"),
        page_date=cells.optional(cells.day, "page_date"),
        note=cells.optional(cells.text, "note"),
        sha256=cells.optional(cells.text, "sha256"),
        length=cells.optional(cells.whole, "length"),
    )
    cells.finish()
    if source.sha256 is not None and not _SHA256.fullmatch(source.sha256):
        raise cells.problem("sha256", "must be 64 hexadecimal digits")
    return source


def parse_lifecycle(
    document: Document, sources: Sources, origin: str = "reference"
) -> tuple[LifecycleRow, ...]:
    """The `lifecycle` rows of a document. Raises InvalidFileError."""

    def read(cells: Cells) -> LifecycleRow:
        row = LifecycleRow(
            id=cells.text("id"),
            model=cells.text("model"),
            surface=cells.text("surface"),
            released=cells.optional(cells.day, "released"),
            shutdown=cells.optional(cells.day, "shutdown"),
            kind=cells.word("kind", get_args(DateKind)),
            replacement=cells.optional(cells.text, "replacement"),
            replacement_text=cells.optional(cells.text, "replacement_text"),
            source=cells.named("source", sources, "sources"),
            at_end=cells.optional(lambda key: cells.word(key, get_args(AtEnd)), "at_end"),
            reroutes_to=cells.optional(cells.text, "reroutes_to"),
            by_hand=cells.optional(cells.text, "by_hand"),
        )
        if (row.reroutes_to is not None) != (row.at_end == "rerouted"):
            raise cells.problem("reroutes_to", "goes with at_end: rerouted, and only with it")
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

    return rows(document, "lifecycle", origin, read)


def parse_capabilities(
    document: Document, sources: Sources, origin: str = "reference"
) -> tuple[Capability, ...]:
    """The `capabilities` rows of a document. Raises InvalidFileError."""

    def read(cells: Cells) -> Capability:
        limits, lengths = cells.below("mode_resolutions"), cells.below("mode_seconds")
        return Capability(
            id=cells.text("id"),
            model=cells.text("model"),
            surface=cells.text("surface"),
            family=cells.text("family"),
            variant=cells.optional(cells.text, "variant"),
            endpoints=cells.texts("endpoints"),
            seconds=cells.integers("seconds"),
            resolutions=cells.texts("resolutions"),
            full_length_only=cells.texts("full_length_only"),
            aspect_ratios=cells.texts("aspect_ratios"),
            audio=cells.optional(lambda key: cells.word(key, get_args(Audio)), "audio"),
            modes=cells.texts("modes"),
            max_count=cells.optional(cells.integer, "max_count"),
            frame_rate=cells.optional(cells.integer, "frame_rate"),
            source=cells.named("source", sources, "sources"),
            mode_resolutions={mode: limits.texts(mode) for mode in limits},
            mode_seconds={mode: lengths.integers(mode) for mode in lengths},
            full_length_disputed=cells.texts("full_length_disputed"),
            resolutions_disputed=cells.texts("resolutions_disputed"),
            regions=cells.texts("regions"),
            launch_stage=cells.optional(cells.text, "launch_stage"),
            requests_per_minute=cells.optional(cells.integer, "requests_per_minute"),
            by_hand=cells.optional(cells.text, "by_hand"),
        )

    return rows(document, "capabilities", origin, read)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return names.get(type(value), "a number")
