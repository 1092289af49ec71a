"""A process with the command line loaded, which forks a fresh `veo-check` for every order.

    python killable_runs.py

An order is a line of JSON: `arguments`, `environ`, `origin` of the clock, `output` (a file for
both streams), `folder` (the run's own), and when the run kills itself or is killed: `after`
seconds, or right before its `step`-th change of the state folder. Answers are `{"pid"}` at once
and `{"status"}` at the end, negative for a signal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from fast_clock import RunnersClock

#: What asks the operating system for something that the state folder may show.
_STEPS = frozenset({"open", "os.rename", "os.mkdir", "os.remove", "os.chmod", "os.listdir"})


def die_before(step: int) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that kills this process before it touches the state folder once more."""
    seen = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in _STEPS and args and "/state" in str(args[0]):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


def become(order: dict[str, Any]) -> int:
    """The run itself, from here to its exit code."""
    import veo_check.cli.run_command
    import veo_check.cli.session
    import veo_check.core.clock
    from veo_check.cli.main import main

    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(order["environ"])
    os.chdir(order["folder"])
    origin = order["origin"]
    for module in (
        veo_check.cli.session,
        veo_check.cli.run_command,
        veo_check.core.clock,
    ):
        vars(module)["SystemClock"] = lambda: RunnersClock(origin)
    if order.get("step"):
        sys.addaudithook(die_before(order["step"]))
    return main(order["arguments"])


def load() -> None:
    """Everything a run imports on its way, so that its time is its own work."""
    import httpx  # noqa: F401

    from veo_check.reference.load import load_reference

    load_reference()


def main() -> None:
    """Fork for every line."""
    load()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = become(order)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        print(json.dumps({"pid": pid}), flush=True)
        if order.get("after") is not None:
            time.sleep(order["after"])
            os.kill(pid, signal.SIGKILL)  # our own child: until it is waited for, the id is its
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
