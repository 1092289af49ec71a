"""Notebooks: the source of the cells, and where each piece of it stands in the file."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator

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

    def steps(self) -> Iterator[tuple[int, int]]:
        """How far the text reaches at each place of the file where one of its pieces begins."""
        if b"\\" not in self.raw:
            yield len(self.text), self.offset + 1
            return
        done = 0
        for match in _ESCAPE.finditer(self.raw, 1, len(self.raw) - 1):
            token = match[0]
            done += len(token if token[:1] != b"\\" else _plain(token))
            yield done, self.offset + match.start()


@dataclass(frozen=True, slots=True)
class Cell:
    """The whole source of one cell."""

    pieces: tuple[Piece, ...]
    text: bytes

    def offsets_of(self, indexes: Iterable[int]) -> Iterator[int]:
        """Where in the file these bytes of the cell's text stand; `indexes` ascend."""
        steps = (
            (start + reached, at, b"\\" not in piece.raw)
            for start, piece in zip(
                itertools.accumulate((len(piece.text) for piece in self.pieces), initial=0),
                self.pieces,
                strict=False,
            )
            for reached, at in piece.steps()
        )
        before, reached, at, plain = 0, 0, 0, False
        for index in indexes:
            while reached <= index:
                before = reached
                reached, at, plain = next(steps)
            yield at + (index - before if plain else 0)


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
    if not has_cells:
        return None
    return tuple(
        Cell(tuple(pieces), b"".join(piece.text for piece in pieces)) for pieces in found.values()
    )


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
