"""A process with everything loaded that forks a fresh run for every line it reads.

    python kill_zygote.py KEY

A line is {"folder", "route" (what differs from the tests' own), "spend", "result", "kill_after"};
the answer is {"status"}, once the run has ended or was killed. The run is the real one: door,
driver, journal and state machine, over a socket.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from check_world import a_route
from veo_check.core.clock import AsOf, SandboxClock
from veo_check.core.facts import Catalog, GatewayStatus
from veo_check.core.results import row_seen
from veo_check.core.secrets import AllowList, Redactor
from veo_check.gateways.base import place_of
from veo_check.gateways.probes import CATALOG, STATUS, Asking, job_driver
from veo_check.gateways.registry import gateway_of
from veo_check.http.answers import Limits
from veo_check.http.keys import Secret
from veo_check.pricing.job_cost import PriceSources
from veo_check.reference.load import load_reference
from veo_check.smoke.cost import SpendLimit
from veo_check.smoke.job import run_smoke
from veo_check.smoke.state_folder import open_state_folder
from veo_check.smoke.tools import Dependencies, SmokeContext, SpendPolicy, pace_of

DAY = date(2026, 11, 22)
SPEED = 300.0
#: in the run's own seconds: a busy machine must not look like a slow gateway
_PATIENT = Limits(deadline=20 * SPEED)


def run(order: dict[str, Any], key: str) -> str:
    """One run; the state of its job, or why there is none."""
    import httpx  # noqa: F401 - loaded before the fork

    route = a_route(order["route"])
    clock = SandboxClock(DAY, SPEED)
    asking = Asking.open(
        environ={"FLATKEY_SMOKE_KEY": key},
        leave=AllowList(),
        clock=clock,
        redactor=Redactor(),
        limits=_PATIENT,
    )
    catalog = CATALOG.learn(route, asking)
    status = STATUS.learn(route, asking)
    assert isinstance(catalog, Catalog), catalog
    assert isinstance(status, GatewayStatus), status

    def key_for(name: str) -> Secret | None:
        read = asking.keys.read(name)
        return read if isinstance(read, Secret) else None

    tools = Dependencies(
        folder=open_state_folder(Path(order["folder"]), simulated=True),
        clock=clock,
        driver_for=lambda one: job_driver(place_of(one), asking.door),
        key_for=key_for,
        pace_for=lambda one: pace_of(gateway_of(one)),
    )
    case = SmokeContext(
        route,
        AsOf(DAY, DAY),
        PriceSources(load_reference(), AsOf(DAY, DAY), gateway_of, catalog, status),
        row=row_seen(catalog, route.via.group),
    )
    purse = SpendLimit(Decimal(order["spend"])) if order["spend"] else None
    outcome = run_smoke(case, SpendPolicy(purse), tools)
    return str(getattr(outcome.job, "state", getattr(outcome.job, "detail", "")))


def main() -> None:
    """Fork for every line."""
    import httpx  # noqa: F401

    key = sys.argv[1]
    load_reference()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                Path(order["result"]).write_text(run(order, key))
                code = 0
            except BaseException as error:  # noqa: BLE001 - told, then gone without clean-up
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
            finally:
                os._exit(code)
        if order["kill_after"] is not None:
            time.sleep(order["kill_after"])
            os.kill(pid, signal.SIGKILL)  # our own child, not yet waited for
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
