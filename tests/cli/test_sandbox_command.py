"""`veo-check sandbox`: the list, the first line, a taken port, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from veo_check.cli.sandbox import sandbox, table
from veo_check.core.money import UsageError
from veo_check.sandbox.scenarios import SCENARIOS

COMMAND = [sys.executable, "-c", "from veo_check.cli.main import entry; entry()", "sandbox"]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--scenario", "veo-retired"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        yield running
        running.kill()


def test_the_list_names_every_scenario_and_who_notices(capsys: pytest.CaptureFixture[str]) -> None:
    sandbox(list_=True)
    text = capsys.readouterr().out
    assert [line.split()[0] for line in text.splitlines() if not line.startswith(" ")] == [
        one.name for one in SCENARIOS
    ]
    assert max(map(len, text.splitlines())) <= 100
    for one in SCENARIOS:
        assert " ".join(one.description.split()) in " ".join(text.split())
    assert text.count("noticed by: ") == sum(bool(one.notices) for one in SCENARIOS)


def test_how_one_scenario_is_listed() -> None:
    (one,) = [one for one in SCENARIOS if one.name == "duplicate-row"]
    assert table((one,)) == (
        "duplicate-row  2026-11-30  "
        "Every Veo label stands twice in the catalogue, with two prices.\n"
        "                           not observed\n"
        "                           noticed by: catalog-row, price-unit\n"
    )


def test_an_unknown_scenario_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"--scenario: there is no scenario 'sunny'; `veo-check"):
        sandbox(scenario="sunny", port=0)


def test_a_taken_port_is_a_usage_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*--port 0"):
            sandbox(port=port)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing on Windows")
def test_it_introduces_itself_serves_and_stops_on_ctrl_c(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    introduction = json.loads(process.stdout.readline())
    assert (introduction["scenario"], introduction["day"]) == ("veo-retired", "2026-11-30")
    base = introduction["base_urls"]["agent-platform"]
    answer = httpx.get(
        f"{base}/v1beta1/publishers/google/models/veo-3.1-generate-001",
        headers={"authorization": f"Bearer {introduction['keys']['agent-platform']}"},
        trust_env=False,
    )
    assert answer.status_code == 404
    ledger = httpx.get(introduction["ledger"], trust_env=False).json()
    assert ledger == {"submits": [], "accepted": 0, "charges": [], "spent": "0"}
    process.send_signal(signal.SIGINT)
    rest, messages = process.communicate(timeout=10)
    assert (process.returncode, rest) == (130, "")
    assert messages.splitlines()[0] == (
        f"serving 'veo-retired' (a simulated 2026-11-30) on {base}; stop with Ctrl-C"
    )
    assert "Traceback" not in messages
