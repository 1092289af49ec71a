"""OpenAI's SDK makes a video through every gateway the sandbox plays, and through LiteLLM."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from veo_check.sandbox.media import mp4

pytestmark = pytest.mark.real_clients

JOB = """
import hashlib, json, sys, time
from openai import OpenAI

base, key, model = sys.argv[1:]
client = OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0)
video = client.videos.create(model=model, prompt="A boat.", seconds="8", size="1280x720")
# LiteLLM's poll answers with another id, which has lost the deployment and its key
first = video.id
polls = 0
while video.status not in ("completed", "failed") and polls < 100:
    time.sleep(0.2)
    video = client.videos.retrieve(first)
    polls += 1
data = client.videos.download_content(first).read()
print(json.dumps({
    "listed": model in [one.id for one in client.models.list()],
    "status": video.status,
    "polled": polls > 1,
    "sha256": hashlib.sha256(data).hexdigest(),
}))
"""
DELIVERED = {
    "listed": True,
    "status": "completed",
    "polled": True,
    "sha256": hashlib.sha256(mp4(8, 1280, 720)).hexdigest(),
}
MASTER_KEY = "sk-real-clients-test-5b1e"
CONFIG = """
model_list:
  - model_name: veo-fast
    litellm_params: {{model: gemini/{model}, api_base: "{url}", api_key: {key}}}
    model_info: {{mode: video_generation}}
general_settings: {{master_key: os.environ/LITELLM_MASTER_KEY}}
litellm_settings: {{num_retries: 0}}
"""


@pytest.mark.parametrize(
    ("surface", "spent"), [("openai", "0.80"), ("flatkey", "0.96"), ("newapi", "0.96")]
)
def test_a_gateway_of_the_sandbox(
    sandbox: Callable[[str], Any], run_script: Callable[..., Any], surface: str, spent: str
) -> None:
    served = sandbox("healthy")
    told = run_script(
        "VEO_CHECK_OPENAI_PYTHON", JOB, served.url(surface), served.key(surface), "veo3.1-fast"
    )
    assert told == DELIVERED
    book = served.ledger()
    assert (book["accepted"], book["spent"]) == (1, spent)


@pytest.fixture
def litellm(program: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[[Any], str]]:
    """Start a LiteLLM proxy in front of a sandbox's Gemini API; its base URL."""
    command = program("VEO_CHECK_LITELLM")
    with ExitStack() as stack:

        def start(served: Any) -> str:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            config = tmp_path / "litellm.yaml"
            config.write_text(
                CONFIG.format(
                    model="veo-3.1-fast-generate-preview",
                    url=served.url("gemini-api"),
                    key=served.key("gemini-api"),
                )
            )
            process = stack.enter_context(
                subprocess.Popen(
                    [command, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={
                        **os.environ,
                        "LITELLM_MASTER_KEY": MASTER_KEY,
                        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                    },
                )
            )
            stack.callback(process.kill)
            base = f"http://127.0.0.1:{port}"
            _wait_for(f"{base}/health/liveliness", process)
            return base

        yield start


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, "the proxy ended"
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail("the proxy did not start")


def test_litellm_as_a_client_of_google(
    sandbox: Callable[[str], Any], run_script: Callable[..., Any], litellm: Callable[[Any], str]
) -> None:
    served = sandbox("article-2026-06-17")
    told = run_script("VEO_CHECK_OPENAI_PYTHON", JOB, litellm(served), MASTER_KEY, "veo-fast")
    assert told == DELIVERED
    book = served.ledger()
    assert [one["model"] for one in book["submits"]] == ["veo-3.1-fast-generate-preview"]
    assert (book["accepted"], book["spent"]) == (1, "0.80")
