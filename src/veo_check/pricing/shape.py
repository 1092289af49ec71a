"""The shape of a request, as far as its price depends on it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from veo_check.core.frozen import dataclass
from veo_check.reference.prices import Bound, Component, PriceRule, Unit, Value
from veo_check.reference.rows import Source

if TYPE_CHECKING:
    from veo_check.core.route import Route


_SIZE = re.compile(r"(\d{2,5})[xX\u00d7](\d{2,5})")

#: input images that a mode sends at least
_IMAGES = {"image-to-video": 1, "interpolation": 2, "reference-images": 1}


@dataclass(frozen=True, slots=True)
class Shape:
    """What will be sent, in the words that price rules match on.

    None is "not said". Audio not said means what the model does by itself: sound where it can.
    `tokens` are tokens that a finished job reported.
    """

    model: str
    surface: str
    seconds: Decimal | None = None
    resolution: str | None = None
    aspect_ratio: str | None = "16:9"
    audio: bool | None = None
    count: int = 1
    mode: str | None = "text-to-video"
    input_video_seconds: Decimal | None = Decimal(0)
    input_images: int = 0
    frame_rate: int | None = None
    tokens: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("seconds", "input_video_seconds", "tokens"):
            number = getattr(self, name)
            if number is not None and not (number.is_finite() and 0 <= number <= 10**9):
                raise ValueError(f"{name} must be a number from 0 up")
        if self.count < 1:
            raise ValueError("count must be at least 1")
        if self.input_images < 0:
            raise ValueError("input_images must not be negative")

    @classmethod
    def of_route(cls, route: Route) -> Shape:
        """The shape of the jobs that the route's application sends."""
        request = route.request
        return cls(
            model=route.model.official,
            surface=route.model.surface,
            seconds=Decimal(request.seconds),
            resolution=normal_resolution(request.resolution),
            aspect_ratio=request.aspect_ratio,
            audio=request.audio,
            count=request.count,
            mode=request.mode,
            # an extension is charged for what it adds; how long its input is, only its file says
            input_video_seconds=None if request.mode == "extension" else Decimal(0),
            input_images=_IMAGES.get(request.mode, 0),
        )

    @classmethod
    def of_smoke(cls, route: Route) -> Shape:
        """The shape of the route's own smoke job: its length and resolution, one clip."""
        return replace(
            cls.of_route(route),
            seconds=Decimal(route.smoke.seconds),
            resolution=normal_resolution(route.smoke.resolution),
            count=1,
        )

    def dimension(self, name: str) -> Value | None:
        """The shape's value of a rule's dimension; None where the request leaves it open."""
        if name == "input_video":
            return None if self.input_video_seconds is None else self.input_video_seconds > 0
        if name in _TEXT:
            text: str | bool | None = getattr(self, name)
            return text
        if name in _NUMBERS:
            number = getattr(self, name)
            return None if number is None else Decimal(number)
        return None


_TEXT = frozenset({"model", "surface", "resolution", "aspect_ratio", "audio", "mode"})
_NUMBERS = frozenset({"seconds", "count", "input_video_seconds", "input_images", "frame_rate"})


def normal_resolution(text: str) -> str:
    """A resolution as rules spell it: "1080P" and "1920x1080" are "1080p", "4K" is "4k".

    A size that is not one of the usual words keeps its shorter side, e.g. 1024x1792 is "1024p".
    """
    word = text.strip().lower()
    size = _SIZE.fullmatch(word)
    if size is None:
        return word
    shorter = min(int(size[1]), int(size[2]))
    return {2160: "4k", 1440: "2k"}.get(shorter, f"{shorter}p")


RefusalCode = Literal[
    "unsupported-combination",
    "retired",
    "unpriced",
    "unknown-model",
    "unknown-unit",
    "unknown-currency",
    "unknown-credit",
    "unknown-duration",
    "ambiguous",
    "quota-unit",  # what the gateway tells of its quota cannot be
    "expression-unread",  # the gateway's price is an expression that cannot be worked out
    "quota-unread",  # what its quota is worth was not read, so its price cannot be worked out
]


class RefusedError(Exception):
    """A quantity that cannot be counted. Never leaves this package: it becomes a Refusal."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code: RefusalCode = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Line:
    """One component of a price, worked out for one clip, in the rule's currency."""

    component: Component
    quantity: Decimal
    amount: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A shape that no rule prices, and why.

    `source`: whose rules were asked. `rule`: the one that matched and does not allow the shape.
    """

    code: RefusalCode
    message: str
    source: Source | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a shape costs by one rule, in USD; all clips of one request together.

    `lines` are for one clip, in the rule's currency. `agreeing` are the other publishers with the
    same amount.
    """

    shape: Shape
    rule: PriceRule
    expected: Decimal
    lines: tuple[Line, ...]
    text: str
    agreeing: tuple[Source, ...] = ()

    @property
    def currency(self) -> str:
        """Always USD: what cannot be said in USD is refused."""
        return "USD"

    @property
    def unit(self) -> Unit:
        """What the vendor counts on the bill."""
        return self.rule.unit

    @property
    def bound(self) -> Bound:
        """`lower`: the published price is only the least it can be."""
        return self.rule.bound

    @property
    def source(self) -> Source:
        """Where the price was read."""
        return self.rule.source

    @property
    def per_second(self) -> Decimal | None:
        """USD per second of finished video, whatever the unit; None where no length is known."""
        return per_second(self.expected, self.shape)

    def worst_case(self, retries: int) -> Decimal:
        """USD when every attempt is charged: a job that timed out may still finish."""
        return self.expected * (1 + retries)

    def monthly(self, jobs: int) -> Decimal:
        """USD for `jobs` requests of this shape."""
        return self.expected * jobs


def per_second(total: Decimal, shape: Shape) -> Decimal | None:
    """`total` over all seconds of finished video; exact, or to nine decimals."""
    if not shape.seconds:
        return None
    seconds = shape.seconds * shape.count
    rate = total / seconds
    return rate if rate * seconds == total else rate.quantize(Decimal("0.000000001"))
