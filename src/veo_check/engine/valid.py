"""Until when a verdict holds, and why it ends then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from veo_check.core.clock import Judging
from veo_check.core.findings import Until
from veo_check.core.route import Route
from veo_check.reference.book import Reference
from veo_check.reference.lifecycle import judge_lifecycle


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


def passed_not_before(route: Route, reference: Reference, judging: Judging) -> list[str]:
    """Published "or later" days that have gone by: they promise nothing since, and end nothing."""
    judged = judge_lifecycle(reference, route.model.official, route.model.surface, judging)
    return [
        f"{row.source.publisher} promised the model until {row.shutdown} or later; that has passed"
        for row in judged.dated
        if row.kind == "not-before" and row.shutdown is not None and row.shutdown <= judging.day
    ]
