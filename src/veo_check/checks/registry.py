"""Every built-in check: one for each file of this folder, its function named like the file."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from veo_check.core.findings import Check

#: In the order of their names; the checklist says in which order they run and are shown.
CHECKS: tuple[Check, ...] = tuple(
    getattr(import_module(f"veo_check.checks.{file.name}"), file.name)
    for file in iter_modules(import_module("veo_check.checks").__path__)
    if file.name != "registry"
)
