"""What a run stands in: the real network and clock, or a simulated world in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check.cli.output import chosen_reference, nearest, redactor
from veo_check.core.clock import Clock, SystemClock, WaitingClock
from veo_check.core.fallbacks import candidates
from veo_check.core.frozen import dataclass
from veo_check.core.money import InvalidFileError, UsageError
from veo_check.core.reading import TooLargeError, read_limited, why_unread
from veo_check.core.route import Route
from veo_check.engine.options import RunOptions
from veo_check.engine.plan import Watcher
from veo_check.engine.run import Environment
from veo_check.gateways.probes import Asking
from veo_check.gateways.registry import gateway_of
from veo_check.http.answers import Limits
from veo_check.http.client import OFFLINE
from veo_check.routefile.checklist import Checklist
from veo_check.routefile.load import RouteFile

if TYPE_CHECKING:
    from veo_check.core.secrets import Redactor
    from veo_check.http.client import Transport
    from veo_check.sandbox.world import World


def surroundings(
    files: Sequence[RouteFile],
    options: RunOptions,
    reference: Path | None,
    checklist: Checklist,
    watch: Watcher,
    on_crash: Callable[[str], None],
    on_job: Callable[[object], None],
) -> Environment:
    """Everything a run needs. Raises UsageError for an unknown scenario, InvalidFileError for a
    reference file that cannot be used."""
    routes = [route for file in files for route in with_fallbacks(file.route)]
    asking = open_asking(routes, options)
    return Environment(
        clock=asking.clock,
        asking=asking,
        reference=chosen_reference(reference, simulated=options.scenario is not None),
        checklist=checklist,
        watch=watch,
        on_crash=on_crash,
        on_job=on_job,
    )


def open_asking(routes: list[Route], options: RunOptions) -> Asking:
    """The way to the real network, or to the world that `options.scenario` names."""
    clock: Clock = SystemClock()
    environ: Mapping[str, str] = os.environ
    transport, limits, hypothetical = None, None, False
    if options.scenario is not None:
        clock, environ, transport = _sandboxed(options.scenario, options.as_of, routes)
        # the sandbox's clock runs fast: a busy machine must not look like a slow gateway
        limits = Limits(deadline=Limits().deadline * 10)
    else:
        # facts read live count only for the clock's day, so another day asks nobody
        hypothetical = options.as_of not in {None, clock.now().date()}
    return Asking.open(
        environ=environ,
        leave=options.leave,
        clock=clock,
        redactor=_knowing(environ, routes),
        transport=transport,
        offline=options.offline or hypothetical,
        offline_because=f"facts read live count only for today, not for {options.as_of}"
        if hypothetical and not options.offline
        else OFFLINE,
        limits=limits,
    )


def _knowing(environ: Mapping[str, str], routes: Sequence[Route]) -> Redactor:
    """The command's redactor, knowing every key that a route names, whatever its variable is called
    and before anything reads it: what crashes or talks on the way there is masked too."""
    known = redactor()
    for route in routes:
        listing = route.model.listing
        named = (route.via.key, route.via.production_key, listing and listing.key)
        for variable in {key.env for key in named if key and key.env}:
            for environment in (os.environ, environ):
                known.learn(environment.get(variable, ""))
    return known


def with_fallbacks(route: Route) -> Iterator[Route]:
    """A route and every route that may take over from it."""
    yield route
    for candidate in candidates(route):
        if candidate.route is not None:
            yield candidate.route


def _sandboxed(
    scenario: str, as_of: date | None, routes: list[Route]
) -> tuple[Clock, Mapping[str, str], Transport]:
    from veo_check.sandbox.scenarios import SCENARIOS, find_scenario
    from veo_check.sandbox.server import SandboxTransport
    from veo_check.sandbox.world import UnknownScenarioError, open_world

    found = find_scenario(scenario)
    day = as_of or (found.day if found else None)
    try:
        world = open_world(scenario, WaitingClock(day) if day else None)
    except UnknownScenarioError as error:
        near = nearest(scenario, [known.name for known in SCENARIOS])
        hint = f"did you mean {near}? " if near else ""
        raise UsageError(f"--scenario: {hint}{error}") from None
    origins = {
        route.base_url: route.via.gateway for route in routes if not gateway_of(route).direct
    }
    return world.clock, _with_placeholders(world, routes), SandboxTransport(world, origins)


def _with_placeholders(world: World, routes: list[Route]) -> Mapping[str, str]:
    """The environment, with a key the world accepts in every variable the routes name.

    A variable that is set and accepted keeps its value; a real key is never used on the sandbox.
    """
    environ = dict(os.environ)
    for route in routes:
        for variable, surface, placeholder in _variables(world, route):
            # `surface` is one of the world's own: it was looked up among its keys
            if not world.accepts(surface, environ.get(variable, "")):  # type: ignore[arg-type]
                environ[variable] = placeholder
    return environ


def _variables(world: World, route: Route) -> Iterator[tuple[str, str, str]]:
    surface = route.model.surface if gateway_of(route).direct else route.via.gateway
    if route.via.key and route.via.key.env and surface in world.keys:
        yield route.via.key.env, surface, world.keys[surface]
    if route.via.production_key:
        yield route.via.production_key.env, surface, world.other_keys["flatkey-production"]
    listing = route.model.listing
    if listing and listing.key.env and route.model.surface in world.keys:
        yield listing.key.env, route.model.surface, world.keys[route.model.surface]


# The user's own configuration: permissions that hold for every run on this machine.


_KEYS = ("allow_host", "allow_http", "allow_plugin")
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class UserConfig:
    """What `config.yaml` in the user's configuration folder allows."""

    allow_host: tuple[str, ...] = ()
    allow_http: tuple[str, ...] = ()
    allow_plugin: tuple[str, ...] = ()


def read_user_config() -> UserConfig:
    """The user's configuration, or an empty one. Raises InvalidFileError when it is malformed."""
    import platformdirs

    path = Path(platformdirs.user_config_dir("veo-check", appauthor=False)) / "config.yaml"
    try:
        text = read_limited(path, _LARGEST, follow_links=True)
    except FileNotFoundError:
        return UserConfig()
    except TooLargeError:
        raise InvalidFileError(f"{path}: larger than {_LARGEST} bytes") from None
    except OSError as error:
        raise InvalidFileError(f"{path}: cannot read: {why_unread(error)}") from None
    import yaml

    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise InvalidFileError(f"{path}: is not YAML") from None
    if data is None:
        return UserConfig()
    if not isinstance(data, dict) or not set(data) <= set(_KEYS):
        raise InvalidFileError(f"{path}: only these keys are known: {', '.join(_KEYS)}")
    for key, value in data.items():
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise InvalidFileError(f"{path}: {key} must be a list of strings")
    return UserConfig(**{key: tuple(value) for key, value in data.items()})
