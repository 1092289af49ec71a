"""`veo-check schema`: the route file's JSON Schema, for editors."""

from __future__ import annotations

import sys


def schema() -> None:
    """Print the JSON Schema of the route file, for editors.

    Example: veo-check schema > veo-route.schema.json, and begin each route file beside it with
    "# yaml-language-server: $schema=veo-route.schema.json".
    """
    from importlib.resources import files

    # the bundled copy, which a test holds equal to the model: printing it needs no model
    bundled = files("veo_check.spec").joinpath("route-v1.schema.json")
    sys.stdout.write(bundled.read_text(encoding="utf-8"))
