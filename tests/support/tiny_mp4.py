"""Handmade MP4 files: the boxes and nothing in them, whole or with one thing wrong."""

from __future__ import annotations

import struct


def box(kind: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def words(*numbers: int) -> bytes:
    return b"".join(struct.pack(">I", number & 0xFFFFFFFF) for number in numbers)


#: Where a track's samples begin, until `movie` knows.
LATER = 0x5E71A7E5
PLACE = words(0, 1, LATER)
AVCC = box(b"avcC", bytes([1, 66, 0, 31, 0xFF, 0xE1, 0, 2, 0x67, 0x42, 1, 0, 1, 0x68]))
ESDS = box(b"esds", words(0), bytes([3, 8, 0, 2, 0, 4, 2, 0x40, 0x15]))
OWN, OTHER = words(0, 0, 0, 1, 0, 24), words(0, 0, 0, 2, 0, 24)


def track(
    handler: bytes = b"vide",
    *,
    timescale: int = 24,
    times: bytes = words(0, 1, 24, 1),
    sizes: bytes = words(0, 10, 24),
    chunks: bytes = PLACE,
    runs: bytes = words(0, 1, 1, 24, 1),
    width: int = 1280,
    height: int = 720,
    codec: bytes | None = None,
    setup: bytes | None = None,
    version: int = 0,
) -> bytes:
    matrix = words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    if version:  # 64-bit times
        tkhd = box(b"tkhd", words(1 << 24, 0, 0, 0, 0, 1, 0, 0, 24), bytes(16), matrix, words(0, 0))
        mdhd = box(b"mdhd", words(1 << 24, 0, 0, 0, 0, timescale, 0, 24, 0))
    else:
        tkhd = box(b"tkhd", words(0, 0, 0, 1, 0, 24), bytes(16), matrix, words(0, 0))
        mdhd = box(b"mdhd", words(0, 0, 0, timescale, 24, 0))
    if handler == b"soun":
        entry = box(codec or b"mp4a", bytes(28), ESDS if setup is None else setup)
    else:
        size = struct.pack(">HH", width, height)
        config = AVCC if setup is None else setup
        entry = box(codec or b"avc1", bytes(24), size, bytes(50), config)
    stbl = box(
        b"stbl",
        box(b"stsd", words(0, 1), entry),
        box(b"stts", times),
        box(b"stsz", sizes),
        box(b"stsc", runs),
        box(b"stco", chunks),
    )
    mdia = box(b"mdia", mdhd, box(b"hdlr", words(0, 0), handler, bytes(12)), box(b"minf", stbl))
    return box(b"trak", tkhd, mdia)


def second(made: bytes) -> bytes:
    """The same track under the id 2."""
    return made.replace(OWN, OTHER, 1)


FTYP = box(b"ftyp", b"isom", bytes(4), b"isom")


def movie(*tracks: bytes, data: int = 2000, before: bytes = FTYP) -> bytes:
    """A file of which each track has its own share of the media data, in order."""
    moov = box(b"moov", *tracks)
    for number in range(len(tracks)):
        at = len(before) + len(moov) + 8 + number * (data // max(1, len(tracks)))
        moov = moov.replace(words(LATER), words(at), 1)
    return before + moov + box(b"mdat", bytes(data))


def clip(seconds: int = 4, width: int = 1280, height: int = 720, *, sound: bool = True) -> bytes:
    """A whole clip at 24 frames a second, as an inspection sees it."""
    frames = 24 * seconds
    times, sizes = words(0, 1, frames, 1), words(0, 10, frames)
    runs = words(0, 1, 1, frames, 1)
    tracks = [track(times=times, sizes=sizes, runs=runs, width=width, height=height)]
    if sound:
        tracks.append(second(track(b"soun", times=times, sizes=sizes, runs=runs)))
    return movie(*tracks, data=len(tracks) * frames * 10)


def fragmented(*, frames: int = 24, data: bool = True, moved: int = 0) -> bytes:
    """A clip whose samples two fragments tell of; `moved`: by how much they point elsewhere."""
    empty = track(times=words(0, 0), sizes=words(0, 0, 0), chunks=words(0, 0), runs=words(0, 0))
    defaults = box(b"mvex", box(b"trex", words(0, 1, 1, 1, 0, 0)))
    content = FTYP + box(b"moov", empty, defaults)
    for _ in range(2):
        # flags: data offset, and a size for each sample
        rows = words(*[10] * (frames // 2))
        for offset in (0, len(box(b"moof", _traf(0, rows, frames))) + 8 + moved):
            moof = box(b"moof", _traf(offset, rows, frames))
        content += moof + (box(b"mdat", bytes(10 * (frames // 2))) if data else b"")
    return content


def _traf(offset: int, rows: bytes, frames: int) -> bytes:
    return box(
        b"traf",
        box(b"tfhd", words(0x020000, 1)),
        box(b"trun", words(0x201, frames // 2, offset), rows),
    )
