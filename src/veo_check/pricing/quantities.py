"""What a price's components count in one shape: seconds, tokens, frames, calls, images."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from veo_check.core.money import plain
from veo_check.pricing.answers import Line, RefusedError
from veo_check.pricing.shape import Shape
from veo_check.reference.price_rules import Component, PriceRule, TokenFormula


@dataclass(frozen=True, slots=True)
class Tokens:
    """How many tokens one clip is, by what is billed and by the vendor's own estimate."""

    expected: Decimal
    estimate: Decimal
    how: str


def line(component: Component, rule: PriceRule, shape: Shape, *, estimate: bool = False) -> Line:
    """The component's quantity for one clip and what it costs. Raises RefusedError."""
    counted, how = _count(component, rule, shape, estimate)
    quantity = max(counted - component.free, component.min_quantity, Decimal(0))
    units = quantity / component.per
    if component.rounding != "none":
        mode = ROUND_CEILING if component.rounding == "ceil" else ROUND_FLOOR
        units = units.to_integral_value(rounding=mode)
    return Line(component, quantity, units * component.rate, how.format(_spelled(quantity)))


def tokens_of(rule: PriceRule, shape: Shape) -> Tokens:
    """Tokens of one clip: as a finished job reported them, or by the rule's formula.

    Raises RefusedError where the rule has no formula or the shape leaves open what it needs.
    """
    if shape.tokens is not None:
        return Tokens(shape.tokens, shape.tokens, "{} tokens as reported")
    formula = rule.tokens
    if formula is None:
        raise RefusedError(
            "unknown-unit",
            f"{shape.model} is billed by token and no formula says how many a clip is;"
            " give the tokens that a finished job reported",
        )
    if formula.per_second:
        return _tokens_by_second(formula, shape)
    return _tokens_by_pixel(formula, shape)


def _count(
    component: Component, rule: PriceRule, shape: Shape, estimate: bool
) -> tuple[Decimal, str]:
    match component.meter:
        case "output-second":
            return _seconds(shape), "{} s"
        case "input-second":
            return _input_seconds(shape), "{} s of input video"
        case "token":
            tokens = tokens_of(rule, shape)
            return (tokens.estimate if estimate else tokens.expected), tokens.how
        case "frame":
            rate = shape.frame_rate
            if rate is None:
                raise RefusedError(
                    "ambiguous", f"{shape.model} is billed by frame: say the frame rate"
                )
            return (_seconds(shape) * rate).to_integral_value(rounding=ROUND_CEILING), "{} frames"
        case "call":
            return Decimal(1), "per call"
        case "input-image":
            images = "{} charged input images" if component.free else "{} input images"
            return Decimal(shape.input_images), images


def _seconds(shape: Shape) -> Decimal:
    if shape.seconds is None:
        raise RefusedError(
            "unknown-duration", f"{shape.model} is billed by length: say how many seconds"
        )
    return shape.seconds


def _input_seconds(shape: Shape) -> Decimal:
    if shape.input_video_seconds is None:
        raise RefusedError(
            "unknown-duration",
            f"{shape.model} also bills the input video: say how many seconds that is",
        )
    return shape.input_video_seconds


def _tokens_by_second(formula: TokenFormula, shape: Shape) -> Tokens:
    rate = formula.per_second.get(shape.resolution or "")
    if rate is None:
        raise _no_size(formula.per_second, shape)
    number = rate * _seconds(shape)
    return Tokens(number, number, f"{{}} tokens ({_spelled(rate)} per second)")


def _tokens_by_pixel(formula: TokenFormula, shape: Shape) -> Tokens:
    ratios = formula.pixels.get(shape.resolution or "")
    if ratios is None:
        raise _no_size(formula.pixels, shape)
    size = ratios.get(shape.aspect_ratio or "")
    if size is None:
        raise RefusedError(
            "unsupported-combination" if shape.aspect_ratio else "ambiguous",
            f"{shape.model} has no size for aspect ratio {shape.aspect_ratio or '(not said)'};"
            f" known: {', '.join(ratios)}",
        )
    frames = (_seconds(shape) + _input_seconds(shape)) * formula.fps
    pixels = size[0] * size[1]
    # whole tokens, rounded down: a fraction of a token was never seen on a bill
    expected = pixels * (frames + formula.extra_frames) // formula.divisor
    estimate = pixels * frames // formula.divisor
    shown = plain(frames + formula.extra_frames)
    return Tokens(expected, estimate, f"{{}} tokens ({size[0]}x{size[1]}, {shown} frames)")


def _no_size(table: object, shape: Shape) -> RefusedError:
    known = ", ".join(map(str, table)) if isinstance(table, dict) else ""
    if shape.resolution is None:
        return RefusedError(
            "ambiguous", f"{shape.model} is billed by size: say the resolution ({known})"
        )
    return RefusedError(
        "unsupported-combination",
        f"{shape.model} has no size for {shape.resolution}; known: {known}",
    )


def _spelled(number: Decimal) -> str:
    text = plain(number)
    whole, point, fraction = text.partition(".")
    return f"{int(whole):,}{point}{fraction}"
