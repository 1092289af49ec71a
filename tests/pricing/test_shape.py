"""A request's shape: from a route file, and in the words of price rules."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import get_args

import pytest

from veo_check.core.route import Mode, Route
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Refusal, Shape, normal_resolution
from veo_check.reference.capabilities import unsupported
from veo_check.reference.load import load_reference

ROUTE = {
    "version": 1,
    "route": {"name": "drafts"},
    "via": {"gateway": "flatkey", "endpoint": "videos", "model": "veo3.1-fast"},
    "model": {"official": "veo-3.1-fast-generate-001", "surface": "agent-platform"},
    "request": {"seconds": 8, "resolution": "1080p", "audio": False, "count": 2},
    "smoke": {"seconds": 4, "resolution": "720p"},
}


def route(mode: str = "text-to-video") -> Route:
    return Route.model_validate(
        ROUTE | {"request": {**ROUTE["request"], "mode": mode}}  # type: ignore[dict-item]
    )


def test_the_jobs_of_a_route_and_its_smoke_job() -> None:
    assert Shape.of_route(route()) == Shape(
        "veo-3.1-fast-generate-001",
        "agent-platform",
        Decimal(8),
        "1080p",
        "16:9",
        False,
        2,
        "text-to-video",
    )
    smoke = Shape.of_smoke(route())
    assert (smoke.seconds, smoke.resolution, smoke.audio, smoke.count) == (
        Decimal(4),
        "720p",
        False,
        1,
    )


@pytest.mark.parametrize(
    ("mode", "images", "video"),
    [
        ("image-to-video", 1, Decimal(0)),
        ("interpolation", 2, Decimal(0)),
        ("reference-images", 1, Decimal(0)),
        ("extension", 0, None),
    ],
)
def test_what_a_mode_sends_along(mode: str, images: int, video: Decimal | None) -> None:
    shape = Shape.of_route(route(mode))
    assert (shape.input_images, shape.input_video_seconds) == (images, video)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1080P", "1080p"),
        (" 4K ", "4k"),
        ("1280x720", "720p"),
        ("720X1280", "720p"),
        ("3840x2160", "4k"),
        ("2560\u00d71440", "2k"),
        ("1024x1792", "1024p"),
        ("huge", "huge"),
    ],
)
def test_resolutions_have_one_spelling(text: str, word: str) -> None:
    assert normal_resolution(text) == word


def test_dimensions_that_rules_match_on() -> None:
    shape = Shape("m", "s", Decimal(8), frame_rate=24)
    names = (
        "model",
        "seconds",
        "count",
        "audio",
        "input_video",
        "frame_rate",
        "x",
    )
    assert [shape.dimension(name) for name in names] == [
        "m",
        Decimal(8),
        Decimal(1),
        None,
        False,
        Decimal(24),
        None,
    ]
    assert Shape("m", "s", input_video_seconds=None).dimension("input_video") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": Decimal(-1)},
        {"seconds": Decimal("NaN")},
        {"tokens": Decimal("1e10")},
        {"count": 0},
        {"input_images": -1},
    ],
)
def test_a_shape_is_possible(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        Shape("m", "s", **wrong)  # type: ignore[arg-type]


#: every model of Google's whose capabilities are known, where it may still be called
SERVED = [
    (row.model, row.surface)
    for row in load_reference().capabilities
    if row.model in {"veo-3.1-generate-001", "veo-3.1-fast-generate-001"}
    or row.model in {"veo-3.1-lite-generate-001", "gemini-omni-1.2-flash"}
]


@pytest.mark.parametrize(("model", "surface"), SERVED)
def test_price_and_run_refuse_the_same_shapes(model: str, surface: str) -> None:
    book = load_reference()
    known = book.capability(model, surface)
    every = itertools.product(
        get_args(Mode),
        (3, 4, 5, 6, 7, 8, 10, 15, 16),
        ("360p", "720p", "1080p", "4k"),
        ("16:9", "9:16", "1:1"),
        (True, False),
        (1, 2, 4, 5),
    )
    for mode, seconds, resolution, ratio, audio, count in every:
        asked = Shape(
            model,
            surface,
            seconds=Decimal(seconds),
            resolution=resolution,
            aspect_ratio=ratio,
            audio=audio,
            count=count,
            mode=mode,
        )
        refused = any(part.outcome == "unsupported" for part in unsupported(known, asked))
        priced = quote(book, asked, date(2026, 11, 30))
        unpriceable = isinstance(priced, Refusal) and priced.code == "unsupported-combination"
        assert unpriceable is refused, asked
