"""A real, playable MP4: flat grey H.264 at 24 frames a second, and silent AAC, in a few kilobytes.

Box layout: ISO/IEC 14496-12, -14 and -15. The index comes before the media, as Google serves it.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from veo_check.sandbox.state import State
from veo_check.sandbox.wire import Job

FRAME_RATE = 24
_FRAME_NUM_BITS = 8
#: level_idc -> most macroblocks in a frame, and in a second
_LEVELS = (
    (30, 1_620, 40_500),
    (31, 3_600, 108_000),
    (40, 8_192, 245_760),
    (51, 36_864, 983_040),
)
#: mb_type I_16x16_2_0_0, chroma mode DC, qp delta 0, no coefficients: eight bits in all
_FLAT_MACROBLOCK = b"\x27"


class _Bits:
    """A bit string under construction, most significant bit first."""

    def __init__(self) -> None:
        self._value = 0
        self._length = 0

    def u(self, value: int, width: int) -> _Bits:
        """`width` bits."""
        self._value = (self._value << width) | value
        self._length += width
        return self

    def ue(self, *values: int) -> _Bits:
        """Exponential Golomb codes."""
        for value in values:
            self.u(value + 1, 2 * (value + 1).bit_length() - 1)
        return self

    def raw(self, data: bytes) -> _Bits:
        """Whole bytes, at whatever bit position this is."""
        return self.u(int.from_bytes(data, "big"), len(data) * 8)

    def payload(self) -> bytes:
        """The bits with their stop bit, filled up to a byte."""
        self.u(1, 1)
        self.u(0, -self._length % 8)
        return self._value.to_bytes(self._length // 8, "big")


def _nal(kind: int, importance: int, bits: _Bits) -> bytes:
    """One NAL unit without start code; no three bytes in it look like one."""
    payload = re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", bits.payload())
    return bytes([importance << 5 | kind]) + payload


def _macroblocks(width: int, height: int) -> tuple[int, int]:
    return -(-width // 16), -(-height // 16)


def level_of(width: int, height: int) -> int:
    """The lowest level_idc that may carry this size at 24 frames a second."""
    across, down = _macroblocks(width, height)
    size = across * down
    for level, frame, second in _LEVELS:
        if size <= frame and size * FRAME_RATE <= second:
            return level
    raise ValueError(f"{width}x{height} is larger than 4k")


def sequence_parameters(width: int, height: int) -> bytes:
    """The SPS: size with cropping, one reference frame, 24 frames a second."""
    across, down = _macroblocks(width, height)
    bits = _Bits().u(66, 8).u(0b1100_0000, 8).u(level_of(width, height), 8)
    bits.ue(0, _FRAME_NUM_BITS - 4, 2, 1).u(0, 1).ue(across - 1, down - 1).u(0b11, 2)
    right, bottom = across * 16 - width, down * 16 - height
    if right or bottom:
        bits.u(1, 1).ue(0, right // 2, 0, bottom // 2)
    else:
        bits.u(0, 1)
    # usability information: nothing but the timing, two ticks a frame
    bits.u(1, 1).u(0, 4).u(1, 1).u(1, 32).u(2 * FRAME_RATE, 32).u(1, 1).u(0, 4)
    return _nal(7, 3, bits)


def picture_parameters() -> bytes:
    """The PPS: CAVLC, one slice group, deblocking controlled per slice."""
    bits = _Bits().ue(0, 0).u(0, 2).ue(0, 0, 0).u(0, 3).ue(0, 0, 0).u(0b100, 3)
    return _nal(8, 3, bits)


def frames(width: int, height: int, count: int) -> Iterator[bytes]:
    """`count` frames, one NAL unit each: the key frame first."""
    across, down = _macroblocks(width, height)
    size = across * down
    key = _Bits().ue(0, 7, 0).u(0, _FRAME_NUM_BITS).ue(0).u(0, 2).ue(0, 1)
    yield _nal(5, 3, key.raw(_FLAT_MACROBLOCK * size))
    for number in range(1, count):
        repeat = _Bits().ue(0, 5, 0).u(number % (1 << _FRAME_NUM_BITS), _FRAME_NUM_BITS)
        yield _nal(1, 2, repeat.u(0, 3).ue(0, 1, size))


_MOVIE_SCALE = 1000
_VIDEO_SCALE = FRAME_RATE * 1000
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
    count = seconds * FRAME_RATE
    units = frames(width, height, count)
    sps, pps = sequence_parameters(width, height), picture_parameters()
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


def length_of(encoded: object) -> int:
    """Whole seconds of an MP4 in base64, by its movie header (version 0); 0: there is none."""
    video = base64.b64decode(encoded) if isinstance(encoded, str) else b""
    at = video.find(b"mvhd")
    if at < 0 or len(video) < at + 24:
        return 0
    scale, duration = struct.unpack_from(">II", video, at + 16)
    return round(duration / scale) if scale else 0


HTML_PAGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    b"<body><h1>Service temporarily unavailable</h1></body></html>"
)


def video_of(state: State, job: Job) -> bytes:
    """The bytes of one video of this job."""
    if state.has("empty-file"):
        return b""
    if state.has("html-file"):
        return HTML_PAGE
    width, height = job.shape.size
    if state.has("wrong-resolution"):
        width, height = width // 2, height // 2
    seconds = job.shape.after + job.shape.seconds - (2 if state.has("wrong-duration") else 0)
    video = mp4(seconds, width, height, audio=job.shape.audio and not state.has("silent"))
    return video[: len(video) * 2 // 3] if state.has("truncated") else video
