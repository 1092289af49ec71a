"""Where a few plain byte strings stand in a buffer, as fast as the C library can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

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
