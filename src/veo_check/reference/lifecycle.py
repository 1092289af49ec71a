"""The state of one model id on one surface on one day: the table of spec section 5, and only that.

First match from the top. Could not tell (unknown, unreleased, contested, contradictory, stale) is
never the same as no (retired, retiring), and neither is ever alive.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from veo_check.core.clock import AsOf
from veo_check.core.frozen import dataclass
from veo_check.reference.load import Reference
from veo_check.reference.readings import Readings, counting, page_of, read_on
from veo_check.reference.rows import DateKind, LifecycleRow

if TYPE_CHECKING:
    from veo_check.core.facts import OfficialModel


# How old a fact may be: warn above one limit, block above another (spec section 5).


Freshness = Literal["fresh", "aging", "stale"]
RowKind = Literal["lifecycle", "price", "capability"]

#: kind of row -> (warn when older than, block when older than), in days. Capabilities change with
#: a model's page, as seldom as prices do.
LIMITS: dict[RowKind, tuple[int, int]] = {
    "lifecycle": (14, 45),
    "price": (45, 120),
    "capability": (45, 120),
}


def limits(kind: RowKind, max_age_days: int | None = None) -> tuple[int, int]:
    """(warn, block) in days; `--max-age` sets the block limit, and warning never comes later."""
    warn, block = LIMITS[kind]
    return (warn, block) if max_age_days is None else (min(warn, max_age_days), max_age_days)


def freshness(kind: RowKind, age_days: int, max_age_days: int | None = None) -> Freshness:
    """What an age in days means for a row of this kind."""
    warn, block = limits(kind, max_age_days)
    if age_days > block:
        return "stale"
    return "aging" if age_days > warn else "fresh"


def last_usable_day(kind: RowKind, confirmed: date, judging: AsOf) -> date:
    """The last day on which a row confirmed on `confirmed` is not yet too old."""
    _, block = limits(kind, judging.max_age_days)
    return _plus(confirmed, block)


State = Literal[
    "unknown",
    "unreleased",
    "retired",
    "rerouted",
    "contradictory",
    "contested",
    "retiring",
    "stale",
    "alive",
]
#: How a state weighs in a verdict. `fail-at-production` only warns for lower tiers, and
#: `fail-at-staging` only for research.
Weight = Literal["pass", "warn", "block", "fail-at-production", "fail-at-staging", "fail"]


@dataclass(frozen=True, slots=True)
class LifecycleJudgement:
    """What is known about one id on one surface, on the day judged.

    `rows` are the newest readings, one a source, the official first; `shutdown` and `kind` are
    what the state stands on. `age_days` is the age of the freshest reading it stands on. `live`:
    live evidence of life was there; `gone`: Google itself answered that the id does not exist.
    `reroutes_to` is the model that answers its requests once the shutdown day has come.
    `next_shutdown` is the earliest day still to come. `reasons` are sentences for the user.
    """

    model: str
    surface: str
    state: State
    rows: tuple[LifecycleRow, ...] = ()
    shutdown: date | None = None
    kind: DateKind | None = None
    released: date | None = None
    replacement: str | None = None
    replacement_text: str | None = None
    reroutes_to: str | None = None
    age_days: int | None = None
    freshness: Freshness | None = None
    live: bool = False
    gone: bool = False
    next_shutdown: date | None = None
    reasons: tuple[str, ...] = ()

    @property
    def dated(self) -> tuple[LifecycleRow, ...]:
        """The newest readings that print a day."""
        return tuple(row for row in self.rows if row.shutdown is not None)

    @property
    def decisive(self) -> tuple[LifecycleRow, ...]:
        """The readings the state stands on: those with a day, else those that offer the model."""
        return self.dated or self.rows

    @property
    def confirmed(self) -> date | None:
        """The day the freshest of the decisive readings was last seen at its source."""
        return max((row.source.confirmed for row in self.decisive), default=None)

    @property
    def weight(self) -> Weight:
        """What the state means for the check `model-lifecycle`."""
        match self.state:
            case "retired":
                return "fail"
            case "rerouted":
                return "fail-at-staging"
            case "unknown":
                return "fail" if self.gone else "block"
            case "contradictory" | "retiring":
                return "fail-at-production"
            case "contested":
                return "warn" if self.live else "block"
            case "unreleased" | "stale":
                return "block"
            case "alive":
                return "pass" if self.freshness == "fresh" else "warn"

    @property
    def exit_code(self) -> int:
        """Exit code of `lifecycle` and `scan` for this id: 0 alive, 1 retired or soon, 3 unsure."""
        if self.state == "unknown":
            return 1 if self.gone else 3
        if self.state == "contested":
            return 0 if self.live else 3
        return {"retired": 1, "rerouted": 1, "retiring": 1, "alive": 0}.get(self.state, 3)


def judge_lifecycle(
    reference: Reference,
    model: str,
    surface: str,
    judging: AsOf,
    live: OfficialModel | None = None,
    served: bool = False,
    cutover: date | None = None,
) -> LifecycleJudgement:
    """Judge one id on one surface.

    `live` is what Google's own listing answered about it; it counts for the clock's day alone.
    `served`: a finished job or a valid proof shows that this id serves. The horizon reaches
    `judging.within_days` beyond the later of the day judged and `cutover`.
    """
    return _judge(reference, model, surface, judging, live, served, cutover)


# Several checks of a route look at one id, and so do many routes of one run.
@lru_cache(maxsize=512)
def _judge(
    reference: Reference,
    model: str,
    surface: str,
    judging: AsOf,
    live: OfficialModel | None,
    served: bool,
    cutover: date | None,
) -> LifecycleJudgement:
    if live is not None and (
        judging.hypothetical or (live.model, live.surface) != (model, surface)
    ):
        live = None
    if live is not None and live.state == "not-found" and asked_elsewhere(reference, live):
        live = None
    gone = live is not None and live.state != "offered"
    offered = served or (live is not None and live.state == "offered")
    known = reference.lifecycle(model, surface)
    read = counting(known, judging.day)
    rows = read.rows
    if not rows and not read.gone:
        return _unknown(reference, judging, model, surface, live, offered, gone)
    dated = tuple(row for row in rows if row.shutdown is not None)
    passed = [row for row in dated if _day(row) <= judging.day]
    coming = [row for row in dated if _day(row) > judging.day]
    replacement, replacement_text = _replacement(rows, live)
    released = _released(rows, known, reference.lifecycle(model))

    def judged(state: State, stands_on: LifecycleRow | None, *reasons: str) -> LifecycleJudgement:
        standing = (*read.gone, *rows) if state == "unknown" or not rows else rows
        age = min(row.source.age_days(judging.day) for row in (dated or standing))
        listed: DateKind | None = None if dated else "none-announced"
        fallback = "absent" if state == "unknown" or not rows else listed
        return LifecycleJudgement(
            model=model,
            surface=surface,
            state=state,
            rows=standing,
            shutdown=stands_on.shutdown if stands_on else None,
            kind=stands_on.kind if stands_on else fallback,
            released=released,
            replacement=replacement,
            replacement_text=replacement_text,
            reroutes_to=next((row.reroutes_to for row in rows if row.reroutes_to), None),
            age_days=age,
            freshness=freshness("lifecycle", age, judging.max_age_days),
            live=offered and not gone,
            gone=gone,
            next_shutdown=min((_day(row) for row in coming), default=None),
            reasons=reasons,
        )

    if released is not None and released > judging.day:
        return judged(
            "unreleased", _earliest(coming), f"The model is not released before {released}."
        )
    if live is not None and gone:
        return judged("retired", _earliest(passed or coming), *_refused(live))
    moved = next((row for row in rows if row.reroutes_to is not None), None)
    if moved is not None and moved in passed:
        since = _moved(moved, f"Since {moved.shutdown}")
        if served:
            return judged("contradictory", moved, since, "A job was served by this id.")
        return judged("rerouted", moved, since, *_how_sure(moved, rows))
    firm = [row for row in passed if row.kind != "not-before"]
    if firm and not coming:
        past = _earliest(firm)
        when = () if past is None else _over(past, read)
        if offered:
            return judged("contradictory", past, *when, "A live answer shows that it still serves.")
        return judged("retired", past, *when)
    if read.gone:
        return judged("unknown", None, *_left(read, known, offered))
    if passed:
        return judged("contested", passed[0], *_contest(passed, coming, offered))
    horizon = _plus(max(judging.day, cutover or judging.day), judging.within_days)
    nearest = _earliest(coming)
    if nearest is not None and _day(nearest) <= horizon:
        then = () if moved is None else (_moved(moved, "After that day"),)
        return judged("retiring", nearest, *_soon(nearest, judging.day), *then)
    alive = judged("alive", nearest)
    if alive.freshness == "stale" and not offered:
        _, block = limits("lifecycle", judging.max_age_days)
        return judged(
            "stale",
            nearest,
            f"The dates were last confirmed {alive.age_days} days ago; more than {block} days are "
            "too old. Run `veo-check refresh`, or ask live.",
        )
    return judged("alive", nearest, *_why_alive(alive))


def asked_elsewhere(reference: Reference, live: OfficialModel) -> bool:
    """Whether a location was asked that no page names for the model: not to find it there says
    nothing of its life."""
    known = reference.capability(live.model, live.surface)
    regions = known.regions if known is not None else ()
    return bool(regions) and live.location is not None and live.location not in regions


def successors(
    reference: Reference, judgement: LifecycleJudgement, judging: AsOf
) -> tuple[LifecycleJudgement, ...]:
    """What to move to: the named replacement, and where that is gone too, its own, and so on.

    Each is judged on the same surface where it is known there, else where it is known.
    """
    steps: list[LifecycleJudgement] = []
    seen = {judgement.model}
    name = judgement.replacement
    while name is not None and name not in seen:
        seen.add(name)
        known = reference.surfaces(name)
        here = judgement.surface if judgement.surface in known or not known else known[0]
        step = judge_lifecycle(reference, name, here, judging)
        steps.append(step)
        name = step.replacement if step.state in {"retired", "rerouted", "retiring"} else None
    return tuple(steps)


#: States of an id that may be named as where to go.
_SERVED: frozenset[State] = frozenset({"alive", "contested", "retiring", "stale"})


def living_end(steps: Iterable[LifecycleJudgement]) -> LifecycleJudgement | None:
    """Where a chain of replacements ends, if that id still answers for itself."""
    *_, last = [None, *steps]
    return last if last is not None and last.state not in {"retired", "rerouted"} else None


def to_move_to(reference: Reference, model: str, surface: str, judging: AsOf) -> str | None:
    """Where to go when `model` is named as the way out: there, or where its own chain ends if it is
    gone as well; None where that ends nowhere."""
    known = reference.surfaces(model)
    here = surface if surface in known or not known else known[0]
    judged = judge_lifecycle(reference, model, here, judging)
    if judged.state not in {"retired", "rerouted"}:
        return model
    end = living_end(successors(reference, judged, judging))
    return end.model if end is not None else None


def serving_surfaces(reference: Reference, model: str, judging: AsOf) -> tuple[str, ...]:
    """The surfaces on which an id is known and may still be called."""
    return tuple(
        place
        for place in reference.surfaces(model)
        if judge_lifecycle(reference, model, place, judging).state in _SERVED
    )


def suggestions(
    reference: Reference, word: str, judging: AsOf, surface: str | None = None
) -> tuple[str, ...]:
    """Up to three known ids that look like `word` and still serve, the likeliest first."""
    near = reference.near(word, surface, most=12)
    return tuple(
        model
        for model in near
        if model != word
        and (places := serving_surfaces(reference, model, judging))
        and (surface is None or surface in places)
    )[:3]


def unknown_here(reference: Reference, model: str, judging: AsOf, surface: str) -> tuple[str, ...]:
    """Why an id is not known on a surface, in sentences: another surface's, or a reseller's."""
    elsewhere = tuple(place for place in reference.surfaces(model) if place != surface)
    near = suggestions(reference, model, judging, surface if elsewhere else None)
    ids = " or ".join(near)
    if elsewhere:
        states = {
            place: judge_lifecycle(reference, model, place, judging).state for place in elsewhere
        }
        serving = " or ".join(serving_surfaces(reference, model, judging))
        there = ", ".join(f"{place} ({state} there)" for place, state in states.items())
        said = [
            f"Right id, wrong surface: it is an id of {there}; set the surface to {serving}."
            if serving
            else f"It is an id of {there}, not of {surface}."
        ]
        return (*said, f"On {surface} look at {ids}.") if near else tuple(said)
    if reference.is_resellers_name(model):
        said = [
            "This is how resellers write a name, not an id that its vendor publishes: which "
            "official id runs under it, only the reseller can say."
        ]
        return (*said, f"It looks like {ids}.") if near else tuple(said)
    return (f"Did you mean {ids}?",) if near else ()


def _unknown(
    reference: Reference,
    judging: AsOf,
    model: str,
    surface: str,
    live: OfficialModel | None,
    offered: bool,
    gone: bool,
) -> LifecycleJudgement:
    elsewhere = reference.surfaces(model)
    where = surface if elsewhere else "any surface"
    reasons = [f"Nothing is known about this id on {where}: no dated source lists it."]
    if gone and live is not None:
        reasons.extend(_refused(live))
    elif offered:
        reasons.append(
            "A live answer shows that it serves: the data is behind. Run `veo-check refresh`."
        )
    reasons.extend(unknown_here(reference, model, judging, surface))
    return LifecycleJudgement(
        model=model,
        surface=surface,
        state="unknown",
        replacement=_replacement((), live if gone else None)[0],
        live=offered and not gone,
        gone=gone,
        reasons=tuple(reasons),
    )


def _day(row: LifecycleRow) -> date:
    return row.shutdown or date.max


def _plus(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max


def _earliest(rows: Iterable[LifecycleRow]) -> LifecycleRow | None:
    """The earliest day; of several sources that print it, the first (official) one."""
    return min(rows, key=_day, default=None)


def _released(
    rows: tuple[LifecycleRow, ...],
    known: tuple[LifecycleRow, ...],
    anywhere: tuple[LifecycleRow, ...],
) -> date | None:
    """The release day by the newest readings, official first; else by any older reading; else the
    day on which the id first appeared on any surface: before that it was nowhere."""
    here = next((row.released for row in (*rows, *known) if row.released is not None), None)
    elsewhere = (row.released for row in anywhere if row.released is not None)
    return here or min(elsewhere, default=None)


def _replacement(
    rows: tuple[LifecycleRow, ...], live: OfficialModel | None
) -> tuple[str | None, str | None]:
    """(id, cell as printed): what a live 404 names, else what the newest readings name."""
    if live is not None and live.replacement is not None and live.replacement.isprintable():
        return live.replacement, None
    return next(
        (
            (row.replacement, row.replacement_text)
            for row in rows
            if row.replacement is not None or row.replacement_text is not None
        ),
        (None, None),
    )


def _refused(live: OfficialModel) -> tuple[str, ...]:
    if live.state == "no-longer-available":
        answer = "Google answers that it is no longer available."
    elif live.surface == "agent-platform":
        place = f" at {live.location}" if live.location else ""
        answer = (
            f"Google answers not found{place}: the id is gone, is not served there, or this "
            "project may not use it."
        )
    else:
        answer = "Google answers that it does not exist."
    if live.replacement is None or not live.replacement.isprintable():
        return (answer,)
    return answer, f"The answer names {live.replacement} instead."


def _over(row: LifecycleRow, read: Readings) -> tuple[str, ...]:
    since = tuple(
        f"That page no longer lists it (read {absent.source.confirmed})."
        for absent in read.dropped
        if page_of(absent.source) == page_of(row.source)
    )[:1]
    first = f"The earliest shutdown date, {row.shutdown}, has passed."
    if row.kind == "exact":
        first = f"The model was shut down on {row.shutdown}."
    return first, _read(row), *since


def _read(row: LifecycleRow) -> str:
    return f"Source: {row.source.by}, read {row.source.confirmed}."


def _moved(row: LifecycleRow, when: str) -> str:
    return (
        f"{when}, its requests are answered by {row.reroutes_to}, at that model's price (source: "
        f"{row.source.by})."
    )


def _how_sure(moved: LifecycleRow, rows: tuple[LifecycleRow, ...]) -> tuple[str, ...]:
    """Who says that the id has ended, and whether the vendor is among them."""
    ended = [row for row in rows if row.shutdown == moved.shutdown and row is not moved]
    others = " and ".join(dict.fromkeys(row.source.by for row in ended))
    day = f"{others} gives the same day. " if others else ""
    unsure = "No page of the vendor says so: only a job shows which model answers."
    return (day + ("The vendor itself says so." if moved.source.official else unsure),)


def _left(read: Readings, known: tuple[LifecycleRow, ...], offered: bool) -> tuple[str, ...]:
    """Why a model is unknown that a page listed before."""
    absent = read.gone[0]
    page = page_of(absent.source)
    before = [row for row in known if page_of(row.source) == page and row.kind != "absent"]
    last = max(before, key=lambda row: read_on(row.source), default=None)
    was = "" if last is None else f" (until then: {say_day(last.shutdown, last.kind)})"
    first = (
        f"{absent.source.by}'s page no longer lists it, read on {absent.source.confirmed}{was}; "
        "its state is not known."
    )
    if offered:
        return first, "A live answer shows that it serves: the data is behind."
    return (first,)


def _contest(
    passed: list[LifecycleRow], coming: list[LifecycleRow], offered: bool
) -> tuple[str, ...]:
    dates = "; ".join(
        f"{row.source.by}: {say_day(row.shutdown, row.kind)}" for row in (*passed, *coming)
    )
    first = "Published shutdown dates conflict, so availability is unclear."
    if len(passed) == 1 and not coming:
        first = f"{not_before_passed(passed[0])}."
    if offered:
        return first, f"Dates: {dates}.", "A live answer shows that it serves today."
    return first, f"Dates: {dates}.", "Only Google or a smoke job can tell: ask live, or --spend."


def not_before_passed(row: LifecycleRow) -> str:
    """A day that the vendor promised to reach, or that another lists, and that has gone by."""
    if row.source.official:
        return f"{row.source.by} guaranteed this model only until {row.shutdown}, which has passed"
    return f"{row.source.by} lists {row.shutdown} as the earliest shutdown date; it has passed"


def _soon(row: LifecycleRow, day: date) -> tuple[str, ...]:
    ahead = (_day(row) - day).days
    return (
        f"The announced shutdown is {say_day(row.shutdown, row.kind)}, in {ahead} days.",
        _read(row),
    )


def _why_alive(alive: LifecycleJudgement) -> tuple[str, ...]:
    reasons = []
    if alive.freshness != "fresh":
        extra = "; a live answer shows that it serves" if alive.live else ""
        reasons.append(f"The dates were last confirmed {alive.age_days} days ago{extra}.")
    if alive.next_shutdown is None:
        reasons.append("An official page offers it and announces no shutdown date.")
    return tuple(reasons)


def say_day(day: date | None, kind: DateKind | None) -> str:
    """A shutdown day in words that keep its kind: "2026-11-17 or later"."""
    if day is None:
        return "no longer listed" if kind == "absent" else "no date announced"
    if kind == "not-before":
        return f"{day} or later"
    return f"{day} at the earliest" if kind == "earliest" else str(day)
