"""What one request shape costs on one day: a quote in USD, or a refusal that says why not.

Which rule decides: exact model and surface, live on the day, every dimension of its `match` equal,
the most of them, then the latest reading; then the shape must lie inside what the rule allows.
Among publishers the vendor's own word decides; without it, what most of them agree on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from veo_check.core.money import plain, usd
from veo_check.pricing.arithmetic import price_by
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.capabilities import unsupported
from veo_check.reference.prices import Choice, PriceRule, Span, recency
from veo_check.reference.readings import is_over
from veo_check.reference.rows import Capability, LifecycleRow, Source, SourceKind


def choose(rules: list[PriceRule], shape: Shape, day: date) -> tuple[PriceRule, Shape] | Refusal:
    """The rule that prices `shape` on `day`, and the shape with its audio settled.

    `rules` are one publisher's, all for the shape's model and surface.
    """
    live = [rule for rule in rules if rule.live_on(day)]
    if not live:
        return _not_live(rules, shape, day)
    heard = _with_sound(live, shape)
    candidates = [rule for rule in live if matches(rule, heard)]
    if not candidates:
        return _no_match(live, heard)
    rule = max(candidates, key=lambda rule: (len(rule.match), recency(rule)))
    for name, choice in rule.allowed.items():
        refusal = _outside(rule, name, choice, heard)
        if refusal is not None:
            return refusal
    return rule, heard


def _not_live(rules: list[PriceRule], shape: Shape, day: date) -> Refusal:
    where = f"{shape.model} on {shape.surface}"
    last = max(rules, key=lambda rule: (rule.valid_to or date.max, recency(rule)))
    if last.valid_to is not None and last.valid_to <= day:
        if last.ends == "retired":
            message = f"the model {shape.model} was shut down on {shape.surface} on {last.valid_to}"
            return Refusal("retired", message, last.source)
        return Refusal(
            "unpriced", f"the last known price of {where} ended {last.valid_to}", last.source
        )
    first = min(rules, key=lambda rule: rule.valid_from or date.min)
    return Refusal(
        "unpriced", f"no price of {where} is known before {first.valid_from}", first.source
    )


def _with_sound(rules: Iterable[PriceRule], shape: Shape) -> Shape:
    """Audio that nobody asked about is what the model makes by itself: sound, if it can."""
    if shape.audio is not None:
        return shape
    choices = [
        choice
        for rule in rules
        for choice in (rule.match.get("audio"), rule.allowed.get("audio"))
        if choice is not None
    ]
    if not choices:
        return shape
    return replace(shape, audio=any(True in choice for choice in choices))


def matches(rule: PriceRule, shape: Shape) -> bool:
    """Whether the shape has every value the rule asks for; what it leaves open is no match."""
    for name, choice in rule.match.items():
        value = shape.dimension(name)
        if value is None or value not in choice:
            return False
    return True


def _no_match(rules: list[PriceRule], shape: Shape) -> Refusal:
    """Why no rule of this publisher matches: something left open, or something it never sells."""
    source = rules[0].source
    names = dict.fromkeys(name for rule in rules for name in rule.match)
    for name in names:
        said = shape.dimension(name)
        choices = [rule.match[name] for rule in rules if name in rule.match]
        known = _spelled(choices)
        word = name.replace("_", " ")
        if said is None:
            return Refusal(
                "unknown-duration" if name == "seconds" else "ambiguous",
                f"the price of {shape.model} depends on {word}: say which of {known}",
                source,
            )
        if len(choices) == len(rules) and not any(said in choice for choice in choices):
            return Refusal(
                "unsupported-combination" if name in _CAPABILITIES else "unpriced",
                f"no price of {shape.model} on {shape.surface} for {word} {_word(said)};"
                f" known: {known}",
                source,
            )
    asked = ", ".join(f"{name} {_word(shape.dimension(name))}" for name in names)
    return Refusal(
        "unsupported-combination",
        f"no price of {shape.model} on {shape.surface} for {asked} together",
        source,
    )


#: Dimensions in which a price list names everything the model can do. Audio is not one of them
#: (lists that know only the price with sound leave the silent one out), nor is the service tier.
_CAPABILITIES = frozenset({"resolution", "seconds", "aspect_ratio", "mode", "count"})


def _outside(rule: PriceRule, name: str, choice: Choice, shape: Shape) -> Refusal | None:
    value = shape.dimension(name)
    if value is None:
        if name in {"seconds", "mode"}:  # a missing length is refused when it is counted
            return None
        return Refusal(
            "ambiguous",
            f"the price of {rule.model} depends on {name.replace('_', ' ')}, which is not given",
            rule.source,
            rule.id,
        )
    if value in choice:
        return None
    matched = " ".join(_word(shape.dimension(key)) for key in rule.match if key != "audio")
    at = f" at {matched}" if matched else ""
    return Refusal(
        "unsupported-combination",
        f"{name.replace('_', ' ')} {_word(value)} is not offered by {rule.model} on"
        f" {rule.surface}{at}, only {_spelled([choice])}",
        rule.source,
        rule.id,
    )


def _spelled(choices: Iterable[Choice]) -> str:
    words: dict[str, None] = {}
    for choice in choices:
        values = (str(choice),) if isinstance(choice, Span) else map(_word, choice)
        words.update(dict.fromkeys(values))
    return ", ".join(words)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return plain(value) if isinstance(value, Decimal) else str(value)


#: Whose word weighs most. A gateway is the authority on its own surface.
_RANK: Mapping[SourceKind, int] = {
    "official": 0,
    "official-copy": 1,
    "gateway": 2,
    "third-party": 3,
}


class Priced(Protocol):
    """What a quote needs of the reference data, which never changes: quotes are remembered."""

    def prices_of(self, model: str) -> tuple[PriceRule, ...]:
        """Every price rule of one model."""

    def lifecycle(self, model: str, surface: str | None = None) -> tuple[LifecycleRow, ...]:
        """What is known of a model's dates."""

    def capability(self, model: str, surface: str) -> Capability | None:
        """What the model accepts on a surface."""

    def __hash__(self) -> int:
        """By identity: what was quoted from one book is never the answer of another."""


def quote(reference: Priced, shape: Shape, day: date) -> Quote | Refusal:
    """The price of `shape` on `day`, by the most trustworthy publisher.

    Where only third parties price it, the amount that most of them name; without one that leads,
    `ambiguous`. A shape that the model does not make has no price: what `run` refuses, this refuses
    too.
    """
    gone = _retired(reference, shape, day)
    return gone or impossible(reference, shape) or _quote(reference, shape, day)


def impossible(reference: Priced, shape: Shape) -> Refusal | None:
    """Why no such job exists, where what the model accepts on this surface is known."""
    capability = reference.capability(shape.model, shape.surface)
    if capability is None:
        return None
    parts = [part for part in unsupported(capability, shape) if part.outcome == "unsupported"]
    if not parts:
        return None
    return Refusal(
        "unsupported-combination",
        "; ".join(part.message for part in parts),
        capability.source,
        capability.id,
    )


def anyway(reference: Priced, shape: Shape, day: date) -> Quote | Refusal:
    """What would be billed for a shape that the model should refuse, if it made it after all."""
    return _quote(reference, shape, day)


# Several parts of a report ask for the same price, and so do many routes of one run.
@lru_cache(maxsize=512)
def _quote(reference: Priced, shape: Shape, day: date) -> Quote | Refusal:
    if (gone := _retired(reference, shape, day)) is not None:
        return gone
    if not reference.prices_of(shape.model):
        if reference.lifecycle(shape.model):
            return Refusal("unpriced", f"no price of {shape.model} is known")
        return Refusal("unknown-model", f"no price is known for a model called {shape.model}")
    answers = quotes_by_source(reference, shape, day)
    if not answers:
        known = sorted({rule.surface for rule in reference.prices_of(shape.model)})
        return Refusal(
            "unpriced",
            f"no price is known for {shape.model} on {shape.surface}; known on: {', '.join(known)}",
        )
    for rank in sorted({_weight(answer) for answer in answers}):
        level = [answer for answer in answers if _weight(answer) == rank]
        refusals = [answer for answer in level if isinstance(answer, Refusal)]
        # a rule that matches and forbids the shape outweighs others that are silent about it
        forbidden = next((refusal for refusal in refusals if refusal.rule is not None), None)
        if forbidden is not None:
            return forbidden
        quotes = [answer for answer in level if isinstance(answer, Quote)]
        if quotes:
            return _agreed(quotes)
        if any(refusal.code not in _SILENT for refusal in refusals):
            return next(refusal for refusal in refusals if refusal.code not in _SILENT)
    unheard = [answer for answer in answers if isinstance(answer, Refusal)]
    return min(unheard, key=lambda refusal: refusal.code == "unpriced")


#: A publisher that refuses so may leave the word to a lesser one.
_SILENT = frozenset({"unpriced", "unsupported-combination"})


@lru_cache(maxsize=512)
def quotes_by_source(reference: Priced, shape: Shape, day: date) -> tuple[Quote | Refusal, ...]:
    """Every publisher's own answer for `shape` on `day`, the most trustworthy first.

    A publisher without any rule for the model on that surface gives no answer at all.
    """
    groups: dict[str, list[PriceRule]] = {}
    for rule in reference.prices_of(shape.model):
        if rule.surface == shape.surface:
            groups.setdefault(rule.source.publisher, []).append(rule)
    answers = [_by_publisher(rules, shape, day) for rules in groups.values()]
    return tuple(sorted(answers, key=_order))


def _by_publisher(rules: list[PriceRule], shape: Shape, day: date) -> Quote | Refusal:
    chosen = choose(rules, shape, day)
    return chosen if isinstance(chosen, Refusal) else price_by(*chosen)


def rank(source: Source) -> int:
    """How much a source weighs: 0 is the vendor's own page, a higher number is further from it."""
    return _RANK[source.kind]


def _weight(answer: Quote | Refusal) -> int:
    return rank(answer.source) if answer.source is not None else len(_RANK)


def _order(answer: Quote | Refusal) -> tuple[int, int, str]:
    source = answer.source
    if source is None:
        return _weight(answer), 0, ""
    return _weight(answer), -source.confirmed.toordinal(), source.publisher


def _retired(reference: Priced, shape: Shape, day: date) -> Refusal | None:
    """A published, passed shutdown date (exact, or the Gemini API's "earliest") ends the price.

    A gateway has no dates of its own: what it forwards ends when every surface of the vendor's
    ended, however long the gateway goes on listing it. "Or later" dates decide nothing here.
    """
    rows = reference.lifecycle(shape.model, shape.surface)
    if rows:
        return _shut_down(reference, rows, shape.surface, day)
    sold_by_gateway = any(
        rule.source.kind == "gateway"
        for rule in reference.prices_of(shape.model)
        if rule.surface == shape.surface
    )
    if not sold_by_gateway:
        return None
    everywhere = reference.lifecycle(shape.model)
    ends = [
        _shut_down(reference, [row for row in everywhere if row.surface == surface], surface, day)
        for surface in dict.fromkeys(row.surface for row in everywhere)
    ]
    return ends[0] if ends and all(ends) else None


def _shut_down(
    reference: Priced, rows: Sequence[LifecycleRow], surface: str, day: date
) -> Refusal | None:
    """Only the newest reading of each publisher counts. That a page lists a model no more takes
    nothing back: pages drop what was shut down."""
    newest: dict[str, LifecycleRow] = {}
    for row in rows:
        if row.kind == "absent":
            continue
        held = newest.get(row.source.publisher)
        if held is None or held.source.confirmed < row.source.confirmed:
            newest[row.source.publisher] = row
    for row in newest.values():
        if is_over(row, day):
            moved = next((other for other in newest.values() if other.reroutes_to), None)
            if moved is not None:
                return Refusal(
                    "retired",
                    f"since {moved.shutdown} requests for {row.model} on {surface} are answered by "
                    f"{moved.reroutes_to}, as {moved.source.by} says: price that model",
                    moved.source,
                )
            end = _living(reference, row, day)
            successor = f"; replacement: {end}" if end else ""
            return Refusal(
                "retired",
                f"the model {row.model} was shut down on {surface} on {row.shutdown}{successor}",
                row.source,
            )
    return None


def _living(reference: Priced, row: LifecycleRow, day: date) -> str | None:
    """Where the chain of replacements ends that begins with this row; None: nowhere."""
    seen = {row.model}
    name = row.replacement
    while name is not None and name not in seen:
        seen.add(name)
        if served_somewhere(reference, name, day):
            return name
        rows = reference.lifecycle(name)
        name = next((each.replacement for each in rows if each.replacement is not None), None)
    return None


def served_somewhere(reference: Priced, model: str, day: date) -> bool:
    """Whether some surface has not shut the id down; true of an id without dates."""
    rows = reference.lifecycle(model)
    ended = {row.surface for row in rows if is_over(row, day)}
    return not rows or any(row.surface not in ended for row in rows)


#: Two published prices this close are one: of a price per token one prints the price per second,
#: rounded.
_ROUNDED = Decimal("0.01")


def camps(quotes: Iterable[Quote]) -> list[list[Quote]]:
    """Quotes of one amount together, each led by the freshest; the largest camp first."""
    found: list[list[Quote]] = []
    for quoted in sorted(quotes, key=lambda quoted: quoted.source.confirmed, reverse=True):
        own = (camp for camp in found if _one_amount(camp[0].expected, quoted.expected))
        camp = next(own, None)
        if camp is None:
            found.append([quoted])
        else:
            camp.append(quoted)
    return sorted(found, key=len, reverse=True)


def _one_amount(first: Decimal, second: Decimal) -> bool:
    return abs(first - second) <= _ROUNDED * first


def _agreed(quotes: list[Quote]) -> Quote | Refusal:
    """The amount that most publishers name; the newest of them speaks for it."""
    groups = camps(quotes)
    if len(groups) > 1 and len(groups[0]) == len(groups[1]):
        views = "; ".join(f"{quoted.source.by}: ${usd(quoted.expected)}" for quoted in quotes)
        return Refusal("ambiguous", f"the sources disagree: {views}")
    first, *others = groups[0]
    return replace(first, agreeing=tuple(other.source for other in others))


def own_surfaces(reference: Priced, model: str) -> tuple[str, ...]:
    """The surfaces whose prices the best source speaks for: the vendor's before any reseller's."""
    best: dict[str, int] = {}
    for rule in reference.prices_of(model):
        weight = rank(rule.source)
        best[rule.surface] = min(weight, best.get(rule.surface, weight))
    top = min(best.values(), default=0)
    return tuple(sorted(surface for surface, weight in best.items() if weight == top))


def quote_anywhere(reference: Priced, shape: Shape, day: date) -> Quote | Refusal:
    """The price on the model's own surface; `ambiguous` where several differ.

    A surface that refuses leaves the word to another of the vendor's own, never to a reseller.
    """
    surfaces = own_surfaces(reference, shape.model) or (shape.surface,)
    answers = [quote(reference, replace(shape, surface=surface), day) for surface in surfaces]
    quotes = [answer for answer in answers if isinstance(answer, Quote)]
    if len({quoted.expected for quoted in quotes}) > 1:
        views = ", ".join(f"{quoted.shape.surface} ${usd(quoted.expected)}" for quoted in quotes)
        return Refusal(
            "ambiguous", f"the price of {shape.model} differs by surface: name one ({views})"
        )
    return quotes[0] if quotes else answers[0]
