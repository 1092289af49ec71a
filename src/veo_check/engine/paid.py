"""The paid half of a run: everything the smoke job of a route works with, put together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check import __version__
from veo_check.core.errors import UsageError
from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.proof import binding_of, row_seen
from veo_check.engine.options import Options
from veo_check.engine.simulated import is_simulated
from veo_check.evidence.proofs import PROOF_KEY_VARIABLE, SHORTEST_PROOF_KEY
from veo_check.http.keys import Secret
from veo_check.probes.probe import Asking
from veo_check.providers.job_driver import job_driver
from veo_check.providers.job_place import place_of
from veo_check.reference.book import Reference
from veo_check.smoke.case import Case, Wish
from veo_check.smoke.job import nothing_on_record, run_smoke
from veo_check.smoke.outcome import SmokeOutcome, unreadable
from veo_check.smoke.schedule import pace_of
from veo_check.smoke.stakes import Prices, Purse
from veo_check.smoke.state_folder import open_state_folder, state_folder
from veo_check.smoke.tools import Tools
from veo_check.spec.route_file import RouteFile

if TYPE_CHECKING:
    from veo_check.core.clock import Judging


@dataclass(frozen=True, slots=True)
class Paying:
    """What every paid step of a run shares. `purse` is None without --spend."""

    options: Options
    asking: Asking
    reference: Reference
    purse: Purse | None
    environ: Mapping[str, str]
    progress: Callable[[object], None]

    @classmethod
    def of(
        cls,
        options: Options,
        asking: Asking,
        reference: Reference,
        progress: Callable[[object], None],
    ) -> Paying:
        """The paid half of one run; `--spend` fills one purse for all its routes."""
        purse = None if options.spend is None else Purse(options.spend)
        return cls(options, asking, reference, purse, os.environ, progress)

    def outcome(
        self,
        file: RouteFile,
        judging: Judging,
        facts: Mapping[type, object],
        stopped: str | None,
    ) -> SmokeOutcome:
        """What is on record for this route, and the job that this run pays for if it may."""
        simulated = is_simulated(self.options, self.asking, file.route)
        place = self._place(file)
        if self.purse is None and not place.is_dir():
            return nothing_on_record()
        try:
            folder = open_state_folder(place, simulated=simulated)
        except UsageError as error:
            return unreadable(str(error))  # of this route; the reports of all are kept
        online = not self.options.offline and not judging.hypothetical
        tools = Tools(
            folder=folder,
            clock=self.asking.clock,
            driver_for=lambda route: job_driver(place_of(route), self.asking.door),
            key_for=self._key,
            pace_for=lambda route: pace_of(route.via.gateway),
            hide=self.asking.redactor.learn_capability,
            shown=self.asking.redactor.shown,
            progress=self.progress,
            keep_media=folder.home / "media" if self.options.keep_media else None,
            tool_version=__version__,
        )
        wish = Wish(self.purse, stopped, self.options.renew, online)
        return run_smoke(self._case(file, judging, facts), wish, tools)

    def check_places(self, files: Sequence[RouteFile]) -> None:
        """Open every state folder before anything is paid, so that no route's job is followed by
        a usage error about another's. Raises UsageError, also where two different routes would
        void each other's proofs."""
        seen: dict[tuple[Path, str], RouteFile] = {}
        for file in files:
            place = self._place(file)
            simulated = is_simulated(self.options, self.asking, file.route)
            root = open_state_folder(place, simulated=simulated).root
            other = seen.setdefault((root, file.route.name), file)
            if binding_of(other.route) != binding_of(file.route):
                raise UsageError(
                    f"{other.path} and {file.path} both call their route {file.route.name!r} and "
                    f"share the state folder {place}, so each job would void the other's proof; "
                    "rename one (route.name)"
                )

    def _place(self, file: RouteFile) -> Path:
        simulated = is_simulated(self.options, self.asking, file.route)
        # the record of simulated money may be lost with the machine
        spend = self.purse is not None and not simulated
        return state_folder(file.path, self.options.state, self.environ, spend=spend)

    def _key(self, variable: str) -> Secret | None:
        read = self.asking.keys.read(variable)
        if not isinstance(read, Secret):
            return None
        guessable = variable == PROOF_KEY_VARIABLE and read.shorter_than(SHORTEST_PROOF_KEY)
        return None if guessable else read

    def _case(self, file: RouteFile, judging: Judging, facts: Mapping[type, object]) -> Case:
        route = file.route
        catalog = facts.get(Catalog, _NOT_READ)
        status = facts.get(GatewayStatus, _NOT_READ)
        has_catalogue = route.via.gateway in {"flatkey", "newapi"}
        return Case(
            route=route,
            judging=judging,
            prices=Prices(
                self.reference,
                judging.day,
                catalog if isinstance(catalog, Catalog) else _NOT_READ,
                status if isinstance(status, GatewayStatus) else _NOT_READ,
            ),
            row=row_seen(catalog, route.via.group) if isinstance(catalog, Catalog) else None,
            row_known=isinstance(catalog, Catalog) or not has_catalogue,
            image=_image(file),
            route_file=str(file.path),
            target=self.options.target,
        )


_NOT_READ = Missing("catalog", "not-run", "it was not read in this run")


_IMAGE_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_LARGEST_IMAGE = 20 * 1024 * 1024


def _image(file: RouteFile) -> tuple[bytes, str] | None:
    """The smoke image's bytes and media type; None where there is none, or it is neither."""
    if file.image is None:
        return None
    try:
        with file.image.open("rb") as handle:
            content = handle.read(_LARGEST_IMAGE + 1)
    except OSError:
        return None
    kind = next((one for start, one in _IMAGE_TYPES.items() if content.startswith(start)), None)
    return (content, kind) if kind is not None and len(content) <= _LARGEST_IMAGE else None
