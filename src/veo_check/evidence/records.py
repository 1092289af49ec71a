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
import stat
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from veo_check.core.money import exact

T = TypeVar("T")

#: Nesting that no record of ours reaches.
_DEEPEST = 12


class UnreadableRecordError(ValueError):
    """A stored record that cannot be what this program wrote. Says where and what, never values."""


def to_text(record: object) -> str:
    """The one text of a record (a frozen dataclass instance)."""
    return json.dumps(_plain(record), indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def from_text(kind: type[T], text: str) -> T:
    """The record that `to_text` wrote. Raises UnreadableRecordError."""
    try:
        raw = json.loads(
            text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_no_repeats
        )
    except UnreadableRecordError:
        raise
    except (ValueError, RecursionError):
        raise UnreadableRecordError("not JSON") from None
    record = typing.cast("T", _restore(kind, raw, "", 0))
    if to_text(record) != text:
        raise UnreadableRecordError("not as it was written")
    return record


def _no_float(_: str) -> object:
    raise UnreadableRecordError("holds a number that is not whole")


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise UnreadableRecordError("a field stands twice")
    return held


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, tuple):
        return [_plain(held) for held in value]
    if isinstance(value, frozenset):
        return sorted(str(held) for held in value)
    if value is None or isinstance(value, str | bool | int):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a record")


@functools.cache
def _hints(kind: type) -> Mapping[str, object]:
    return typing.get_type_hints(kind)


def _restore(hint: object, raw: object, at: str, depth: int) -> object:
    if depth > _DEEPEST:
        raise UnreadableRecordError("nested too deeply")
    origin = typing.get_origin(hint)
    if isinstance(hint, types.UnionType) or origin is typing.Union:
        return _optional(hint, raw, at, depth)
    if origin is typing.Literal:
        return _expect(raw, raw in typing.get_args(hint) and isinstance(raw, str), at)
    if origin is tuple:
        item = typing.get_args(hint)[0]
        return tuple(
            _restore(item, held, f"{at}[{place}]", depth + 1)
            for place, held in enumerate(_list(raw, at))
        )
    if origin is frozenset:
        return _words(raw, at)
    if origin is Mapping:
        item = typing.get_args(hint)[1]
        _expect(raw, isinstance(raw, dict), at)
        return {
            key: _restore(item, held, f"{at}.{key[:40]}", depth + 1)
            for key, held in typing.cast("dict[str, object]", raw).items()
        }
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _dataclass(hint, raw, at, depth)
    return _scalar(hint, raw, at)


def _words(raw: object, at: str) -> frozenset[str]:
    """A set of text, which is written sorted."""
    held = [_expect(one, isinstance(one, str), at) for one in _list(raw, at)]
    return frozenset(str(one) for one in held)


def _list(raw: object, at: str) -> list[object]:
    return typing.cast("list[object]", _expect(raw, isinstance(raw, list), at))


def _optional(hint: object, raw: object, at: str, depth: int) -> object:
    options = [argument for argument in typing.get_args(hint) if argument is not types.NoneType]
    if raw is None and len(options) < len(typing.get_args(hint)):
        return None
    if len(options) != 1:
        raise TypeError(f"{at}: a record's field has one type, or that type or None")
    return _restore(options[0], raw, at, depth)


def _dataclass(kind: type, raw: object, at: str, depth: int) -> object:
    _expect(raw, isinstance(raw, dict), at)
    held = typing.cast("dict[str, object]", raw)
    names = {field.name for field in dataclasses.fields(kind)}
    if held.keys() != names:
        unknown, missing = sorted(held.keys() - names), sorted(names - held.keys())
        what = f"no field {missing[0]}" if missing else f"an unknown field {unknown[0][:40]!r}"
        raise UnreadableRecordError(f"{at or 'the record'} has {what}")
    hints = _hints(kind)
    return kind(
        **{
            name: _restore(hints[name], held[name], f"{at}.{name}" if at else name, depth + 1)
            for name in sorted(names)
        }
    )


def _scalar(hint: object, raw: object, at: str) -> object:
    if hint is Decimal:
        return _number(raw, at)
    if hint is datetime:
        return _moment(raw, at)
    if hint is date:
        return _day(raw, at)
    if hint is bool:
        return _expect(raw, isinstance(raw, bool), at)
    if hint is int:
        return _expect(raw, isinstance(raw, int) and not isinstance(raw, bool), at)
    if hint is str:
        return _expect(raw, isinstance(raw, str), at)
    raise TypeError(f"{at}: no record can hold {hint}")


def _expect(raw: object, holds: bool, at: str) -> object:
    if not holds:
        raise UnreadableRecordError(f"{at or 'the record'} is not what belongs there")
    return raw


def _number(raw: object, at: str) -> Decimal:
    try:
        return exact(_expect(raw, isinstance(raw, str), at))
    except UnreadableRecordError:
        raise
    except ValueError:
        raise UnreadableRecordError(f"{at} is not a number") from None


def _moment(raw: object, at: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(_expect(raw, isinstance(raw, str), at)))
    except UnreadableRecordError:
        raise
    except ValueError:
        raise UnreadableRecordError(f"{at} is not a time") from None
    if moment.tzinfo is None:
        raise UnreadableRecordError(f"{at} has no time zone")
    return moment.astimezone(UTC)


def _day(raw: object, at: str) -> date:
    try:
        return date.fromisoformat(str(_expect(raw, isinstance(raw, str), at)))
    except UnreadableRecordError:
        raise
    except ValueError:
        raise UnreadableRecordError(f"{at} is not a day") from None


# Files that survive a kill and a power cut: written beside, synced, renamed, the folder synced.


#: Left behind by a process that died between writing and renaming; never read.
TEMPORARY = ".tmp-"

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
#: A link in place of the file must not lead the reader or the writer somewhere else.
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class NotRegularError(OSError):
    """What should be a plain file is something else: a link, a folder, a device."""


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
        """Close an open file."""
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
    for one in reversed(missing):
        try:
            disk.make_folder(one)
        except FileExistsError:
            if not one.is_dir():
                raise
        disk.sync_folder(one.parent)


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


def read_limited(path: Path, limit: int) -> bytes:
    """The bytes of a plain file of at most `limit` bytes.

    Raises OSError, NotRegularError for links and devices (a pipe would never end), and ValueError
    for a longer file.
    """
    flags = os.O_RDONLY | _NO_LINKS | _BINARY | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotRegularError(f"{path.name} is not a plain file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{path.name} is larger than {limit} bytes")
    return content
