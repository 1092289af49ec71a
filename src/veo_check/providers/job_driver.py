"""Which driver speaks a route's wire format."""

from __future__ import annotations

from veo_check.core.facts import Missing
from veo_check.core.jobs import JobDriver
from veo_check.http.door import Door
from veo_check.providers import google_agent_platform, google_gemini
from veo_check.providers.google_jobs import AgentPlatformJobs, GeminiJobs
from veo_check.providers.job_place import JobPlace
from veo_check.providers.newapi_jobs import PATHS, NewapiJobs
from veo_check.providers.openai_jobs import OpenAIJobs

_PROBE = "job"


def job_driver(place: JobPlace, door: Door) -> JobDriver | Missing:
    """The driver for jobs there; a Missing where no job can be sent, with the reason."""
    if place.key is None:
        return Missing(_PROBE, "not-configured", "the route names no key (via.key)")
    if place.gateway == "google":
        return _google(place, door)
    if place.gateway == "openai" and place.endpoint == "videos":
        return OpenAIJobs(place, door)
    newapi = place.gateway == "flatkey" or (
        place.gateway == "newapi" and place.endpoint != "generation-tasks"
    )
    if newapi and place.endpoint in PATHS:
        return NewapiJobs(place, door)
    return _not_offered(place)


def _google(place: JobPlace, door: Door) -> JobDriver | Missing:
    if place.endpoint != "predict-long-running":
        return _not_offered(place)
    if place.surface == google_gemini.SURFACE:
        return GeminiJobs(place, door)
    if place.surface != google_agent_platform.SURFACE:
        return Missing(_PROBE, "not-offered", f"surface {place.surface} is not one of Google's")
    if place.project is None:
        return Missing(_PROBE, "not-configured", "the route names no project (via.project)")
    return AgentPlatformJobs(place, door)


def _not_offered(place: JobPlace) -> Missing:
    return Missing(
        _PROBE,
        "not-offered",
        f"veo-check sends no jobs to endpoint family {place.endpoint} of gateway {place.gateway}",
    )
