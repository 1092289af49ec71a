"""A tree of files in, the ids in it out: which file, line and column each of them stands in."""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from datetime import date
from functools import cache
from io import FileIO

from veo_check.core.frozen import dataclass
from veo_check.core.reading import why_unread
from veo_check.scan.gitignore import GitIgnore, is_left_out, outer_rules, read_gitignore
from veo_check.scan.ids import IdFinder, Span, aliases_in, is_alias
from veo_check.scan.notebook import Cell, cells

# The files below the paths that a person named: links not followed, `.gitignore` respected.


#: Folders of version control: their content is none of the project's files.
_NOT_OURS = frozenset({".git", ".hg", ".svn"})
#: Told what could not be looked at, and why.
Tell = Callable[[str, str], None]


def walk(arguments: Sequence[str], tell: Tell) -> Iterator[str]:
    """Every regular file to look at, each once, in no particular order.

    A file or folder that is named is taken even where a `.gitignore` leaves the whole of it out.
    Links inside folders are not followed: what they show is either looked at where it lies, or is
    no part of the tree. A named link is followed unless it leads out of the current folder.
    """
    seen: set[str] | None = set() if _overlap(arguments) else None
    for argument in arguments:
        for path in _below(argument, tell):
            if seen is not None:
                whole = os.path.realpath(path)
                if whole in seen:
                    continue
                seen.add(whole)
            yield path


def _below(argument: str, tell: Tell) -> Iterator[str]:
    try:
        if os.path.islink(argument) and not _is_here(argument):
            tell(argument, "is a link out of the current folder; name what it leads to")
            return
        mode = os.stat(argument).st_mode
    except (OSError, ValueError) as error:
        tell(argument, f"cannot be read: {why_unread(error)}")
        return
    if stat.S_ISDIR(mode):
        yield from _folder(argument, tell)
    elif stat.S_ISREG(mode):
        yield argument
    else:
        tell(argument, "is no regular file")


def _folder(top: str, tell: Tell) -> Iterator[str]:
    cut = len(os.path.join(top, ""))
    outer = outer_rules(top, cut)
    stack: list[tuple[str, tuple[GitIgnore, ...]]] = [(top, outer)]
    while stack:
        folder, rules = stack.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError as error:
            tell(folder, f"cannot be read: {why_unread(error)}")
            continue
        if folder == top and outer and all(_left_out(rules, entry) for entry in entries):
            rules = ()
        for entry in entries:
            if entry.name == ".gitignore":
                inner = read_gitignore(entry.path, len(os.path.join(folder, "")))
                rules = (inner, *rules) if inner is not None else rules
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_OURS and not (rules and _left_out(rules, entry)):
                    stack.append((entry.path, rules))
            elif entry.is_file(follow_symlinks=False) and not (rules and _left_out(rules, entry)):
                yield entry.path


def _left_out(rules: tuple[GitIgnore, ...], entry: os.DirEntry[str]) -> bool:
    return is_left_out(rules, entry.name, entry.path, entry.is_dir(follow_symlinks=False))


def _overlap(arguments: Sequence[str]) -> bool:
    """Whether one of the paths is, or is below, another one."""
    whole = sorted(
        os.path.join(os.path.realpath(argument), "")
        for argument in arguments
        if "\0" not in argument
    )
    return any(inner.startswith(outer) for outer, inner in itertools.pairwise(whole))


def _is_here(link: str) -> bool:
    here, target = os.path.realpath("."), os.path.realpath(link)
    return target == here or target.startswith(os.path.join(here, ""))


# Where a few plain byte strings stand in a buffer, as fast as the C library can tell.


#: Below this a call into the C library costs more than it saves.
_WORTH_A_CALL = 1 << 17
Find = Callable[[int, int], int]


def occurrences(text: bytes | bytearray, end: int, needle: bytes) -> Iterator[int]:
    """Every offset of `needle` in `text[:end]`, ascending."""
    find = _find(text, end, needle)
    place = find(0, end)
    while place >= 0:
        yield place
        place = find(place + len(needle), end)


def _find(text: bytes | bytearray, end: int, needle: bytes) -> Find:
    memmem = _memmem() if end >= _WORTH_A_CALL and isinstance(text, bytearray) else None
    if memmem is None or not isinstance(text, bytearray):
        return lambda start, stop: text.find(needle, start, stop)
    import ctypes

    view = (ctypes.c_char * len(text)).from_buffer(text)
    base = ctypes.addressof(view)

    def find(start: int, stop: int, _keeps_alive: object = view) -> int:
        # 0 <= start <= stop <= len(text), so that nothing beyond the buffer is ever read
        found = memmem(base + start, max(stop - start, 0), needle, len(needle))
        return -1 if found is None else int(found) - base

    return find


@cache
def _memmem() -> Callable[..., int | None] | None:
    """The C library's own search, five times as fast as bytes.find on text; None without one."""
    try:
        import ctypes

        function = ctypes.CDLL(None).memmem
        function.restype = ctypes.c_void_p
        function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t)
    except (ImportError, OSError, AttributeError, TypeError):  # Windows has none
        return None
    found: Callable[..., int | None] = function
    return found


# `veo-check: ignore[ID] until DAY`: an id that a person accepted in one place, until a day.


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
    if b"veo-check:" not in line:
        return ()
    return tuple(
        InlineIgnore(
            ids=frozenset(
                word.strip().decode("utf-8", "replace") for word in (mark[1] or b"").split(b",")
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


# Ids in one text, with the inline ignore that covers each.


#: Of a longer line, only the surroundings of an id are looked at.
_LONG_LINE = 4096
_AROUND = 512
#: From a window, ids are taken that begin up to here, so that none is cut off at its end.
_SURE = 256
Text = bytes | bytearray


@dataclass(frozen=True, slots=True)
class TextHit:
    """An id at offset `start`, in the line that begins at `line_start`."""

    start: int
    line_start: int
    id: str
    ignore: InlineIgnore | None
    surface: str | None = None


def hits_in(
    text: Text,
    end: int,
    finder: IdFinder,
    settings: bool = False,
    above: tuple[InlineIgnore, ...] = (),
    aliases: frozenset[str] = frozenset(),
) -> Iterator[TextHit]:
    """Every id in `text[:end]`, in order.

    `settings`: the text holds values rather than code. `above`: the marks in the line before it.
    `aliases`: names of the file's own.
    """
    places = [place for needle in finder.needles for place in occurrences(text, end, needle)]
    done, line_start, line_end = 0, 0, -1
    for place in sorted(places):
        if place < done:
            continue
        if place > line_end:  # else it is in the line of the last one, which may be very long
            line_start = max(line_start, text.rfind(b"\n", max(line_end, 0), place) + 1)
            line_end = text.find(b"\n", place, end)
            line_end = end if line_end < 0 else line_end
        first, last, sure = line_start, line_end, line_end
        if line_end - line_start > _LONG_LINE:
            first, last = max(line_start, place - _AROUND), min(line_end, place + _AROUND)
            sure = line_end if last == line_end else place + _SURE
        line = bytes(text[first:last])
        spans = [
            span
            for span in finder.spans(line, settings)
            if done <= span.start + first < sure and not is_alias(span, line, aliases)
        ]
        done = sure
        if spans:
            here = ignores_in(line)
            if line_start > 0:
                before = text.rfind(b"\n", max(0, line_start - _LONG_LINE), line_start - 1) + 1
                above = ignores_in(bytes(text[before : line_start - 1]))
            for span in spans:
                if not any(mark.start <= span.start < mark.end for mark in here):
                    mark = _mark_for(span, here, above)
                    yield TextHit(first + span.start, line_start, span.id, mark, span.surface)


def _mark_for(
    span: Span, here: tuple[InlineIgnore, ...], above: tuple[InlineIgnore, ...]
) -> InlineIgnore | None:
    """The mark that names this id; of several, the one that lasts longest."""
    marks = (*here, *(mark for mark in above if mark.for_next))
    naming = [mark for mark in marks if span.id in mark.ids]
    dated = [mark for mark in naming if mark.until is not None]
    return max(dated, key=lambda mark: str(mark.until), default=naming[0] if naming else None)


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
    surface: str | None = None


#: Places kept of one file, and of all; of the rest, one for each id that was not met before.
_MOST_IN_FILE, _MOST_IN_ALL = 10_000, 200_000


@dataclass(slots=True)
class Scan:
    """What a scan saw. `skipped` counts files and folders that were not looked into, `more` the
    places of ids beyond what is kept: each such id is kept in another place.

    `unread` are those of them that could not be read, `huge` those over the limit, each with the
    reason; the rest is binary.
    """

    files: int = 0
    skipped: int = 0
    more: int = 0
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
            read.not_readable(path, f"cannot be read: {why_unread(error)}")
    seen.found.sort(key=lambda place: (place.file, place.line, place.column))
    return seen


class _Reader:
    def __init__(self, seen: Scan, finder: IdFinder, largest: int) -> None:
        self._seen = seen
        self._finder = finder
        self._largest = largest
        self._may_hold_one = finder.may_hold_one
        self._buffer = bytearray()
        self._kinds: set[tuple[str, str | None, date | None]] = set()

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
            aliases = aliases_in(text) if settings else frozenset()
            self._add(place, text, hits_in(text, len(text), self._finder, settings, (), aliases))
            return
        place = _Place(_shown(path), text.startswith(_BOM))
        self._add(place, text, _in_notebook(text, pieces, self._finder))

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
                self._add(place, buffer, (hit for hit in hits if fresh <= hit.start < sure))
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
        found = self._seen.found
        for hit in hits:
            place.kept += 1
            if place.kept > _MOST_IN_FILE or len(found) >= _MOST_IN_ALL:
                # nobody reads on, but the verdict has to know each id
                kind = (hit.id, hit.surface, hit.ignore.until if hit.ignore else None)
                full = len(self._kinds) >= _MOST_IN_ALL and hit.id not in self._finder.known
                if kind in self._kinds or full:
                    self._seen.more += 1
                    continue
                self._kinds.add(kind)
            line, column = place.of(text, hit)
            found.append(Found(place.file, line, column, hit.id, hit.ignore, hit.surface))


class _Place:
    """Offsets to lines and columns, for hits in ascending order, without counting twice."""

    def __init__(self, file: str, has_mark: bool) -> None:
        self.file = file
        self.kept = 0
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


def _in_notebook(text: bytes, cells: Iterable[Cell], finder: IdFinder) -> Iterator[TextHit]:
    """The hits in the cells, as hits in the notebook's file."""
    line_start = done = 0
    for cell in cells:
        hits = list(hits_in(cell.text, len(cell.text), finder))
        for hit, offset in zip(hits, cell.offsets_of(hit.start for hit in hits), strict=True):
            # looked for since the last hit alone: a notebook may be a single line
            line_start, done = max(line_start, text.rfind(b"\n", done, offset) + 1), offset
            yield TextHit(offset, line_start, hit.id, hit.ignore, hit.surface)


def _holds_settings(path: str) -> bool:
    name = os.path.basename(path).lower()
    return name.endswith(_SETTINGS) or name.startswith(".env")


def _shown(path: str) -> str:
    """A path as people write it: with slashes, without `./` at its beginning."""
    shown = path.replace(os.sep, "/")
    while shown.startswith("./") and len(shown) > 2:
        shown = shown[2:].lstrip("/") or "."
    return shown
