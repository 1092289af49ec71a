from __future__ import annotations

from typing import Any

import pytest

from fake_clock import FakeClock
from job_world import MODEL, Network, door, ok
from veo_check.core.facts import Missing
from veo_check.core.results import binding_of
from veo_check.core.route import Route
from veo_check.gateways.base import JobEndpoint, place_of, place_recorded
from veo_check.gateways.google_jobs import AgentPlatformJobs, GeminiJobs
from veo_check.gateways.newapi_jobs import NewapiJobs
from veo_check.gateways.openai import OpenAIJobs
from veo_check.gateways.probes import job_driver
from veo_check.http.keys import KeyName


def route(surface: str = "agent-platform", **via: Any) -> Route:
    flatkey = {
        "gateway": "flatkey",
        "endpoint": "videos",
        "model": "veo3.1-fast",
        "group": "plg",
        "key": {"env": "FLATKEY_KEY"},
    }
    return Route.model_validate(
        {
            "version": 1,
            "route": {"name": "r"},
            "via": {name: value for name, value in (flatkey | via).items() if value is not None},
            "model": {"official": MODEL, "surface": surface},
            "request": {"seconds": 8, "resolution": "720p"},
        }
    )


GOOGLE: dict[str, Any] = {
    "gateway": "google",
    "endpoint": "predict-long-running",
    "model": MODEL,
    "key": {"env": "GOOGLE_TOKEN"},
    "project": "proj",
}
ROUTES = [
    (route(), NewapiJobs),
    (route(endpoint="video-generations"), NewapiJobs),
    (route(endpoint="generation-tasks"), NewapiJobs),
    (route(gateway="newapi", base_url="https://n.example/"), NewapiJobs),
    (route(**GOOGLE), AgentPlatformJobs),
    (route(**GOOGLE, location="global"), AgentPlatformJobs),
    (route(**{**GOOGLE, "key": {"adc": True}}), AgentPlatformJobs),
    (route("gemini-api", **GOOGLE), GeminiJobs),
    (
        route(gateway="openai", base_url="https://o.example/v1", key={"env": "OPENAI_KEY"}),
        OpenAIJobs,
    ),
]


@pytest.mark.parametrize(("of", "kind"), ROUTES)
def test_each_family_has_its_driver(of: Route, kind: type, clock: FakeClock) -> None:
    assert type(job_driver(place_of(of), door(Network(ok({})), clock))) is kind


@pytest.mark.parametrize(("of", "kind"), ROUTES)
def test_a_recorded_job_goes_where_it_went(of: Route, kind: type) -> None:
    """A stored job is polled where it was submitted, whatever the route file says by now."""
    binding = binding_of(of)
    assert place_recorded(binding.via, binding.model) == place_of(of)


def test_a_place_is_read_off_the_route() -> None:
    assert place_of(route()) == JobEndpoint(
        gateway="flatkey",
        endpoint="videos",
        surface="agent-platform",
        official=MODEL,
        label="veo3.1-fast",
        base_url="https://router.flatkey.ai",
        console_url="https://console.flatkey.ai",
        key=KeyName("FLATKEY_KEY"),
    )
    assert place_of(route("gemini-api", **GOOGLE)).key == KeyName("GOOGLE_TOKEN", "x-goog-api-key")
    place = place_of(route(**GOOGLE, location="global"))
    assert place.base_url == "https://aiplatform.googleapis.com"


@pytest.mark.parametrize(
    ("of", "code"),
    [
        (route(key=None), "not-configured"),
        (route(endpoint="interactions"), "not-offered"),
        (route(endpoint="predict-long-running"), "not-offered"),
        (
            route(gateway="newapi", base_url="https://n.example", endpoint="generation-tasks"),
            "not-offered",
        ),
        (
            route(gateway="openai", base_url="https://o.example", endpoint="video-generations"),
            "not-offered",
        ),
        (route(**{**GOOGLE, "project": None}), "not-configured"),
        (route("byteplus", **GOOGLE), "not-offered"),
    ],
)
def test_where_no_job_can_be_sent_the_reason_is_given(
    of: Route, code: str, clock: FakeClock
) -> None:
    got = job_driver(place_of(of), door(Network(ok({})), clock))
    assert isinstance(got, Missing)
    assert got.code == code


@pytest.mark.parametrize("absent", ["gateway", "endpoint", "base_url", "model"])
def test_a_record_that_does_not_say_is_no_place(absent: str) -> None:
    binding = binding_of(route())
    via = {name: value for name, value in binding.via.items() if name != absent}
    assert place_recorded(via, binding.model) is None
    assert place_recorded(binding.via, {}) is None
