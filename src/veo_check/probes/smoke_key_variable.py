"""The route's key variables as this process sees them: set or not, sandbox or not."""

from __future__ import annotations

from collections.abc import Iterator

from veo_check.core.facts import Missing, SmokeKeyVariable
from veo_check.core.route import Key, Route
from veo_check.probes.probe import Asking, Cost, PlannedRequest
from veo_check.probes.production_key import same_key


class SmokeKeyVariableProbe:
    """Looks at the environment only; works offline."""

    id = "smoke-key-variable"
    fact = SmokeKeyVariable
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        return ()

    def learn(self, route: Route, asking: Asking) -> SmokeKeyVariable | Missing:
        key, keys = route.via.key, asking.keys
        name = key.env if key else None
        return SmokeKeyVariable(
            name=name,
            is_set=keys.is_set(name) if name else key is not None,
            from_sandbox=keys.from_sandbox(name),
            same_as_production=same_key(route, asking),
            sandbox_variables=frozenset(
                variable for variable in _variables(route) if keys.from_sandbox(variable)
            ),
        )


def _variables(route: Route) -> Iterator[str]:
    """Every key variable that the route file names, fallbacks' included."""
    for key in _keys(route):
        if key is not None and key.env is not None:
            yield key.env
    targets = route.fallback.routes if route.fallback else []
    for production in (route.via.production_key, *(one.via.production_key for one in targets)):
        if production is not None:
            yield production.env


def _keys(route: Route) -> Iterator[Key | None]:
    yield route.via.key
    yield route.model.listing.key if route.model.listing else None
    for target in route.fallback.routes if route.fallback else []:
        yield target.via.key
        yield target.model.listing.key if target.model.listing else None
