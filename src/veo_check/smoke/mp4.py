"""The boxes of an ISO base media file (MP4, QuickTime), read from hostile bytes.

ISO/IEC 14496-12 §4.2: a box is a 32-bit size, a four-character kind, a 64-bit size where the first
one says 1, and its payload; size 0 means "to the end". Everything here is bounded: number of
boxes, bytes read, table lengths. Nothing is believed that does not fit into the file.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import BinaryIO

from veo_check.core.frozen import dataclass

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
        return self.end - self.start


class BoxFile:
    """An open file and what may still be read of it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self._boxes = _MOST_BOXES
        self._bytes = _MOST_BYTES

    def whole(self) -> Box:
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
            found = next((box for box in self.inside(parent) if box.kind == kind), None)
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
        return Payload(self.read(box.start, box.size))


class Payload:
    """Big-endian fields, one after the other. Raises MediaError where they end too early."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._content) - self._at

    def skip(self, length: int) -> None:
        self.take(length)

    def take(self, length: int) -> bytes:
        if length > self.left:
            raise MediaError("malformed")
        self._at += length
        return self._content[self._at - length : self._at]

    def u16(self) -> int:
        return int.from_bytes(self.take(2))

    def u32(self) -> int:
        return int.from_bytes(self.take(4))

    def i32(self) -> int:
        return int.from_bytes(self.take(4), signed=True)

    def u64(self) -> int:
        return int.from_bytes(self.take(8))

    def full(self) -> tuple[int, int]:
        """Version and flags of a full box."""
        word = self.u32()
        return word >> 24, word & 0xFFFFFF

    def table(self, rows: int, columns: int) -> tuple[tuple[int, ...], ...]:
        """`rows` rows of 32-bit numbers; as many as the payload holds, else it is malformed."""
        content = self.take(rows * columns * 4)
        return tuple(struct.iter_unpack(f">{columns}I", content)) if rows else ()


_MOST_SAMPLES = 1_000_000
_VISUAL = b"vide"
#: What a player needs besides the samples, by codec (ISO/IEC 14496-15 and -14, and the codecs'
#: own mappings); any other codec is not known here.
CODECS = {
    b"avc1": b"avcC",
    b"avc3": b"avcC",
    b"hvc1": b"hvcC",
    b"hev1": b"hvcC",
    b"av01": b"av1C",
    b"vp09": b"vpcC",
    b"mp4a": b"esds",
    b"Opus": b"dOps",
    b"ac-3": b"dac3",
    b"ec-3": b"dec3",
    b"fLaC": b"dfLa",
}
#: Bytes of a sample entry before its boxes: a picture's, and a sound's by QuickTime's version.
_VISUAL_ENTRY = 78
_SOUND_ENTRY = {0: 28, 1: 44, 2: 64}


@dataclass(slots=True)
class Track:
    """One track. `ticks` are the samples' durations summed, in 1/`timescale` s; `spans` are where
    its samples lie in the file, run by run; `turned`: shown rotated by a quarter."""

    id: int
    handler: bytes = b""
    timescale: int = 0
    width: int = 0
    height: int = 0
    turned: bool = False
    samples: int = 0
    ticks: int = 0
    spans: list[tuple[int, int]] = field(default_factory=list)
    agree: bool = True  # its tables count the same samples
    codec: bytes = b""
    configured: bool = False  # its codec's configuration is there

    @property
    def is_video(self) -> bool:
        return self.handler == _VISUAL

    @property
    def is_audio(self) -> bool:
        return self.handler == b"soun"

    @property
    def bytes(self) -> int:
        """Of all its samples together."""
        return sum(end - start for start, end in self.spans)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a fragmented track's samples are like where the fragment does not say."""

    duration: int = 0
    size: int = 0


def read_tracks(file: BoxFile, moov: Box, moofs: list[Box]) -> list[Track]:
    """Every track of the movie, fragments included. Raises MediaError."""
    tracks: dict[int, Track] = {}
    defaults: dict[int, Defaults] = {}
    for box in file.inside(moov):
        if box.kind == b"trak":
            track = _track(file, box)
            tracks[track.id] = track
        elif box.kind == b"mvex":
            defaults |= _defaults(file, box)
    for moof in moofs:
        for box in file.inside(moof):
            if box.kind == b"traf":
                _fragment(file, moof, box, tracks, defaults)
    return list(tracks.values())


def _track(file: BoxFile, trak: Box) -> Track:
    track = _header(file, trak)
    mdhd = file.first(trak, b"mdia", b"mdhd")
    hdlr = file.first(trak, b"mdia", b"hdlr")
    table = file.first(trak, b"mdia", b"minf", b"stbl")
    if mdhd is None or hdlr is None or table is None:
        raise MediaError("malformed")
    times = file.payload(mdhd)
    version, _ = times.full()
    times.skip(16 if version == 1 else 8)
    track.timescale = times.u32()
    handler = file.payload(hdlr)
    handler.skip(8)
    track.handler = handler.take(4)
    boxes = {box.kind: box for box in file.inside(table)}
    if b"stsd" in boxes:
        _sample_entry(file, boxes[b"stsd"], track)
    _samples(file, boxes, track)
    return track


def _header(file: BoxFile, trak: Box) -> Track:
    tkhd = file.first(trak, b"tkhd")
    if tkhd is None:
        raise MediaError("malformed")
    fields = file.payload(tkhd)
    version, _ = fields.full()
    fields.skip(16 if version == 1 else 8)
    track = Track(fields.u32())
    fields.skip(12 if version == 1 else 8)  # reserved, duration
    fields.skip(16)  # reserved, layer, group, volume, reserved
    across, aside, _, down_x, down_y = (fields.i32() for _ in range(5))
    track.turned = across == down_y == 0 and bool(aside) and bool(down_x)
    return track


def _sample_entry(file: BoxFile, stsd: Box, track: Track) -> None:
    """The codec and its configuration, and the coded size of a picture; the header's is only the
    size at which a player should show it."""
    entry = next(file.inside(stsd, skip=8), None)
    if entry is None:
        return
    track.codec = entry.kind
    skip = _VISUAL_ENTRY
    if track.is_video and entry.size >= 28:
        fields = Payload(file.read(entry.start, 28))
        fields.skip(24)
        track.width, track.height = fields.u16(), fields.u16()
    elif track.is_audio and entry.size >= 10:
        fields = Payload(file.read(entry.start, 10))
        fields.skip(8)
        skip = _SOUND_ENTRY.get(fields.u16(), _SOUND_ENTRY[0])
    wanted = CODECS.get(entry.kind)
    if wanted is not None and entry.size > skip:
        # QuickTime puts a sound's configuration into a `wave` box
        found = file.first(Box(b"stsd", entry.at, entry.start + skip, entry.end), wanted) or (
            file.first(Box(b"stsd", entry.at, entry.start + skip, entry.end), b"wave", wanted)
        )
        track.configured = found is not None and any(file.read(found.start, found.size))


def _samples(file: BoxFile, boxes: Mapping[bytes, Box], track: Track) -> None:
    timed = 0
    if b"stts" in boxes:
        fields = file.payload(boxes[b"stts"])
        fields.full()
        for count, delta in fields.table(fields.u32(), 2):
            timed += count
            track.ticks += count * delta
    sizes = _sizes(file, boxes)
    track.samples = sizes.count
    track.agree = timed == sizes.count
    track.spans = _spans(file, boxes, sizes)


class _Sizes:
    """The sizes of a track's samples: all alike, or one by one."""

    def __init__(self, count: int, each: int, single: tuple[int, ...]) -> None:
        self.count = count
        self._each = each
        self._sums = tuple(itertools.accumulate(single, initial=0)) if single else ()

    def total(self, first: int, count: int) -> int:
        """Bytes of `count` samples from `first`."""
        if not self._sums:
            return self._each * min(count, max(0, self.count - first))
        last = len(self._sums) - 1
        return self._sums[min(first + count, last)] - self._sums[min(first, last)]


def _sizes(file: BoxFile, boxes: Mapping[bytes, Box]) -> _Sizes:
    box = boxes.get(b"stsz") or boxes.get(b"stz2")
    if box is None:
        return _Sizes(0, 0, ())
    fields = file.payload(box)
    fields.full()
    if box.kind == b"stsz":
        each, count = fields.u32(), fields.u32()
        _bounded(count)
        if each:
            return _Sizes(count, each, ())
        return _Sizes(count, 0, tuple(row[0] for row in fields.table(count, 1)))
    width, count = fields.u32() & 0xFF, fields.u32()
    _bounded(count)
    if width == 4:
        halves = (half for byte in fields.take((count + 1) // 2) for half in (byte >> 4, byte & 15))
        return _Sizes(count, 0, tuple(itertools.islice(halves, count)))
    if width == 8:
        return _Sizes(count, 0, tuple(fields.take(count)))
    if width == 16:
        return _Sizes(count, 0, tuple(fields.u16() for _ in range(count)))
    raise MediaError("malformed")


def _spans(file: BoxFile, boxes: Mapping[bytes, Box], sizes: _Sizes) -> list[tuple[int, int]]:
    """Where the samples lie, chunk by chunk."""
    box = boxes.get(b"stco") or boxes.get(b"co64")
    if box is None or b"stsc" not in boxes or not sizes.count:
        return []
    fields = file.payload(box)
    fields.full()
    chunks = fields.u32()
    _bounded(chunks)
    if box.kind == b"stco":
        offsets = [row[0] for row in fields.table(chunks, 1)]
    else:
        offsets = [high << 32 | low for high, low in fields.table(chunks, 2)]
    fields = file.payload(boxes[b"stsc"])
    fields.full()
    runs = [(first, count) for first, count, _ in fields.table(fields.u32(), 3)]
    spans, sample, run = [], 0, 0
    for chunk, offset in enumerate(offsets, start=1):
        while run + 1 < len(runs) and runs[run + 1][0] <= chunk:
            run += 1
        held = runs[run][1] if runs and runs[run][0] <= chunk else 0
        spans.append((offset, offset + sizes.total(sample, held)))
        sample += held
        if sample >= sizes.count:
            return spans
    raise MediaError("tables-disagree")  # samples that no chunk holds


def _defaults(file: BoxFile, mvex: Box) -> dict[int, Defaults]:
    found = {}
    for box in file.inside(mvex):
        if box.kind == b"trex":
            fields = file.payload(box)
            fields.full()
            track, _, duration, size = (fields.u32() for _ in range(4))
            found[track] = Defaults(duration, size)
    return found


def _fragment(
    file: BoxFile,
    moof: Box,
    traf: Box,
    tracks: Mapping[int, Track],
    defaults: Mapping[int, Defaults],
) -> None:
    tfhd = file.first(traf, b"tfhd")
    if tfhd is None:
        raise MediaError("malformed")
    fields = file.payload(tfhd)
    _, flags = fields.full()
    id_ = fields.u32()
    track = tracks.get(id_)
    if track is None:
        raise MediaError("malformed")
    base = fields.u64() if flags & 0x1 else moof.at
    if flags & 0x2:
        fields.skip(4)
    like = defaults.get(id_, Defaults())
    duration = fields.u32() if flags & 0x8 else like.duration
    size = fields.u32() if flags & 0x10 else like.size
    at = base
    for box in file.inside(traf):
        if box.kind == b"trun":
            at = _run(file.payload(box), track, base, at, Defaults(duration, size))


def _run(fields: Payload, track: Track, base: int, at: int, like: Defaults) -> int:
    """Add one run of samples to its track; where its data ends."""
    _, flags = fields.full()
    count = fields.u32()
    _bounded(count)
    if flags & 0x1:
        at = base + fields.i32()
    if flags & 0x4:
        fields.skip(4)
    columns = [bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800)]
    rows = fields.table(count, sum(columns)) if any(columns) else ()
    track.ticks += sum(row[0] for row in rows) if columns[0] else count * like.duration
    column = int(columns[0])
    size = sum(row[column] for row in rows) if columns[1] else count * like.size
    track.samples += count
    _bounded(track.samples)
    track.spans.append((at, at + size))
    return at + size


def _bounded(count: int) -> None:
    if count > _MOST_SAMPLES:
        raise MediaError("too-complex")
