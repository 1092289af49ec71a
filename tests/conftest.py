"""What every test can rely on: no network, no leaked environment, a clock that tests move."""

from __future__ import annotations

import collections
import functools
import itertools
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import typer.main

from fake_clock import FakeClock
from scenario_runs import ScenarioRuns
from socket_guard import SocketGuard, guard
from veo_check.cli import main as cli

ROOT = Path(__file__).resolve().parent.parent

hypothesis.settings.register_profile(
    "veo-check",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# A CI run that fails must fail again on the same commit.
hypothesis.settings.register_profile(
    "ci", hypothesis.settings.get_profile("veo-check"), derandomize=True, print_blob=True
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "veo-check")

#: variables that change what veo-check does, or carry a secret: no test inherits them
_PRIVATE = re.compile(
    r"(?i).*(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|PROXY)$"
    r"|(FLATKEY|GEMINI|GOOGLE|OPENAI|CLOUDSDK|VEO_CHECK|GITHUB|SSL_CERT|XDG|TYPER)_.*"
    r"|CI|FORCE_COLOR|CLICOLOR_FORCE|TTY_.*|REQUESTS_CA_BUNDLE|SOURCE_DATE_EPOCH"
)
_FIXED = {"NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb", "TZ": "UTC", "LANG": "C.UTF-8"}
_HOME_DIRS = {
    "HOME": "",
    "USERPROFILE": "",
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}
_homes = itertools.count(1)
_machine: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite golden and generated files instead of comparing with them",
    )


def pytest_configure(config: pytest.Config) -> None:
    # before collection, so that no module and no wide fixture sees the machine's own values either
    _machine.update(getattr(config, "workerinput", {}).get("machine", os.environ))
    for name in [name for name in os.environ if _PRIVATE.fullmatch(name)]:
        del os.environ[name]
    os.environ.update(_FIXED)
    guard.install()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist starts a worker in the environment that is left here, without `VEO_CHECK_KILLS`."""
    node.workerinput["machine"] = dict(_machine)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which tests did not run here, by what they lack: `-q` shows no more of them than an s."""
    reasons = collections.Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, tests in reasons.most_common():
        terminalreporter.line(f"{tests} skipped: {reason}")


def pytest_make_parametrize_id(val: object) -> str | None:
    # A test is named the same in every process and every run; compressed bytes hold the time.
    return "bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def _homes_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="veo-check-homes-") as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def home(_homes_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own home folder, with the platform's user folders in it. None exists yet.

    The working folder is empty, so that a relative path leads nowhere on any machine."""
    monkeypatch.chdir(_homes_dir)
    # a number, not tmp_path: making a folder for each of some thousand tests takes its time
    folder = _homes_dir / str(next(_homes))
    for name, below in _HOME_DIRS.items():
        monkeypatch.setenv(name, str(folder / below))
    return folder


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    """A program makes its command line once, so some thousand tests in one process do not make
    it again either. No test can see a power cut; what is synced, and when, is `Disk`'s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "program", functools.cache(cli.program))
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        patch.setattr(os, "fsync", os.fstat)
        yield


@pytest.fixture(autouse=True)
def sockets() -> Iterator[SocketGuard]:
    """What this test did with sockets. One beyond this machine fails it, caught or not."""
    guard.forget()
    yield guard
    if guard.refused:
        pytest.fail(f"left this machine: {', '.join(guard.refused)}")


@pytest.fixture
def clock() -> FakeClock:
    """A clock at noon UTC of 2026-11-22 that only `sleep` and `pass_time` move."""
    return FakeClock()


@pytest.fixture(scope="session")
def machine_environment() -> Mapping[str, str]:
    """The variables the suite was started with, for tools such as pip that need the machine's."""
    return _machine


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real pages and catalogues beside the repository; without it, a skip."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder.name} beside the repository")
    return folder


@pytest.fixture
def scenario_run(
    tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]
) -> ScenarioRuns:
    """`scenario_run("slow")`: what the example's run in that scenario left, run once a session."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return ScenarioRuns(shared / "scenario-runs", capfd.readouterr)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """`golden(path, text)`: the text is the file's, byte for byte; `--update` rewrites the file."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        elif not path.is_file():
            pytest.fail(f"{path.relative_to(ROOT)} does not exist; `pytest --update` writes it")
        assert text == path.read_bytes().decode()

    return compare
