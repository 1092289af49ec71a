"""Keys are found nowhere: in no format, bundle, state folder, message or traceback."""

from __future__ import annotations

import base64
import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from veo_check.cli.output import FORMATS
from veo_check.core.clock import SandboxClock
from veo_check.core.findings import Check
from veo_check.sandbox.scenarios import SCENARIOS
from veo_check.sandbox.wire import KEYS

Run = Callable[..., Any]
CANARY = "sk-canary+Zq7/40cXw9==LmN2"
#: Variables of the examples, and others that people have set.
VARIABLES = (
    "FLATKEY_SMOKE_KEY",
    "FLATKEY_KEY",
    "GOOGLE_ACCESS_TOKEN",
    "GEMINI_API_KEY",
    "OPENAI_API_KEY",
    "VEO_CHECK_PROOF_KEY",
    "SOMEBODYS_PASSWORD",
)
NAMES = [scenario.name for scenario in SCENARIOS]
FREE = [scenario.name for scenario in SCENARIOS if not scenario.paid]


def forms(key: str) -> set[str]:
    """A key as it may come back."""
    raw = key.encode()
    found = {key, quote(key, safe=""), quote_plus(key), raw.hex(), json.dumps(key)[1:-1], key[3:]}
    found |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return found | {base64.b64encode(b"user:" + raw).decode()}


def traces(key: str) -> set[str]:
    """What shows that a key was here: any of its forms, or a good part of it."""
    return forms(key) | {
        key[:14],
        key[-14:],
        base64.b64encode(b"user:" + key.encode()).decode()[8:-4],
    }


@pytest.fixture
def wishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every format, a bundle, a state folder, and crash files, all in this test's own folder."""
    (tmp_path / "crash").mkdir()
    monkeypatch.setattr(
        SandboxClock.__init__, "__defaults__", (600.0,)
    )  # ten minutes in one second
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "crash"))
    words: list[object] = ["--evidence", tmp_path / "evidence", "--state", tmp_path / "state"]
    for word in FORMATS:
        words += ["-o", f"{word}:{tmp_path / f'report.{word}'}"]
    return words


def leaks(keys: set[str], ran: Any, folder: Path) -> list[str]:
    """Where any form of any of the keys was left."""
    texts = {"stdout": ran.out, "stderr": ran.err}
    for path in folder.rglob("*"):
        if path.is_file():
            texts[path.relative_to(folder).as_posix()] = path.read_bytes().decode("latin-1")
    assert len(texts) > len(FORMATS)
    every = {form for key in keys for form in traces(key)}
    return [f"{place}: {form}" for place, text in texts.items() for form in every if form in text]


@pytest.mark.parametrize("scenario", NAMES)
def test_a_key_on_the_sandbox_is_found_nowhere(
    scenario: str, veo: Run, root: Path, tmp_path: Path, wishes: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for variable in VARIABLES:
        monkeypatch.setenv(variable, CANARY)
    accepted = KEYS["flatkey"]
    monkeypatch.setenv("FLATKEY_SMOKE_KEY", accepted)
    spend = [] if scenario in FREE else ["--spend", "5"]
    example = root / "examples/flatkey-veo-3.1-fast.yaml"
    ran = veo("run", example, "--scenario", scenario, *spend, *wishes)
    assert ran.code in {0, 1, 3}
    assert leaks({CANARY, accepted}, ran, tmp_path) == []


@pytest.mark.parametrize("example", ["google-agent-platform", "openai-litellm"])
def test_another_surfaces_key_is_found_nowhere(
    example: str, veo: Run, root: Path, tmp_path: Path, wishes: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for variable in VARIABLES:
        monkeypatch.setenv(variable, CANARY)
    path = root / f"examples/{example}.yaml"
    ran = veo("run", path, "--sandbox", "--spend", "5", *wishes)
    assert ran.code in {0, 1, 3}
    assert leaks({CANARY}, ran, tmp_path) == []


class Echo(BaseHTTPRequestHandler):
    """Answers every request with the key it came with, in every form, as JSON or as an error."""

    status = 200

    def do_GET(self) -> None:
        sent = self.headers.get("Authorization", "").removeprefix("Bearer ")
        said = {form: form for form in sorted(forms(sent))} if sent else {}
        message = f"Incorrect API key provided: {sent}. Bearer {sent}; x-api-key: {sent}"
        body = {
            "success": True,
            "object": "list",
            "data": [{"id": form, "object": "model", "owned_by": form} for form in said],
            "error": {"message": message, "code": sent, **said},
            "message": message,
        }
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Request-Id", sent)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=[200, 401, 404, 500, 302])
def echo(request: pytest.FixtureRequest) -> Iterator[str]:
    handler = type("Echoing", (Echo,), {"status": request.param})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("gateway", ["newapi", "openai"])
def test_a_server_that_sends_the_key_back_leaks_it_nowhere(
    gateway: str, echo: str, veo: Run, root: Path, tmp_path: Path, wishes: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("FLATKEY_SMOKE_KEY", CANARY)
    text = (root / "examples/flatkey-veo-3.1-fast.yaml").read_text()
    text = re.sub(
        r"gateway: flatkey\n  base_url: \S+", f"gateway: {gateway}\n  base_url: {echo}", text
    )
    text = re.sub(r"\nlogging:.*?\n(?=\S)", "\n", text, flags=re.DOTALL)
    route = tmp_path / "route" / "route.yaml"
    route.parent.mkdir()
    route.write_text(text)
    ran = veo("run", route, "--allow-host", f"FLATKEY_SMOKE_KEY={echo}", *wishes)
    assert ran.code in {1, 3}
    report = json.loads((tmp_path / "report.json").read_text())
    exchanges = report["routes"][0]["exchanges"]
    assert exchanges != []  # the key did leave, for the host it may go to, and came back
    assert any("[redacted]" in (one["body_excerpt"] or "") for one in exchanges)
    assert leaks({CANARY}, ran, tmp_path) == []


def test_a_traceback_holds_no_key(
    veo: Run, root: Path, tmp_path: Path, wishes: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATKEY_SMOKE_KEY", CANARY)

    def crash(_check: Check, **_values: object) -> None:
        raise ValueError(f"key {CANARY} in {forms(CANARY)}")

    monkeypatch.setattr(Check, "__call__", crash)
    example = root / "examples/flatkey-veo-3.1-fast.yaml"
    ran = veo("run", example, "--sandbox", *wishes)
    assert ran.code == 3
    assert list((tmp_path / "crash").glob("veo-check-crash-*.txt")) != []
    whole = {CANARY, quote(CANARY, safe=""), CANARY.encode().hex()}
    found = [one for one in leaks({CANARY}, ran, tmp_path) if one.partition(": ")[2] in whole]
    assert found == []
