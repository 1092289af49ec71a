"""A tree of files in, the ids in it out: which file, line and column each of them stands in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import FileIO

from veo_check.scan.ids import IdFinder
from veo_check.scan.inline_ignore import InlineIgnore, ignores_in
from veo_check.scan.notebook import cells
from veo_check.scan.text_hits import Text, TextHit, hits_in
from veo_check.scan.walk import walk

#: Files beyond this are passed over, in bytes, if nothing else is asked for.
LARGEST_FILE = 256 * 1024 * 1024
#: A notebook or UTF-16 file is read at once; beyond this it is read as plain text.
_LARGEST_AT_ONCE = 64 * 1024 * 1024
_FIRST_READ = 1 << 16
_BUFFER = 1 << 20
#: Bytes of a line that reach from one buffer into the next, where no line ends in between.
_OVERLAP = 1024
#: Where a zero byte makes a file binary, as for git.
_BINARY_WITHIN = 8000
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_BOM = b"\xef\xbb\xbf"
_FLAGS = os.O_RDONLY
for _name in ("O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)
#: Files that hold settings: there, a bare `veo3` is a value.
_SETTINGS = (
    ".cfg", ".conf", ".env", ".ini", ".properties", ".tfvars", ".toml", ".yaml", ".yml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One id in one place; `line` and `column` count from 1, columns in characters.

    `ignore` is the inline mark that names it, whether or not it still counts.
    """

    file: str
    line: int
    column: int
    id: str
    ignore: InlineIgnore | None = None


@dataclass(slots=True)
class Scan:
    """What a scan saw. `skipped` counts files and folders that were not looked into.

    `unread` are those of them that could not be read, `huge` those over the limit, each with the
    reason; the rest is binary.
    """

    files: int = 0
    skipped: int = 0
    found: list[Found] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    huge: list[tuple[str, str]] = field(default_factory=list)


def scan(
    arguments: Sequence[str],
    finder: IdFinder,
    largest: int = LARGEST_FILE,
    leave_out: Sequence[str] = (),
) -> Scan:
    """Look for ids in files and folders. `leave_out`: files that are not looked at."""
    seen = Scan()
    read = _Reader(seen, finder, largest)
    unwanted = {os.path.realpath(path) for path in leave_out}
    names = tuple(os.path.basename(path) for path in unwanted)
    for path in walk(arguments, read.not_readable):
        if unwanted and path.endswith(names) and os.path.realpath(path) in unwanted:
            continue
        try:
            read.file(path)
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            read.not_readable(path, f"cannot be read: {said or type(error).__name__}")
    seen.found.sort(key=lambda one: (one.file, one.line, one.column))
    return seen


class _Reader:
    def __init__(self, seen: Scan, finder: IdFinder, largest: int) -> None:
        self._seen = seen
        self._finder = finder
        self._largest = largest
        self._may_hold_one = finder.may_hold_one
        self._buffer = bytearray()

    def not_readable(self, path: str, why: str) -> None:
        self._seen.skipped += 1
        self._seen.unread.append((_shown(path), why))

    def file(self, path: str) -> None:
        """Look into one file. Written for speed: most files are small and hold no id."""
        descriptor = os.open(path, _FLAGS)
        try:
            text = os.read(descriptor, _FIRST_READ)
            if text.find(b"\0", 0, _BINARY_WITHIN) >= 0 and text[:2] not in _UTF16:
                self._seen.skipped += 1
                return
            more = os.read(descriptor, _FIRST_READ)
            if more:
                self._large(path, descriptor, text + more)
                return
        finally:
            os.close(descriptor)
        self._seen.files += 1
        if self._may_hold_one(text) or text[:2] in _UTF16:
            self._whole(path, text)

    def _large(self, path: str, descriptor: int, first: bytes) -> None:
        size = os.fstat(descriptor).st_size
        if size > self._largest:
            self._seen.skipped += 1
            why = f"{size >> 20} MB, over the {self._largest >> 20} MB that are looked into"
            self._seen.huge.append((_shown(path), why))
            return
        self._seen.files += 1
        if size <= _LARGEST_AT_ONCE and (path.endswith(".ipynb") or first[:2] in _UTF16):
            with FileIO(descriptor, closefd=False) as rest:
                self._whole(path, first + rest.readall())
            return
        self._in_pieces(path, descriptor, first)

    def _whole(self, path: str, text: bytes) -> None:
        encoding = _UTF16.get(text[:2])
        if encoding is not None:
            text = text[2:].decode(encoding, "replace").encode()
        pieces = cells(text) if path.endswith(".ipynb") else None
        if pieces is None:
            place = _Place(_shown(path), text.startswith(_BOM))
            settings = _holds_settings(path)
            self._add(place, text, hits_in(text, len(text), self._finder, settings))
            return
        for cell in pieces:
            place = _Place(_shown(path), text.startswith(_BOM))
            inside = hits_in(cell.text, len(cell.text), self._finder)
            in_file = [(cell.offset_of(hit.start), hit) for hit in inside]
            self._add(place, text, [_moved(text, offset, hit) for offset, hit in in_file])

    def _in_pieces(self, path: str, descriptor: int, first: bytes) -> None:
        """A file larger than the buffer, in pieces that end with a line where there is one."""
        buffer = self._buffer = self._buffer or bytearray(_BUFFER)
        settings = _holds_settings(path)
        place = _Place(_shown(path), first.startswith(_BOM))
        above: tuple[InlineIgnore, ...] = ()
        filled, fresh = len(first), 0
        buffer[:filled] = first
        with FileIO(descriptor, closefd=False) as rest, memoryview(buffer) as view:
            while True:
                read = 1
                while filled < _BUFFER and read:
                    read = rest.readinto(view[filled:]) or 0
                    filled += read
                end = filled if filled < _BUFFER else buffer.rfind(b"\n", 0, filled) + 1
                cut = end or _mid_line(buffer, filled)
                hits = hits_in(buffer, end or filled, self._finder, settings, above)
                sure = end or cut + _OVERLAP // 2
                self._add(place, buffer, (one for one in hits if fresh <= one.start < sure))
                if filled < _BUFFER:
                    return
                if end:
                    start = buffer.rfind(b"\n", 0, end - 1) + 1
                    above = ignores_in(bytes(buffer[max(start, end - _OVERLAP * 4) : end - 1]))
                place.move_on(buffer, cut)
                fresh = 0 if end else sure - cut
                view[: filled - cut] = bytes(view[cut:filled])
                filled -= cut

    def _add(self, place: _Place, text: Text, hits: Iterator[TextHit] | list[TextHit]) -> None:
        for hit in hits:
            line, column = place.of(text, hit)
            self._seen.found.append(Found(place.file, line, column, hit.id, hit.ignore))


class _Place:
    """Offsets to lines and columns, for hits in ascending order, without counting twice."""

    def __init__(self, file: str, has_mark: bool) -> None:
        self.file = file
        self._line = 1
        self._at = 0
        self._column = 1 - has_mark

    def of(self, text: Text, hit: TextHit) -> tuple[int, int]:
        self._advance(text, hit.line_start, hit.start)
        return self._line, self._column

    def move_on(self, text: Text, cut: int) -> None:
        """The text begins `cut` bytes later from now on."""
        if cut > self._at:  # the last hit may lie beyond, in what both texts share
            self._advance(text, text.rfind(b"\n", 0, cut) + 1, cut)
        self._at -= cut

    def _advance(self, text: Text, line_start: int, offset: int) -> None:
        if line_start > self._at:
            self._line += text.count(b"\n", self._at, line_start)
            self._at, self._column = line_start, 1
        self._column += len(bytes(text[self._at : offset]).decode("utf-8", "replace"))
        self._at = offset


def _mid_line(buffer: bytearray, filled: int) -> int:
    """Where to cut a line that is longer than the buffer: not within a character."""
    cut = filled - _OVERLAP
    while buffer[cut] & 0xC0 == 0x80 and cut < filled - _OVERLAP + 4:
        cut += 1
    return cut


def _moved(text: bytes, offset: int, hit: TextHit) -> TextHit:
    """A hit in a cell as a hit in the notebook's file."""
    return TextHit(offset, text.rfind(b"\n", 0, offset) + 1, hit.id, hit.ignore)


def _holds_settings(path: str) -> bool:
    name = os.path.basename(path).lower()
    return name.endswith(_SETTINGS) or name.startswith(".env")


def _shown(path: str) -> str:
    """A path as people write it: with slashes, without `./` at its beginning."""
    shown = path.replace(os.sep, "/")
    while shown.startswith("./") and len(shown) > 2:
        shown = shown[2:].lstrip("/") or "."
    return shown
