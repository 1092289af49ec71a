"""What each id found means on the day judged; ignores that still count are taken out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from veo_check.core.clock import Judging
from veo_check.reference.book import Reference
from veo_check.reference.lifecycle import (
    LifecycleJudgement,
    State,
    judge_lifecycle,
    successors,
)
from veo_check.scan.scanner import Found

#: Stands for the surface where none knows the id and none was named.
ANYWHERE = "any"
#: Within one exit code, the worse state first.
_WORST_FIRST: tuple[State, ...] = (
    "retired", "retiring", "unknown", "contradictory", "contested", "unreleased", "stale", "alive",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """An id's judgement on the surface where it is worst, and how its replacements fare."""

    judgement: LifecycleJudgement
    next: tuple[LifecycleJudgement, ...]

    @property
    def surface(self) -> str | None:
        """The surface judged; None where none knows the id."""
        return None if self.judgement.surface == ANYWHERE else self.judgement.surface


@dataclass(frozen=True, slots=True)
class Hit:
    """One id in one place, judged. `expired` is the day on which an inline ignore ran out."""

    found: Found
    verdict: Verdict
    expired: date | None = None

    @property
    def state(self) -> State:
        return self.verdict.judgement.state

    @property
    def replacement(self) -> str | None:
        return self.verdict.judgement.replacement

    @property
    def exit_code(self) -> int:
        """0 alive beyond the horizon, 1 retired or soon, 3 could not tell."""
        return self.verdict.judgement.exit_code


def judge_hits(
    found: Iterable[Found], reference: Reference, surface: str | None, judging: Judging
) -> tuple[tuple[Hit, ...], int]:
    """Every id judged, and how many an inline ignore covers, which are not among them.

    An ignore counts through its day; of the day judged and today, the later one decides.
    """
    verdicts: dict[str, Verdict] = {}
    hits: list[Hit] = []
    ignored = 0
    today = max(judging.day, judging.clock_day)
    for one in found:
        until = one.ignore.until if one.ignore else None
        if until is not None and until >= today:
            ignored += 1
            continue
        if one.id not in verdicts:
            verdicts[one.id] = worst(one.id, reference, surface, judging)
        hits.append(Hit(one, verdicts[one.id], until))
    return tuple(hits), ignored


def worst(model: str, reference: Reference, surface: str | None, judging: Judging) -> Verdict:
    """The judgement that decides: on the surface asked for, else the worst of those known."""
    places = [surface] if surface is not None else list(reference.surfaces(model)) or [ANYWHERE]
    judged = min(
        (judge_lifecycle(reference, model, place, judging) for place in places), key=_badness
    )
    return Verdict(judged, successors(reference, judged, judging))


def _badness(judgement: LifecycleJudgement) -> tuple[int, int, bool]:
    """Of two surfaces that are as bad, the one that says what to move to."""
    code = (1, 3, 0).index(judgement.exit_code)
    return code, _WORST_FIRST.index(judgement.state), judgement.replacement is None
