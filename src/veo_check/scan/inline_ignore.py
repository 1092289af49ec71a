"""`veo-check: ignore[ID] until DAY`: an id that a person accepted in one place, until a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_MARK = re.compile(
    rb"veo-check:[ \t]*ignore\b"
    rb"(?:\[([^\]\r\n]{0,1000})\](?:[ \t]+until[ \t]+([0-9]{4}-[0-9]{2}-[0-9]{2})\b)?)?"
)
#: A comment with nothing before it speaks for the line below.
_NOTHING_BEFORE = re.compile(rb"^[\s#/*;%<!\"'-]*$")


@dataclass(frozen=True, slots=True)
class InlineIgnore:
    """One mark, at `start` to `end` of its line. `until` None: it has no day, and covers nothing.

    `for_next`: it stands alone on its line, and covers the next one.
    """

    ids: frozenset[str]
    until: date | None
    start: int
    end: int
    for_next: bool


def ignores_in(line: bytes) -> tuple[InlineIgnore, ...]:
    """The marks in one line."""
    if b"veo-check:" not in line:
        return ()
    return tuple(
        InlineIgnore(
            ids=frozenset(
                one.strip().decode("utf-8", "replace") for one in (mark[1] or b"").split(b",")
            ),
            until=_day(mark[2]),
            start=mark.start(),
            end=mark.end(),
            for_next=_NOTHING_BEFORE.match(line[: mark.start()]) is not None,
        )
        for mark in _MARK.finditer(line)
    )


def _day(text: bytes | None) -> date | None:
    try:
        return date.fromisoformat(text.decode()) if text else None
    except ValueError:
        return None
