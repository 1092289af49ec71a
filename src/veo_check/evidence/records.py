"""Frozen dataclasses to canonical JSON and back, strictly: the format of journal and proofs.

One value has one text: keys sorted, two spaces, ASCII. Reading refuses what writing would not have
made: another byte anywhere, unknown or missing fields, floats, repeated keys, wrong types.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
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
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
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
    options = [one for one in typing.get_args(hint) if one is not types.NoneType]
    if raw is None and len(options) < len(typing.get_args(hint)):
        return None
    if len(options) != 1:
        raise TypeError(f"{at}: a record's field has one type, or that type or None")
    return _restore(options[0], raw, at, depth)


def _dataclass(kind: type, raw: object, at: str, depth: int) -> object:
    _expect(raw, isinstance(raw, dict), at)
    held = typing.cast("dict[str, object]", raw)
    names = {one.name for one in dataclasses.fields(kind)}
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
