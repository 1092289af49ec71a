"""A run against `veo-check sandbox`, over a real connection: the key tells that it is simulated."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from veo_check.sandbox.server import SandboxServer
from veo_check.sandbox.world import open_world

Run = Callable[..., Any]
ROUTE = """version: 1
route: {{name: over-a-socket, target: research}}
via:
  gateway: newapi
  base_url: {url}
  endpoint: videos
  model: veo3.1-lite
  group: plg
  key: {{env: GATEWAY_KEY, scope: non-production}}
model: {{official: veo-3.1-lite-generate-001, surface: agent-platform}}
request: {{seconds: 8, resolution: 720p}}
"""


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(open_world("healthy"), 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()


def test_a_sandbox_s_key_makes_the_report_a_simulated_one(
    server: SandboxServer, veo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "route.yaml"
    file.write_text(ROUTE.format(url=server.base_urls["newapi"]), encoding="utf-8")
    monkeypatch.setenv("GATEWAY_KEY", open_world("healthy").keys["newapi"])
    ran = veo("run", file, "-o", "json")
    assert ran.checks["model-listed"]["status"] == "pass"
    assert (ran.report["simulated"], ran.report["scenario"]) == (True, None)
    assert "the key is a sandbox's" in veo("run", file).out


def test_any_other_key_stays_at_home(
    server: SandboxServer, veo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "route.yaml"
    file.write_text(ROUTE.format(url=server.base_urls["newapi"]), encoding="utf-8")
    monkeypatch.setenv("GATEWAY_KEY", "sk-somebodysrealkey0123456789")
    ran = veo("run", file, "-o", "json")
    assert ran.checks["key-hygiene"]["status"] == "fail"
    assert ran.checks["model-listed"]["status"] == "blocked"
    assert ran.report["simulated"] is False
