"""Routes, a world that answers their probes by URL, and what the probes learned from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from fake_clock import FakeClock
from veo_check.core.facts import Missing
from veo_check.core.route import Route
from veo_check.core.secrets import AllowList
from veo_check.gateways.probes import PROBES, Asking

ENVIRON = {
    "FLATKEY_SMOKE_KEY": "sk-smoke-key-value",
    "FLATKEY_PRODUCTION_KEY": "sk-production-key-value",
    "GEMINI_API_KEY": "AQ.gemini-key-value",
    "GOOGLE_TOKEN": "ya29.google-token-value",
    "OPENAI_KEY": "sk-proxy-key-value",
}
ROUTER, CONSOLE = "https://router.flatkey.ai", "https://console.flatkey.ai"
GEMINI = "https://generativelanguage.googleapis.com"
VERTEX = "https://us-central1-aiplatform.googleapis.com"
MODEL = "veo-3.1-fast-generate-001"
LISTING = {"success": True, "data": [{"id": "veo3.1-fast"}]}
USAGE = {
    "code": True,
    "data": {"total_granted": 5, "total_used": 2, "total_available": 3, "unlimited_quota": False},
}
CATALOG = {"success": True, "data": [{"model_name": "veo3.1-fast", "quota_type": 1}]}
STATUS = {"success": True, "data": {"quota_per_unit": 500000}}
OFFERED = {"name": f"publishers/google/models/{MODEL}"}
FLATKEY = {
    f"{ROUTER}/v1/models": LISTING,
    f"{CONSOLE}/api/usage/token/": USAGE,
    f"{CONSOLE}/api/status": STATUS,
    f"{CONSOLE}/api/website/pricing?group=plg": CATALOG,
    f"{VERTEX}/v1beta1/publishers/google/models/{MODEL}": OFFERED,
}


def route(*, surface: str = "agent-platform", listing: Any = None, **via: Any) -> Route:
    flatkey = {
        "gateway": "flatkey",
        "endpoint": "videos",
        "model": "veo3.1-fast",
        "group": "plg",
        "key": {"env": "FLATKEY_SMOKE_KEY"},
    }
    return Route.model_validate(
        {
            "version": 1,
            "route": {"name": "r"},
            "via": {name: value for name, value in (flatkey | via).items() if value is not None},
            "model": {"official": MODEL, "surface": surface, "listing": listing},
            "request": {"seconds": 8, "resolution": "720p"},
        }
    )


class World:
    """Answers by URL: a value is a 200, a pair is a status and a body; 404 for the rest."""

    def __init__(self, pages: dict[str, Any]) -> None:
        self.pages = pages
        self.seen: list[tuple[str, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        headers = request.headers
        key = headers.get("x-goog-api-key") or headers.get("authorization")
        self.seen.append((str(request.url), key))
        page = self.pages.get(str(request.url), (404, {"error": {"message": "Invalid URL"}}))
        status, body = page if isinstance(page, tuple) else (200, page)
        if isinstance(body, str):
            return httpx.Response(status, text=body)
        return httpx.Response(status, json=body)


def asking(
    world: Callable[[httpx.Request], httpx.Response],
    clock: FakeClock,
    *,
    environ: dict[str, str] | None = None,
    offline: bool = False,
    leave: AllowList | None = None,
) -> Asking:
    return Asking.open(
        environ=ENVIRON if environ is None else environ,
        leave=leave or AllowList(),
        clock=clock,
        transport=httpx.MockTransport(world),
        offline=offline,
    )


def learn_all(of: Route, way: Asking) -> dict[str, object]:
    return {probe.id: probe.learn(of, way) for probe in PROBES}


def codes(facts: dict[str, object]) -> dict[str, str]:
    return {
        name: fact.code if isinstance(fact, Missing) else type(fact).__name__
        for name, fact in facts.items()
    }
