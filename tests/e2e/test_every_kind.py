"""Every kind of gateway and every endpoint family runs to its proof."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from route_kinds import ALLOWED, KINDS, Kind
from veo_check.core.clock import SandboxClock
from veo_check.gateways.registry import GATEWAYS

Run = Callable[..., Any]


def test_no_kind_is_left_out() -> None:
    every = {(gateway.name, family) for gateway in GATEWAYS.values() for family in gateway.families}
    assert {(kind.gateway, kind.family) for kind in KINDS} == every


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_job_of_every_kind_ends_in_its_proof_and_no_other_is_asked_for(
    kind: Kind, veo: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEO_CHECK_PROOF_KEY", "a-proof-key-of-the-tests")
    monkeypatch.setattr(SandboxClock.__init__, "__defaults__", (600.0,))
    file = kind.written(tmp_path, root)
    words = ("--scenario", kind.scenario, *ALLOWED, "-o", "json")
    paid = veo("run", file, *words, "--spend", "20")
    free = veo("run", file, *words)
    for ran in (paid, free):
        (route,) = ran.report["routes"]
        assert route["job"]["served_model"] in {kind.official, kind.label}
        assert route["job"]["video_count"] == 1
        assert route["proof"] is not None
        assert ran.checks["media-delivered"]["status"] == "pass"
        assert ran.checks["job-completes"]["status"] in {"pass", "warn"}
        steps = [cause for cause in route["next"] if cause["kind"] == "smoke-test"]
        assert steps == []
        assert "--spend" not in str(route["next"])
        if kind.gateway == "flatkey":
            assert (ran.code, route["tier"]) == (0, "production")
