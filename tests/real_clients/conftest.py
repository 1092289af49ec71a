"""Other people's clients against a sandbox in a process of its own.

Each client lives in an environment of its own, named by a variable; without it, a skip:

    VEO_CHECK_GENAI_PYTHON          a Python with google-genai 2.34.0
    VEO_CHECK_GENAI_NEWEST_PYTHON   a Python with google-genai 3.6.1
    VEO_CHECK_OPENAI_PYTHON         a Python with openai 3.57.0
    VEO_CHECK_LITELLM               the `litellm` of litellm[proxy] 1.108.7, with google-auth
    VEO_CHECK_FLATKEY_CLI           the `flatkey` program of @flatkey-ai/cli
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

SERVE = [sys.executable, "-c", "from veo_check.cli.main import entry; entry()", "sandbox"]
QUIET = {"PYTHONWARNINGS": "ignore", "NO_PROXY": "*"}


class Sandbox:
    """A running `veo-check sandbox`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.said: dict[str, Any] = json.loads(process.stdout.readline())

    def url(self, surface: str) -> str:
        return str(self.said["base_urls"][surface])

    def key(self, surface: str) -> str:
        return str(self.said["keys"][surface])

    def ledger(self) -> dict[str, Any]:
        book = httpx.get(self.said["ledger"], trust_env=False).json()
        assert isinstance(book, dict)
        return book


@pytest.fixture
def sandbox() -> Iterator[Callable[[str], Sandbox]]:
    """Start `veo-check sandbox --scenario NAME`."""
    with ExitStack() as stack:

        def start(scenario: str) -> Sandbox:
            process = stack.enter_context(
                subprocess.Popen(
                    [*SERVE, "--port", "0", "--scenario", scenario],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
            stack.callback(process.kill)
            return Sandbox(process)

        yield start


@pytest.fixture(scope="session")
def program(machine_environment: Mapping[str, str]) -> Callable[[str], str]:
    """The program that a variable names; a skip when it names none."""

    def find(variable: str) -> str:
        found = shutil.which(machine_environment.get(variable, ""))
        if found is None:
            pytest.skip(f"{variable} names no program")
        return found

    return find


@pytest.fixture(scope="session")
def run_script(program: Callable[[str], str]) -> Callable[..., Any]:
    """Run a script in the Python that a variable names; its last line of output, as JSON."""

    def run(variable: str, script: str, *arguments: str) -> Any:
        done = subprocess.run(
            [program(variable), "-c", script, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, **QUIET},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run
