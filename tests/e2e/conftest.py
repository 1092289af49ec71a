"""The command line in process: arguments in, exit code and both streams out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from veo_check.cli.main import main


@dataclass(frozen=True)
class RunResult:
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report on standard output."""
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """The first route's checks by id."""
        return {check["id"]: check for check in self.report["routes"][0]["checks"]}

    @property
    def codes(self) -> set[str]:
        """Every finding code of the first route."""
        return {one["code"] for check in self.checks.values() for one in check["findings"]}


Run = Callable[..., RunResult]


@pytest.fixture
def veo(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """`veo("run", file, …)` as a shell would run it; paid jobs are recorded in this test's own
    folder, whatever somebody's earlier runs left beside the example."""

    def run(*arguments: object) -> RunResult:
        words = [str(one) for one in arguments]
        if words[0] == "run" and "--state" not in words:
            words += ["--state", str(tmp_path / "state")]
        capfd.readouterr()
        code = main(words)
        out, err = capfd.readouterr()
        return RunResult(code, out, err)

    return run
