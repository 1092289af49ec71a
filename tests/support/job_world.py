"""Drivers of paid jobs with a handler in the network's place, and the requests that reached it."""

from __future__ import annotations

import json
from typing import Any

import httpx

from fake_clock import FakeClock
from veo_check.core.facts import Missing
from veo_check.core.jobs import JobDriver, JobRequest
from veo_check.core.secrets import AllowList, Redactor
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.probes import job_driver
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Keys

MODEL = "veo-3.1-fast-generate-001"
ROUTER, CONSOLE = "https://router.flatkey.ai", "https://console.flatkey.ai"
GEMINI = "https://generativelanguage.googleapis.com"
VERTEX = "https://us-central1-aiplatform.googleapis.com"
PROXY = "http://127.0.0.1:4000"
KEYS = {
    "FLATKEY_KEY": "sk-flatkey-key-value",
    "GEMINI_KEY": "AIza-gemini-key-value",
    "GOOGLE_TOKEN": "ya29.google-token-value",
    "PROXY_KEY": "sk-proxy-key-value",
}


def flatkey(endpoint: str = "videos", surface: str = "agent-platform") -> JobEndpoint:
    key = KeyName("FLATKEY_KEY")
    return JobEndpoint("flatkey", endpoint, surface, MODEL, "veo3.1-fast", ROUTER, CONSOLE, key)


def gemini() -> JobEndpoint:
    key = KeyName("GEMINI_KEY", "x-goog-api-key")
    family = "predict-long-running"
    return JobEndpoint("google", family, "gemini-api", MODEL, MODEL, GEMINI, GEMINI, key)


def agent_platform() -> JobEndpoint:
    key = KeyName("GOOGLE_TOKEN")
    family = "predict-long-running"
    return JobEndpoint(
        "google", family, "agent-platform", MODEL, MODEL, VERTEX, VERTEX, key, "proj", "us-central1"
    )


def proxy() -> JobEndpoint:
    key = KeyName("PROXY_KEY")
    return JobEndpoint("openai", "videos", "gemini-api", MODEL, "veo-fast", PROXY, PROXY, key)


def request(label: str = MODEL, **changes: Any) -> JobRequest:
    shape: dict[str, Any] = {
        "prompt": "a boat",
        "mode": "text-to-video",
        "seconds": 4,
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "audio": True,
    }
    return JobRequest(label, **(shape | changes))


class Network:
    """Gives its answers in turn, the last one for ever; keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(one.method, str(one.url)) for one in self.requests]

    def body(self, index: int = -1) -> Any:
        return json.loads(self.requests[index].content)


def door(network: Network, clock: FakeClock) -> HttpClient:
    leave = AllowList(keys=frozenset({("PROXY_KEY", PROXY)}))
    keys = Keys(KEYS, Redactor())
    return HttpClient(leave=leave, clock=clock, keys=keys, transport=httpx.MockTransport(network))


def driver(place: JobEndpoint, network: Network, clock: FakeClock) -> JobDriver:
    made = job_driver(place, door(network, clock))
    assert not isinstance(made, Missing), made
    return made


def ok(body: object, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, json=body, headers=named)


def no(status: int, body: object = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers=named)
    if body is None:
        return httpx.Response(status, headers=named)
    return httpx.Response(status, json=body, headers=named)
