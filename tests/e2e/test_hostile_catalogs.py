"""200 hostile catalogue answers through a whole run: a finding or a hole, never a crash."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from veo_check.cli.run_command import load_routes
from veo_check.core.clock import SandboxClock
from veo_check.core.secrets import AllowList
from veo_check.engine.options import RunOptions
from veo_check.engine.plan import built_in_checklist
from veo_check.engine.run import Environment, run
from veo_check.gateways.probes import Asking
from veo_check.reference.load import load_reference
from veo_check.sandbox.scenarios import HEALTHY_DAY
from veo_check.sandbox.server import SandboxTransport
from veo_check.sandbox.world import World, open_world

CANARY = "canary5f1e2d3c4b5a"
ROW = "veo3.1-fast"
Mutation = Callable[[Any, random.Random], object]
WEIRD: tuple[object, ...] = (
    None, True, -1, 0, 10**400, "NaN", "1e999999", "", "\x1b[31mred\x1b[0m", "]]><script>", [], {},
    [[[]]], {"a": {"b": {}}}, "\u202eevil", "x" * 5000, -0.0, 37.5, 1e308,
)  # fmt: skip


def _rows(body: Any) -> list[Any]:
    return [row for row in body["data"] if row.get("model_name") == ROW]


def _one_field(body: Any, chance: random.Random) -> object:
    row = _rows(body)[0]
    row[chance.choice(sorted(row))] = chance.choice(WEIRD)
    return body


def _one_part(body: Any, chance: random.Random) -> object:
    body[chance.choice(sorted(body))] = chance.choice(WEIRD)
    return body


def _ratios(body: Any, chance: random.Random) -> object:
    body["group_ratio"] = {"plg": chance.choice(WEIRD), "\x1b[2J": 1}
    return body


def _doubled(body: Any, chance: random.Random) -> object:
    body["data"] += [{**_rows(body)[0], "model_price": chance.choice(WEIRD)}]
    return body


def _nameless(body: Any, chance: random.Random) -> object:
    chance.shuffle(body["data"])
    body["data"] = [chance.choice(WEIRD), *body["data"][: chance.randrange(5)]]
    return body


STRUCTURED: tuple[Mutation, ...] = (_one_field, _one_part, _ratios, _doubled, _nameless)


def hostile(body: bytes, seed: int) -> bytes:
    """One of the mutations, by its number."""
    chance = random.Random(seed)
    if seed % 4:
        mutated = chance.choice(STRUCTURED)(json.loads(body), chance)
        return json.dumps(mutated).encode()
    raw = bytearray(body)
    match chance.randrange(5):
        case 0:
            return bytes(raw[: chance.randrange(len(raw))])
        case 1:
            for _ in range(20):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
            return bytes(raw)
        case 2:
            return b"[" * 100_000
        case 3:
            return body.replace(b"0.15", chance.choice([b"NaN", b"-Infinity", b"1e9999", b"-3"]))
        case _:
            return b"<!doctype html><title>\x1b]0;owned\x07</title>" + body[:200]


class HostileCatalogue(httpx.BaseTransport):
    """The healthy world, but for its catalogue. The answer carries the key back."""

    def __init__(self, world: World, seed: int) -> None:
        self._inner, self._seed = SandboxTransport(world), seed

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if request.url.path.endswith("/v1/models"):
            # a short listing: two hundred runs shall spend their time on the catalogue
            listed = json.loads(b"".join(answer.iter_raw()))
            listed["data"] = [row for row in listed["data"] if row["id"] == ROW]
            return httpx.Response(200, json=listed)
        if "pricing" not in request.url.path:
            return answer
        body = hostile(b"".join(answer.iter_raw()), self._seed)
        headers = {"content-type": "application/json", "x-echo": CANARY}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))


@pytest.mark.parametrize("block", range(8))
def test_twenty_five_hostile_catalogues(block: int, root: Path, tmp_path: Path) -> None:
    example = root / "examples" / "flatkey-veo-3.1-fast.yaml"
    files, problems = load_routes((example,))
    assert problems == []
    for seed in range(block * 25, block * 25 + 25):
        crashes: list[str] = []
        world = open_world("healthy")
        environ = {"FLATKEY_SMOKE_KEY": world.keys["flatkey"], "OTHER_KEY": CANARY}
        asking = Asking.open(
            environ=environ,
            leave=AllowList(),
            clock=SandboxClock(HEALTHY_DAY),
            transport=HostileCatalogue(world, seed),
        )
        asking.redactor.learn(CANARY)
        around = Environment(
            clock=asking.clock,
            asking=asking,
            reference=load_reference(),
            checklist=built_in_checklist(),
            watch=lambda *_: None,
            on_crash=crashes.append,
            on_job=lambda _: None,
        )
        options = RunOptions(scenario="healthy", parallel=1, state=tmp_path / "state")
        report = run(files, [], options, around).report
        said = report.model_dump_json()
        assert crashes == [], seed
        assert report.exit_code in {1, 3}, seed
        assert "crashed" not in said, seed
        assert CANARY not in said, seed
