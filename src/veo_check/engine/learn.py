"""Ask the probes for the facts that the selected checks need, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veo_check.core.facts import Missing
from veo_check.core.route import Route
from veo_check.engine.select import Selected
from veo_check.probes.probe import Asking, Probe
from veo_check.probes.registry import PROBES

if TYPE_CHECKING:
    from concurrent.futures import Future

#: One fact type -> what was learned, or why it was not.
Learned = dict[type, object]
#: Told when a probe of a route starts (True) and when it has an answer (False).
Watcher = Callable[[str, str, bool], None]

_PROBE_OF: Mapping[type, Probe] = {probe.fact: probe for probe in PROBES}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A route and the probes its checks need."""

    route: Route
    probes: tuple[Probe, ...]


def wanted(route: Route, plan: Iterable[Selected]) -> Wanted:
    """Which probes the plan's checks need; one that does not apply to this gateway needs none."""
    types = {
        need.type
        for line in plan
        if line.check is not None and route.via.gateway not in line.check.not_for
        for need in line.check.needs
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


def _settled(probe: Probe, future: Future[object]) -> object:
    if future.done() and not future.cancelled():
        return future.result()
    return _interrupted(probe)


def _interrupted(probe: Probe) -> Missing:
    return Missing(probe.id, "not-run", "the run was interrupted before this was learned")


def _ask(probe: Probe, route: Route, asking: Asking, watch: Watcher) -> object:
    watch(route.name, probe.id, True)
    try:
        return probe.learn(route, asking)
    except Exception as error:  # noqa: BLE001 - isolation: a probe's bug is a hole, not a crash
        return Missing(
            probe.id, "crashed", f"crashed with {type(error).__name__}; please report it"
        )
    finally:
        watch(route.name, probe.id, False)
