"""What `lifecycle` prints for people: one id in detail, or a table that fits 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from veo_check.cli.output import page, safe, wrapped
from veo_check.core.clock import AsOf
from veo_check.reference.lifecycle import (
    LifecycleJudgement,
    State,
    judge_lifecycle,
    last_usable_day,
    living_end,
    say_day,
    serving_surfaces,
    successors,
    suggestions,
)
from veo_check.reference.load import Reference
from veo_check.reference.rows import Capability, LifecycleRow

_RED, _GREEN, _YELLOW = "31", "32", "33"
_COLOURS: dict[State, str] = {
    "retired": _RED,
    "rerouted": _RED,
    "retiring": _RED,
    "alive": _GREEN,
}
#: States in which an id is gone or may be: what still runs is worth knowing.
_SHAKY = frozenset({"retired", "rerouted", "retiring", "contested", "contradictory"})
_FAMILY_NAMES = {"veo": "Veo", "gemini-omni": "Gemini Omni", "sora": "Sora", "seedance": "Seedance"}


def table(
    judgements: tuple[LifecycleJudgement, ...], judging: AsOf, book: Reference, colour: bool
) -> str:
    """Two or more lines an id and surface: state and age, then dates, replacement, source."""
    lines = [f"{'MODEL':<34} {'SURFACE':<15} {'STATE':<14} {'AGE':>5}"]
    for judgement in judgements:
        age = "-" if judgement.age_days is None else f"{judgement.age_days}d"
        state = _paint(f"{judgement.state:<14}", judgement.state, colour)
        name = safe(judgement.model, 200)
        lines.append(f"{name:<34} {_surface(judgement):<15} {state} {age:>5}")
        lines.extend(_under(judgement, judging, book))
        if judgement.state == "unknown":
            lines.extend(_wrapped(" ".join(judgement.reasons), "    "))
    return page([*lines, "", *_foot(judging, book)])


def detail(
    judgements: tuple[LifecycleJudgement, ...], judging: AsOf, book: Reference, colour: bool
) -> str:
    """Everything known about one id, each surface in turn, and what to do next."""
    lines: list[str] = []
    for judgement in judgements:
        lines.extend(_block(judgement, judging, book, colour))
        lines.append("")
    lines.extend(_where_family_runs(judgements, judging, book, colour))
    return page([*lines, *_foot(judging, book)])


def _block(
    judgement: LifecycleJudgement, judging: AsOf, book: Reference, colour: bool
) -> Iterator[str]:
    state = _paint(judgement.state, judgement.state, colour)
    yield f"{safe(judgement.model, 200)} on {_surface(judgement)}: {state}"
    for reason in judgement.reasons:
        yield from _wrapped(reason, "  ")
    if judgement.rows:
        yield ""
        yield f"  released     {judgement.released or 'unknown'}"
        yield f"  shutdown     {say_day(judgement.shutdown, judgement.kind)}"
        if judgement.next_shutdown not in {None, judgement.shutdown}:
            yield f"  next date    {judgement.next_shutdown}"
        yield from _offered(book.capability(judgement.model, judgement.surface))
        steps = successors(book, judgement, judging)
        yield from _wrapped(_replacement(judgement, steps), "  replacement  ", " " * 15)
        if judgement.state in _SHAKY and steps:
            last = steps[-1]
            yield f"  what changes with {last.model} on {_surface(last)}"
            for name, old, new in changes(judgement, last, book, judging.day):
                yield from _wrapped(f"{old} -> {new}", f"    {name:<12} ", " " * 17)
        yield "  sources"
        for row in judgement.rows:
            yield from _source(row, judging.day)
    yield from _wrapped(_next(judgement, judging, book), "  next         ", " " * 15)


def _offered(capability: Capability | None) -> Iterator[str]:
    """What the model's page says of how it is offered, where one was read."""
    if capability is None or not (capability.launch_stage or capability.regions):
        return
    quota = capability.requests_per_minute
    parts = [
        capability.launch_stage,
        ", ".join(capability.regions),
        None if quota is None else f"{quota} requests a minute",
    ]
    yield from _wrapped("; ".join(filter(None, parts)), "  offered      ", " " * 15)


def _replacement(judgement: LifecycleJudgement, steps: tuple[LifecycleJudgement, ...]) -> str:
    if not steps:
        return judgement.replacement_text or "none named"
    named = " -> ".join(f"{step.model} ({step.state} on {_surface(step)})" for step in steps)
    text = judgement.replacement_text
    return named if text in {None, judgement.replacement} else f'{named}; printed: "{text}"'


def _source(row: LifecycleRow, day: date) -> Iterator[str]:
    source = row.source
    age = source.age_days(day)
    yield from _wrapped(
        f"{say_day(row.shutdown, row.kind)}: {source.by}, {source.kind}, "
        f"read {source.confirmed} ({age} days old)",
        "    ",
        "      ",
    )
    yield f"      {source.url}"  # never wrapped: a cut address cannot be opened
    if source.note:
        yield from _wrapped(source.note, "      ")


def _next(judgement: LifecycleJudgement, judging: AsOf, book: Reference) -> str:
    live = (
        f"`veo-check lifecycle {safe(judgement.model, 200)} --surface {judgement.surface} --live`"
    )
    steps = successors(book, judgement, judging)
    good = next((step for step in steps if step.state == "alive"), None)
    move = "move to one of the ids that still run"
    if good is not None:
        move = (
            f"move to {good.model} on {_surface(good)}: `veo-check migrate ROUTE --to {good.model}`"
        )
    elif not steps and (near := suggestions(book, judgement.model, judging, judgement.surface)):
        move = f"move to {near[0]}, the id on {judgement.surface} that is most like it"
    match judgement.state:
        case "unknown":
            if judgement.gone:
                return "Google says that it does not exist: use another id."
            if judgement.rows:
                return f"send nothing here until a page lists it again; ask Google itself: {live}."
            known = book.surfaces(judgement.model)
            serving = serving_surfaces(book, judgement.model, judging)
            if serving:
                return f"name the surface that serves it: {' or '.join(serving)}."
            if known:
                near = suggestions(book, judgement.model, judging, judgement.surface)
                return f"move to {near[0]}." if near else "move to an id that is served there."
            if book.is_resellers_name(judgement.model):
                return "ask the reseller which official id runs under it, and judge that id."
            return "check the spelling; `veo-check lifecycle` lists every known id."
        case "unreleased":
            return f"wait for its release on {judgement.released}, or judge another day (--as-of)."
        case "retired":
            return f"send nothing here; {move}."
        case "rerouted":
            return f"name the model that answers: {move}; its price and its limits are other ones."
        case "contradictory":
            return f"do not rely on it: its date has passed; {move}."
        case "contested":
            return f"ask Google itself: {live}, or prove it with a smoke job; plan to move."
        case "retiring":
            return f"before {judgement.shutdown}, {move}."
        case "stale":
            return "read the official pages again: `veo-check refresh`."
        case "alive":
            ends = judgement.next_shutdown
            young = (
                date.max
                if judgement.confirmed is None
                else last_usable_day("lifecycle", judgement.confirmed, judging)
            )
            last = young if ends is None else min(young, ends - timedelta(days=1))
            return f"nothing; this answer is valid until {last}."


def _where_family_runs(
    judgements: tuple[LifecycleJudgement, ...], judging: AsOf, book: Reference, colour: bool
) -> Iterator[str]:
    shaky = [judgement for judgement in judgements if judgement.state in _SHAKY]
    known = (book.capability(judgement.model, judgement.surface) for judgement in shaky)
    capability = next(filter(None, known), None)
    if capability is None:
        return
    family = _FAMILY_NAMES.get(capability.family, capability.family)
    others = (
        judge_lifecycle(book, row.model, row.surface, judging)
        for row in book.capabilities
        if row.family == capability.family and row.model != shaky[0].model
    )
    gone = {"retired", "rerouted", "unreleased", "unknown"}
    running = [other for other in others if other.state not in gone]
    if not running:
        yield f"{family} runs nowhere else that is known."
    else:
        yield f"Where {family} still runs, or may"
    for other in running:
        state = _paint(other.state, other.state, colour)
        when = say_day(other.shutdown, other.kind).removesuffix(" at the earliest")
        yield f"  {other.model:<29} {other.surface:<14} {state} {when}"
    yield ""


def _end_of(judgement: LifecycleJudgement, judging: AsOf, book: Reference) -> str:
    """The replacement named, and where that is gone too, what follows it."""
    end = living_end(successors(book, judgement, judging))
    if end is None:
        return "nothing that still serves"
    if end.model == judgement.replacement:
        return end.model
    return f"{end.model} (named: {judgement.replacement})"


def _under(judgement: LifecycleJudgement, judging: AsOf, book: Reference) -> Iterator[str]:
    """The dates, one line each publisher's reading; then what replaces it."""
    for row in judgement.decisive:
        yield from _wrapped(
            f"{say_day(row.shutdown, row.kind)}: {row.source.by}, {row.source.kind}, "
            f"read {row.source.confirmed}",
            "    ",
        )
    if judgement.replacement is not None:
        yield f"    replaced by {_end_of(judgement, judging, book)}"


def _foot(judging: AsOf, book: Reference) -> list[str]:
    day = f"{judging.day}{' (hypothetical)' if judging.hypothetical else ''}"
    return _wrapped(
        f"Judged for {day}, {judging.within_days} days ahead. "
        f"Reference: {book.origin}, compiled {book.compiled}."
    )


def _surface(judgement: LifecycleJudgement) -> str:
    return "any surface" if judgement.surface == "any" else judgement.surface


def _paint(text: str, state: State, colour: bool) -> str:
    return f"\x1b[{_COLOURS.get(state, _YELLOW)}m{text}\x1b[0m" if colour else text


def _wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    return wrapped(text, first, rest, cut=False)


# What changes when one model takes over from another: endpoint family, limits, unit and price.


Change = tuple[str, str, str]


def changes(
    old: LifecycleJudgement, new: LifecycleJudgement, book: Reference, day: date
) -> Iterator[Change]:
    """(what, before, after) for everything that differs, as far as the reference knows."""
    before = book.capability(old.model, old.surface)
    after = book.capability(new.model, new.surface)
    if old.surface != new.surface:
        yield "surface", old.surface, new.surface
    for name, say in _SAID:
        was = "unknown" if before is None else say(before)
        becomes = "unknown" if after is None else say(after)
        if was != becomes:
            yield name, was, becomes
    yield from _prices(old, new, book, day)


def _list(values: Iterable[object]) -> str:
    return ", ".join(map(str, values)) or "unknown"


def _seconds(capability: Capability) -> str:
    lengths = capability.seconds
    if len(lengths) > 3 and lengths == tuple(range(lengths[0], lengths[-1] + 1)):
        return f"{lengths[0]} to {lengths[-1]}"
    return _list(lengths)


_SAID: tuple[tuple[str, Callable[[Capability], str]], ...] = (
    ("endpoint", lambda row: _list(row.endpoints)),
    ("seconds", _seconds),
    ("resolutions", lambda row: _list(row.resolutions)),
    ("aspect ratio", lambda row: _list(row.aspect_ratios)),
    ("audio", lambda row: row.audio or "unknown"),
    ("modes", lambda row: _list(row.modes)),
    ("count", lambda row: "unknown" if row.max_count is None else f"up to {row.max_count}"),
)


class _WithoutDates:
    """As much of the reference as pricing a model needs.

    It knows no shutdown dates: what a retired model last cost is still worth comparing.
    """

    def __init__(self, book: Reference) -> None:
        self.prices_of = book.prices_of

    def lifecycle(self, model: str, surface: str | None = None) -> tuple[LifecycleRow, ...]:
        return ()

    def capability(self, model: str, surface: str) -> None:
        return None


def _prices(
    old: LifecycleJudgement, new: LifecycleJudgement, book: Reference, day: date
) -> Iterator[Change]:
    # Only here is a price needed, so only here is the price code loaded.
    from decimal import Decimal

    from veo_check.core.money import usd
    from veo_check.pricing.quote import quote
    from veo_check.pricing.shape import Quote, Shape

    priced = _WithoutDates(book)

    def ask(judged: LifecycleJudgement) -> tuple[str, str]:
        ended = judged.shutdown if judged.state == "retired" else None
        last = day if ended is None else min(day, ended - timedelta(days=1))
        shape = Shape(judged.model, judged.surface, seconds=Decimal(8), resolution="720p")
        answer = quote(priced, shape, last)
        if isinstance(answer, Quote):
            return str(answer.unit), f"${usd(answer.expected)}"
        return "unknown", "unknown"

    for name, before, after in zip(("unit", "8 s at 720p"), ask(old), ask(new), strict=True):
        if before != after:
            yield name, before, after
