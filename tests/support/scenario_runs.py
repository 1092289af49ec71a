"""Each scenario of the sandbox run once a session, for every test that looks at what it left.

A run's folder holds its report in every format, its bundle, its state folder and its crash files.
Workers of xdist share the folders; where two begin one at once, the slower one's is thrown away.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from veo_check.cli.main import main
from veo_check.cli.output import FORMATS
from veo_check.core.clock import SandboxClock
from veo_check.sandbox.scenarios import find_scenario
from veo_check.sandbox.wire import KEYS

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
EXAMPLE = "flatkey-veo-3.1-fast"
CANARY = "sk-canary+Zq7/40cXw9==LmN2"
#: Variables of the examples, and others that people have set. All hold the canary, but for the
#: first in a run of the example: its key is the one that the sandbox takes.
VARIABLES = (
    "FLATKEY_SMOKE_KEY",
    "FLATKEY_KEY",
    "GOOGLE_ACCESS_TOKEN",
    "GEMINI_API_KEY",
    "OPENAI_API_KEY",
    "VEO_CHECK_PROOF_KEY",
    "SOMEBODYS_PASSWORD",
)
ACCEPTED = KEYS["flatkey"]


@dataclass(frozen=True)
class SharedRun:
    """What one run left behind. Many tests read it; none may change it."""

    folder: Path
    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return loaded

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """The route's checks by id."""
        return {check["id"]: check for check in self.report["routes"][0]["checks"]}

    @property
    def bundle(self) -> Path:
        """The folder that `--evidence` made."""
        (bundle,) = (self.folder / "evidence").iterdir()
        return bundle


def everything(folder: Path) -> list[object]:
    """The options for every format, a bundle and a state folder, all in this one folder."""
    words: list[object] = ["--evidence", folder / "evidence", "--state", folder / "state"]
    for word in FORMATS:
        words += ["-o", f"{word}:{folder / f'report.{word}'}"]
    return words


def keep_everything(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Crash files go to this folder too, and ten minutes of the sandbox take one second."""
    (folder / "crash").mkdir()
    patch.setattr(SandboxClock.__init__, "__defaults__", (600.0,))
    patch.setattr(tempfile, "tempdir", str(folder / "crash"))


class ScenarioRuns:
    """`runs("slow")`: that scenario's run, of this session; a paid one's with money."""

    def __init__(self, shared: Path, read: Callable[[], tuple[str, str]]) -> None:
        self._shared, self._read = shared, read

    def __call__(self, scenario: str, example: str = EXAMPLE) -> SharedRun:
        folder = self._shared / f"{example}-{scenario}"
        if not folder.is_dir():
            self._run(folder, scenario, example)
        said = json.loads((folder / "said.json").read_text())
        return SharedRun(folder, said["code"], said["out"], said["err"])

    def _run(self, folder: Path, scenario: str, example: str) -> None:
        found = find_scenario(scenario)
        assert found is not None
        self._shared.mkdir(exist_ok=True)
        mine = Path(tempfile.mkdtemp(dir=self._shared))
        words: list[object] = ["run", EXAMPLES / f"{example}.yaml", "--scenario", scenario]
        words += ["--spend", "5"] if found.paid else []
        # the other examples are only asked what they say
        whole = example == EXAMPLE
        words += everything(mine) if whole else ["-o", f"json:{mine / 'report.json'}"]
        with pytest.MonkeyPatch.context() as patch:
            for variable in VARIABLES:
                patch.setenv(variable, CANARY)
            if whole:
                patch.setenv(VARIABLES[0], ACCEPTED)
            keep_everything(mine, patch)
            self._read()
            code = main([str(word) for word in words])
        out, err = self._read()
        (mine / "said.json").write_text(json.dumps({"code": code, "out": out, "err": err}))
        try:
            mine.rename(folder)
        except OSError:
            # another worker was quicker
            shutil.rmtree(mine)
