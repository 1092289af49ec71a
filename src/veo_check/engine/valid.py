"""Until when a verdict holds, and why it ends then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from veo_check.core.findings import Until


@dataclass(frozen=True, slots=True)
class Validity:
    """`until` is the earliest of all ends, `model_until` the model's shutdown date alone."""

    until: date | None
    because: str | None
    model_until: date | None


def validity(untils: Iterable[Until], day: date) -> Validity:
    """The earliest end on or after `day`. Ends that have passed are findings, not limits."""
    coming = sorted(
        (one for one in untils if one.day >= day), key=lambda one: (one.day, one.because)
    )
    model = next((one.day for one in coming if one.model), None)
    if not coming:
        return Validity(None, None, None)
    return Validity(coming[0].day, coming[0].because, model)
