"""The boxes of an ISO base media file (MP4, QuickTime), read from hostile bytes.

ISO/IEC 14496-12 §4.2: a box is a 32-bit size, a four-character kind, a 64-bit size where the first
one says 1, and its payload; size 0 means "to the end". Everything here is bounded: number of
boxes, bytes read, table lengths. Nothing is believed that does not fit into the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MOST_BOXES = 20_000
#: Of boxes and tables, not of media: a real clip's are some ten thousand bytes.
_MOST_BYTES = 8 * 1024 * 1024


class MediaError(Exception):
    """A file that cannot be read on. `word` is one of the problem words of `smoke.media`."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class Box:
    """Kind, where the box itself begins, and where its payload begins and ends in the file."""

    kind: bytes
    at: int
    start: int
    end: int
    cut: bool = False  # it claims to end behind the end of the file

    @property
    def size(self) -> int:
        """Bytes of payload."""
        return self.end - self.start


class BoxFile:
    """An open file and what may still be read of it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self._boxes = _MOST_BOXES
        self._bytes = _MOST_BYTES

    def whole(self) -> Box:
        """The file as if it were a box."""
        return Box(b"file", 0, 0, self.size)

    def inside(self, parent: Box, skip: int = 0) -> Iterator[Box]:
        """The boxes in a payload, after `skip` bytes. Raises MediaError."""
        at, top = parent.start + skip, parent.kind == b"file"
        while at + 8 <= parent.end:
            self._boxes -= 1
            if self._boxes < 0:
                raise MediaError("too-complex")
            size, kind = struct.unpack(">I4s", self.read(at, 8))
            start = at + 8
            if size == 1:
                if at + 16 > parent.end:
                    raise MediaError("truncated" if top else "malformed")
                (size,) = struct.unpack(">Q", self.read(start, 8))
                start += 8
            elif size == 0:
                size = parent.end - at
            if size < start - at:
                raise MediaError("malformed")
            end = at + size
            if end > parent.end and not top:
                raise MediaError("malformed")
            yield Box(kind, at, start, min(end, parent.end), cut=end > parent.end)
            at = end

    def first(self, parent: Box, *path: bytes) -> Box | None:
        """The first box below `parent` along a path of kinds."""
        for kind in path:
            found = next((one for one in self.inside(parent) if one.kind == kind), None)
            if found is None:
                return None
            parent = found
        return parent

    def read(self, at: int, length: int) -> bytes:
        """Exactly `length` bytes. Raises MediaError at the file's end and past the budget."""
        self._bytes -= length
        if self._bytes < 0:
            raise MediaError("too-complex")
        self._file.seek(at)
        content = self._file.read(length)
        if len(content) != length:
            raise MediaError("truncated")
        return content

    def payload(self, box: Box) -> Payload:
        """A box's whole payload."""
        return Payload(self.read(box.start, box.size))


class Payload:
    """Big-endian fields, one after the other. Raises MediaError where they end too early."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._content) - self._at

    def skip(self, length: int) -> None:
        """Leave out some bytes."""
        self.take(length)

    def take(self, length: int) -> bytes:
        """The next bytes."""
        if length > self.left:
            raise MediaError("malformed")
        self._at += length
        return self._content[self._at - length : self._at]

    def u16(self) -> int:
        """An unsigned 16-bit number."""
        return int.from_bytes(self.take(2))

    def u32(self) -> int:
        """An unsigned 32-bit number."""
        return int.from_bytes(self.take(4))

    def i32(self) -> int:
        """A signed 32-bit number."""
        return int.from_bytes(self.take(4), signed=True)

    def u64(self) -> int:
        """An unsigned 64-bit number."""
        return int.from_bytes(self.take(8))

    def full(self) -> tuple[int, int]:
        """Version and flags of a full box."""
        word = self.u32()
        return word >> 24, word & 0xFFFFFF

    def table(self, rows: int, columns: int) -> tuple[tuple[int, ...], ...]:
        """`rows` rows of 32-bit numbers; as many as the payload holds, else it is malformed."""
        content = self.take(rows * columns * 4)
        return tuple(struct.iter_unpack(f">{columns}I", content)) if rows else ()
