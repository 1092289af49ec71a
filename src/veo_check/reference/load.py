"""Reference data, looked up by model and surface: bundled, from `refresh`, or a file asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check.core.clock import SystemClock
from veo_check.core.money import InvalidFileError
from veo_check.core.reading import (
    NotRegularError,
    TooLargeError,
    read_limited,
    strict_json,
    why_unread,
)
from veo_check.reference.rows import (
    Capability,
    Cells,
    Document,
    LifecycleRow,
    parse_capabilities,
    parse_lifecycle,
    parse_sources,
)

if TYPE_CHECKING:
    from veo_check.reference.prices import PriceRule


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
        rows = self.lifecycle_rows
        found = {row.model for row in rows if surface is None or row.surface == surface}
        return tuple(sorted(found))

    def surfaces(self, model: str | None = None) -> tuple[str, ...]:
        """The surfaces with a row for this id (or any rows at all), sorted."""
        rows = self.lifecycle_rows if model is None else self._by_model.get(model, ())
        return tuple(sorted({row.surface for row in rows}))

    def near(self, word: str, surface: str | None = None) -> tuple[str, ...]:
        """Up to three known ids that look like `word`, the likeliest first."""
        import difflib

        wanted = word.lower()[:200].rpartition("/")[2]
        by_letters = {_letters(model): model for model in self.models(surface)}
        letters = _letters(wanted)
        close = difflib.get_close_matches(letters, by_letters, n=3, cutoff=0.6)
        inside = [known for known in by_letters if len(letters) >= 3 and letters in known]
        return tuple(by_letters[known] for known in dict.fromkeys(close + inside))[:3]

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

            document = self.read_prices()
            listed = document.get("prices")
            if isinstance(listed, list):
                own = [row for row in listed if isinstance(row, dict) and row.get("model") == model]
                document = {**document, "prices": own}
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
    def _by_model(self) -> Mapping[str, Sequence[LifecycleRow]]:
        found: dict[str, list[LifecycleRow]] = {}
        for row in self.lifecycle_rows:
            found.setdefault(row.model, []).append(row)
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


def parse_reference(document: Document, origin: str) -> Reference:
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
        days[f"sources.{name}: confirmed"] = row.get("confirmed")
    today = SystemClock().now().date()
    for place, day in days.items():
        if day is not None and str(day) > today.isoformat():
            raise InvalidFileError(
                f"{origin}: {place}: {day} is still to come (today is {today}); nothing can have "
                "been read then: write the day on which it was read"
            )


def read_document(path: Path) -> Document:
    """The document of a reference file, checked as when a run uses it. Raises InvalidFileError."""
    document = _read(path)
    _ = parse_reference(document, str(path)).prices
    refuse_days_to_come(document, str(path))
    return document


@cache
def bundled_document() -> Document:
    """All bundled data as one document: what a refreshed file starts from."""
    return _merged(file.name for file in sorted(_DATA.glob("*.json")))


@cache
def _bundled() -> Reference:
    return replace(
        parse_reference(_merged(_LOOK_UP_FILES), "bundled"),
        read_prices=bundled_document,
        read_digest=lambda: _digest(
            b"".join(file.read_bytes() for file in sorted(_DATA.glob("*.json")))
        ),
    )


def _merged(names: Iterable[str]) -> dict[str, object]:
    """Bundled files as one document: tables by key, rows in order."""
    merged: dict[str, object] = {}
    for name in names:
        for key, value in _read_bundled(name).items():
            there = merged.get(key)
            if there is None:
                merged[key] = dict(value) if isinstance(value, dict) else value
            elif isinstance(there, dict) and isinstance(value, dict):
                clash = [word for word in value if there.get(word, value[word]) != value[word]]
                if clash:
                    raise InvalidFileError(f"{name}: {key}.{clash[0]} differs in another file")
                there.update(value)
            elif isinstance(there, list) and isinstance(value, list):
                merged[key] = [*there, *value]
            elif key == "compiled" and isinstance(there, str) and isinstance(value, str):
                merged[key] = max(there, value)
            elif there != value:
                raise InvalidFileError(f"{name}: {key} does not fit the same key of another file")
    return merged


@cache
def _read_bundled(name: str) -> Document:
    # The tests read the bundle as strictly as any file; a look-up need not pay for that again.
    document: dict[str, object] = json.loads((_DATA / name).read_bytes())
    return document


def _load_file(path: Path) -> Reference:
    document = _read(path)
    reference = parse_reference(document, str(path))
    refuse_days_to_come(document, str(path))
    if not reference.lifecycle_rows:
        raise InvalidFileError(f"{path}: holds no lifecycle rows; this is not a reference file")
    return reference


def _read(path: Path) -> dict[str, object]:
    """One JSON object from a file. Raises InvalidFileError whatever the file holds."""
    try:
        content = read_limited(path, LARGEST_FILE, follow_links=True)
        document = strict_json(content.decode("utf-8"))
    except NotRegularError:
        raise InvalidFileError(f"{path}: is not a regular file") from None
    except TooLargeError:
        raise InvalidFileError(f"{path}: is larger than {LARGEST_FILE // 1024**2} MB") from None
    except OSError as error:
        raise InvalidFileError(f"{path}: cannot be read: {why_unread(error)}") from None
    except ValueError as error:  # not UTF-8, not JSON, or a number of absurd length
        raise InvalidFileError(f"{path}: is not a JSON reference file: {error}") from None
    if not isinstance(document, dict):
        raise InvalidFileError(f"{path}: must hold one JSON object")
    _refuse_unprintable(document, path)
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
            raise InvalidFileError(f"{path}: {value[:60]!a} holds control characters")


def _digest(content: bytes) -> str:
    import hashlib

    return "sha256:" + hashlib.sha256(content).hexdigest()
