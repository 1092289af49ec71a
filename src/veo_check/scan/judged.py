"""What each id found means on the day judged; ignores that still count are taken out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from veo_check.core.clock import AsOf
from veo_check.core.frozen import dataclass
from veo_check.core.money import InvalidFileError
from veo_check.core.reading import TooLargeError, read_limited, strict_json, why_unread
from veo_check.reference.lifecycle import (
    LifecycleJudgement,
    State,
    judge_lifecycle,
    living_end,
    successors,
    suggestions,
)
from veo_check.reference.load import Reference
from veo_check.scan.scanner import Found

#: Stands for the surface where none knows the id and none was named.
ANYWHERE = "any"
#: Within one exit code, the worse state first.
_WORST_FIRST: tuple[State, ...] = (
    "retired", "rerouted", "retiring", "unknown", "contradictory", "contested", "unreleased",
    "stale", "alive",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """An id's judgement on the surface where it is worst, and how its replacements fare.

    `near`: of one that is gone without a replacement, the id there that is most like it.
    """

    judgement: LifecycleJudgement
    next: tuple[LifecycleJudgement, ...]
    near: str | None = None

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
        """Where to go: the end of the chain of replacements, never an id that is gone too."""
        end = living_end(self.verdict.next)
        return None if end is None else end.model

    @property
    def exit_code(self) -> int:
        """0 alive beyond the horizon, 1 retired or soon, 3 could not tell."""
        return self.verdict.judgement.exit_code


def judge_hits(
    found: Iterable[Found], reference: Reference, surface: str | None, judging: AsOf
) -> tuple[tuple[Hit, ...], int]:
    """Every id judged, and how many an inline ignore covers, which are not among them.

    An ignore counts through its day; of the day judged and today, the later one decides.
    """
    verdicts: dict[tuple[str, str | None], Verdict] = {}
    known = reference.surfaces()
    hits: list[Hit] = []
    ignored = 0
    today = max(judging.day, judging.clock_day)
    for place in found:
        until = place.ignore.until if place.ignore else None
        if until is not None and until >= today:
            ignored += 1
            continue
        # a reseller's host is no surface of the reference: there, any surface may be meant
        where = surface or (place.surface if place.surface in known else None)
        key = place.id, where
        if key not in verdicts:
            verdicts[key] = worst(place.id, reference, where, judging)
        hits.append(Hit(place, verdicts[key], until))
    return tuple(hits), ignored


def worst(model: str, reference: Reference, surface: str | None, judging: AsOf) -> Verdict:
    """The judgement that decides: on the surface asked for, else the worst of those known."""
    places = [surface] if surface is not None else list(reference.surfaces(model)) or [ANYWHERE]
    judged = min(
        (judge_lifecycle(reference, model, place, judging) for place in places), key=_badness
    )
    steps = successors(reference, judged, judging)
    lost = judged.state == "retired" and not steps
    near = suggestions(reference, model, judging, judged.surface) if lost else ()
    return Verdict(judged, steps, next(iter(near), None))


def _badness(judgement: LifecycleJudgement) -> tuple[int, int, bool]:
    """Of two surfaces that are as bad, the one that says what to move to."""
    code = (1, 3, 0).index(judgement.exit_code)
    return code, _WORST_FIRST.index(judgement.state), judgement.replacement is None


# A baseline: the ids that a team knows about, so that only what is new or worse is reported.


_LARGEST = 64 * 1024 * 1024
#: (file, id, state) -> how many places.
Baseline = Counter[tuple[str, str, str]]


def baseline_of(hits: Iterable[Hit]) -> Baseline:
    """The entries for every id that is not simply alive."""
    return Counter(_key(hit) for hit in hits if hit.exit_code != 0)


def baseline_text(baseline: Baseline) -> str:
    """The file's content: one entry a line, in order, so that a diff is readable."""
    rows = [
        json.dumps({"file": file, "id": model, "state": state, "count": count})
        for (file, model, state), count in sorted(baseline.items())
    ]
    inside = ",\n    ".join(rows)
    return '{\n  "version": 1,\n  "hits": [' + (f"\n    {inside}\n  " if rows else "") + "]\n}\n"


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises InvalidFileError."""
    what = f"--baseline {path}"
    try:
        document = strict_json(read_limited(path, _LARGEST, follow_links=True).decode())
    except TooLargeError:
        raise InvalidFileError(f"{what}: larger than {_LARGEST >> 20} MB") from None
    except OSError as error:
        raise InvalidFileError(f"{what}: cannot be read: {why_unread(error)}") from None
    except ValueError:
        raise InvalidFileError(f"{what}: is not JSON; write it anew") from None
    rows = document.get("hits") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(rows, list) or document.get("version") != 1:
        raise InvalidFileError(f"{what}: is no baseline of version 1; write it anew")
    found: Baseline = Counter()
    for number, row in enumerate(rows):
        cells = row if isinstance(row, dict) else {}
        file, model, state, count = map(cells.get, ("file", "id", "state", "count"))
        if not (
            isinstance(file, str)
            and isinstance(model, str)
            and isinstance(state, str)
            and isinstance(count, int)
            and not isinstance(count, bool)
            and count > 0
        ):
            needs = "needs file, id, state and a count from 1"
            raise InvalidFileError(f"{what}: hits[{number}] {needs}")
        found[file, model, state] += count
    return found


def beyond(hits: Iterable[Hit], baseline: Baseline) -> tuple[tuple[Hit, ...], int, Baseline]:
    """The hits that the baseline does not cover, how many it covers, and what of it is unused."""
    left = Counter(baseline)
    kept = []
    covered = 0
    for hit in hits:
        if left[_key(hit)] > 0:
            left[_key(hit)] -= 1
            covered += 1
        else:
            kept.append(hit)
    return tuple(kept), covered, +left


def _key(hit: Hit) -> tuple[str, str, str]:
    return hit.found.file, hit.found.id, hit.state
