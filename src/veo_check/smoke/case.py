"""One route before its smoke job: what is known of it, and what this run may do about it."""

from __future__ import annotations

from dataclasses import dataclass

from veo_check.core.clock import Judging
from veo_check.core.proof import RowSeen
from veo_check.core.route import Route
from veo_check.core.tiers import Tier
from veo_check.smoke.stakes import Prices, Purse


@dataclass(frozen=True, slots=True)
class Case:
    """The route and what is known of it before anything is paid.

    `row` is its catalogue row today, `row_known` whether that could be read (True where the
    gateway has no catalogue). `image`: bytes and media type of `smoke.image`.
    `target` is this run's; None: the route's own.
    """

    route: Route
    judging: Judging
    prices: Prices
    row: RowSeen | None = None
    row_known: bool = True
    image: tuple[bytes, str] | None = None
    route_file: str = ""
    target: Tier | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What this run may do. `purse` None: no --spend. `stopped`: why no money may be spent on this
    route (a sentence), None where it may. `online` False: nothing is asked of anybody."""

    purse: Purse | None = None
    stopped: str | None = None
    renew: bool = False
    online: bool = True
