"""The route model: addresses that follow from it, fallbacks, and no value converted in type."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from veo_check.core.route import Route, fallback_route, google_url

MODEL = {"official": "veo-3.1-fast-generate-001", "surface": "agent-platform"}


def route(via: dict[str, Any] | None = None, **changes: Any) -> Route:
    data: dict[str, Any] = {
        "version": 1,
        "route": {"name": "drafts", "cutover": date(2026, 12, 1)},
        "via": {"gateway": "flatkey", "endpoint": "videos", "model": "veo3.1-fast", **(via or {})},
        "model": MODEL,
        "request": {"seconds": 8, "resolution": "1080p"},
    }
    return Route.model_validate(data | changes)


def fallback(via: dict[str, Any], **changes: Any) -> dict[str, Any]:
    target = {"name": "lite", "for": ["transient_error"], "via": via, "model": MODEL}
    return {"fallback": {"routes": [target | changes]}}


@pytest.mark.parametrize(
    ("via", "surface", "base_url", "console_url"),
    [
        ({}, "gemini-api", "https://router.flatkey.ai", "https://console.flatkey.ai"),
        (
            {"base_url": "https://router.flatkey.ai/"},
            "gemini-api",
            "https://router.flatkey.ai",
            "https://console.flatkey.ai",
        ),
        (
            {"base_url": "https://flatkey.ai.evil.example"},
            "gemini-api",
            "https://flatkey.ai.evil.example",
            "https://flatkey.ai.evil.example",
        ),
        (
            {"base_url": "https://gate.example/v1/", "gateway": "newapi"},
            "gemini-api",
            "https://gate.example/v1",
            "https://gate.example/v1",
        ),
        (
            {"console_url": "https://other.example/"},
            "gemini-api",
            "https://router.flatkey.ai",
            "https://other.example",
        ),
        (
            {"gateway": "google"},
            "gemini-api",
            "https://generativelanguage.googleapis.com",
            "https://generativelanguage.googleapis.com",
        ),
        (
            {"gateway": "google"},
            "agent-platform",
            "https://us-central1-aiplatform.googleapis.com",
            "https://us-central1-aiplatform.googleapis.com",
        ),
        (
            {"gateway": "google", "location": "europe-west4"},
            "agent-platform",
            "https://europe-west4-aiplatform.googleapis.com",
            "https://europe-west4-aiplatform.googleapis.com",
        ),
    ],
)
def test_addresses(via: dict[str, Any], surface: str, base_url: str, console_url: str) -> None:
    found = route(via, model=MODEL | {"surface": surface})
    assert (found.base_url, found.console_url) == (base_url, console_url)


def test_the_global_region_has_no_prefix() -> None:
    assert google_url("agent-platform", "global") == "https://aiplatform.googleapis.com"


@pytest.mark.parametrize("gateway", ["newapi", "openai"])
def test_a_gateway_of_ones_own_needs_an_address(gateway: str) -> None:
    with pytest.raises(ValidationError, match=f"gateway {gateway} needs a base_url"):
        route({"gateway": gateway})


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": True},
        {"version": 1.0},
        {"version": "1"},
        {"request": {"seconds": "8", "resolution": "1080p"}},
        {"request": {"seconds": 8.0, "resolution": "1080p"}},
        {"request": {"seconds": True, "resolution": "1080p"}},
        {"request": {"seconds": 8, "resolution": "1080p", "audio": "true"}},
        {"request": {"seconds": 8, "resolution": "1080p", "audio": 1}},
        {"route": {"name": 7}},
        {"route": {"name": "a", "cutover": 1764547200}},
        {"budget": {"per_job": 2.5}},
        {"budget": {"jobs_per_month": 3.0}},
        {"waivers": ()},
        {"unknown": None},
    ],
)
def test_no_value_is_converted_in_type(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        route(**wrong)


def test_a_route_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        route().version = 1


def test_a_fallback_inherits_what_it_does_not_change() -> None:
    key = {"env": "FLATKEY_SMOKE_KEY", "scope": "non-production"}
    changes = fallback({"model": "veo3.1-lite"}, request={"resolution": "720p"})
    primary = route({"group": "plg", "key": key}, **changes, budget={"retries": 1})
    assert primary.fallback is not None
    found = fallback_route(primary, primary.fallback.routes[0])
    assert found == route(
        {"group": "plg", "key": key, "model": "veo3.1-lite"},
        route={"name": "drafts > lite"},
        request={"seconds": 8, "resolution": "720p"},
        budget={"retries": 1},
    )


def test_a_fallback_through_another_gateway_inherits_no_key_and_no_address() -> None:
    via = {"gateway": "google", "model": "veo-3.1-fast-generate-001", "project": "studio-1"}
    primary = route({"group": "plg", "key": {"env": "FLATKEY_SMOKE_KEY"}}, **fallback(via))
    assert primary.fallback is not None
    found = fallback_route(primary, primary.fallback.routes[0])
    assert found.via == route(via).via
    assert (found.via.key, found.via.group) == (None, None)


def test_a_fallback_that_makes_no_route_is_an_error() -> None:
    primary = route(**fallback({"gateway": "newapi", "model": "a"}))
    assert primary.fallback is not None
    with pytest.raises(ValidationError, match="gateway newapi needs a base_url"):
        fallback_route(primary, primary.fallback.routes[0])
