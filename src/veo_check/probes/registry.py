"""Every probe, in the order in which a run asks."""

from __future__ import annotations

from veo_check.probes.probe import Probe

PROBES: tuple[Probe, ...] = ()
