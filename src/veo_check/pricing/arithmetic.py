"""One rule applied to one shape: the sum, in USD and in words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from veo_check.core.money import plain, usd
from veo_check.pricing.shape import Line, Quote, Refusal, RefusedError, Shape
from veo_check.reference.prices import Component, PriceRule, TokenFormula

#: How much of something one clip is, and that in words, with a place for the number.
Counted = tuple[Decimal, str]


def line(component: Component, rule: PriceRule, shape: Shape) -> Line:
    """The component's quantity for one clip and what it costs. Raises RefusedError."""
    counted, how = _count(component, rule, shape)
    quantity = max(counted - component.free, component.min_quantity, Decimal(0))
    units = quantity / component.per
    if component.rounding != "none":
        mode = ROUND_CEILING if component.rounding == "ceil" else ROUND_FLOOR
        units = units.to_integral_value(rounding=mode)
    return Line(component, quantity, units * component.rate, how.format(_spelled(quantity)))


def _tokens(rule: PriceRule, shape: Shape) -> Counted:
    """Tokens of one clip: as a finished job reported them, or by the rule's formula.

    Raises RefusedError where the rule has no formula or the shape leaves open what it needs.
    """
    if shape.tokens is not None:
        return shape.tokens, "{} tokens as reported"
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


def _count(component: Component, rule: PriceRule, shape: Shape) -> Counted:
    match component.meter:
        case "output-second":
            return _seconds(shape), "{} s"
        case "input-second":
            return _input_seconds(shape), "{} s of input video"
        case "token":
            return _tokens(rule, shape)
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


def _tokens_by_second(formula: TokenFormula, shape: Shape) -> Counted:
    rate = formula.per_second.get(shape.resolution or "")
    if rate is None:
        raise _no_size(formula.per_second, shape)
    number = rate * _seconds(shape)
    return number, f"{{}} tokens ({_spelled(rate)} per second)"


def _tokens_by_pixel(formula: TokenFormula, shape: Shape) -> Counted:
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
    number = pixels * (frames + formula.extra_frames) // formula.divisor
    shown = plain(frames + formula.extra_frames)
    return number, f"{{}} tokens ({size[0]}x{size[1]}, {shown} frames)"


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


def price_by(rule: PriceRule, shape: Shape) -> Quote | Refusal:
    """`shape` priced by this one rule, whatever its day."""
    try:
        return _priced(rule, shape)
    except RefusedError as refused:
        return Refusal(refused.code, refused.message, rule.source)


def _priced(rule: PriceRule, shape: Shape) -> Quote:
    if shape.tokens is not None and not any(
        component.meter == "token" for component in rule.components
    ):
        raise RefusedError(
            "unknown-unit",
            f"{rule.model} is billed by {rule.unit}: a count of tokens means nothing here"
            " (some gateways report seconds in a field called tokens)",
        )
    lines = tuple(line(component, rule, shape) for component in rule.components)
    expected = _in_usd(rule, lines, shape.count)
    return Quote(shape, rule, expected, lines, _arithmetic(rule, lines, shape))


def _in_usd(rule: PriceRule, lines: Iterable[Line], count: int) -> Decimal:
    pool = rule.pool
    one_clip = max(sum((part.amount for part in lines), Decimal(0)), rule.min_charge)
    total = one_clip * rule.multiplier * count
    if rule.currency == "USD":
        return total
    if pool is None:
        raise RefusedError(
            "unknown-currency",
            f"{rule.model} is priced in {rule.currency}; that is never converted to USD here",
        )
    if pool.usd is None:
        raise RefusedError(
            "unknown-credit",
            f"it costs {plain(total)} credits; the USD value of a credit is unknown",
        )
    return total * pool.usd / pool.units


def _arithmetic(rule: PriceRule, lines: Iterable[Line], shape: Shape) -> str:
    """The sum in words, e.g. "$0.12 per second x 8 s"."""
    pool = rule.pool
    money = "" if pool is not None else "$"
    coin = " credits" if pool is not None else ""
    parts = []
    for part in lines:
        if not part.quantity:
            continue
        rate = plain(part.component.rate, 0 if pool is not None else 2)
        per = "per clip" if rule.flat and rule.unit != "call" else _PER[part.component.meter]
        if part.component.per != 1:
            size = plain(part.component.per)
            per = f"per {_LARGE.get(size, size)} {part.component.meter}s"
        fixed = part.component.meter == "call"
        parts.append(f"{money}{rate}{coin} {per}" + ("" if fixed else f" x {part.text}"))
    text = " + ".join(parts) or "nothing is charged"
    if rule.min_charge and rule.min_charge > sum((part.amount for part in lines), Decimal(0)):
        text = f"at least {money}{plain(rule.min_charge, 2)}{coin} ({text})"
    if rule.multiplier != 1:
        text += f" x {plain(rule.multiplier)}"
    if shape.count > 1:
        text += f" x {shape.count} clips"
    if pool is not None and pool.usd is not None:
        credits = "1 credit" if pool.units == 1 else f"{plain(pool.units)} credits"
        text += f"; {credits} = ${usd(pool.usd)}"
    return text


_PER = {
    "output-second": "per second",
    "input-second": "per second",
    "token": "per token",
    "frame": "per frame",
    "call": "per call",
    "input-image": "per image",
}
_LARGE = {"1000000": "million"}
