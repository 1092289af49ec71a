"""The reference rows that a route's checks stood on, as the engine collected them."""

from __future__ import annotations

from dataclasses import dataclass

from veo_check.core.findings import Uses


@dataclass(frozen=True, slots=True)
class UsedRows:
    """Every `Uses` that the other checks of one route yielded, each once."""

    rows: tuple[Uses, ...] = ()
