"""Whether a run speaks of a real route at all."""

from __future__ import annotations

from veo_check.core.route import Route
from veo_check.engine.options import Options
from veo_check.probes.probe import Asking


def is_simulated(options: Options, asking: Asking, route: Route) -> bool:
    """In-process worlds are simulated; so is whatever takes a key that a sandbox printed."""
    key = route.via.key
    return options.scenario is not None or (
        key is not None and key.env is not None and asking.keys.from_sandbox(key.env)
    )
