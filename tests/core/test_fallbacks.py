from __future__ import annotations

from typing import Any

import pytest

from check_world import a_route
from veo_check.core.fallbacks import Difference, candidates, differences


def test_the_targets_as_whole_routes_in_the_files_order() -> None:
    second = {
        "name": "direct",
        "for": ["draft"],
        "via": {
            "gateway": "google",
            "endpoint": "predict-long-running",
            "model": "veo-3.1-generate-001",
            "project": "p",
        },
        "model": {"official": "veo-3.1-generate-001", "surface": "agent-platform"},
        "request": {"resolution": "720p"},
    }
    primary = a_route()
    assert primary.fallback is not None
    first = primary.fallback.routes[0].model_dump(by_alias=True, exclude_none=True)
    lite, direct = candidates(a_route({"fallback.routes": [first, second]}))
    assert (lite.index, lite.at, lite.target.name, lite.problem) == (
        0,
        "fallback.routes.0",
        "lite",
        None,
    )
    assert lite.route is not None
    assert lite.route.via.model == "veo3.1-lite"
    assert lite.route.via.group == "plg"
    assert direct.at == "fallback.routes.1"
    assert direct.route is not None
    assert direct.route.via.group is None
    assert direct.route.request.resolution == "720p"


def test_no_fallback_has_no_targets() -> None:
    assert list(candidates(a_route({"fallback": None}))) == []
    assert list(candidates(a_route({"fallback.routes": []}))) == []


def test_an_entry_that_makes_no_route_says_why() -> None:
    changes = {"fallback.routes.0.via": {"model": "x", "gateway": "newapi"}}
    (one,) = candidates(a_route(changes))
    assert one.route is None
    assert one.problem is not None
    assert "base_url is missing; gateway newapi needs a base_url" in one.problem
    assert "\n" not in one.problem


def test_nothing_differs_from_itself() -> None:
    assert differences(a_route(), a_route(), "second", "second") == ()
    assert differences(a_route(), a_route()) == ()


@pytest.mark.parametrize(
    ("changes", "name", "primary", "target", "needs_acceptance"),
    [
        ({"model.official": "x"}, "style", "veo-3.1-fast-generate-001", "x", True),
        ({"request.mode": "extension"}, "mode", "text-to-video", "extension", True),
        ({"request.seconds": 4}, "duration", "8 s", "4 s", True),
        ({"request.resolution": "720p"}, "resolution", "1080p", "720p", True),
        ({"request.aspect_ratio": "9:16"}, "aspect-ratio", "16:9", "9:16", True),
        ({"request.audio": False}, "audio", "with audio", "silent", True),
        ({"request.count": 2}, "count", "1", "2", True),
        ({"via.endpoint": "interactions"}, "endpoint", "videos", "interactions", False),
        ({"model.surface": "gemini-api"}, "surface", "agent-platform", "gemini-api", False),
        (
            {"via.base_url": "https://other.example"},
            "gateway",
            "flatkey at https://router.flatkey.ai",
            "flatkey at https://other.example",
            False,
        ),
    ],
)
def test_each_difference(
    changes: dict[str, Any], name: str, primary: str, target: str, needs_acceptance: bool
) -> None:
    expected = Difference(name, primary, target, needs_acceptance)
    assert differences(a_route(), a_route(changes)) == (expected,)


def test_the_unit_on_the_bill() -> None:
    assert differences(a_route(), a_route(), "second", "token") == (
        Difference("unit", "second", "token", True),
    )
    assert differences(a_route(), a_route(), "second", None) == (
        Difference("unit", "second", "unknown", True),
    )
