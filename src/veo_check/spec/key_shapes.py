"""Text that looks like a secret, wherever it stands in a file. Found, never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: What is put in the place of a secret before anything else reads the value.
HIDDEN = "(hidden)"

# Each shape and a text that is in every match: looking for that first is what keeps the reading of
# a thousand files fast. None may look far ahead from every letter: a hostile file has 256 KiB.
_SHAPES: tuple[tuple[str, str], ...] = (
    ("sk-", r"(?<![A-Za-z0-9])sk-(?:[A-Za-z0-9_\-]{6,}|(?=[A-Za-z_\-]{0,4}[0-9])[A-Za-z0-9_\-]+)"),
    ("AIza", r"AIza[A-Za-z0-9_\-]{6,}"),
    ("ya29.", r"ya29\.[A-Za-z0-9_.\-]{3,}"),
    ("eyJ", r"(?<![A-Za-z0-9_\-])eyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)?"),
    ("earer", r"\b[Bb]earer[ \t]+(?=[^\s0-9]*[0-9])[A-Za-z0-9._~+/=\-]{12,}"),
    ("PRIVATE KEY", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
    ("AKIA", r"\bAKIA[A-Z0-9]{16}\b"),
    *((f"gh{kind}_", rf"\bgh{kind}_[A-Za-z0-9]{{20,}}") for kind in "pousr"),
    ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{20,}"),
    ("GOCSPX-", r"GOCSPX-[A-Za-z0-9_\-]{10,}"),
    ("xox", r"\bxox[abprs]-[A-Za-z0-9\-]{10,}"),
)
_COMPILED = tuple((hint, re.compile(shape)) for hint, shape in _SHAPES)


def find_keys(text: str) -> Iterator[int]:
    """Where in `text` something begins that looks like a key, a token or a private key."""
    for hint, shape in _COMPILED:
        if hint in text:
            for match in shape.finditer(text):
                yield match.start()


def holds_key(text: str) -> bool:
    """Whether anything in `text` looks like a key."""
    return next(find_keys(text), None) is not None


def hide_keys(text: str) -> str:
    """`text` with everything that looks like a key taken out, no part of it left."""
    for hint, shape in _COMPILED:
        if hint in text:
            text = shape.sub(HIDDEN, text)
    return text
