"""A route file alone never decides where a key goes; refused before anything opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from socket_guard import SocketGuard

Run = Callable[..., Any]
CANARY = "canary0123456789abcdefghijklmnop"
MODELS = {
    "flatkey": ("videos", "veo-3.1-fast-generate-001", "agent-platform"),
    "newapi": ("videos", "veo-3.1-fast-generate-001", "agent-platform"),
    "openai": ("videos", "veo-3.1-fast-generate-001", "agent-platform"),
    "google": ("predict-long-running", "veo-3.1-fast-generate-001", "agent-platform"),
}


@dataclass(frozen=True)
class Stranger:
    """A route file that points where nobody allowed it to point."""

    gateway: str
    variable: str = "FLATKEY_KEY"
    base_url: str | None = None
    console_url: str | None = None
    listing_variable: str | None = None

    def write(self, folder: Path) -> Path:
        endpoint, official, surface = MODELS[self.gateway]
        via = f"endpoint: {endpoint}, model: veo, group: plg"
        via += f", base_url: '{self.base_url}'" if self.base_url else ""
        via += f", console_url: '{self.console_url}'" if self.console_url else ""
        model = f"official: {official}, surface: {surface}"
        if self.listing_variable:
            model += f", listing: {{location: us-central1, key: {{env: {self.listing_variable}}}}}"
        file = folder / "route.yaml"
        file.write_text(
            f"""version: 1
route: {{name: stranger, target: research}}
via:
  {{gateway: {self.gateway}, key: {{env: {self.variable}, scope: non-production}}, {via}}}
model: {{{model}}}
request: {{seconds: 8, resolution: 720p}}
""",
            encoding="utf-8",
        )
        return file

    @property
    def asks(self) -> str:
        """The check whose fact would go where the file points."""
        if self.listing_variable:
            return "model-official"
        return "catalog-row" if self.console_url else "model-listed"


STRANGERS = {
    "flatkey on another host": Stranger("flatkey", base_url="https://router.flatkey.ai.evil.test"),
    "newapi on another host": Stranger("newapi", base_url="https://evil.test"),
    "openai on another host": Stranger("openai", "OPENAI_API_KEY", "https://evil.test/v1"),
    "google on another host": Stranger("google", "GOOGLE_TOKEN", "https://evil.test"),
    "flatkey with another secret": Stranger("flatkey", "AWS_SECRET_ACCESS_KEY"),
    "newapi with another secret": Stranger("newapi", "DEPLOY_TOKEN", "https://gateway.test"),
    "openai with another secret": Stranger("openai", "FLATKEY_KEY", "https://api.openai.com/v1"),
    "google with another secret": Stranger("google", "FLATKEY_KEY"),
    "a console elsewhere": Stranger("flatkey", console_url="https://evil.test"),
    "plain http": Stranger("newapi", base_url="http://gateway.internal"),
    "a real key to loopback": Stranger("newapi", base_url="http://127.0.0.1:9"),
    "the listing's key": Stranger("flatkey", listing_variable="AWS_SECRET_ACCESS_KEY"),
}


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("offline", [(), ("--offline",)], ids=["network", "offline"])
def test_refused_before_anything_opens(
    name: str,
    offline: tuple[str, ...],
    veo: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sockets: SocketGuard,
) -> None:
    for variable in ("FLATKEY_KEY", "OPENAI_API_KEY", "GOOGLE_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, CANARY)
    monkeypatch.setenv("DEPLOY_TOKEN", CANARY)
    stranger = STRANGERS[name]
    only = ("--only", "key-hygiene", "--only", stranger.asks)
    ran = veo("run", stranger.write(tmp_path), *offline, *only, "-o", "json")
    assert ran.code == 1
    assert ran.checks["key-hygiene"]["status"] == "fail"
    assert ran.report["routes"][0]["exchanges"] == []
    assert sockets.opened == 0
    assert CANARY not in ran.out + ran.err
