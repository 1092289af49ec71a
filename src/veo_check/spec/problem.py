"""What is wrong with a file, and where: `file:line:col: path: message`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from veo_check.core.printable import printable
from veo_check.spec.key_shapes import hide_keys

#: More problems than this are counted, not listed: nobody mends them one by one.
MOST_LISTED = 100

#: Stands where a problem is about the file as a whole, or about a comment in it.
WHOLE_FILE = "(file)"
COMMENT = "(comment)"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend in a file. Line and column count from 1; `path` is dotted."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        # hidden again: without its invisible letters, something may look like a key after all
        path, message = (hide_keys(printable(text, 1000)) for text in (self.path, self.message))
        return f"{printable(self.file, 500)}:{self.line}:{self.column}: {path}: {message}"


def listed(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in the file's order, each once, cut to a number a person can read."""
    found = sorted(set(problems))
    if len(found) <= MOST_LISTED:
        return tuple(found)
    more, last = len(found) - MOST_LISTED, found[MOST_LISTED]
    rest = Problem(last.file, last.line, last.column, WHOLE_FILE, f"and {more} problems more")
    return (*found[:MOST_LISTED], rest)


def dotted(path: Iterable[str | int]) -> str:
    """`("via", "model")` as `via.model`; nothing as the whole file."""
    return ".".join(str(part) for part in path) or WHOLE_FILE
