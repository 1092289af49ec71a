"""Which of one publisher's rules decides about a shape on a day, and why none does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from veo_check.core.money import plain
from veo_check.pricing.answers import Refusal
from veo_check.pricing.shape import Shape
from veo_check.reference.price_rules import Choice, PriceRule, Span, recency


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
    rule = max(candidates, key=lambda one: (len(one.match), recency(one)))
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
            message = f"{where} was shut down on {last.valid_to}"
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
                f"{shape.model} on {shape.surface} has no price for {word} {_word(said)};"
                f" known: {known}",
                source,
            )
    asked = ", ".join(f"{name} {_word(shape.dimension(name))}" for name in names)
    return Refusal(
        "unsupported-combination",
        f"{shape.model} on {shape.surface} has no price for {asked} together",
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
            f"{rule.model} needs to know {name.replace('_', ' ')}",
            rule.source,
            rule.id,
        )
    if value in choice:
        return None
    matched = " ".join(_word(shape.dimension(key)) for key in rule.match if key != "audio")
    at = f" at {matched}" if matched else ""
    return Refusal(
        "unsupported-combination",
        f"{rule.model} on {rule.surface}{at}: {name.replace('_', ' ')} {_word(value)} is not"
        f" offered, only {_spelled([choice])}",
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
