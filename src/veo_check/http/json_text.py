"""JSON from outside: exact numbers, no surprises, bounded, and errors as sentences."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 64
_WORDLESS = b" \t\r\n\xef\xbb\xbf"


class JsonError(ValueError):
    """The text is not JSON that can be trusted; the message says why, without quoting it."""


def parse_json(body: bytes) -> Json:
    """The value of a JSON text in UTF-8.

    Fractions are Decimal, exactly as written. Raises JsonError for anything else than JSON, for
    doubled keys, NaN and infinities, numbers of absurd size, and nesting deeper than MAX_DEPTH.
    """
    start = body[:64].lstrip(_WORDLESS)
    if not start:
        raise JsonError("it is empty")
    if start.startswith(b"<"):
        raise JsonError("it is a web page (HTML or XML), not JSON")
    with _no_collections(len(body)):
        value = _parsed(body)
        if _is_deep(value):
            raise JsonError(f"it is nested deeper than {MAX_DEPTH} levels")
    return value


def _parsed(body: bytes) -> Json:
    try:
        text = body.decode("utf-8-sig")
        value: Json = json.loads(
            text, parse_float=_fraction, parse_constant=_refuse, object_pairs_hook=_mapping
        )
    except JsonError:
        raise
    except RecursionError:
        raise JsonError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    except UnicodeDecodeError:
        raise JsonError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"it is not JSON ({error.msg} at character {error.pos})") from None
    except ValueError:
        raise JsonError("it holds a number of absurd size") from None
    return value


def _fraction(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise JsonError("it holds a number of absurd size") from None
    if not -60 < number.adjusted() < 60:
        raise JsonError("it holds a number of absurd size")
    return number


def _refuse(word: str) -> None:
    raise JsonError(f"it holds {word}, which is not a number in JSON")


def _mapping(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise JsonError("the same key stands twice in one object")
    return made


def _is_deep(value: Json) -> bool:
    """Whether containers nest deeper than MAX_DEPTH. By levels, so that depth costs no stack."""
    level: list[dict[str, Json] | list[Json]] = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        below: list[dict[str, Json] | list[Json]] = []
        for parent in level:
            children = parent.values() if type(parent) is dict else parent
            below += [child for child in children if type(child) is dict or type(child) is list]
        if not below:
            return False
        level = below
    return True


_pauses = threading.Lock()
_paused = 0


@contextmanager
def _no_collections(size: int) -> Iterator[None]:
    """No garbage collection while a large text becomes objects: it would look through all of them
    again and again, and take as long as the parsing. They hold no cycles."""
    global _paused
    if size < 1_000_000 or not (_paused or gc.isenabled()):
        yield
        return
    with _pauses:
        _paused += 1
        gc.disable()
    try:
        yield
    finally:
        with _pauses:
            _paused -= 1
            if not _paused:
                gc.enable()
