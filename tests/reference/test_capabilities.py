"""Request shapes against the capability matrix."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from veo_check.core.route import Request
from veo_check.pricing.shape import Shape
from veo_check.reference.capabilities import Unsupported, unsupported
from veo_check.reference.load import load_reference
from veo_check.reference.rows import Capability, Source

FAST = Capability(
    id="cap",
    model="veo-9",
    surface="agent-platform",
    family="veo",
    variant="fast",
    endpoints=("predict-long-running",),
    seconds=(4, 6, 8),
    resolutions=("720p", "1080p", "4k"),
    full_length_only=("1080p", "4k", "reference-images"),
    aspect_ratios=("16:9", "9:16"),
    audio="optional",
    modes=("text-to-video", "image-to-video", "reference-images", "extension"),
    max_count=4,
    frame_rate=24,
    source=Source("https://google.example", "official", "google", date(2026, 11, 1)),
    mode_resolutions={"extension": ("720p",)},
)
PLAIN = Request(seconds=4, resolution="720p")


def ask(**changed: object) -> Request:
    return PLAIN.model_copy(update=changed)


def codes(request: Request, capability: Capability = FAST) -> list[tuple[str, str]]:
    return [(one.outcome, one.code) for one in unsupported(capability, request)]


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN,
        ask(seconds=8, resolution="1080p"),
        ask(seconds=8, resolution="4k", aspect_ratio="9:16", audio=False, count=4),
        ask(seconds=8, mode="reference-images"),
        ask(seconds=6, mode="extension"),
    ],
)
def test_what_the_row_allows_is_supported(request_: Request) -> None:
    assert unsupported(FAST, request_) == ()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"seconds": 5}, "seconds"),
        ({"seconds": 10}, "seconds"),
        ({"resolution": "480p"}, "resolution"),
        ({"aspect_ratio": "1:1"}, "aspect-ratio"),
        ({"mode": "interpolation"}, "mode"),
        ({"count": 5}, "count"),
        ({"resolution": "1080p"}, "full-length"),
        ({"resolution": "4k", "seconds": 6}, "full-length"),
        ({"mode": "reference-images"}, "full-length"),
        ({"mode": "extension", "resolution": "1080p", "seconds": 8}, "resolution"),
    ],
)
def test_what_it_does_not_allow_is_unsupported(changed: dict[str, object], code: str) -> None:
    assert codes(ask(**changed)) == [("unsupported", code)]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"seconds": ()}, "seconds"),
        ({"resolutions": ()}, "resolution"),
        ({"aspect_ratios": ()}, "aspect-ratio"),
        ({"modes": ()}, "mode"),
        ({"audio": None}, "audio"),
    ],
)
def test_an_empty_cell_is_unknown_never_allowed_and_never_none(
    changed: dict[str, object], code: str
) -> None:
    capability = replace(FAST, **changed)  # type: ignore[arg-type]
    assert codes(PLAIN, capability) == [("unknown", code)]


def test_one_video_a_request_needs_no_row_and_more_do() -> None:
    capability = replace(FAST, max_count=None)
    assert codes(PLAIN, capability) == []
    assert codes(ask(count=2), capability) == [("unknown", "count")]


@pytest.mark.parametrize(
    ("audio", "asked", "expected"),
    [
        ("always", True, []),
        ("always", False, [("unsupported", "audio")]),
        ("never", False, []),
        ("never", True, [("unsupported", "audio")]),
        ("optional", True, []),
        ("optional", False, []),
    ],
)
def test_audio(audio: str, asked: bool, expected: list[tuple[str, str]]) -> None:
    capability = replace(FAST, audio=audio)  # type: ignore[arg-type]
    assert codes(ask(audio=asked), capability) == expected


def test_without_a_row_everything_is_unknown() -> None:
    assert unsupported(None, PLAIN) == (
        Unsupported(
            "capability",
            "unknown",
            "model.official",
            "nothing is known about what this model accepts on this surface",
            "a capability row",
            "none",
        ),
    )


def test_a_finding_names_the_field_and_both_values() -> None:
    assert unsupported(FAST, ask(resolution="1080p", seconds=6)) == (
        Unsupported(
            "full-length",
            "unsupported",
            "request.seconds",
            "1080p at 6 s is not offered; veo-9 on agent-platform needs 8 s",
            "8",
            "6",
        ),
    )


def test_everything_wrong_is_said_at_once() -> None:
    request = ask(seconds=5, resolution="480p", aspect_ratio="1:1", mode="interpolation", count=9)
    assert {code for _, code in codes(request)} == {
        "seconds",
        "resolution",
        "aspect-ratio",
        "mode",
        "count",
    }


@pytest.mark.parametrize(
    ("model", "surface", "changed", "expected"),
    [
        ("veo-3.1-lite-generate-001", "agent-platform", {"resolution": "4k"}, "resolution"),
        ("veo-3.1-fast-generate-001", "agent-platform", {"resolution": "480p"}, "resolution"),
        ("veo-3.1-fast-generate-001", "agent-platform", {"mode": "extension"}, "seconds"),
        ("veo-3.1-generate-001", "agent-platform", {"seconds": 7}, "seconds"),
        ("veo-3.1-lite-generate-001", "agent-platform", {"mode": "reference-images"}, "mode"),
        ("gemini-omni-1.1-flash-preview", "agent-platform", {"audio": False}, "audio"),
        ("gemini-omni-1.2-flash", "gemini-api", {"audio": False}, "audio"),
        ("veo-3.1-generate-preview", "gemini-api", {"audio": False}, "audio"),
        ("veo-3.1-generate-preview", "gemini-api", {"count": 2}, "count"),
        ("veo-3.1-lite-generate-preview", "gemini-api", {"mode": "extension"}, "mode"),
        ("veo-2.0-generate-001", "gemini-api", {"seconds": 5}, "audio"),
    ],
)
def test_the_bundled_matrix_knows_the_rules_of_veo(
    model: str, surface: str, changed: dict[str, object], expected: str
) -> None:
    capability = load_reference().capability(model, surface)
    assert capability is not None
    assert codes(ask(**changed), capability) == [("unsupported", expected)]


@pytest.mark.parametrize("model", ["generate", "fast-generate", "lite-generate"])
@pytest.mark.parametrize("resolution", ["720p", "1080p"])
def test_extension_on_the_agent_platform_takes_7_s(model: str, resolution: str) -> None:
    capability = load_reference().capability(f"veo-3.1-{model}-001", "agent-platform")
    assert capability is not None
    for seconds in (4, 6, 7, 8):
        asked = ask(mode="extension", seconds=seconds, resolution=resolution)
        assert codes(asked, capability) == ([] if seconds == 7 else [("unsupported", "seconds")])


@pytest.mark.parametrize("seconds", [4, 6])
def test_where_sources_differ_it_is_said_and_not_refused(seconds: int) -> None:
    capability = load_reference().capability("veo-3.1-lite-generate-001", "agent-platform")
    assert capability is not None
    asked = ask(seconds=seconds, resolution="1080p")
    assert codes(asked, capability) == [("disputed", "full-length")]


def test_a_resolution_that_only_one_of_googles_pages_has_is_disputed() -> None:
    capability = load_reference().capability("veo-3.1-fast-generate-001", "agent-platform")
    assert capability is not None
    [part] = unsupported(capability, ask(seconds=8, resolution="4k"))
    assert (part.outcome, part.code, part.at) == ("disputed", "resolution", "request.resolution")
    assert "one has a price for it, the other does not list it" in part.message
    short = codes(ask(seconds=6, resolution="4k"), capability)
    assert short == [("disputed", "resolution"), ("unsupported", "full-length")]


def test_what_is_left_open_is_not_judged() -> None:
    shape = Shape("veo-9", "agent-platform", aspect_ratio=None, mode=None)
    assert unsupported(FAST, shape) == ()
    assert [part.code for part in unsupported(FAST, replace(shape, seconds=Decimal("7.5")))] == [
        "seconds"
    ]


def test_the_readmes_route_is_supported() -> None:
    capability = load_reference().capability("veo-3.1-fast-generate-001", "agent-platform")
    request = Request(seconds=8, resolution="1080p", aspect_ratio="16:9", audio=True, count=1)
    assert unsupported(capability, request) == ()
