"""Which rows a verdict could stand on today, and when they were last confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from veo_check.core.clock import Judging
from veo_check.reference.book import Reference
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.rows import Source


@dataclass(frozen=True, slots=True)
class Held:
    """The rows in force that were read at one source."""

    source: Source
    rows: tuple[str, ...]

    def age_days(self, day: date) -> int:
        """Whole days since they were last confirmed."""
        return self.source.age_days(day)


def in_force(reference: Reference, day: date) -> tuple[Held, ...]:
    """Every row that counts on `day`, by source: what may be too old.

    Left out is what no later reading can change: readings that a newer one of the same page
    replaced, dates of retired ids, and prices that have ended.
    """
    rows: dict[Source, list[str]] = {}
    for source, row in (*_dates(reference, day), *_prices(reference, day)):
        rows.setdefault(source, []).append(row)
    return tuple(Held(source, tuple(names)) for source, names in rows.items())


def _dates(reference: Reference, day: date) -> Iterator[tuple[Source, str]]:
    for model in reference.models():
        for surface in reference.surfaces(model):
            judged = judge_lifecycle(reference, model, surface, Judging(day, day))
            if judged.state == "retired":
                continue
            for row in judged.rows:
                yield row.source, row.id
            capability = reference.capability(model, surface)
            if capability is not None:
                yield capability.source, capability.id


def _prices(reference: Reference, day: date) -> Iterator[tuple[Source, str]]:
    for rule in reference.prices:
        if rule.live_on(day):
            yield rule.source, rule.id
