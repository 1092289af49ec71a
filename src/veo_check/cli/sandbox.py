"""`veo-check sandbox`: the simulated Google and gateway endpoints on this machine."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

from typer import Option

from veo_check.cli.output import unmasked
from veo_check.core.money import UsageError

if TYPE_CHECKING:
    from veo_check.sandbox.scenarios import Scenario


def sandbox(
    scenario: Annotated[
        str, Option(metavar="NAME", help="The world to serve; --list shows them.")
    ] = "healthy",
    port: Annotated[
        int, Option(min=0, max=65535, metavar="N", help="Port on 127.0.0.1; 0 picks one.")
    ] = 8765,
    list_: Annotated[bool, Option("--list", help="Print the scenarios and stop.")] = False,
) -> None:
    """Serve the simulated Google and Flatkey endpoints on 127.0.0.1, until Ctrl-C.

    The first line on standard output is JSON with each base URL and the keys it accepts.

    Example: veo-check sandbox --scenario job-filtered-wrapped --port 0
    """
    if list_:
        from veo_check.sandbox.scenarios import SCENARIOS

        sys.stdout.write(table(SCENARIOS))
        return
    from veo_check.sandbox.server import HOST, SandboxServer
    from veo_check.sandbox.world import UnknownScenarioError, open_world

    try:
        world = open_world(scenario)
    except UnknownScenarioError as error:
        raise UsageError(f"--scenario: {error}") from None
    try:
        server = SandboxServer(world, port)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {HOST}:{port} ({error.strerror or error}); "
            "name another port, or --port 0 to have one picked"
        ) from None
    with server:
        # its keys are nobody's: they are printed to be used
        unmasked().write(json.dumps(server.introduction) + "\n")
        sys.stdout.flush()
        sys.stderr.write(
            f"serving '{scenario}' (a simulated {world.scenario.day}) on {server.origin}; "
            "stop with Ctrl-C\n"
        )
        sys.stderr.flush()
        server.serve_forever()


def table(scenarios: tuple[Scenario, ...]) -> str:
    """The scenarios as text: name, day, what is different, who saw it, which checks notice."""
    import textwrap

    width = max(len(scenario.name) for scenario in scenarios)
    lines: list[str] = []
    for scenario in scenarios:
        head = f"{scenario.name:<{width}}  {scenario.day}  "
        seen = "not observed" if scenario.cites == "none" else f"observed: {scenario.cites}"
        told = textwrap.wrap(scenario.description, 100 - len(head))
        told += textwrap.wrap(seen, 100 - len(head))
        if scenario.notices:
            told += textwrap.wrap(f"noticed by: {', '.join(scenario.notices)}", 100 - len(head))
        lines.append(head + told[0])
        lines += [" " * len(head) + line for line in told[1:]]
    return "\n".join(lines) + "\n"
