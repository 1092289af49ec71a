"""What a run was asked to do, from the command line to the saved report."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from veo_check.core.findings import Tier
from veo_check.core.frozen import dataclass
from veo_check.core.route import Route
from veo_check.core.secrets import AllowList
from veo_check.gateways.probes import Asking

Inconclusive = Literal["own", "fail", "pass"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of one run. Empty sets and None mean "not asked for".

    `spend` is USD for the whole run. `within_days` is the lifecycle horizon, `max_age_days`
    replaces the freshness limits. `scenario` names the sandbox's world, None for the real one.
    """

    target: Tier | None = None
    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    offline: bool = False
    as_of: date | None = None
    within_days: int = 90
    max_age_days: int | None = None
    strict: bool = False
    inconclusive: Inconclusive = "own"
    allow_plugins: frozenset[str] = frozenset()
    leave: AllowList = field(default_factory=AllowList)
    parallel: int = 8
    scenario: str | None = None
    spend: Decimal | None = None
    renew: bool = False
    prove_fallbacks: bool = False
    keep_media: bool = False
    state: Path | None = None


def is_simulated(options: RunOptions, asking: Asking, route: Route) -> bool:
    """In-process worlds are simulated; so is whatever takes a key that a sandbox printed."""
    key = route.via.key
    return options.scenario is not None or (
        key is not None and key.env is not None and asking.keys.from_sandbox(key.env)
    )
