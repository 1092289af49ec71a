"""Text from outside, made fit to print: no terminal escapes, control or bidi characters."""

from __future__ import annotations

import re
import unicodedata

# CSI and two-character escapes, and OSC/DCS/APC/PM/SOS strings up to their end (or the text's).
_ESCAPES = re.compile(
    "\x1b[\\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?|[\x1b\x9b]\\[?[0-9;?<=>!]*[ -/]*[@-~]?"
)
_SPACES = re.compile(r"\s+")


def printable(text: str, limit: int = 300) -> str:
    """`text` on one line, at most `limit` characters, safe for a terminal and a log.

    Escape sequences, control, format (bidi, zero width), private and unassigned characters and
    lone surrogates are dropped; runs of white space become one space; a cut shows as "…".
    """
    if _is_fit(text, limit):
        return text
    window = text[: limit * 8 + 64]
    if not (window.isascii() and window.isprintable()):
        window = _SPACES.sub(" ", _ESCAPES.sub("", window))
        window = "".join(char for char in window if unicodedata.category(char)[0] != "C")
    window = _SPACES.sub(" ", window).strip()
    if len(window) > limit or len(text) > limit * 8 + 64:
        return window[: max(limit - 1, 0)].rstrip() + "…"
    return window


def _is_fit(text: str, limit: int) -> bool:
    """Whether there is nothing to do, as for nearly every text of a report of a thousand routes."""
    return (
        len(text) <= limit
        and text.isascii()
        and text.isprintable()
        and "  " not in text
        and text == text.strip()
    )
