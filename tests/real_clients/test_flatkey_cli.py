"""Flatkey's own command line makes a video against the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real_clients


def test_a_video_and_the_credits(
    sandbox: Callable[[str], Any], program: Callable[[str], str], tmp_path: Path
) -> None:
    command = program("VEO_CHECK_FLATKEY_CLI")
    served = sandbox("healthy")
    environment = {**os.environ, "FLATKEY_API_KEY": served.key("flatkey")}

    def flatkey(*arguments: str) -> Any:
        done = subprocess.run(
            [command, *arguments, "--base-url", served.url("flatkey"), "--json"],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    assert flatkey("credits")["remaining"] == 97.5
    clip = tmp_path / "clip.mp4"
    flatkey(
        *("video", "generate", "--prompt", "A boat.", "--model", "veo3.1-fast"),
        *("--duration", "8", "-o", str(clip)),
    )
    assert clip.read_bytes()[4:8] == b"ftyp"
    assert served.ledger()["accepted"] == 1
