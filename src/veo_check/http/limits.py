"""How much time and memory one answer may take."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of one request. Times in seconds, sizes in bytes.

    `deadline` holds for a GET with all its retries and waits, and for a POST; `read` for the
    silence between two pieces of an answer.
    """

    connect: float = 5.0
    read: float = 10.0
    deadline: float = 20.0
    tries: int = 3
    longest_wait: float = 8.0
    body: int = 32 * MEBIBYTE
    error_body: int = MEBIBYTE
    excerpt: int = 2000
