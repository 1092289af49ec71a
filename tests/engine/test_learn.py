"""Asking the probes: what an interruption leaves."""

from __future__ import annotations

from typing import Any

import pytest

from fake_clock import FakeClock
from probe_world import route
from veo_check.core.facts import Missing
from veo_check.core.route import Route
from veo_check.core.secrets import AllowList
from veo_check.engine.options import RunOptions
from veo_check.engine.plan import Wanted, built_in_checklist, learn, select, wanted
from veo_check.gateways.probes import Asking, Probe


class First:
    """What the first probe of these tests learns."""


class Second:
    """What the second one learns."""


def fixed(name: str, fact: type, *, pressed: bool = False) -> Probe[Any]:
    """A probe with a ready answer, or one during which somebody presses Ctrl-C."""

    def read(_route: Route, _asking: Asking, _asks: object) -> str:
        if pressed:
            raise KeyboardInterrupt
        return f"learned by {name}"

    return Probe(name, fact, lambda _probe, _route: (), read)


def unlearned(probe: str) -> Missing:
    return Missing(probe, "not-run", "the run was interrupted before this was learned")


def test_what_was_learned_before_ctrl_c_is_kept_when_probes_run_one_by_one() -> None:
    calm, pressed = fixed("calm", First), fixed("pressed", Second, pressed=True)
    asking = Asking.open(environ={}, leave=AllowList(), clock=FakeClock(), offline=False)
    wants = [Wanted(route(), (calm, pressed)), Wanted(route(), (calm,))]
    with asking.door:
        learned = learn(wants, asking, 1, lambda _route, _probe, _starts: None)
    assert learned == (
        [{First: "learned by calm", Second: unlearned("pressed")}, {First: unlearned("calm")}],
        True,
    )


@pytest.mark.parametrize("parallel", [1, 4])
def test_each_route_gets_its_facts_in_order(parallel: int) -> None:
    probes = (fixed("one", First), fixed("two", Second))
    asking = Asking.open(environ={}, leave=AllowList(), clock=FakeClock(), offline=False)
    wants = [Wanted(route(), probes), Wanted(route(), probes[1:])]
    with asking.door:
        learned = learn(wants, asking, parallel, lambda _route, _probe, _starts: None)
    assert learned == (
        [{First: "learned by one", Second: "learned by two"}, {Second: "learned by two"}],
        False,
    )


@pytest.mark.parametrize(
    "check", ["price-known", "price-agrees", "price-fresh", "budget-covers", "fallback-cost"]
)
def test_a_check_that_needs_a_price_has_the_gateways_asked(check: str) -> None:
    plan = select(built_in_checklist(), RunOptions(only=frozenset({check})))
    probes = [probe.id for probe in wanted(route(), plan).probes]
    of_its_own = ["billing-sku"] if check == "price-agrees" else []
    assert probes == ["gateway-status", "catalog", *of_its_own]
