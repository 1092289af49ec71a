"""Worked prices, to the last digit: the shared vectors, and whole tables of every known unit."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from vendor_prices import reference
from veo_check.core.facts import Catalog, CatalogRow, DisplayPrice
from veo_check.pricing.gateway_row import GatewayPrice, price_of_row
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Quote, Refusal, Shape, normal_resolution

TODAY = date(2026, 11, 22)
AUGUST = date(2026, 8, 15)
BEFORE_THE_CUT = date(2026, 3, 1)
OLD, FAST, LITE = (
    "veo-3.1-generate-preview",
    "veo-3.1-fast-generate-preview",
    "veo-3.1-lite-generate-preview",
)
GA, GA_FAST, GA_LITE = (
    "veo-3.1-generate-001",
    "veo-3.1-fast-generate-001",
    "veo-3.1-lite-generate-001",
)
GEMINI, CLOUD = "gemini-api", "agent-platform"
Response = Quote | Refusal


def ask(
    surface: str,
    model: str,
    seconds: str | None,
    resolution: str | None = None,
    day: date = TODAY,
    **more: object,
) -> Response:
    shape = Shape(
        model=model,
        surface=surface,
        seconds=None if seconds is None else Decimal(seconds),
        resolution=None if resolution is None else normal_resolution(resolution),
        **more,  # type: ignore[arg-type]
    )
    return quote(reference(), shape, day)


def cost(answer: Response) -> str:
    return str(answer.expected.normalize()) if isinstance(answer, Quote) else answer.code


#: (what it should cost, the call)
TABLE: list[tuple[str, Response]] = [
    # Gemini API: always with audio, one clip a request
    ("3.2", ask(GEMINI, OLD, "8", "720p", AUGUST)),
    ("3.2", ask(GEMINI, OLD, "8", "1080p", AUGUST)),
    ("4.8", ask(GEMINI, OLD, "8", "4k", AUGUST)),
    ("1.6", ask(GEMINI, OLD, "4", "720p", AUGUST)),
    ("0.8", ask(GEMINI, FAST, "8", "720p", AUGUST)),
    ("0.96", ask(GEMINI, FAST, "8", "1080p", AUGUST)),
    ("2.4", ask(GEMINI, FAST, "8", "4k", AUGUST)),
    ("0.4", ask(GEMINI, LITE, "8", "720p", AUGUST)),
    ("0.64", ask(GEMINI, LITE, "8", "1080p", AUGUST)),
    ("unsupported-combination", ask(GEMINI, LITE, "8", "4k", AUGUST)),
    ("unsupported-combination", ask(GEMINI, FAST, "6", "1080p", AUGUST)),
    ("unsupported-combination", ask(GEMINI, FAST, "5", "720p", AUGUST)),
    ("unsupported-combination", ask(GEMINI, FAST, "8", "720p", AUGUST, count=2)),
    ("unsupported-combination", ask(GEMINI, FAST, "8", "720p", AUGUST, audio=False)),
    ("unsupported-combination", ask(GEMINI, FAST, "8", "720p", AUGUST, aspect_ratio="1:1")),
    ("1.2", ask(GEMINI, FAST, "8", "720p", BEFORE_THE_CUT)),
    ("1.2", ask(GEMINI, FAST, "8", "1080p", BEFORE_THE_CUT)),
    ("2.8", ask(GEMINI, FAST, "8", "4k", BEFORE_THE_CUT)),
    ("1.2", ask(GEMINI, FAST, "8", "720p", date(2026, 4, 6))),
    ("0.8", ask(GEMINI, FAST, "8", "720p", date(2026, 4, 7))),
    ("unpriced", ask(GEMINI, LITE, "8", "720p", BEFORE_THE_CUT)),
    ("retired", ask(GEMINI, FAST, "8", "720p")),
    ("3.2", ask(GEMINI, "veo-3.0-generate-001", "8", "720p", BEFORE_THE_CUT)),
    ("1.2", ask(GEMINI, "veo-3.0-fast-generate-001", "8", "1080p", BEFORE_THE_CUT)),
    ("2.8", ask(GEMINI, "veo-2.0-generate-001", "8", "720p", BEFORE_THE_CUT)),
    # Agent Platform: with and without audio, up to four clips
    ("6.4", ask(CLOUD, GA, "4", "720p", audio=True, count=4)),
    ("unsupported-combination", ask(CLOUD, GA, "4", "720p", audio=True, count=5)),
    ("3.2", ask(CLOUD, GA, "8", "1080p", audio=True)),
    ("4.8", ask(CLOUD, GA, "8", "4k", audio=True)),
    ("1.6", ask(CLOUD, GA, "8", "720p", audio=False)),
    ("1.6", ask(CLOUD, GA, "8", "1080p", audio=False)),
    ("3.2", ask(CLOUD, GA, "8", "4k", audio=False)),
    ("0.8", ask(CLOUD, GA_FAST, "8", "720p", audio=True)),
    ("0.96", ask(CLOUD, GA_FAST, "8", "1080p", audio=True)),
    ("2.4", ask(CLOUD, GA_FAST, "8", "4k", audio=True)),
    ("0.64", ask(CLOUD, GA_FAST, "8", "720p", audio=False)),
    ("0.8", ask(CLOUD, GA_FAST, "8", "1080p", audio=False)),
    ("2", ask(CLOUD, GA_FAST, "8", "4k", audio=False)),
    ("1.2", ask(CLOUD, GA_FAST, "8", "720p", BEFORE_THE_CUT, audio=True)),
    ("2.8", ask(CLOUD, GA_FAST, "8", "4k", BEFORE_THE_CUT, audio=True)),
    ("0.4", ask(CLOUD, GA_LITE, "8", "720p", audio=True)),
    ("0.64", ask(CLOUD, GA_LITE, "8", "1080p", audio=True)),
    ("0.24", ask(CLOUD, GA_LITE, "8", "720p", audio=False)),
    ("0.4", ask(CLOUD, GA_LITE, "8", "1080p", audio=False)),
    ("unsupported-combination", ask(CLOUD, GA_LITE, "8", "4k", audio=True)),
    ("0.72", ask(CLOUD, GA_FAST, "6", "1080p", audio=True)),
    ("0.48", ask(CLOUD, GA_FAST, "4", "1080p", audio=True)),
    ("unsupported-combination", ask(CLOUD, GA_FAST, "6", "4k", audio=True)),
    ("2.8", ask(CLOUD, GA, "7", "720p", mode="extension")),
    ("0.84", ask(CLOUD, GA_FAST, "7", "1080p", mode="extension")),
    ("unsupported-combination", ask(CLOUD, GA, "8", "720p", mode="extension")),
    ("unsupported-combination", ask(CLOUD, GA_FAST, "4", "720p", mode="extension")),
    ("unsupported-combination", ask(CLOUD, GA_LITE, "7", "720p")),
    ("unsupported-combination", ask(CLOUD, GA_LITE, "8", "720p", mode="reference-images")),
    ("unsupported-combination", ask(CLOUD, GA, "4", "720p", mode="reference-images")),
    ("3.2", ask(CLOUD, GA, "8", "720p", mode="reference-images")),
    ("unsupported-combination", ask(GEMINI, LITE, "8", "720p", AUGUST, mode="extension")),
    ("retired", ask(CLOUD, FAST, "8", "720p", AUGUST)),
    # Omni: by token, whatever resellers print
    ("1.0136", ask(GEMINI, "gemini-omni-flash-preview", "10", "720p", AUGUST)),
    ("retired", ask(GEMINI, "gemini-omni-flash-preview", "10", "720p")),
    ("0.337925", ask(GEMINI, "gemini-omni-1.1-flash", "10", "360p")),
    ("0.81088", ask(GEMINI, "gemini-omni-1.1-flash", "8", "720p")),
    ("1.21632", ask(GEMINI, "gemini-omni-1.1-flash", "8", "1080p")),
    ("2.43264", ask(GEMINI, "gemini-omni-1.1-flash", "8", "4k")),
    ("1.21632", ask(CLOUD, "gemini-omni-1.1-flash-preview", "8", "1080p")),
    ("unsupported-combination", ask(GEMINI, "gemini-omni-1.1-flash", "11", "720p")),
    ("unsupported-combination", ask(GEMINI, "gemini-omni-1.1-flash", "8", "720p", audio=False)),
    ("1.04256", ask(GEMINI, "gemini-omni-1.2-flash", "15", "720p")),
    # Sora 2, until its end
    ("0.8", ask("openai", "sora-2", "8", "1280x720", date(2026, 8, 1))),
    ("0.8", ask("openai", "sora-2", "8", "720x1280", date(2026, 9, 23))),
    ("retired", ask("openai", "sora-2", "8", "1280x720", date(2026, 9, 24))),
    ("unsupported-combination", ask("openai", "sora-2", "8", "1024x1792", date(2026, 8, 1))),
    ("3.6", ask("openai", "sora-2-pro", "12", "1280x720", date(2026, 8, 1))),
    ("6", ask("openai", "sora-2-pro", "12", "1024x1792", date(2026, 8, 1))),
    ("8.4", ask("openai", "sora-2-pro", "12", "1080x1920", date(2026, 8, 1))),
    # Seedance: tokens from pixels and frames
    ("0.6171", ask("byteplus", "seedance-1-0-pro-250528", "5", "1080p")),
    ("0.24684", ask("byteplus", "seedance-1-0-pro-fast-251015", "5", "1080p")),
    ("0.58806", ask("byteplus", "seedance-1-5-pro-251215", "5", "1080p", AUGUST)),
    ("0.29403", ask("byteplus", "seedance-1-5-pro-251215", "5", "1080p", AUGUST, audio=False)),
    ("0.7623", ask("byteplus", "dreamina-seedance-2-0-260128", "5", "720p")),
    ("1.5183", ask("byteplus", "dreamina-seedance-2-0-260128", "10", "720p")),
    ("0.7623", ask("byteplus", "dreamina-seedance-2-0-260128", "5", "720p", aspect_ratio="1:1")),
    ("0.766017", ask("byteplus", "dreamina-seedance-2-0-260128", "5", "720p", aspect_ratio="21:9")),
    ("1.8866925", ask("byteplus", "dreamina-seedance-2-0-260128", "5", "1080p")),
    ("3.9204", ask("byteplus", "dreamina-seedance-2-0-260128", "5", "4k")),
    (
        "0.74691",
        ask(
            "byteplus",
            "dreamina-seedance-2-0-260128",
            "4",
            "720p",
            input_video_seconds=Decimal(4),
        ),
    ),
    ("0.2273264", ask("byteplus", "dreamina-seedance-2-0-fast-260128", "4", "480p")),
    ("unsupported-combination", ask("byteplus", "dreamina-seedance-2-0-fast-260128", "4", "1080p")),
    ("0.38115", ask("byteplus", "dreamina-seedance-2-0-mini-260615", "5", "720p")),
    ("1.16523", ask("byteplus", "dreamina-seedance-2-5-260628", "5", "720p")),
    ("2.8667925", ask("byteplus", "dreamina-seedance-2-5-260628", "5", "1080p")),
    ("unknown-duration", ask("byteplus", "dreamina-seedance-2-5-260628", None, "1080p")),
    ("unknown-currency", ask("volcengine", "doubao-seedance-2-0-260128", "5", "720p")),
    # credits
    ("0.42", ask("kling", "kling-v3", "5", "720p", audio=False)),
    ("0.63", ask("kling", "kling-v3", "5", "720p", audio=True)),
    ("1.68", ask("kling", "kling-v3", "10", "1080p", audio=True)),
    ("0.56", ask("kling", "kling-v3", "5", "1080p", audio=False)),
    ("2.1", ask("kling", "kling-v3", "5", "4k", audio=True)),
    ("0.35", ask("kling", "kling-v2-5-turbo", "5", "1080p")),
    ("0.7", ask("kling", "kling-v2-5-turbo", "10", "1080p")),
    ("unsupported-combination", ask("kling", "kling-v2-5-turbo", "7", "1080p")),
    ("0.5", ask("runway", "gen4_turbo", "10")),
    ("1.2", ask("runway", "gen4.5", "10")),
    ("3.2", ask("runway", "veo3.1", "8", audio=True)),
    ("1.6", ask("runway", "veo3.1", "8", audio=False)),
    ("1.2", ask("runway", "veo3.1_fast", "8", audio=True)),
    ("0.8", ask("runway", "veo3.1_fast", "8", audio=False)),
    ("1.8", ask("runway", "seedance2", "5", "720p")),
    # output and input seconds, images
    ("0.48", ask("minimax", "MiniMax-H3", "6", "768P")),
    ("0.78", ask("minimax", "MiniMax-H3", "6", "2K")),
    ("0.8", ask("minimax", "MiniMax-H3", "4", "768P", input_video_seconds=Decimal(6))),
    ("0.36", ask("minimax", "MiniMax-H3", "4", "768P", input_images=6)),
    ("0.32", ask("minimax", "MiniMax-H3", "4", "768P", input_images=5)),
    ("unknown-duration", ask("minimax", "MiniMax-H3", "4", "768P", input_video_seconds=None)),
    # flat by duration, base and marginal, minimum, per call
    ("0.28", ask("minimax", "MiniMax-Hailuo-02", "6", "768p")),
    ("0.56", ask("minimax", "MiniMax-Hailuo-02", "10", "768p")),
    ("0.49", ask("minimax", "MiniMax-Hailuo-02", "6", "1080p")),
    ("0.3", ask("luma", "ray-3.2", "5", "720p")),
    ("0.9", ask("luma", "ray-3.2", "10", "720p")),
    ("unsupported-combination", ask("luma", "ray-3.2", "8", "720p")),
    ("0.175", ask("vidu", "viduq2", "5", "720p")),
    ("0.075", ask("vidu", "viduq2", "1", "720p")),
    ("0.73325571", ask("alibaba", "wan2.2-s2v", "10.23", "480p")),
    ("0.53", ask("openrouter", "flux-3-video", "2", "720p")),
    ("0.68", ask("openrouter", "flux-3-video", "4", "720p")),
    ("0.3", ask("laozhang", FAST, "8", "4k", AUGUST)),
    ("0.3", ask("laozhang", FAST, "4", "720p", AUGUST)),
    ("1.2", ask("laozhang", OLD, "4", "720p", AUGUST)),
    ("retired", ask("laozhang", FAST, "4", "720p")),
    ("2.56", ask("cometapi", "veo3.1", "8", "1080p")),
    ("3.84", ask("cometapi", "veo3.1", "8", "4k")),
    ("0.768", ask("cometapi", "veo3.1-fast", "8", "1080p")),
    ("unknown-credit", ask("shotstack", "seedance-2.0", "8", "720p")),
    ("unknown-model", ask(CLOUD, "veo-9.9-generate-001", "8", "720p")),
    ("ambiguous", ask(CLOUD, GA_FAST, "8", None)),
    ("ambiguous", ask("beeble", "switchx", "2", "720p")),
]


@pytest.mark.parametrize("place", range(len(TABLE)))
def test_every_unit_is_priced_to_the_last_digit(place: int) -> None:
    expected, answer = TABLE[place]
    assert cost(answer) == str(Decimal(expected).normalize() if expected[0].isdigit() else expected)


def gateway(row: CatalogRow, *display: DisplayPrice) -> Catalog:
    return Catalog("https://x.example", 1, (row,), (), {"plg": Decimal(1)}, {}, ("plg",), display)


def newapi(**fields: object) -> CatalogRow:
    known: dict[str, object] = {
        "model_name": "label",
        "quota_type": 0,
        "model_price": None,
        "model_ratio": None,
        "completion_ratio": None,
        "enable_groups": ("plg",),
        "endpoint_types": (),
    }
    return CatalogRow(**(known | fields))  # type: ignore[arg-type]


def at_gateway(model: str, row: CatalogRow, *display: DisplayPrice, **more: object) -> str:
    shape = Shape(model, "any", **{"seconds": Decimal(8), "resolution": "720p", **more})  # type: ignore[arg-type]
    answer = price_of_row(gateway(row, *display), "plg", shape, Decimal(500_000))
    if isinstance(answer, Refusal):
        return answer.code
    return str(answer.expected.normalize()) if answer.expected is not None else "needs tokens"


def test_the_shared_vectors(shared: Path) -> None:
    rows = json.loads((shared / "facts" / "price-vectors.json").read_text())
    listed = {row["id"]: row["expected"].split()[0] for row in rows}
    fast = ask(GEMINI, FAST, "8", "720p", AUGUST)
    assert isinstance(fast, Quote)
    ratio = price_of_row(
        gateway(newapi(model_ratio=Decimal("3.5"))),
        "plg",
        Shape("seedance", "any"),
        Decimal(500_000),
    )
    assert isinstance(ratio, GatewayPrice)
    assert ratio.held is not None
    seen = {
        "V01": cost(ask(GEMINI, OLD, "8", "720p", AUGUST)),
        "V02": cost(ask(GEMINI, OLD, "8", "1080p", AUGUST)),
        "V04": cost(fast),
        "V05": cost(ask(GEMINI, FAST, "8", "1080p", AUGUST)),
        "V07": cost(ask(GEMINI, LITE, "8", "720p", AUGUST)),
        "V10": cost(ask(CLOUD, GA, "4", "720p", audio=True, count=4)),
        "V12": cost(ask(CLOUD, GA, "8", "1080p", audio=False)),
        "V14": cost(ask(CLOUD, GA_LITE, "8", "720p", audio=False)),
        "V16": cost(ask(GEMINI, FAST, "8", "720p", BEFORE_THE_CUT)),
        "V17": cost(ask(GEMINI, "gemini-omni-flash-preview", "10", "720p", AUGUST)),
        "V20": cost(ask(GEMINI, "gemini-omni-1.1-flash", "8", "1080p")),
        "S01": cost(ask("openai", "sora-2", "8", "1280x720", date(2026, 8, 1))),
        "S02": cost(ask("openai", "sora-2-pro", "12", "1280x720", date(2026, 8, 1))),
        "D01": cost(ask("byteplus", "seedance-1-0-pro-250528", "5", "1080p")),
        "D05": cost(ask("byteplus", "seedance-1-5-pro-251215", "5", "1080p", AUGUST, audio=True)),
        "D06": cost(ask("byteplus", "seedance-1-5-pro-251215", "5", "1080p", AUGUST, audio=False)),
        "D09": cost(ask("byteplus", "dreamina-seedance-2-0-260128", "5", "720p")),
        "D12": cost(
            ask(
                "byteplus",
                "dreamina-seedance-2-0-260128",
                "4",
                "720p",
                input_video_seconds=Decimal(4),
            )
        ),
        "D14": cost(ask("byteplus", "dreamina-seedance-2-0-260128", "5", "4k")),
        "D16": cost(ask("byteplus", "dreamina-seedance-2-0-fast-260128", "4", "480p")),
        "D18": cost(
            ask("byteplus", "dreamina-seedance-2-0-260128", "5", "720p", aspect_ratio="21:9")
        ),
        "K01": cost(ask("kling", "kling-v3", "5", "720p", audio=False)),
        "R01": cost(ask("runway", "gen4_turbo", "10")),
        "R02": cost(ask("runway", "veo3.1", "8", audio=True)),
        "M01": cost(ask("minimax", "MiniMax-H3", "6", "768P")),
        "M02": cost(ask("minimax", "MiniMax-H3", "4", "768P", input_video_seconds=Decimal(6))),
        "M03": cost(ask("minimax", "MiniMax-H3", "4", "768P", input_images=6)),
        "L01": cost(ask("luma", "ray-3.2", "5", "720p")),
        "L02": cost(ask("luma", "ray-3.2", "10", "720p")),
        "U01": cost(ask("vidu", "viduq2", "5", "720p")),
        "W01": cost(ask("alibaba", "wan2.2-s2v", "10.23", "480P")),
        "X01": cost(ask("openrouter", "flux-3-video", "2", "720p")),
        "G01": cost(ask("laozhang", FAST, "8", "4k", AUGUST)),
        "G02": cost(ask("laozhang", FAST, "4", "720p", AUGUST)),
        "G04": cost(ask("cometapi", "veo3.1", "8", "1080p")),
        "G08": "15.1696"
        if cost(ask("shotstack", "seedance-2.0", "8", "720p")) == "unknown-credit"
        else "priced",
        "N01": f"refused: {at_gateway(OLD, newapi(model_ratio=Decimal('37.5')))}".split()[0],
        "N02": at_gateway("seedance", newapi(model_ratio=Decimal("3.5")), tokens=Decimal(108_900)),
        "N04": at_gateway(OLD, newapi(quota_type=1, model_price=Decimal("0.4"))),
        "N07": at_gateway(
            "seedance",
            newapi(quota_type=1, model_price=Decimal(1)),
            DisplayPrice("per_second", "second", None, Decimal("0.13608"), lower_bound=True),
            seconds=Decimal(5),
        ),
        "N09": str(ratio.held.normalize()),
        "T01": "expected"
        if (fast.expected, fast.worst_case(2)) == (Decimal("0.80"), Decimal("2.40"))
        else "wrong",
    }
    # the vendor's own estimate, and a pack of credits that lapses: options that served rows which
    # left the bundle, and left with them
    assert seen == {name: price for name, price in listed.items() if name not in {"D02", "K04"}}
    assert at_gateway(OLD, newapi(model_ratio=Decimal("37.5"))) == "unpriced"
