"""Every known model side by side, at the shape nearest to the one asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal

from veo_check.core.clock import AsOf
from veo_check.core.frozen import dataclass
from veo_check.core.money import plain
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.lifecycle import State, judge_lifecycle
from veo_check.reference.load import Reference
from veo_check.reference.prices import Choice, PriceRule, Span

_SIZES = ("360p", "480p", "540p", "720p", "768p", "1024p", "1080p", "2k", "4k")


@dataclass(frozen=True, slots=True)
class Compared:
    """One model on one surface: what it costs, and how its clip differs from the one asked for.

    `shape` is the shape priced; `answer` is exactly what `quote` says about it. `relative` is the
    clip's price over that of the first row; None where either has none.
    """

    shape: Shape
    answer: Quote | Refusal
    state: State
    differs: tuple[str, ...]
    relative: Decimal | None = None


def compare(
    reference: Reference,
    asked: Shape,
    judging: AsOf,
    *,
    first: bool,
    surfaces: Collection[str] | None = None,
) -> tuple[Compared, ...]:
    """Every model and surface with a price, cheapest first, the refused ones last.

    `first`: the shape's own model leads, whatever it costs, and the others relate to it.
    `surfaces`: those alone; None: all.
    """
    places: dict[tuple[str, str], list[PriceRule]] = {}
    for rule in reference.prices:
        if surfaces is None or rule.surface in surfaces:
            places.setdefault((rule.model, rule.surface), []).append(rule)
    rows = [_row(reference, asked, judging, place, rules) for place, rules in places.items()]
    own = (asked.model, asked.surface)
    rows.sort(key=lambda row: _order(row, own if first else None))
    base = rows[0].answer if rows else None
    if not isinstance(base, Quote) or not base.expected:
        return tuple(rows)
    return tuple(
        replace(row, relative=row.answer.expected / base.expected)
        if isinstance(row.answer, Quote)
        else row
        for row in rows
    )


def _row(
    reference: Reference,
    asked: Shape,
    judging: AsOf,
    place: tuple[str, str],
    rules: list[PriceRule],
) -> Compared:
    shape = replace(asked, model=place[0], surface=place[1])
    live = [rule for rule in rules if rule.live_on(judging.day)]
    if place != (asked.model, asked.surface):
        shape = _nearest(shape, live)
    answer = quote(reference, shape, judging.day)
    state = judge_lifecycle(reference, *place, judging).state
    differs = [*_differences(asked, shape)]
    if asked.audio and not any("audio" in rule.match or "audio" in rule.allowed for rule in live):
        capability = reference.capability(*place)
        if capability is None or capability.audio is None:
            differs.append("audio unknown")
        elif capability.audio == "never":
            differs.append("silent")
    return Compared(shape, answer, state, tuple(differs))


def _order(row: Compared, own: tuple[str, str] | None) -> tuple[bool, bool, Decimal, str, str]:
    place = row.shape.model, row.shape.surface
    cost = row.answer.expected if isinstance(row.answer, Quote) else Decimal(0)
    return place != own, isinstance(row.answer, Refusal), cost, *place


def _nearest(shape: Shape, rules: list[PriceRule]) -> Shape:
    """The shape with its resolution, length, audio and count moved to what is offered there."""
    shape = replace(shape, resolution=_resolution(shape, rules))
    fitting = [rule for rule in rules if _may(rule, "resolution", shape.resolution)]
    shape = replace(shape, seconds=_seconds(shape, fitting))
    if shape.audio is not None and not _offered(fitting, "audio", shape.audio):
        shape = replace(shape, audio=not shape.audio)
    if not _offered(fitting, "count", Decimal(shape.count)):
        shape = replace(shape, count=1)
    return shape


def _resolution(shape: Shape, rules: list[PriceRule]) -> str | None:
    if shape.resolution is None or _offered(rules, "resolution", shape.resolution):
        return shape.resolution
    words = {word for word in _values(rules, "resolution") if isinstance(word, str)}
    known = sorted(words & set(_SIZES), key=_SIZES.index)
    if not known or shape.resolution not in _SIZES:
        return shape.resolution
    wanted = _SIZES.index(shape.resolution)
    return next((word for word in known if _SIZES.index(word) > wanted), known[-1])


def _seconds(shape: Shape, rules: list[PriceRule]) -> Decimal | None:
    """The length itself where it is offered, else the next longer one, else the longest."""
    if shape.seconds is None or _offered(rules, "seconds", shape.seconds):
        return shape.seconds
    known = sorted(value for value in _values(rules, "seconds") if isinstance(value, Decimal))
    if not known:
        return shape.seconds
    return next((value for value in known if value > shape.seconds), known[-1])


def _offered(rules: Iterable[PriceRule], name: str, value: object) -> bool:
    return any(_may(rule, name, value) for rule in rules)


def _may(rule: PriceRule, name: str, value: object) -> bool:
    choices = (rule.match.get(name), rule.allowed.get(name))
    return all(choice is None or value in choice for choice in choices)


def _values(rules: Iterable[PriceRule], name: str) -> set[object]:
    found: set[object] = set()
    for rule in rules:
        for choice in (rule.match.get(name), rule.allowed.get(name)):
            found.update(_listed(choice))
    return found


def _listed(choice: Choice | None) -> tuple[object, ...]:
    if isinstance(choice, Span):
        return choice.low, choice.high
    return choice or ()


def _differences(asked: Shape, given: Shape) -> Iterable[str]:
    if given.seconds != asked.seconds and given.seconds is not None:
        yield f"{plain(given.seconds)} s"
    if given.resolution != asked.resolution:
        yield str(given.resolution)
    if given.audio != asked.audio:
        yield "audio" if given.audio else "silent"
    if given.count != asked.count:
        yield f"{given.count} clip"
