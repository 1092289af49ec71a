"""A paid job against the sandbox with the real drivers: runs, checks, and the sandbox's ledger."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from check_world import judging
from sandbox_box import Box
from veo_check.checks.controlled_failure import controlled_failure
from veo_check.checks.job_completes import job_completes
from veo_check.checks.media_delivered import media_delivered
from veo_check.checks.usage_matches_quote import usage_matches_quote
from veo_check.checks.usage_recorded import usage_recorded
from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.findings import Blocked, Check, Outcome, Tier
from veo_check.core.results import row_seen
from veo_check.core.route import Route
from veo_check.core.secrets import AllowList, Redactor
from veo_check.gateways.base import place_of
from veo_check.gateways.probes import CATALOG, STATUS, Asking, job_driver
from veo_check.gateways.registry import gateway_of
from veo_check.http.keys import Secret
from veo_check.pricing.job_cost import PriceSources
from veo_check.reference.load import load_reference
from veo_check.smoke.cost import SpendLimit
from veo_check.smoke.job import run_smoke
from veo_check.smoke.outcome import SmokeOutcome
from veo_check.smoke.state_folder import open_state_folder
from veo_check.smoke.tools import Dependencies, SmokeContext, SpendPolicy, pace_of

PAID_CHECKS: tuple[Check, ...] = (
    job_completes,
    media_delivered,
    usage_recorded,
    usage_matches_quote,
    controlled_failure,
)


class SandboxDesk:
    """One scenario, one route, one state folder. Every `run` is a new process."""

    def __init__(self, scenario: str, route: Route, folder: Path, box: Box | None = None) -> None:
        self.box, self.route, self.folder = box or Box(scenario), route, folder
        self.reference = load_reference()

    def asking(self) -> Asking:
        """What a run asks by, with the key that the route's surface takes."""
        route, keys = self.route, self.box.world.keys
        surface = route.model.surface if route.via.gateway == "google" else route.via.gateway
        variable = route.via.key.env if route.via.key else None
        environ = {"VEO_CHECK_PROOF_KEY": "a-proof-key-of-the-tests"}
        if variable is not None:
            environ[variable] = keys[surface]
        origin = (variable or "", route.base_url)
        return Asking.open(
            environ=environ,
            leave=AllowList(keys=frozenset({origin})),
            clock=self.box.clock,
            redactor=Redactor(),
            transport=self.box.transport,
        )

    def run(
        self, spend: str | None = None, *, renew: bool = False, asking: Asking | None = None
    ) -> SmokeOutcome:
        """A run; of the same process as others where they share what they ask by."""
        route, asking = self.route, asking or self.asking()
        day = self.box.clock.now().date()
        catalog, status = self._gateway(route, asking)
        prices = PriceSources(self.reference, judging(day), gateway_of, catalog, status)
        row = row_seen(catalog, route.via.group) if isinstance(catalog, Catalog) else None

        def key_for(name: str) -> Secret | None:
            read = asking.keys.read(name)
            return read if isinstance(read, Secret) else None

        tools = Dependencies(
            folder=open_state_folder(self.folder, simulated=True),
            clock=self.box.clock,
            driver_for=lambda one: job_driver(place_of(one), asking.door),
            key_for=key_for,
            pace_for=lambda one: pace_of(gateway_of(one)),
            hide=asking.redactor.learn_capability,
            shown=asking.redactor.shown,
        )
        purse = SpendLimit(Decimal(spend)) if spend is not None else None
        case = SmokeContext(route, judging(day), prices, row=row)
        return run_smoke(case, SpendPolicy(purse, renew=renew), tools)

    def _gateway(
        self, route: Route, asking: Asking
    ) -> tuple[Catalog | Missing, GatewayStatus | Missing]:
        if route.via.gateway not in {"flatkey", "newapi"}:
            none = Missing("catalog", "not-offered", "no catalogue")
            return none, none
        catalog = CATALOG.learn(route, asking)
        status = STATUS.learn(route, asking)
        assert isinstance(catalog, Catalog | Missing)
        assert isinstance(status, GatewayStatus | Missing)
        return catalog, status

    def judged(self, outcome: SmokeOutcome) -> dict[str, Outcome]:
        """What each paid check says, as the engine would ask it."""
        facts: dict[str, object] = {
            "route": self.route,
            "gateway": gateway_of(self.route),
            "job": outcome.job,
            "delivery": outcome.delivery,
            "usage": outcome.usage,
            "failure": outcome.controlled_failure,
            "proof": outcome.proof,
            "reference": self.reference,
            "judging": judging(self.box.clock.now().date()),
        }
        return {check.id: _asked(check, facts) for check in PAID_CHECKS}

    def verdicts(self, outcome: SmokeOutcome) -> dict[str, str]:
        """Status of each paid check at production, with the codes of what it found wrong."""
        return {
            name: " ".join(
                [
                    said.status_at(Tier.PRODUCTION).value,
                    *(
                        one.code.partition("/")[2]
                        for one in said.findings
                        if one.severity != "note" and one.code.partition("/")[2] not in _USUAL
                    ),
                ]
            )
            for name, said in self.judged(outcome).items()
        }


#: What every smoke job at a lower resolution, or without a readable record, is told.
_USUAL = {"lower-resolution"}


def _asked(check: Check, facts: Mapping[str, object]) -> Outcome:
    given = {need.parameter: facts[need.parameter] for need in check.needs}
    holes = [
        value
        for need in check.needs
        if isinstance(value := given[need.parameter], Missing) and not need.optional
    ]
    if holes:
        return Outcome.collect([Blocked(one.detail) for one in holes])
    return Outcome.collect(check(**given))


def with_room(route: Route) -> Route:
    """The same route with a budget for the dearest controlled failure."""
    budget = route.budget.model_copy(update={"per_job": Decimal("20")})
    return route.model_copy(update={"budget": budget})
