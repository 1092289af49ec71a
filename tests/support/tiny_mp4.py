"""Handmade MP4 files: the boxes and nothing in them, whole or with one thing wrong."""

from __future__ import annotations

import struct


def box(kind: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def words(*numbers: int) -> bytes:
    return b"".join(struct.pack(">I", number & 0xFFFFFFFF) for number in numbers)


def track(
    handler: bytes = b"vide",
    *,
    timescale: int = 24,
    times: bytes = words(0, 1, 24, 1),
    sizes: bytes = words(0, 10, 24),
    chunks: bytes = words(0, 1, 100),
    runs: bytes = words(0, 1, 1, 24, 1),
    width: int = 1280,
    height: int = 720,
) -> bytes:
    matrix = words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    tkhd = box(b"tkhd", words(0, 0, 0, 1, 0, 24), bytes(16), matrix, words(0, 0))
    entry = box(b"avc1", bytes(24), struct.pack(">HH", width, height), bytes(50))
    stbl = box(
        b"stbl",
        box(b"stsd", words(0, 1), entry),
        box(b"stts", times),
        box(b"stsz", sizes),
        box(b"stsc", runs),
        box(b"stco", chunks),
    )
    mdia = box(
        b"mdia",
        box(b"mdhd", words(0, 0, 0, timescale, 24, 0)),
        box(b"hdlr", words(0, 0), handler, bytes(12)),
        box(b"minf", stbl),
    )
    return box(b"trak", tkhd, mdia)


FTYP = box(b"ftyp", b"isom", bytes(4), b"isom")


def movie(*tracks: bytes, data: int = 2000, before: bytes = FTYP) -> bytes:
    return before + box(b"moov", *tracks) + box(b"mdat", bytes(data))


def clip(seconds: int = 4, width: int = 1280, height: int = 720, *, sound: bool = True) -> bytes:
    """A whole clip at 24 frames a second, as an inspection sees it."""
    frames = 24 * seconds
    times, sizes = words(0, 1, frames, 1), words(0, 10, frames)
    runs = words(0, 1, 1, frames, 1)
    tracks = [track(times=times, sizes=sizes, runs=runs, width=width, height=height)]
    if sound:
        own, other = words(0, 0, 0, 1, 0, 24), words(0, 0, 0, 2, 0, 24)
        sound_track = track(b"soun", times=times, sizes=sizes, runs=runs)
        tracks.append(sound_track.replace(own, other, 1))
    return movie(*tracks, data=frames * 10)
