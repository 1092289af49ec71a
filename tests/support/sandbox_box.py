"""The sandbox in process, with a client and a clock that tests move."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import httpx

from fake_clock import FakeClock
from veo_check.sandbox.scenarios import find_scenario
from veo_check.sandbox.server import SandboxTransport
from veo_check.sandbox.world import World

GEMINI = "https://generativelanguage.googleapis.com"
AGENT_PLATFORM = "https://us-central1-aiplatform.googleapis.com"
FLATKEY = "https://router.flatkey.ai"
NEWAPI = "https://newapi.example.com"
OPENAI = "https://gateway.example.com/video"
ORIGINS = {NEWAPI: "newapi", OPENAI: "openai"}
PUBLISHER = "projects/demo/locations/us-central1/publishers/google/models"
#: longer than any job that ends, in seconds
ENOUGH = 300.0


class Box:
    """One simulated world, seen through an httpx client."""

    def __init__(
        self, scenario: str, day: date | None = None, clock: FakeClock | None = None
    ) -> None:
        found = find_scenario(scenario)
        assert found is not None
        on = day or found.day
        self.clock = clock or FakeClock(datetime(on.year, on.month, on.day, 12, tzinfo=UTC))
        self.world = World(found, self.clock)
        self.transport = SandboxTransport(self.world, ORIGINS)
        self.client = httpx.Client(transport=self.transport, timeout=30)

    def headers(self, url: str, key: str | None = None) -> dict[str, str]:
        """How this surface takes its key."""
        keys = self.world.keys
        if url.startswith(GEMINI):
            return {"x-goog-api-key": key or keys["gemini-api"]}
        surface = next(
            name
            for base, name in {
                AGENT_PLATFORM: "agent-platform",
                **ORIGINS,
                "https": "flatkey",
            }.items()
            if url.startswith(base)
        )
        return {"authorization": f"Bearer {key or keys[surface]}"}

    def get(self, url: str, key: str | None = None) -> httpx.Response:
        return self.client.get(url, headers=self.headers(url, key))

    def post(self, url: str, body: object, key: str | None = None) -> httpx.Response:
        return self.client.post(url, json=body, headers=self.headers(url, key))

    def predict(
        self, model: str = "veo-3.1-fast-generate-001", **parameters: object
    ) -> httpx.Response:
        """A submit to the Agent Platform."""
        body = {"instances": [{"prompt": "A paper boat."}], "parameters": parameters}
        return self.post(f"{AGENT_PLATFORM}/v1/{PUBLISHER}/{model}:predictLongRunning", body)

    def fetch(self, operation: str) -> httpx.Response:
        """A poll of the Agent Platform."""
        model = operation.partition("/operations/")[0]
        body = {"operationName": operation}
        return self.post(f"{AGENT_PLATFORM}/v1/{model}:fetchPredictOperation", body)

    def gemini(
        self, model: str = "veo-3.1-fast-generate-preview", **parameters: object
    ) -> httpx.Response:
        """A submit to the Gemini API."""
        body = {"instances": [{"prompt": "A paper boat."}], "parameters": parameters}
        return self.post(f"{GEMINI}/v1beta/models/{model}:predictLongRunning", body)

    def video(
        self, base: str = FLATKEY, path: str = "/v1/videos", **body: object
    ) -> httpx.Response:
        """A submit to a gateway."""
        return self.post(f"{base}{path}", {"model": "veo3.1-fast", "prompt": "A boat.", **body})

    def finish(self) -> None:
        """Let every job end."""
        self.clock.pass_time(ENOUGH)

    def usage(self, base: str = FLATKEY) -> dict[str, Any]:
        data = self.get(f"{base}/api/usage/token/").json()["data"]
        assert isinstance(data, dict)
        return data

    def log(self, base: str = FLATKEY) -> list[dict[str, Any]]:
        data = self.get(f"{base}/api/log/token").json()["data"]
        assert isinstance(data, list)
        return data

    @property
    def spent(self) -> str:
        """USD on the ledger."""
        return str(self.world.ledger.spent)
