"""A minimal H.264 stream: one flat grey key frame, then frames that repeat it.

Constrained baseline, CAVLC. The key frame predicts every macroblock from its neighbours' mean with
no residual, which is mid grey; every later frame skips all macroblocks. A few bytes a frame, at any
size. Syntax and level limits: ITU-T H.264, clauses 7.3 and A.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
