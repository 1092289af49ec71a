"""A real, playable MP4: flat grey H.264 at 24 frames a second, and silent AAC, in a few kilobytes.

Box layout: ISO/IEC 14496-12, -14 and -15. The index comes before the media, as Google serves it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from veo_check.sandbox import h264

_MOVIE_SCALE = 1000
_VIDEO_SCALE = h264.FRAME_RATE * 1000
_SAMPLE_RATE = 48_000
_AAC_SAMPLES = 1024
#: one stereo AAC-LC frame without a spectrum: channel pair, common window, max_sfb 0, end
_SILENCE = bytes.fromhex("21000000001c")
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True, slots=True)
class _Track:
    """One track: its samples in one chunk, and what its boxes say of it."""

    handler: bytes
    scale: int
    duration: int  # in units of `scale`
    timing: tuple[tuple[int, int], ...]  # (samples, duration of each)
    samples: tuple[bytes, ...]
    entry: bytes
    header: bytes
    width: int = 0
    height: int = 0

    @property
    def media(self) -> bytes:
        return b"".join(self.samples)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, version_flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version_flags), *parts)


def _words(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


@lru_cache(maxsize=32)
def mp4(seconds: int, width: int, height: int, audio: bool = True) -> bytes:
    """The file. Sizes are in pixels, even numbers up to 3840x2160 (either way round)."""
    tracks = [_video(seconds, width, height)] + ([_audio(seconds)] if audio else [])
    brand = _box(b"ftyp", b"isom", _words(0x200), b"isomiso2avc1mp41")
    start = len(brand) + len(_movie(tracks, 0, seconds)) + 8
    media = _box(b"mdat", *(track.media for track in tracks))
    return brand + _movie(tracks, start, seconds) + media


def _video(seconds: int, width: int, height: int) -> _Track:
    count = seconds * h264.FRAME_RATE
    units = h264.frames(width, height, count)
    sps, pps = h264.sequence_parameters(width, height), h264.picture_parameters()
    configuration = bytes([1, *sps[1:4], 0xFF, 0xE1])
    configuration += struct.pack(">H", len(sps)) + sps
    configuration += b"\x01" + struct.pack(">H", len(pps)) + pps
    entry = _box(
        b"avc1",
        bytes(6) + struct.pack(">H", 1) + bytes(16),
        struct.pack(">HH", width, height) + _words(0x480000, 0x480000, 0),
        struct.pack(">H", 1) + bytes(32) + struct.pack(">Hh", 24, -1),
        _box(b"avcC", configuration),
    )
    return _Track(
        b"vide",
        _VIDEO_SCALE,
        count * 1000,
        ((count, 1000),),
        tuple(_words(len(unit)) + unit for unit in units),
        entry,
        _full(b"vmhd", 1, bytes(8)),
        width,
        height,
    )


def _audio(seconds: int) -> _Track:
    full, rest = divmod(seconds * _SAMPLE_RATE, _AAC_SAMPLES)
    timing = ((full, _AAC_SAMPLES),) + (((1, rest),) if rest else ())
    count = full + (1 if rest else 0)
    decoder = b"\x40\x15" + bytes(3) + _words(_SAMPLE_RATE, _SAMPLE_RATE) + b"\x05\x02\x11\x90"
    stream = b"\x00\x01\x00" + b"\x04" + bytes([len(decoder)]) + decoder + b"\x06\x01\x02"
    entry = _box(
        b"mp4a",
        bytes(6) + struct.pack(">H", 1) + bytes(8),
        struct.pack(">HHI", 2, 16, 0) + _words(_SAMPLE_RATE << 16),
        _full(b"esds", 0, b"\x03" + bytes([len(stream)]) + stream),
    )
    return _Track(
        b"soun",
        _SAMPLE_RATE,
        seconds * _SAMPLE_RATE,
        timing,
        (_SILENCE,) * count,
        entry,
        _full(b"smhd", 0, bytes(4)),
    )


def _movie(tracks: Sequence[_Track], start: int, seconds: int) -> bytes:
    """The index; `start` is where the first track's media begins in the file."""
    header = _full(
        b"mvhd",
        0,
        _words(0, 0, _MOVIE_SCALE, seconds * _MOVIE_SCALE, 0x10000),
        struct.pack(">H", 0x100) + bytes(10),
        _MATRIX + bytes(24) + _words(len(tracks) + 1),
    )
    parts = [header]
    for number, track in enumerate(tracks, start=1):
        parts.append(_trak(number, track, start, seconds))
        start += len(track.media)
    return _box(b"moov", *parts)


def _trak(number: int, track: _Track, start: int, seconds: int) -> bytes:
    sound = track.handler == b"soun"
    header = _full(
        b"tkhd",
        3,
        _words(0, 0, number, 0, seconds * _MOVIE_SCALE) + bytes(8),
        struct.pack(">HHHH", 0, 0, 0x100 if sound else 0, 0),
        _MATRIX + _words(track.width << 16, track.height << 16),
    )
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, _words(0, 0, track.scale, track.duration), b"\x55\xc4\x00\x00"),
        _full(b"hdlr", 0, bytes(4) + track.handler + bytes(12), b"sandbox\x00"),
        _box(
            b"minf",
            track.header,
            _box(b"dinf", _full(b"dref", 0, _words(1), _full(b"url ", 1))),
            _sample_table(track, start),
        ),
    )
    return _box(b"trak", header, media)


def _sample_table(track: _Track, start: int) -> bytes:
    timing = b"".join(_words(*pair) for pair in track.timing)
    sizes = [len(sample) for sample in track.samples]
    key_frames = [] if track.handler == b"soun" else [_full(b"stss", 0, _words(1, 1))]
    return _box(
        b"stbl",
        _full(b"stsd", 0, _words(1), track.entry),
        _full(b"stts", 0, _words(len(track.timing)), timing),
        *key_frames,
        _full(b"stsc", 0, _words(1, 1, len(sizes), 1)),
        _full(b"stsz", 0, _words(0, len(sizes), *sizes)),
        _full(b"stco", 0, _words(1, start)),
    )
