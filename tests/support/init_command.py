"""`veo-check init` as a test types it, in a folder with a LiteLLM configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from veo_check.cli.main import main
from veo_check.core.clock import SystemClock

CANARY = "sk-canary1234567890abcdef"
LITELLM = f"""
model_list:
  - model_name: veo-fast
    litellm_params:
      model: vertex_ai/veo-3.1-fast-generate-001
      vertex_project: my-proj
      vertex_location: us-central1
      api_key: {CANARY}
  - model_name: veo-old
    litellm_params: {{model: gemini/veo-3.1-generate-preview, api_key: os.environ/GEMINI_API_KEY}}
  - model_name: two
    litellm_params: {{model: vertex_ai/veo-3.1-generate-001}}
  - model_name: two
    litellm_params: {{model: gemini/veo-3.1-generate-preview}}
  - model_name: elsewhere
    litellm_params: {{model: os.environ/VIDEO_MODEL, vertex_project: "Not A Name"}}
    model_info: {{mode: video_generation}}
  - model_name: chat
    litellm_params: {{model: openai/gpt-4o, api_base: "https://user:secretword@host"}}
general_settings: {{master_key: secretword}}
"""


@dataclass(frozen=True)
class RunResult:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The file that was printed, as YAML."""
        return yaml.safe_load(self.out)


Command = Callable[..., RunResult]


def command_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """A `veo-check init` in `folder`, which holds config.yaml, on 2026-11-22."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 11, 22, 12, tzinfo=UTC))
    (folder / "config.yaml").write_text(LITELLM)

    def run(*words: object, command: str = "init") -> RunResult:
        capfd.readouterr()
        code = main([command, *(str(one) for one in words)])
        return RunResult(code, *capfd.readouterr())

    return run
