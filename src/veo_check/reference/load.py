"""Reading the reference book: bundled data, a newer `refresh` result, or the file asked for."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from veo_check.core.errors import InvalidFileError
from veo_check.reference.book import Reference
from veo_check.reference.parse import (
    Cells,
    parse_capabilities,
    parse_lifecycle,
    parse_sources,
    printable,
)

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


def read_document(path: Path) -> Mapping[str, object]:
    """The document of a reference file, checked as when a run uses it. Raises InvalidFileError."""
    document = _read(path)
    _refuse_unprintable(document, path)
    _ = parse_reference(document, str(path)).prices
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
