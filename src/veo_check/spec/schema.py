"""The JSON Schema of the route file, for editors; made from the model that reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from veo_check.core.route import Route
from veo_check.spec.key_words import KEYS

#: The copy that ships in the package; `pytest tests/spec/test_schema.py --update` rewrites it.
BUNDLED = Path(__file__).with_name("route-v1.schema.json")

Schema = dict[str, Any]

#: Defaults whose spelling in a route file differs from the model's own.
_DEFAULTS = {
    "max_markup": "25%",
    "max_cost_ratio": "1.0",
    "deadline": "10m",
    "proof_valid_for": "7d",
}
#: Rules between the keys of one mapping, as the model's validators have them.
_BETWEEN_KEYS: dict[str, Schema] = {
    "Key": {
        "oneOf": [
            {"required": ["env"]},
            {"required": ["adc"], "properties": {"adc": {"const": True}}},
        ]
    },
    "Via": {
        "if": {"properties": {"gateway": {"enum": ["newapi", "openai"]}}, "required": ["gateway"]},
        "then": {"required": ["base_url"]},
    },
    "Confirmation": {
        "if": {"properties": {"what": {"const": "usage-record"}}, "required": ["what"]},
        "then": {"required": ["operation"]},
    },
}
#: Mappings that stand in lists. A list is never merged, so each is complete in its own file.
_IN_LISTS = ("FallbackTarget", "Confirmation", "Waiver")


def route_schema() -> Schema:
    """JSON Schema, draft 2020-12, of a route file.

    What has to be there is asked for only in a file that extends no other: with `extends`, any
    mapping may leave its keys to the other file. An empty value is read as not written, but an
    editor says that a value is missing.
    """
    raw = Route.model_json_schema()
    models: dict[str, Schema] = {name: _described(name, one) for name, one in raw["$defs"].items()}
    models["Route"] = _described("Route", raw)
    needs = _needs("Route", models)
    for name in _IN_LISTS:
        models[name] |= _BETWEEN_KEYS.get(name, {})
        for key, inner in _mappings(models[name]):
            models[name]["properties"][key] |= _needs(inner, models)
    for name in models.keys() - _IN_LISTS:
        models[name].pop("required", None)
    keys = models.pop("Route")["properties"]
    extends = {"description": KEYS["Route"]["extends"], "minLength": 1, "type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:veo-check:route:1",
        "title": "veo-check route file, version 1",
        "description": "What an application calls for video, who owns it, and what it may cost.",
        "type": "object",
        "additionalProperties": False,
        "properties": {"version": keys.pop("version"), "extends": extends, **keys},
        "if": {"required": ["extends"]},
        "else": needs,
        "$defs": dict(sorted(models.items())),
    }


def schema_text() -> str:
    """The schema as the file that ships in the package."""
    return json.dumps(route_schema(), indent=2, ensure_ascii=False) + "\n"


def _described(name: str, model: Schema) -> Schema:
    """One mapping with a description for each key, and without what editors show as noise."""
    keys = {key: _key(name, key, one) for key, one in model["properties"].items()}
    described = {"type": "object", "additionalProperties": False, "properties": keys}
    if "required" in model:
        described["required"] = model["required"]
    return described


def _key(model: str, key: str, schema: Schema) -> Schema:
    """One key: `T | None` as T, no title, and a default as a route file would spell it."""
    schema = {word: one for word, one in schema.items() if word not in {"title", "description"}}
    if "anyOf" in schema:
        (only,) = (one for one in schema.pop("anyOf") if one != {"type": "null"})
        schema |= only
    default = _DEFAULTS.get(key, schema.pop("default", None))
    if default is not None and not isinstance(default, dict | list):
        schema["default"] = default
    return {"description": KEYS[model][key]} | schema


def _mappings(model: Schema) -> Iterator[tuple[str, str]]:
    """The keys of a model that hold a mapping, and the model of each."""
    for key, schema in model["properties"].items():
        if "$ref" in schema:
            yield key, schema["$ref"].rpartition("/")[2]


def _needs(name: str, models: dict[str, Schema]) -> Schema:
    """What has to be present in a mapping and in the mappings below it."""
    needs: Schema = dict(_BETWEEN_KEYS.get(name, {}))
    if required := models[name].get("required"):
        needs["required"] = required
    below = {key: one for key, inner in _mappings(models[name]) if (one := _needs(inner, models))}
    return needs | ({"properties": below} if below else {})
