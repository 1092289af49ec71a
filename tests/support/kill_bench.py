"""A gateway on a real socket, real `veo-check` processes that die, and the ledger of the gateway.

The ledger is what was really sent; the journal in the state folder is what the tool knows of it.
"""

from __future__ import annotations

import base64
import itertools
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fast_clock import NOON, SharedClock
from kill_world import ROUTE, SURFACE, VIA, Death, Gateway, TrapWorld
from veo_check.sandbox.scenarios import find_scenario
from veo_check.sandbox.server import SandboxServer
from veo_check.smoke.journal import Entry, Journal
from veo_check.smoke.state_folder import StateFolder

SUPPORT = Path(__file__).parent
NAME = "killed-route"
#: the checks that only a paid job settles
PAID = (
    "job-completes",
    "media-delivered",
    "usage-recorded",
    "usage-matches-quote",
    "controlled-failure",
)
SAMPLE = SUPPORT.parent.parent / "examples/logs/veo-jobs.jsonl"


@dataclass(frozen=True)
class End:
    """What an undisturbed run of a bench looks like: its length, its requests, how it ends."""

    seconds: float
    requests: int
    exit_code: int
    statuses: dict[str, str]
    doubted: bool
    left: int  # entries that stay open: refused, and charged all the same


class Starter:
    """A process that forks runs, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SUPPORT / "killable_runs.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, order: dict[str, object]) -> int:
        """The new run's process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._told("pid")

    def status(self) -> int:
        """How the run ended."""
        return self._told("status")

    def _told(self, word: str) -> int:
        assert self._process.stdout is not None
        return int(json.loads(self._process.stdout.readline())[word])

    def close(self) -> None:
        self._process.communicate()


class Trial:
    """One route in a fresh world, run until it ends."""

    def __init__(self, bench: RunContext, folder: Path) -> None:
        self.bench, self.folder = bench, folder
        folder.mkdir(parents=True)
        self.origin = time.monotonic()
        self.world = TrapWorld(bench.scenario, SharedClock(self.origin))
        bench.server.world = self.world
        self.file = folder / "route.yaml"
        (folder / "logs").mkdir()
        (folder / "logs" / SAMPLE.name).write_bytes(SAMPLE.read_bytes())
        self.kills = 0
        self.runs = 0
        base, self.via = VIA[bench.gateway]
        self.base = bench.server.origin + base
        self.write()

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def write(self) -> None:
        self.file.write_text(
            ROUTE.format(name=NAME, gateway=self.bench.gateway, base=self.base, via=self.via)
        )

    def move(self) -> None:
        """The checkout moves, and its state folder with it."""
        moved = self.folder.with_name(f"{self.folder.name}-moved")
        self.folder.rename(moved)
        self.folder, self.file = moved, moved / self.file.name

    def rename(self) -> None:
        """The route file gets another name."""
        self.file = self.file.rename(self.file.with_name(f"{self.file.stem}-renamed.yaml"))

    def edit(self) -> None:
        """`via` is edited: another base URL of the same gateway."""
        longer = f"{self.bench.server.origin}/flatkey"
        self.base = self.bench.server.origin if self.base == longer else longer
        self.write()

    def disturb(self, chance: random.Random) -> None:
        """What people do between a kill and the restart."""
        if chance.random() < 0.15:
            self.move()
        if chance.random() < 0.15:
            self.rename()
        if chance.random() < 0.15 and self.bench.gateway == "flatkey":
            self.edit()

    def order(self, *arguments: str, death: Death | None = None) -> dict[str, object]:
        self.runs += 1
        gateway = self.bench.gateway
        return {
            "arguments": list(arguments),
            "environ": {
                "SMOKE_KEY": self.world.keys[SURFACE.get(gateway, gateway)],
                "VEO_CHECK_PROOF_KEY": "a key of the tests, for seals",
                "HOME": str(self.folder / "home"),
            },
            "origin": self.origin,
            "output": str(self.folder / f"out-{self.runs}"),
            "folder": str(self.folder),
            "after": death.after if death else None,
            "step": death.step if death else None,
        }

    def paid(self) -> tuple[str, ...]:
        return (
            *("run", str(self.file), "--spend", "3", "--state", str(self.state)),
            *("--parallel", "2", "-o", f"json:{self.folder}/report.json"),
        )

    def die(self, death: Death) -> bool:
        """A paid run that is killed; whether it was still running."""
        starter = self.bench.starters[0]
        pid = starter.start(self.order(*self.paid(), death=death))
        if death.request is not None:
            self.world.arm(death, pid)
        died = starter.status() == -signal.SIGKILL
        self.world.arm(Death(), 0)
        self.kills += died
        self.audit()
        return died

    def run(self) -> dict[str, Any]:
        """A paid run that nobody kills; its report."""
        code = self.command(*self.paid())
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        assert report["exit_code"] == code
        self.audit()
        return report

    def command(self, *arguments: str) -> int:
        self.bench.starters[0].start(self.order(*arguments))
        return self.bench.starters[0].status()

    def entries(self) -> tuple[Entry, ...]:
        """The journal: readable at any moment. A key that the sandbox printed pays play money."""
        return Journal(StateFolder(self.state, simulated=True)).entries(NAME)

    def submits(self) -> list[dict[str, Any]]:
        submits: list[dict[str, Any]] = json.loads(self.world.ledger_json())["submits"]
        return submits

    def audit(self) -> None:
        """One submit for an intent at most, and no operation that the journal lost."""
        entries = sorted(self.entries(), key=lambda one: one.intent.at)
        starts = [(one.intent.at - NOON).total_seconds() for one in entries]
        used: set[str] = set()
        for submit in self.submits():
            before = sum(start <= submit["at"] + 0.001 for start in starts)
            assert before, f"sent without an intent on disk: {submit} {starts}"
            entry = entries[before - 1]
            assert entry.id not in used, f"sent twice for {entry.id}: {submit}"
            used.add(entry.id)
            if submit["operation"] and entry.operation is None:
                assert entry.state in {"intent", "uncertain", "abandoned"}, f"lost: {submit}"
            elif submit["operation"]:
                assert entry.operation is not None
                assert _same(submit["operation"], entry.operation.id), (submit, entry)
            else:
                assert entry.operation is None, (submit, entry)
        self._one_wrong_request_a_job(entries)

    def _one_wrong_request_a_job(self, entries: list[Entry]) -> None:
        """What a proof has to hold is not sent again before it does. What a person gave up may."""
        beside: list[Entry] = []
        for entry in entries:
            if entry.intent.kind == "smoke":
                beside = []
            elif entry.state != "abandoned":
                beside.append(entry)
            assert len(beside) <= 1, f"the controlled failure was sent twice: {beside}"

    def settle(self, end: End) -> None:
        """Run until the route has come to its end; a person looks at what is uncertain and gives
        it up. Every run on the way is audited."""
        told: list[object] = []
        for _ in range(8):
            self.world.pass_the_window()
            report = self.run()
            told.append((report["exit_code"], self.paid_statuses(report)))
            doubted = [one for one in self.entries() if one.is_open and one.state == "uncertain"]
            if doubted:
                assert report["exit_code"] != 0, "ready beside an uncertain job"
                if any(one.intent.kind == "smoke" for one in doubted):
                    assert report["exit_code"] == 3, "an uncertain job is neither good nor bad"
                self._nothing_is_sent_beside(doubted)
            if not end.doubted:
                self._give_up(doubted)
            if self._is_at(end, report, doubted):
                return
            # a charged refusal of what the route was before it was edited
            self._give_up([one for one in self.entries() if one.is_open and one.charged == "yes"])
        raise AssertionError(f"it does not come to rest at {end}: {told}")

    def _is_at(self, end: End, report: dict[str, Any], doubted: list[Entry]) -> bool:
        if end.doubted:
            return bool(doubted)
        return (
            not doubted
            and report["exit_code"] == end.exit_code
            and self.paid_statuses(report) == end.statuses
            and sum(one.is_open for one in self.entries()) == end.left
        )

    def _nothing_is_sent_beside(self, doubted: list[Entry]) -> None:
        sent = len(self.submits())
        self.run()
        assert len(self.submits()) == sent, f"sent beside {doubted}"

    def _give_up(self, doubted: list[Entry]) -> None:
        for one in doubted:
            words = ("job", "abandon", one.id, "--state", str(self.state), "--because", "seen")
            assert self.command(*words) == 0

    def paid_statuses(self, report: dict[str, Any]) -> dict[str, str]:
        checks = report["routes"][0]["checks"]
        return {one["id"]: one["status"] for one in checks if one["id"] in PAID}


def _same(ledger: str, journal: str) -> bool:
    """A surface writes more around the operation than the ledger does; a proxy encodes it."""
    encoded = journal.removeprefix("video_")
    if encoded != journal:
        return ledger.encode() in base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return ledger in journal


class RunContext:
    """One gateway in one scenario."""

    def __init__(
        self, gateway: Gateway, scenario: str, folder: Path, starters: list[Starter]
    ) -> None:
        found = find_scenario(scenario)
        assert found is not None
        self.gateway: Gateway = gateway
        self.scenario = found
        self.folder, self.starters = folder, starters
        self.server = SandboxServer(TrapWorld(found, SharedClock(time.monotonic())), 0)
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self._numbers = itertools.count(1)

    def trial(self) -> Trial:
        return Trial(
            self, self.folder / f"{self.gateway}-{self.scenario.name}-{next(self._numbers)}"
        )

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@contextmanager
def bench(gateway: Gateway, scenario: str, folder: Path, starters: int = 1) -> Iterator[RunContext]:
    made = [Starter() for _ in range(starters)]
    here = RunContext(gateway, scenario, folder, made)
    try:
        yield here
    finally:
        for one in made:
            one.close()
        here.close()
