"""Prices of vendors in every unit, as a team adds its own: the bundle holds only what a command can
read again, and the arithmetic for the other units stays."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from veo_check.cli.price import with_prices
from veo_check.reference.load import Reference, load_reference

FILE = Path(__file__).with_name("vendor_prices.json")


@cache
def reference() -> Reference:
    """The bundle with the vendors' rows added."""
    return with_prices(load_reference(), json.loads(FILE.read_text(encoding="utf-8")), FILE.name)
