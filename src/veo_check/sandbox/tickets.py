"""Operation ids that say what job they stand for.

`run --sandbox` makes a new world in every process. A run that was killed while its job was under
way is resumed by operation, so the next world has to know a job that another one accepted.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from dataclasses import dataclass

from veo_check.sandbox.google_models import MODELS
from veo_check.sandbox.jobs import SIZES, Shape
from veo_check.sandbox.wire import SURFACES

_LABELS = ("veo3.1", "veo3.1-fast", "veo3.1-lite", "veo3.1-pro", "veo-fast")
#: append only: a ticket holds places in these
_NAMES = (*dict.fromkeys((*_LABELS, *(model.id for model in MODELS))),)
_KEYS = ("ci-smoke", "another", "production", "api-key", "access-token", "proxy-key")
_RESOLUTIONS = tuple(SIZES)
_FORM = struct.Struct(">7BI3s2s")  # 16 bytes, 32 letters


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an operation id stands for. `quota` is what a gateway charged, else 0."""

    surface: str
    label: str
    upstream: str
    served: str
    shape: Shape
    key: str
    quota: int = 0


def issue(ticket: Ticket) -> str:
    """A fresh id for this job: 32 hexadecimal digits."""
    shape = ticket.shape
    flags = (
        _RESOLUTIONS.index(shape.resolution)
        | (shape.aspect_ratio == "9:16") << 3
        | shape.audio << 4
        | shape.count << 5
    )
    body = _FORM.pack(
        SURFACES.index(ticket.surface),
        _NAMES.index(ticket.label),
        _NAMES.index(ticket.upstream),
        _NAMES.index(ticket.served),
        shape.seconds,
        flags,
        _KEYS.index(ticket.key),
        ticket.quota,
        secrets.token_bytes(3),
        b"",
    )[:-2]
    return (body + _seal(body)).hex()


def read(operation: str) -> Ticket | None:
    """The job behind an id that `issue` made, or None for any other text."""
    try:
        data = bytes.fromhex(operation)
    except ValueError:
        return None
    if len(data) != _FORM.size or _seal(data[:-2]) != data[-2:]:
        return None
    surface, label, upstream, served, seconds, flags, key, quota, _, _ = _FORM.unpack(data)
    try:
        shape = Shape(
            seconds,
            _RESOLUTIONS[flags & 7],
            "9:16" if flags & 8 else "16:9",
            bool(flags & 16),
            flags >> 5,
        )
        names = _NAMES[label], _NAMES[upstream], _NAMES[served]
        return Ticket(SURFACES[surface], *names, shape, _KEYS[key], quota)
    except IndexError:
        return None


def _seal(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:2]
