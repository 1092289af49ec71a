"""Frozen dataclasses to canonical JSON and back, strictly: the format of journal and proofs.

One value has one text: keys sorted, two spaces, ASCII. Reading refuses what writing would not have
made: another byte anywhere, unknown or missing fields, floats, repeated keys, wrong types.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from veo_check.core.findings import Tier

T = TypeVar("T")

#: More digits before or after the point than any number of ours has.
_LONGEST_NUMBER = 1000


class UnreadableRecordError(ValueError):
    """A stored record that cannot be what this program wrote. Says where and what, never values."""


def to_text(record: object) -> str:
    """The one text of a record (a frozen dataclass instance)."""
    return json.dumps(_plain(record), indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def from_text(kind: type[T], text: str) -> T:
    """The record that `to_text` wrote. Raises UnreadableRecordError.

    Validation may be lenient: what it takes for the same value and `to_text` writes otherwise, such
    as a number in quotes, is refused by the comparison.
    """
    try:
        record: T = _adapter(cast("type", kind)).validate_python(json.loads(text), extra="forbid")
    except ValidationError as error:
        raise UnreadableRecordError(_in_words(error)) from None
    except (ValueError, RecursionError):
        raise UnreadableRecordError("not JSON") from None
    if _text_or_none(record) != text:
        raise UnreadableRecordError("not as it was written")
    return record


def _text_or_none(record: object) -> str | None:
    try:
        return to_text(record)
    except ValueError:  # a number too long to write: made up, whatever it is
        return None


@functools.cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _in_words(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False)
    fields = ("missing", "unexpected_keyword_argument")
    problem = next((found for found in problems if found["type"] in fields), problems[0])
    kind, (*above, last) = problem["type"], problem["loc"] or ("",)
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:40]}" for step in above)
    if kind in fields:
        what = f"no field {last}" if kind == "missing" else f"an unknown field {str(last)[:40]!r}"
        return f"{place.removeprefix('.') or 'the record'} has {what}"
    place += f"[{last}]" if isinstance(last, int) else f".{last[:40]}" if last else ""
    words = {"decimal": "a number", "finite": "a number", "datetime": "a time", "date": "a day"}
    meant = words.get(kind.partition("_")[0]) if "type" not in kind else None
    return f"{place.removeprefix('.') or 'the record'} is not {meant or 'what belongs there'}"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        if abs(value.adjusted()) > _LONGEST_NUMBER:
            raise ValueError("a number too long to write")
        return f"{value:f}"
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, tuple):
        return [_plain(held) for held in value]
    if isinstance(value, frozenset):
        return sorted(map(_plain, value))
    if isinstance(value, Tier):
        return value.word
    if value is None or isinstance(value, str | bool | int):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a record")


# Files that survive a kill and a power cut: written beside, synced, renamed, the folder synced.


#: Left behind by a process that died between writing and renaming; never read.
TEMPORARY = ".tmp-"

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
#: A link in place of the file must not lead the reader or the writer somewhere else.
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class Disk:
    """The operating system's file calls, one a method."""

    def make_folder(self, folder: Path) -> None:
        """Make one folder that only its owner can read."""
        folder.mkdir(mode=_PRIVATE_FOLDER)

    def write_new(self, path: Path, content: bytes) -> int:
        """Write a file that must not exist yet; the open file, not yet synced."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS | _BINARY
        handle = os.open(path, flags, _PRIVATE_FILE)
        written = 0
        while written < len(content):
            written += os.write(handle, content[written:])
        return handle

    def sync(self, handle: int) -> None:
        """Wait until an open file's bytes are on the disk."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Put `old` in the place of `new`, in one step."""
        os.replace(old, new)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the names in a folder are on the disk. Windows has no such call."""
        if os.name == "nt":
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def make_folders(folder: Path, disk: Disk) -> None:
    """Make `folder` and what is missing above it, private, each name synced. Raises OSError."""
    missing = [folder]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for above in reversed(missing):
        try:
            disk.make_folder(above)
        except FileExistsError:
            if not above.is_dir():
                raise
        disk.sync_folder(above.parent)


def write_durably(path: Path, content: bytes, disk: Disk) -> None:
    """Replace `path` by `content`: afterwards it holds the new bytes, or still the old ones.

    When this returns, the bytes and the name are on the disk. Raises OSError.
    """
    beside = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    handle = disk.write_new(beside, content)
    try:
        disk.sync(handle)
    finally:
        disk.close(handle)
    disk.rename(beside, path)
    disk.sync_folder(path.parent)
