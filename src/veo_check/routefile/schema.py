"""The JSON Schema of the route file, for editors; made from the model that reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from veo_check.core.route import NEEDS_BASE_URL, Route

# What each key of a route file means: the descriptions that editors show.


#: model of `veo_check.core.route` -> key -> description
KEYS: dict[str, dict[str, str]] = {
    "Route": {
        "version": "Version of this format; always 1.",
        "extends": (
            "A file in this folder or its parent whose values are the defaults of this one. "
            "Mappings are merged key by key, lists are replaced, and that file extends no other."
        ),
        "route": "Which route this is, who owns it, and what it is meant for.",
        "via": "What the application talks to, and under which label.",
        "model": "What has to run underneath the label.",
        "request": "The shape of the jobs the application sends.",
        "budget": "What a job and a month may cost, in USD.",
        "fallback": "What happens when a job fails, and who approved it.",
        "logging": "A sample of the application's own job log.",
        "confirmations": "What only a person can see; no substitute for a check that can run.",
        "smoke": "The one paid job that proves the route; sent only with --spend.",
        "waivers": "Findings of failed checks that the owner accepts until a day.",
    },
    "RouteHead": {
        "name": "The route's name, unique in a state folder.",
        "target": "The tier this route is meant for.",
        "application": "The application that sends the jobs.",
        "environment": "The environment it runs in.",
        "workflow": "What the videos are made for.",
        "owner": "Who answers for the route and pays for it.",
        "cutover": "The day traffic moves here; the lifecycle is judged on this day too.",
    },
    "Owner": {
        "team": "The team that answers for the route.",
        "cost_center": "Where its cost is booked.",
        "contact": "Where to reach them.",
    },
    "Via": {
        "gateway": "Flatkey, another new-api deployment, an OpenAI-compatible API, or Google.",
        "base_url": (
            "Where requests go. Needed for newapi and openai. https, or http for this machine."
        ),
        "console_url": (
            "Where the gateway's catalogue and usage are; by default console.flatkey.ai for "
            "Flatkey's own router, else base_url."
        ),
        "endpoint": "The shape of request, polling and result.",
        "model": "The label that the application sends.",
        "group": "The gateway group whose prices and channels apply.",
        "key": "Which variable holds the key; never the key itself.",
        "production_key": "The production key's variable: free reads only, to compare the two.",
        "project": "Google Cloud project (gateway google, surface agent-platform).",
        "location": "Google Cloud region, such as us-central1 or global.",
    },
    "Key": {
        "env": "The environment variable that holds the key or access token.",
        "adc": "Use Google's application default credentials instead of a variable.",
        "name": "What the key is called in the gateway's console.",
        "owner": "Who the key belongs to.",
        "scope": "What the key is for; a key for tests says non-production.",
    },
    "ProductionKey": {"env": "The environment variable that holds the production key."},
    "Listing": {
        "project": "Google Cloud project to ask in.",
        "location": "Google Cloud region to ask in.",
        "key": "The key or access token to ask with.",
    },
    "Model": {
        "official": "The vendor's own model id, as its surface spells it.",
        "surface": "Where the vendor serves it: gemini-api, agent-platform, openai, …",
        "listing": "Lets a route through a gateway ask Google itself, for free.",
        "also_known_as": "Names under which the gateway reports this model as the one that ran.",
        "billing_sku": "The SKU that a bill shows for such a job; its list price is compared.",
    },
    "Request": {
        "mode": "What the video is made from.",
        "seconds": "Length of one clip, in seconds.",
        "resolution": "Resolution of the clip.",
        "aspect_ratio": 'Such as "16:9" or "9:16".',
        "audio": "Whether sound is generated.",
        "count": "Videos per job.",
        "use": "Whether these are final renders or drafts.",
    },
    "Budget": {
        "per_job": "USD that one job may cost at worst, retries included.",
        "monthly": "USD that a month may cost.",
        "jobs_per_month": "Jobs expected in a month.",
        "max_markup": "How much the gateway's price may exceed the official one.",
        "retries": "How often the application sends a failed job again.",
    },
    "Fallback": {
        "transient_error": "A provider's error or timeout.",
        "deprecated_model": "The model id is retired.",
        "unsupported_parameter": "The request is one the model does not take.",
        "high_resolution_final": "A final render at high resolution.",
        "draft": "A draft, or internal iteration.",
        "policy_block": "A safety filter refused the prompt or the video.",
        "approved_by": "Who approved these rules.",
        "approved_on": "The day they were approved.",
        "routes": "The fallback routes.",
    },
    "FallbackTarget": {
        "name": "The fallback route's name, unique in this file.",
        "for": "The situations it is a fallback for.",
        "via": "What differs from the primary's via; the rest is inherited.",
        "model": "What has to run underneath.",
        "request": "What differs from the primary's request; the rest is inherited.",
        "max_cost_ratio": "How many times the primary's cost a job may cost here.",
        "accepts": "Differences that the owner accepts by name: style, duration, resolution, …",
        "fallback": "Names of the routes that are tried after this one.",
    },
    "Logging": {
        "sample": "JSONL or CSV file with rows of the job log, below this file's folder.",
        "fields": "Our field name: theirs, where they differ.",
    },
    "Confirmation": {
        "what": "What was seen: the record in the dashboard, or the usage row of one job.",
        "by": "Who saw it.",
        "on": "The day it was seen.",
        "link": "Where it can be seen.",
        "operation": "The job that a usage-record is about.",
        "billed": "What that record says the job cost, in USD.",
        "expires": "The last day on which it counts.",
    },
    "Smoke": {
        "seconds": "Length of the paid clip, in seconds.",
        "resolution": "Resolution of the paid clip.",
        "prompt": "What the clip shows.",
        "deadline": "How long to wait for it, such as 10m.",
        "proof_valid_for": "How long the result proves the route, such as 7d; at most 30d.",
        "controlled_failure": "The wrong request that has to be refused cleanly. Not given: "
        "retired-model directly on the Agent Platform and on openai gateways, "
        "unsupported-parameter elsewhere.",
        "last_image": "The last frame, for interpolation; below this file's folder or its parent.",
        "references": "Up to three reference images; below this file's folder or its parent.",
        "video": "The MP4 that an extension continues; below this file's folder or its parent.",
        "image": "Image for the modes that need one, below this file's folder.",
    },
    "Waiver": {
        "finding": "The finding's code as the report prints it.",
        "reason": "Why it is acceptable.",
        "owner": "Who accepts it.",
        "expires": "The last day of the waiver, at most 90 days ahead.",
    },
}
KEYS["FallbackVia"] = KEYS["Via"]
KEYS["FallbackRequest"] = {key: KEYS["Request"][key] for key in KEYS["Request"] if key != "use"}


#: The copy that ships in the package; `pytest tests/routefile/test_schema.py --update` rewrites it.
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
        "if": {
            "properties": {"gateway": {"enum": sorted(NEEDS_BASE_URL)}},
            "required": ["gateway"],
        },
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
    models: dict[str, Schema] = {
        name: _described(name, model) for name, model in raw["$defs"].items()
    }
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
    keys = {key: _key(name, key, schema) for key, schema in model["properties"].items()}
    described = {"type": "object", "additionalProperties": False, "properties": keys}
    if "required" in model:
        described["required"] = model["required"]
    return described


def _key(model: str, key: str, schema: Schema) -> Schema:
    """One key: `T | None` as T, no title, and a default as a route file would spell it."""
    schema = {word: value for word, value in schema.items() if word not in {"title", "description"}}
    if "anyOf" in schema:
        (only,) = (choice for choice in schema.pop("anyOf") if choice != {"type": "null"})
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
    below = {
        key: needed for key, inner in _mappings(models[name]) if (needed := _needs(inner, models))
    }
    return needs | ({"properties": below} if below else {})
