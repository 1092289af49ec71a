"""Which checks judge a route: the checklist, the built-in requirements, --only and --skip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from veo_check.checks.registry import CHECKS
from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.findings import Check, Status, Tier
from veo_check.core.frozen import dataclass
from veo_check.core.route import Route
from veo_check.engine.options import RunOptions
from veo_check.gateways.probes import PROBES, Asking, Probe
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import JobCost
from veo_check.routefile.checklist import Checklist, load_checklist

if TYPE_CHECKING:
    from concurrent.futures import Future


BUILT_IN: Mapping[str, Check] = {check.id: check for check in CHECKS}
PLUGIN_GROUP = "veo_check.checks"


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """One line of the plan: a check to run, or the status and reason of one that does not run."""

    id: str
    item: str
    required_for: Tier | None
    check: Check | None
    status: Status | None = None
    reason: str | None = None
    left_out: bool = False


@cache
def built_in_checklist() -> Checklist:
    """The checklist that ships with the program and sets the floor for every other."""
    return load_checklist("veo-access", BUILT_IN)


def installed_plugins() -> dict[str, metadata.EntryPoint]:
    """Plug-in checks installed beside veo-check, by name. Loads none of them."""
    return {point.name: point for point in metadata.entry_points(group=PLUGIN_GROUP)}


def select(checklist: Checklist, options: RunOptions) -> tuple[PlannedCheck, ...]:
    """The plan for one route, in the checklist's order.

    A built-in requirement can be raised by a checklist, never lowered; one that a checklist leaves
    out stays in the plan as skipped, and so keeps its tier out of reach.
    """
    floor = {
        line.check: (item.id, line.tier)
        for item in built_in_checklist().items
        for line in item.checks
    }
    plan = [
        _line(line.check, item.id, _stricter(line.tier, floor.get(line.check)), options)
        for item in checklist.items
        for line in item.checks
    ]
    named = {line.id for line in plan}
    plan += [
        PlannedCheck(
            check,
            item,
            tier,
            None,
            Status.SKIPPED,
            f"left out by the checklist {checklist.name}",
            left_out=True,
        )
        for check, (item, tier) in floor.items()
        if check not in named and tier is not None
    ]
    return tuple(plan)


def _stricter(tier: Tier | None, floor: tuple[str, Tier | None] | None) -> Tier | None:
    given = [one for one in (tier, floor[1] if floor else None) if one is not None]
    return min(given, default=None)


def _line(check_id: str, item: str, tier: Tier | None, options: RunOptions) -> PlannedCheck:
    if options.only and check_id not in options.only:
        return PlannedCheck(check_id, item, tier, None, Status.SKIPPED, "not among --only")
    if check_id in options.skip:
        return PlannedCheck(check_id, item, tier, None, Status.SKIPPED, "switched off with --skip")
    if check_id in BUILT_IN:
        return PlannedCheck(check_id, item, tier, BUILT_IN[check_id])
    return _plugin(check_id, item, tier, options)


def _plugin(check_id: str, item: str, tier: Tier | None, options: RunOptions) -> PlannedCheck:
    point = installed_plugins().get(check_id)
    if point is None:
        why = f"plug-in {check_id} is not installed; install the package that brings it"
        return PlannedCheck(check_id, item, tier, None, Status.BLOCKED, why)
    if check_id not in options.allow_plugins:
        why = f"plug-in {check_id} is not allowed; add --allow-plugin {check_id} if you trust it"
        return PlannedCheck(check_id, item, tier, None, Status.BLOCKED, why)
    try:
        loaded = point.load()
    # a plug-in may fail in any way it likes; one that exits must not end the run with its own code
    except (Exception, SystemExit) as error:  # noqa: BLE001
        why = f"plug-in {check_id} could not be loaded: {type(error).__name__}"
        return PlannedCheck(check_id, item, tier, None, Status.ERROR, why)
    if not isinstance(loaded, Check) or loaded.id != check_id:
        why = f"plug-in {check_id} is not a check of that name (see veo_check.core.check)"
        return PlannedCheck(check_id, item, tier, None, Status.ERROR, why)
    return PlannedCheck(check_id, item, tier, loaded)


def needs(plan: Iterable[PlannedCheck], fact: type) -> bool:
    """Whether any check of the plan asks for this type."""
    return any(line.check is not None and fact in line.check.need_types for line in plan)


# Ask the probes for the facts that the selected checks need, several at a time.


#: One fact type -> what was learned, or why it was not.
Learned = dict[type, object]
#: Told when a probe of a route starts (True) and when it has an answer (False).
Watcher = Callable[[str, str, bool], None]

_PROBE_OF: Mapping[type, Probe[Any]] = {probe.fact: probe for probe in PROBES}
#: What the engine makes of facts: a check that needs it needs what it is made of.
_MADE_OF: Mapping[type, frozenset[type]] = {JobCost: frozenset({Catalog, GatewayStatus})}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A route and the probes its checks need."""

    route: Route
    probes: tuple[Probe[Any], ...]


def wanted(route: Route, plan: Iterable[PlannedCheck]) -> Wanted:
    """Which probes the plan's checks need; one that does not apply to this gateway needs none."""
    gateway = gateway_of(route)
    types = {
        fact
        for line in plan
        if line.check is not None and line.check.not_for(gateway, route.model.surface) is None
        for need in line.check.needs
        for fact in _MADE_OF.get(need.type, {need.type})
    }
    return Wanted(route, tuple(_PROBE_OF[one] for one in _PROBE_OF if one in types))


def learn(
    all_wanted: list[Wanted], asking: Asking, parallel: int, watch: Watcher
) -> tuple[list[Learned], bool]:
    """The facts of each route, in order, and whether Ctrl-C cut the asking short.

    A probe that crashes is a Missing of its own. Each endpoint is asked only once per run: the
    door remembers.
    """
    if parallel <= 1 or asking.door.offline:
        return _one_by_one(all_wanted, asking, watch)
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="probe")
    asked = [
        {probe: pool.submit(_ask, probe, one.route, asking, watch) for probe in one.probes}
        for one in all_wanted
    ]
    interrupted = False
    try:
        for futures in asked:
            for future in futures.values():
                future.result()
    except KeyboardInterrupt:
        interrupted = True
    pool.shutdown(wait=not interrupted, cancel_futures=True)
    facts = [
        {probe.fact: _settled(probe, future) for probe, future in futures.items()}
        for futures in asked
    ]
    return facts, interrupted


def _one_by_one(
    all_wanted: list[Wanted], asking: Asking, watch: Watcher
) -> tuple[list[Learned], bool]:
    facts: list[Learned] = [
        {probe.fact: _interrupted(probe) for probe in one.probes} for one in all_wanted
    ]
    try:
        for one, learned in zip(all_wanted, facts, strict=True):
            for probe in one.probes:
                learned[probe.fact] = _ask(probe, one.route, asking, watch)
    except KeyboardInterrupt:
        return facts, True
    return facts, False


def _settled(probe: Probe[Any], future: Future[object]) -> object:
    if future.done() and not future.cancelled():
        return future.result()
    return _interrupted(probe)


def _interrupted(probe: Probe[Any]) -> Missing:
    return Missing(probe.id, "not-run", "the run was interrupted before this was learned")


def _ask(probe: Probe[Any], route: Route, asking: Asking, watch: Watcher) -> object:
    watch(route.name, probe.id, True)
    try:
        # once more what every probe masks where it reads: nothing behind this line sees a key
        return asking.redactor.masked(probe.learn(route, asking))
    except Exception as error:  # noqa: BLE001 - isolation: a probe's bug is a hole, not a crash
        return Missing(
            probe.id, "crashed", f"crashed with {type(error).__name__}; please report it"
        )
    finally:
        watch(route.name, probe.id, False)
