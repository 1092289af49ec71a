"""What `lifecycle` prints for people: one id in detail, or a table that fits 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from veo_check.core.clock import Judging
from veo_check.reference.book import Reference
from veo_check.reference.freshness import last_usable_day
from veo_check.reference.lifecycle import (
    LifecycleJudgement,
    State,
    judge_lifecycle,
    say_day,
    successors,
)
from veo_check.reference.rows import LifecycleRow

_WIDTH = 80
_RED, _GREEN, _YELLOW = "31", "32", "33"
_COLOURS: dict[State, str] = {
    "retired": _RED,
    "retiring": _RED,
    "alive": _GREEN,
}
#: States in which an id is gone or may be: what still runs is worth knowing.
_SHAKY = frozenset({"retired", "retiring", "contested", "contradictory"})
_FAMILY_NAMES = {"veo": "Veo", "gemini-omni": "Gemini Omni", "sora": "Sora", "seedance": "Seedance"}


def table(
    judgements: tuple[LifecycleJudgement, ...], judging: Judging, book: Reference, colour: bool
) -> str:
    """Two or more lines an id and surface: state and age, then dates, replacement, source."""
    lines = [f"{'MODEL':<34} {'SURFACE':<15} {'STATE':<14} {'AGE':>5}"]
    for judgement in judgements:
        age = "-" if judgement.age_days is None else f"{judgement.age_days}d"
        state = _paint(f"{judgement.state:<14}", judgement.state, colour)
        name = _printable(judgement.model)
        lines.append(f"{name:<34} {_surface(judgement):<15} {state} {age:>5}")
        lines.extend(_under(judgement))
        if judgement.state == "unknown":
            lines.extend(_wrapped(" ".join(judgement.reasons), "    "))
    return _page([*lines, "", *_foot(judging, book)])


def detail(
    judgements: tuple[LifecycleJudgement, ...], judging: Judging, book: Reference, colour: bool
) -> str:
    """Everything known about one id, each surface in turn, and what to do next."""
    lines: list[str] = []
    for judgement in judgements:
        lines.extend(_block(judgement, judging, book, colour))
        lines.append("")
    lines.extend(_where_family_runs(judgements, judging, book, colour))
    return _page([*lines, *_foot(judging, book)])


def _block(
    judgement: LifecycleJudgement, judging: Judging, book: Reference, colour: bool
) -> Iterator[str]:
    state = _paint(judgement.state, judgement.state, colour)
    yield f"{_printable(judgement.model)} on {_surface(judgement)}: {state}"
    for reason in judgement.reasons:
        yield from _wrapped(reason, "  ")
    if judgement.rows:
        yield ""
        yield f"  released     {judgement.released or 'unknown'}"
        yield f"  shutdown     {say_day(judgement.shutdown, judgement.kind)}"
        if judgement.next_shutdown not in {None, judgement.shutdown}:
            yield f"  next date    {judgement.next_shutdown}"
        steps = successors(book, judgement, judging)
        yield from _wrapped(_replacement(judgement, steps), "  replacement  ", " " * 15)
        if judgement.state in _SHAKY and steps:
            yield from _what_changes(judgement, steps[-1], book, judging.day)
        yield "  sources"
        for row in judgement.rows:
            yield from _source(row, judging.day)
    yield from _wrapped(_next(judgement, judging, book), "  next         ", " " * 15)


def _replacement(judgement: LifecycleJudgement, steps: tuple[LifecycleJudgement, ...]) -> str:
    if not steps:
        return judgement.replacement_text or "none named"
    named = " -> ".join(f"{step.model} ({step.state} on {_surface(step)})" for step in steps)
    text = judgement.replacement_text
    return named if text in {None, judgement.replacement} else f'{named}; printed: "{text}"'


def _what_changes(
    judgement: LifecycleJudgement, successor: LifecycleJudgement, book: Reference, day: date
) -> Iterator[str]:
    from veo_check.cli.lifecycle_changes import changes

    yield f"  what changes with {successor.model} on {_surface(successor)}"
    for name, old, new in changes(judgement, successor, book, day):
        yield from _wrapped(f"{old} -> {new}", f"    {name:<12} ", " " * 17)


def _source(row: LifecycleRow, day: date) -> Iterator[str]:
    source = row.source
    age = source.age_days(day)
    yield from _wrapped(
        f"{say_day(row.shutdown, row.kind)}: {source.publisher}, {source.kind}, "
        f"read {source.confirmed} ({age} days old)",
        "    ",
        "      ",
    )
    yield f"      {source.url}"  # never wrapped: a cut address cannot be opened
    if source.note:
        yield from _wrapped(source.note, "      ")


def _next(judgement: LifecycleJudgement, judging: Judging, book: Reference) -> str:
    live = (
        f"`veo-check lifecycle {_printable(judgement.model)} --surface {judgement.surface} --live`"
    )
    steps = successors(book, judgement, judging)
    good = next((step for step in steps if step.state == "alive"), None)
    move = (
        "move to one of the ids that still run"
        if good is None
        else f"move to {good.model} on {_surface(good)} and judge that route again"
    )
    match judgement.state:
        case "unknown":
            if judgement.gone:
                return "Google says that it does not exist: use another id."
            if judgement.rows:
                return f"send nothing here until a page lists it again; ask Google itself: {live}."
            return "check the spelling; `veo-check lifecycle` lists every known id."
        case "unreleased":
            return f"wait for its release on {judgement.released}, or judge another day (--as-of)."
        case "retired":
            return f"send nothing here; {move}."
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
            return f"nothing; this answer holds until {last}."


def _where_family_runs(
    judgements: tuple[LifecycleJudgement, ...], judging: Judging, book: Reference, colour: bool
) -> Iterator[str]:
    shaky = [judgement for judgement in judgements if judgement.state in _SHAKY]
    capability = next(
        filter(None, (book.capability(one.model, one.surface) for one in shaky)), None
    )
    if capability is None:
        return
    family = _FAMILY_NAMES.get(capability.family, capability.family)
    running = [
        judge_lifecycle(book, row.model, row.surface, judging)
        for row in book.capabilities
        if row.family == capability.family and row.model != shaky[0].model
    ]
    running = [one for one in running if one.state not in {"retired", "unreleased", "unknown"}]
    if not running:
        yield f"{family} runs nowhere else that is known."
    else:
        yield f"Where {family} still runs, or may"
    for one in running:
        state = _paint(f"{one.state:<13}", one.state, colour)
        when = say_day(one.shutdown, one.kind)
        yield f"  {one.model:<29} {one.surface:<14} {state} {when}"
    yield ""


def _under(judgement: LifecycleJudgement) -> Iterator[str]:
    """The dates, one line each publisher's reading; then what replaces it."""
    for row in judgement.decisive:
        yield from _wrapped(
            f"{say_day(row.shutdown, row.kind)}: {row.source.publisher}, {row.source.kind}, "
            f"read {row.source.confirmed}",
            "    ",
        )
    if judgement.replacement is not None:
        yield f"    replaced by {judgement.replacement}"


def _foot(judging: Judging, book: Reference) -> Iterator[str]:
    day = f"{judging.day}{' (hypothetical)' if judging.hypothetical else ''}"
    text = (
        f"Judged for {day}, {judging.within_days} days ahead. "
        f"Reference: {book.origin}, compiled {book.compiled}."
    )
    yield from _wrapped(text, "")


def _surface(judgement: LifecycleJudgement) -> str:
    return "any surface" if judgement.surface == "any" else judgement.surface


def _paint(text: str, state: State, colour: bool) -> str:
    return f"\x1b[{_COLOURS.get(state, _YELLOW)}m{text}\x1b[0m" if colour else text


def _printable(text: str) -> str:
    return text if text.isprintable() and len(text) <= 200 else ascii(text[:200])


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _page(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"
