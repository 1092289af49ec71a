"""Keys are found nowhere: in no format, bundle, state folder, message or traceback."""

from __future__ import annotations

import base64
import html
import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import httpx
import pytest

from scenario_runs import ACCEPTED, CANARY, VARIABLES, ScenarioRuns, everything, keep_everything
from veo_check.cli.output import FORMATS
from veo_check.core.findings import Check
from veo_check.sandbox.scenarios import SCENARIOS
from veo_check.sandbox.server import SandboxTransport

Run = Callable[..., Any]
NAMES = [scenario.name for scenario in SCENARIOS]


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
    keep_everything(tmp_path, monkeypatch)
    return everything(tmp_path)


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
def test_a_key_on_the_sandbox_is_found_nowhere(scenario: str, scenario_run: ScenarioRuns) -> None:
    ran = scenario_run(scenario)
    assert ran.code in {0, 1, 3}
    assert leaks({CANARY, ACCEPTED}, ran, ran.folder) == []


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
        self.send_header("Location", f"https://{sent.lower()}/video.mp4")  # hosts fold the case
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


def chars(text: str, pattern: str) -> str:
    return "".join(pattern.format(ord(char)) for char in text)


#: how a key may stand in an answer, so that whoever decodes it has the key again
WRITTEN: tuple[Callable[[str], str], ...] = (
    str,
    lambda key: chars(key, "\\u{:04x}"),
    lambda key: chars(key, "%{:02x}"),
    lambda key: chars(key, "%{:02X}"),
    lambda key: chars(key, "%25{:02X}"),
    lambda key: chars(key, "&#{};"),
    lambda key: chars(key, "&#x{:X};"),
    lambda key: key.replace("/", "\\/").replace("+", "\\u002B").replace("=", "%3d"),
    lambda key: "\u034f".join(key),
    lambda key: "\u200b\ufe0f".join(key),
    lambda key: "".join(chr(ord(char) + 0xFEE0) for char in key),  # letters of full width
)
#: only of a key that the run knows by its value
KNOWN_ALONE: tuple[Callable[[str], str], ...] = (
    str.lower,
    lambda key: key.encode().hex().upper(),
    lambda key: base64.b64encode(key.encode()).decode(),
    lambda key: quote(base64.b64encode(b"ab" + key.encode()).decode(), safe=""),
)
#: a key nobody told the run about
STRANGER = "AQ." + "Ab8RN6KcAnArY0123456789_-xyzXYZ"
STRIDE = 3


def decoded(text: str) -> str:
    """What anybody can make of a text, in small letters. Not the program's own decoder."""
    for _ in range(5):
        text = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda one: chr(int(one[1], 16)), text)
        text = html.unescape(unquote(text.replace("\\/", "/")))
    return re.sub("[\u034f\u200b\ufe0f]", "", text.translate(WIDE)).lower()


WIDE = {code + 0xFEE0: code for code in range(0x21, 0x7F)}


class Plants:
    """Puts a canary into every third leaf, key and header of each answer; which, `turn` says."""

    def __init__(self, key: str, turn: int) -> None:
        self.key, self.turn = key, turn
        self.written = WRITTEN + (KNOWN_ALONE if key == CANARY else ())
        self.planted = self.at = 0

    def here(self) -> str | None:
        self.at += 1
        if self.at % STRIDE != self.turn % STRIDE:
            return None
        self.planted += 1
        return self.written[(self.at // STRIDE + self.turn) % len(self.written)](self.key)

    def grown(self, value: object) -> object:
        if isinstance(value, dict):
            held = {name: self.grown(one) for name, one in value.items()}
            said = self.here()
            return held if said is None else held | {said: next(iter(held.values()), said)}
        if isinstance(value, list):
            return [self.grown(one) for one in value[:6]]
        said = self.here()
        if said is None or isinstance(value, bool):
            return value
        return f"{value}{said}" if isinstance(value, str) and self.turn % 2 else said

    def answer(self, response: httpx.Response) -> httpx.Response:
        self.at = 0
        raw = b"".join(response.stream)  # type: ignore[arg-type]
        names = [name for name in response.headers if name != "content-length"]
        names += ["x-oneapi-request-id", "x-litellm-call-id"]
        headers = {
            name.encode(): f"{response.headers.get(name, 'x')}{self.here() or ''}".encode(
                "ascii", "ignore"
            )
            for name in names
        }
        ratios = json.dumps({self.here() or "x": 1})
        headers[b"x-new-api-other-ratios"] = ratios.encode("ascii", "ignore")
        if raw.startswith((b"{", b"[")):
            raw = json.dumps(self.grown(json.loads(raw)), ensure_ascii=self.turn % 4 < 2).encode()
        return httpx.Response(response.status_code, headers=headers, stream=httpx.ByteStream(raw))


EXAMPLES = ["flatkey-veo-3.1-fast", "google-agent-platform", "openai-litellm"]


@pytest.mark.parametrize("key", [CANARY, STRANGER], ids=["known", "stranger"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_key_anywhere_in_an_answer_is_found_nowhere(
    example: str, key: str, veo: Run, root: Path, tmp_path: Path, wishes: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if key == CANARY:
        monkeypatch.setenv("SOMEBODYS_PASSWORD", CANARY)
    honest = SandboxTransport.handle_request
    whole, planted = decoded(key), 0
    for turn in range(4 * STRIDE):
        plants = Plants(key, turn)
        monkeypatch.setattr(
            SandboxTransport,
            "handle_request",
            lambda self, request, plants=plants: plants.answer(honest(self, request)),
        )
        folder = tmp_path / str(turn)
        (folder / "crash").mkdir(parents=True)
        monkeypatch.setattr(tempfile, "tempdir", str(folder / "crash"))
        here = [str(one).replace(str(tmp_path), str(folder)) for one in wishes]
        ran = veo("run", root / f"examples/{example}.yaml", "--sandbox", "--spend", "5", *here)
        assert ran.code in {0, 1, 3}
        planted += plants.planted
        texts = {"stdout": ran.out, "stderr": ran.err}
        for path in folder.rglob("*"):
            texts[str(path.relative_to(folder))] = path.name
            if path.is_file():
                texts[str(path.relative_to(folder))] += path.read_text("utf-8", "surrogateescape")
        parts = {whole[:14], whole[-14:]}
        if key == CANARY:
            raw = key.encode()
            coded = (base64.b64encode(b"\0" * at + raw).decode()[4:-4] for at in range(3))
            parts |= {*map(str.lower, coded), raw.hex()[:28]}
        for place, text in texts.items():
            plain = decoded(text)
            assert [part for part in parts if part in plain] == [], (turn, place)
    assert planted > 100
