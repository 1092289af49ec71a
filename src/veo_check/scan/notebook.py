"""Notebooks: the source of the cells, and where each piece of it stands in the file."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from veo_check.core.frozen import dataclass

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')
#: Keys of a cell that hold what a person wrote; `input` is what version 3 called it.
_SOURCE = ("source", "input")
_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)|[\x00-\x7f\xc0-\xff][\x80-\xbf]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """One string of a cell's source: its text, and the offset of its opening quote in the file."""

    text: bytes
    raw: bytes
    offset: int

    def offset_of(self, index: int) -> int:
        """Where in the file byte `index` of the text stands."""
        if b"\\" not in self.raw:
            return self.offset + 1 + index
        done = 0
        for match in _ESCAPE.finditer(self.raw, 1, len(self.raw) - 1):
            if done >= index:
                return self.offset + match.start()
            token = match[0]
            done += len(token if token[:1] != b"\\" else _plain(token))
        return self.offset + len(self.raw) - 1


@dataclass(frozen=True, slots=True)
class Cell:
    """The whole source of one cell."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> bytes:
        return b"".join(piece.text for piece in self.pieces)

    def offset_of(self, index: int) -> int:
        """Where in the file byte `index` of the cell's text stands."""
        starts = [0]
        for piece in self.pieces:
            starts.append(starts[-1] + len(piece.text))
        at = min(bisect_right(starts, index) - 1, len(self.pieces) - 1)
        return self.pieces[at].offset_of(index - starts[at])


def cells(content: bytes) -> tuple[Cell, ...] | None:
    """The cells of a notebook, or None where the content is no notebook at all."""
    found: dict[tuple[object, ...], list[Piece]] = {}
    has_cells = False
    try:
        for path, match in _strings(content):
            if "cells" not in path[:3]:
                continue
            at = path.index("cells")
            has_cells = True
            if len(path) in (at + 3, at + 4) and path[at + 2] in _SOURCE:
                raw = match[0]
                text = json.loads(raw, strict=False).encode("utf-8", "surrogatepass")
                found.setdefault(path[: at + 3], []).append(Piece(text, raw, match.start()))
    except ValueError:
        return None
    return tuple(Cell(tuple(pieces)) for pieces in found.values()) if has_cells else None


def _strings(content: bytes) -> Iterator[tuple[tuple[object, ...], re.Match[bytes]]]:
    """Every string that is a value, with the keys and indexes that lead to it.

    Deep nesting costs nothing: there is no recursion. Raises ValueError for what is not JSON.
    """
    # one entry a container: [its key or index, whether it is a mapping, whether a value comes]
    stack: list[list[object]] = []
    for match in _TOKEN.finditer(content):
        token = match[0]
        inner = stack[-1] if stack else None
        if token in (b"{", b"["):
            stack.append([0 if token == b"[" else None, token == b"{", token == b"["])
        elif token in (b"}", b"]"):
            if inner is None or inner[1] is not (token == b"}"):
                raise ValueError("brackets do not match")
            stack.pop()
        elif token == b":":
            if inner is None:
                raise ValueError("a colon outside of a mapping")
            inner[2] = True
        elif token == b",":
            if inner is None:
                raise ValueError("a comma outside of everything")
            if inner[1]:
                inner[2] = False
            else:
                inner[0] = int(str(inner[0])) + 1
        elif token[:1] == b'"' and inner is not None:
            if inner[2]:
                if len(stack) <= 6:
                    yield tuple(entry[0] for entry in stack), match
            else:
                inner[0] = json.loads(token, strict=False)
    if stack:
        raise ValueError("it ends in the middle")


def _plain(escape: bytes) -> bytes:
    """The UTF-8 bytes of one escape; half of a surrogate pair counts as half of its four bytes."""
    text: str = json.loads(b'"' + escape + b'"')
    return b"??" if "\ud800" <= text <= "\udfff" else text.encode()
