"""A route file alone never decides where a key goes; refused before anything opens."""

from __future__ import annotations

from collections.abc import Callable
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


def route_file(folder: Path, gateway: str, via: str, model: str = "") -> Path:
    endpoint, official, surface = MODELS[gateway]
    file = folder / "route.yaml"
    file.write_text(
        f"""version: 1
route: {{name: stranger, target: research}}
via:
  gateway: {gateway}
  endpoint: {endpoint}
  model: veo
  group: plg
{via}
model:
  official: {official}
  surface: {surface}
{model}
request: {{seconds: 8, resolution: 720p}}
""",
        encoding="utf-8",
    )
    return file


@pytest.mark.parametrize(
    ("gateway", "via", "model"),
    [
        # another host
        ("flatkey", "  base_url: https://router.flatkey.ai.evil.example\n  key: {env: FLATKEY_KEY, scope: non-production}", ""),
        ("newapi", "  base_url: https://evil.example\n  key: {env: FLATKEY_KEY, scope: non-production}", ""),
        ("openai", "  base_url: https://evil.example/v1\n  key: {env: OPENAI_API_KEY, scope: non-production}", ""),
        ("google", "  base_url: https://evil.example\n  key: {env: GOOGLE_TOKEN, scope: non-production}", ""),
        # another secret's variable
        ("flatkey", "  key: {env: AWS_SECRET_ACCESS_KEY, scope: non-production}", ""),
        ("newapi", "  base_url: https://gateway.example\n  key: {env: DEPLOY_TOKEN, scope: non-production}", ""),
        ("openai", "  base_url: https://api.openai.com/v1\n  key: {env: FLATKEY_KEY, scope: non-production}", ""),
        ("google", "  key: {env: FLATKEY_KEY, scope: non-production}", ""),
        # a console elsewhere
        ("flatkey", "  console_url: https://evil.example\n  key: {env: FLATKEY_KEY, scope: non-production}", ""),
        # plain http
        ("newapi", "  base_url: http://gateway.internal\n  key: {env: FLATKEY_KEY, scope: non-production}", ""),
        # a loopback address for a real key
        ("newapi", "  base_url: http://127.0.0.1:9\n  key: {env: FLATKEY_KEY, scope: non-production}", ""),
        # the listing's key
        ("flatkey", "  key: {env: FLATKEY_KEY, scope: non-production}", "  listing: {project: p, location: us-central1, key: {env: AWS_SECRET_ACCESS_KEY}}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("offline", [(), ("--offline",)], ids=["network", "offline"])
def test_refused_before_anything_opens(
    gateway: str,
    via: str,
    model: str,
    offline: tuple[str, ...],
    veo: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sockets: SocketGuard,
) -> None:
    for name in (
        "FLATKEY_KEY", "OPENAI_API_KEY", "GOOGLE_TOKEN", "AWS_SECRET_ACCESS_KEY", "DEPLOY_TOKEN",
    ):  # fmt: skip
        monkeypatch.setenv(name, CANARY)
    # the reads that would go where the file points
    asks = "catalog-row" if "console" in via else "model-listed"
    asks = "model-official" if "listing" in model else asks
    only = ["--only", "key-hygiene", "--only", asks]
    file = route_file(tmp_path, gateway, via, model)
    ran = veo("run", file, *offline, *only, "-o", "json")
    assert ran.code == 1
    assert ran.checks["key-hygiene"]["status"] == "fail"
    assert ran.report["routes"][0]["exchanges"] == []
    assert sockets.opened == 0
    assert CANARY not in ran.out + ran.err
