"""A full paid run through a gateway that nobody here wrote: `run`, a LiteLLM proxy, the sandbox.

The proxy speaks to the simulated Agent Platform with a service account that lives as long as the
test; its Python needs google-auth (`litellm[google]`).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from fast_clock import SharedClock
from kill_bench import SAMPLE, Starter
from kill_world import ROUTE
from veo_check.sandbox.server import SandboxServer
from veo_check.sandbox.wire import Ledger
from veo_check.sandbox.world import open_world

pytestmark = [
    pytest.mark.real_clients,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]

MASTER_KEY = "sk-real-clients-test-5b1e"
ACCOUNT = """
import json, sys
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
import google.auth

made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
text = made.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
print(json.dumps({
    "type": "service_account", "project_id": "demo", "private_key_id": "1", "client_id": "1",
    "private_key": text.decode(), "client_email": "smoke@demo.iam.gserviceaccount.com",
    "token_uri": sys.argv[1],
}))
"""
#: LiteLLM's own retries are left as they are: what keeps a job from being sent twice is our header
CONFIG = """\
model_list:
  - model_name: veo-fast
    litellm_params: {{model: vertex_ai/veo-3.1-fast-generate-001, api_base: "{url}",
      vertex_project: demo, vertex_location: us-central1, vertex_credentials: "{account}"}}
    model_info: {{mode: video_generation}}
general_settings: {{master_key: os.environ/LITELLM_MASTER_KEY}}
"""


class Proxy:
    """A LiteLLM proxy in front of a simulated Agent Platform, whose world each run chooses."""

    def __init__(self, base: str, upstream: SandboxServer) -> None:
        self.base, self.upstream = base, upstream

    def run(self, folder: Path, scenario: str) -> RunResult:
        """A paid run of a production route through the proxy."""
        (folder / "logs").mkdir(parents=True)
        (folder / "logs" / SAMPLE.name).write_bytes(SAMPLE.read_bytes())
        via = "endpoint: videos, model: veo-fast"
        text = ROUTE.format(name="litellm", gateway="openai", base=self.base, via=via)
        (folder / "route.yaml").write_text(text)
        origin, starter = time.monotonic(), Starter()
        world = self.upstream.world = open_world(scenario, SharedClock(origin))
        try:
            starter.start(
                {
                    "arguments": [
                        *("run", str(folder / "route.yaml"), "--spend", "3"),
                        *("--allow-host", f"SMOKE_KEY={self.base}"),
                        *("--state", str(folder / "state"), "-o", f"json:{folder}/report.json"),
                    ],
                    "environ": {"SMOKE_KEY": MASTER_KEY, "HOME": str(folder)},
                    "origin": origin,
                    "output": str(folder / "output"),
                    "folder": str(folder),
                }
            )
            status = starter.status()
        finally:
            starter.close()
        return RunResult(status, json.loads((folder / "report.json").read_text()), world.ledger)


@dataclass(frozen=True)
class RunResult:
    """What a run left behind, here and at Google."""

    code: int
    report: dict[str, Any]
    ledger: Ledger

    @property
    def route(self) -> dict[str, Any]:
        route: dict[str, Any] = self.report["routes"][0]
        return route

    def check(self, name: str) -> tuple[str, set[str]]:
        """A check's status, and the codes of all its findings."""
        found = next(one for one in self.route["checks"] if one["id"] == name)
        return found["status"], {one["code"].partition("/")[2] for one in found["findings"]}


class _Tokens(BaseHTTPRequestHandler):
    token = ""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        said = {"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def proxy(
    program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    command, folder = program("VEO_CHECK_LITELLM"), tmp_path_factory.mktemp("litellm")
    with ExitStack() as stack:
        upstream = stack.enter_context(SandboxServer(open_world("healthy"), 0))
        tokens = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _Tokens))
        _Tokens.token = upstream.world.keys["agent-platform"]
        for server in (upstream, tokens):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        account, config = folder / "account.json", folder / "litellm.yaml"
        account.write_text(_account(command, f"http://127.0.0.1:{tokens.server_address[1]}/"))
        config.write_text(CONFIG.format(account=account, url=f"{upstream.origin}/agent-platform"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
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
        yield Proxy(base, upstream)


def _account(command: str, token_url: str) -> str:
    """A service account with a throw-away key, made by the proxy's own Python."""
    python = next(Path(command).parent.glob("python*"))
    made = subprocess.run(
        [python, "-c", ACCOUNT, token_url], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("the proxy's Python lacks google-auth")
    return made.stdout


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


#: The proxy's estimate is no record, and a person has not confirmed one.
USAGE = ("blocked", {"estimate"})
REFUSED = ("warn", {"refused", "charge-unknown"})
#: The controlled failure, a retired model, gets no further than the proxy.
JOB = ("veo-3.1-fast-generate-001", 200, "4")


def sent(ran: RunResult) -> list[tuple[str, int, str | None]]:
    """What reached Google, in order."""
    return [(one.model, one.status, one.seconds) for one in ran.ledger.submits]


def test_a_healthy_world_waits_for_somebody_who_read_the_bill(proxy: Proxy, tmp_path: Path) -> None:
    ran = proxy.run(tmp_path / "run", "healthy")
    assert (ran.code, ran.report["verdict"], ran.route["tier"]) == (3, "inconclusive", "staging")
    assert ran.check("job-completes") == ("pass", {"finished", "served"})
    assert ran.check("media-delivered") == ("pass", {"facts"})
    assert ran.check("usage-recorded") == USAGE
    assert ran.check("usage-matches-quote") == ("blocked", set())
    assert ran.check("controlled-failure") == REFUSED
    job = ran.route["job"]
    assert job["served_model"] == "veo-3.1-fast-generate-001"
    assert (job["seconds"], job["resolution"], job["audio"]) == ("4.0", "1280x720", True)
    assert ran.route["usage"] is None
    assert sent(ran) == [JOB]
    assert (ran.route["spent"], str(ran.ledger.spent)) == ("0.40", "0.40")


def test_another_model_is_read_from_the_id(proxy: Proxy, tmp_path: Path) -> None:
    ran = proxy.run(tmp_path / "run", "job-another-model")
    assert (ran.code, ran.report["verdict"]) == (1, "not-ready")
    assert ran.check("job-completes") == ("fail", {"finished", "another-model"})
    assert ran.route["job"]["served_model"] == "veo-3.1-lite-generate-001"
    assert sent(ran) == [JOB]


def test_a_failed_job_stays_booked_at_the_proxy(proxy: Proxy, tmp_path: Path) -> None:
    ran = proxy.run(tmp_path / "run", "job-error-13")
    assert (ran.code, ran.report["verdict"]) == (1, "not-ready")
    assert ran.check("job-completes") == ("fail", {"backend-error"})
    assert ran.check("usage-matches-quote") == ("blocked", set())
    assert sent(ran) == [JOB]
    assert (ran.route["spent"], ran.ledger.charges) == ("0.40", [])


@pytest.mark.parametrize("scenario", ["job-filtered-unwrapped", "job-no-video"])
def test_completed_without_a_video(proxy: Proxy, tmp_path: Path, scenario: str) -> None:
    """LiteLLM says `completed` to both and keeps Google's reason to itself."""
    ran = proxy.run(tmp_path / "run", scenario)
    assert (ran.code, ran.report["verdict"]) == (1, "not-ready")
    assert ran.check("job-completes") == ("fail", {"content-unavailable"})
    assert ran.check("media-delivered") == ("fail", {"content-unavailable"})


def test_a_lost_answer_reaches_google_once(proxy: Proxy, tmp_path: Path) -> None:
    """Last, because the proxy rests a deployment that failed."""
    ran = proxy.run(tmp_path / "run", "job-dropped-after")
    assert (ran.code, ran.report["verdict"]) == (3, "inconclusive")
    assert ran.check("job-completes") == ("blocked", {"submit-uncertain"})
    assert sent(ran) == [JOB]


def test_without_our_header_the_proxy_itself_sends_it_again(proxy: Proxy) -> None:
    """What the header prevents: one request, several paid jobs."""
    world = proxy.upstream.world = open_world("job-dropped-after", SharedClock(time.monotonic()))
    body = {"model": "veo-fast", "prompt": "A boat.", "seconds": "4", "size": "1280x720"}
    bearer = {"authorization": f"Bearer {MASTER_KEY}"}
    until = time.monotonic() + 30
    while not world.ledger.submits and time.monotonic() < until:  # the deployment may still rest
        httpx.post(
            f"{proxy.base}/v1/videos", json=body, headers=bearer, timeout=60, trust_env=False
        )
        time.sleep(1)
    assert len(world.ledger.submits) > 1
