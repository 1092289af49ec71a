"""Reading the reference book: bundled data, a newer `refresh` result, or the file asked for."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check.core.clock import SystemClock
from veo_check.core.money import InvalidFileError
from veo_check.reference.rows import (
    Capability,
    Cells,
    LifecycleRow,
    parse_capabilities,
    parse_lifecycle,
    parse_sources,
    printable,
)

if TYPE_CHECKING:
    from veo_check.reference.prices import PriceRule


# The reference book: every dated row, looked up by model and surface. It judges nothing.


Document = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Reference:
    """Dated rows with their sources. Absent is unknown.

    `origin` says which copy this is: "bundled", or the path of a file. `compiled` is the day its
    newest rows were put together. Prices and the digest are read when first asked for: most
    look-ups need neither.
    """

    origin: str
    compiled: date
    lifecycle_rows: tuple[LifecycleRow, ...]
    capabilities: tuple[Capability, ...]
    read_prices: Callable[[], Document]
    read_digest: Callable[[], str]

    def lifecycle(self, model: str, surface: str | None = None) -> tuple[LifecycleRow, ...]:
        """Every reading of one id's dates, in file order; on one surface or on all."""
        rows = self._by_model.get(model, ())
        return tuple(row for row in rows if surface is None or row.surface == surface)

    def capability(self, model: str, surface: str) -> Capability | None:
        """What the id accepts there: the newest official row, else the newest of any kind."""
        rows = [row for row in self.capabilities if row.model == model and row.surface == surface]
        return max(rows, key=lambda row: (row.source.official, row.source.confirmed), default=None)

    def models(self, surface: str | None = None) -> tuple[str, ...]:
        """All known ids, sorted; those of one surface where it is given."""
        return tuple(
            sorted(
                {
                    row.model
                    for row in self.lifecycle_rows
                    if surface is None or row.surface == surface
                }
            )
        )

    def surfaces(self, model: str | None = None) -> tuple[str, ...]:
        """The surfaces with a row for this id (or any rows at all), sorted."""
        rows = self.lifecycle_rows if model is None else self._by_model.get(model, ())
        return tuple(sorted({row.surface for row in rows}))

    def near(self, word: str, surface: str | None = None) -> tuple[str, ...]:
        """Up to three known ids that look like `word`, the likeliest first."""
        import difflib

        wanted = word.lower()[:200].rpartition("/")[2]
        known = self.models(surface)
        by_letters = {_letters(model): model for model in known}
        close = difflib.get_close_matches(_letters(wanted), list(by_letters), n=3, cutoff=0.6)
        begins = [
            letters
            for letters in by_letters
            if len(_letters(wanted)) >= 3 and _letters(wanted) in letters
        ]
        return tuple(by_letters[letters] for letters in dict.fromkeys(close + begins))[:3]

    @property
    def oldest(self) -> date | None:
        """The day on which the longest unconfirmed lifecycle row was last seen at its source."""
        return min((row.source.confirmed for row in self.lifecycle_rows), default=None)

    @cached_property
    def prices(self) -> tuple[PriceRule, ...]:
        """Every dated price rule, in its newest reading.

        Raises InvalidFileError where the prices cannot be used.
        """
        from veo_check.reference.prices import newest_rules, parse_prices

        return newest_rules(parse_prices(self.read_prices()))

    def prices_of(self, model: str) -> tuple[PriceRule, ...]:
        """The price rules of one model, without parsing the rest. Errors as for `prices`."""
        if model not in self._prices_by_model:
            from veo_check.reference.prices import newest_rules, parse_prices

            document = dict(self.read_prices())
            listed = document.get("prices")
            if isinstance(listed, list):
                document["prices"] = [
                    row for row in listed if isinstance(row, dict) and row.get("model") == model
                ]
            self._prices_by_model[model] = newest_rules(parse_prices(document))
        return self._prices_by_model[model]

    @cached_property
    def _prices_by_model(self) -> dict[str, tuple[PriceRule, ...]]:
        return {}

    @cached_property
    def digest(self) -> str:
        """`sha256:…` over the files this book was read from."""
        return self.read_digest()

    @cached_property
    def _by_model(self) -> Mapping[str, tuple[LifecycleRow, ...]]:
        found: dict[str, tuple[LifecycleRow, ...]] = {}
        for row in self.lifecycle_rows:
            found[row.model] = (*found.get(row.model, ()), row)
        return found


def _letters(word: str) -> str:
    """An id without separators: `veo3.1-fast` and `veo-3.1-fast` are one slip apart."""
    return "".join(character for character in word if character.isalnum())


#: The name `refresh` gives its result in the user data folder.
REFRESHED_FILE = "reference.json"
#: The bundled data is under 1 MB; a file beyond this is not a reference.
LARGEST_FILE = 16 * 1024 * 1024
_DATA = Path(__file__).parent / "data"
#: Prices are parsed only when asked for, so their files are read apart.
_LOOK_UP_FILES = ("lifecycle.json", "capabilities.json")


def load_reference(path: Path | None = None, user_dir: Path | None = None) -> Reference:
    """The reference to judge by: `path` if given, else the newer of bundled and refreshed.

    `user_dir` is the folder where `refresh` leaves its result (the platform's user data folder
    when run from the command line); None reads the bundled data alone. A file is a whole
    reference: what it lacks is unknown, not taken from the bundle. Raises InvalidFileError.
    """
    if path is not None:
        return _load_file(path)
    bundled = _bundled()
    refreshed = None if user_dir is None else user_dir / REFRESHED_FILE
    if refreshed is None or not refreshed.exists():
        return bundled
    newer = _load_file(refreshed)
    return newer if newer.compiled >= bundled.compiled else bundled


def user_data_dir() -> Path:
    """The platform's user data folder of veo-check, where `refresh` writes and later runs look."""
    import platformdirs

    return Path(platformdirs.user_data_dir("veo-check", appauthor=False))


def parse_reference(document: Mapping[str, object], origin: str) -> Reference:
    """A reference from one document that holds every section. Raises InvalidFileError."""
    sources = parse_sources(document, origin)
    return Reference(
        origin=origin,
        compiled=Cells(document, origin).day("compiled"),
        lifecycle_rows=parse_lifecycle(document, sources, origin),
        capabilities=parse_capabilities(document, sources, origin),
        read_prices=lambda: document,
        read_digest=lambda: _digest(json.dumps(document, sort_keys=True, default=str).encode()),
    )


def refuse_days_to_come(document: Mapping[str, object], origin: str) -> None:
    """Raise InvalidFileError where a reading is dated after today: it would never grow old.

    Today is the real clock's day, in the sandbox too. `document` holds sound rows already.
    """
    sources = document.get("sources")
    days = {"compiled": document.get("compiled")}
    for name, row in (sources if isinstance(sources, Mapping) else {}).items():
        days[f"sources.{printable(str(name))}: confirmed"] = row.get("confirmed")
    today = SystemClock().now().date()
    for place, day in days.items():
        if day is not None and str(day) > today.isoformat():
            raise InvalidFileError(
                f"{origin}: {place}: {day} is still to come (today is {today}); nothing can have "
                "been read then: write the day on which it was read"
            )


def read_document(path: Path) -> Mapping[str, object]:
    """The document of a reference file, checked as when a run uses it. Raises InvalidFileError."""
    document = _read(path)
    _refuse_unprintable(document, path)
    _ = parse_reference(document, str(path)).prices
    refuse_days_to_come(document, str(path))
    return document


@cache
def bundled_document() -> Mapping[str, object]:
    """All bundled data as one document: what a refreshed file starts from."""
    return _merged(file.name for file in sorted(_DATA.glob("*.json")))


@cache
def _bundled() -> Reference:
    document = _merged(_LOOK_UP_FILES)
    sources = parse_sources(document, "bundled")
    return Reference(
        origin="bundled",
        compiled=Cells(document, "bundled").day("compiled"),
        lifecycle_rows=parse_lifecycle(document, sources, "bundled"),
        capabilities=parse_capabilities(document, sources, "bundled"),
        read_prices=bundled_document,
        read_digest=lambda: _digest(
            b"".join(file.read_bytes() for file in sorted(_DATA.glob("*.json")))
        ),
    )


def _merged(names: Iterable[str]) -> dict[str, object]:
    merged: dict[str, object] = {}
    for name in names:
        _merge(merged, _read_bundled(name), name)
    return merged


@cache
def _read_bundled(name: str) -> Mapping[str, object]:
    # The tests read the bundle as strictly as any file; a look-up need not pay for that again.
    document: dict[str, object] = json.loads((_DATA / name).read_bytes())
    return document


def _load_file(path: Path) -> Reference:
    document = _read(path)
    _refuse_unprintable(document, path)
    reference = parse_reference(document, str(path))
    refuse_days_to_come(document, str(path))
    if not reference.lifecycle_rows:
        raise InvalidFileError(f"{path}: holds no lifecycle rows; this is not a reference file")
    return reference


def _read(path: Path) -> dict[str, object]:
    """One JSON object from a file. Raises InvalidFileError whatever the file holds."""
    try:
        document = json.loads(
            _bytes_of(path).decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_constant=_no_constant,
            parse_float=_no_float,
        )
    except OSError as error:
        raise InvalidFileError(f"{path}: cannot be read: {error.strerror or error}") from None
    except RecursionError:
        raise InvalidFileError(f"{path}: is nested too deeply") from None
    except ValueError as error:  # not UTF-8, not JSON, or a number of absurd length
        raise InvalidFileError(f"{path}: is not a JSON reference file: {error}") from None
    if not isinstance(document, dict):
        raise InvalidFileError(f"{path}: must hold one JSON object")
    return document


def _refuse_unprintable(document: object, path: Path) -> None:
    """Any text of the file may end up on a terminal: no escape codes, no line breaks."""
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left.extend(value)
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
        elif isinstance(value, str) and not value.isprintable():
            raise InvalidFileError(f"{path}: {printable(value)} holds control characters")


def _bytes_of(path: Path) -> bytes:
    # O_NONBLOCK: opening a named pipe must not wait for a writer.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise InvalidFileError(f"{path}: is not a regular file")
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise InvalidFileError(f"{path}: is larger than {LARGEST_FILE // 1024**2} MB")
    return content


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {printable(key)} appears twice")
            seen.add(key)
    return found


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is not a number")


def _no_float(text: str) -> object:
    raise ValueError(f"{text[:20]} is written as a float; write amounts in quotes")


def _merge(merged: dict[str, object], document: Mapping[str, object], name: str) -> None:
    """Put the sections of one bundled file into the whole: tables by key, rows in order."""
    for key, value in document.items():
        there = merged.get(key)
        if there is None:
            merged[key] = dict(value) if isinstance(value, dict) else value
        elif isinstance(there, dict) and isinstance(value, dict):
            clash = sorted(name for name in value if there.get(name, value[name]) != value[name])
            if clash:
                raise InvalidFileError(f"{name}: {key}.{clash[0]} is different in another file")
            there.update(value)
        elif isinstance(there, list) and isinstance(value, list):
            merged[key] = [*there, *value]
        elif key == "compiled" and isinstance(there, str) and isinstance(value, str):
            merged[key] = max(there, value)
        elif there != value:
            raise InvalidFileError(f"{name}: {key} does not fit the same key of another file")


def _digest(content: bytes) -> str:
    import hashlib

    return "sha256:" + hashlib.sha256(content).hexdigest()
