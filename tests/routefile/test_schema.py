"""The JSON Schema: made from the model, shipped as a file, and of one mind with the reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from route_texts import FULL, SHORT, put
from veo_check.core import route as route_module
from veo_check.routefile.load import RouteFile, load_route_file
from veo_check.routefile.schema import BUNDLED, KEYS, route_schema, schema_text
from veo_check.routefile.yaml_reader import Data, read_yaml

Validator = jsonschema.Draft202012Validator


def accepts(text: str) -> bool:
    """Whether the schema takes the text, read as an editor does (YAML 1.2)."""
    document = read_yaml("f.yaml", text)
    assert document.problems == []
    return Validator(route_schema()).is_valid(document.data)


def test_the_bundled_file_is_the_model(request: pytest.FixtureRequest) -> None:
    """After a change of the model: pytest tests/routefile/test_schema.py --update"""
    if request.config.getoption("--update", default=False):
        BUNDLED.write_text(schema_text(), encoding="utf-8")
    assert BUNDLED.read_text(encoding="utf-8") == schema_text()


def test_it_is_a_valid_schema_with_a_name() -> None:
    schema = route_schema()
    Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:veo-check:route:1"
    assert schema["title"] == "veo-check route file, version 1"


def test_every_key_of_every_model_is_described() -> None:
    models = {
        name: {field.alias or key for key, field in model.model_fields.items()}
        for name, model in vars(route_module).items()
        if isinstance(model, type)
        and issubclass(model, route_module.Part)
        and model is not route_module.Part
    }
    models["Route"] |= {"extends"}
    assert {name: set(keys) for name, keys in KEYS.items()} == models
    assert issubclass(route_module.Part, BaseModel)


def _properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, one in {"Route": schema, **schema["$defs"]}.items():
        for key, value in one["properties"].items():
            yield f"{name}.{key}", value


def test_every_key_has_a_description_and_a_shape() -> None:
    poor = [
        at
        for at, value in _properties(route_schema())
        if not value.get("description") or not ({"type", "$ref", "enum", "const"} & value.keys())
    ]
    assert poor == []


def test_every_default_is_one_that_the_key_takes() -> None:
    schema = route_schema()
    wrong = [
        at
        for at, value in _properties(schema)
        if "default" in value and not Validator(value).is_valid(value["default"])
    ]
    assert wrong == []


@pytest.mark.parametrize("text", [SHORT, FULL, SHORT + "extends: team.yaml\n"])
def test_a_valid_file_validates(text: str) -> None:
    assert accepts(text)


def test_what_a_team_file_may_supply_need_not_be_there() -> None:
    assert accepts("extends: team.yaml\nroute: {name: a}\nvia: {model: b, key: {name: c}}\n")


#: not valid for the reader, whatever another file adds
INVALID = [
    SHORT + "wavers: []\n",
    SHORT + "budget: {per_jop: 1}\n",
    SHORT.replace("version: 1", "version: 2"),
    SHORT.replace("version: 1", "version: true"),
    SHORT.replace("flatkey", "flatky"),
    SHORT.replace("videos", "video"),
    SHORT.replace("1080p", "1080"),
    SHORT.replace("8,", "'8',"),
    SHORT.replace("8,", "8.5,"),
    SHORT.replace("8,", "0,"),
    SHORT.replace("drafts", "''"),
    SHORT.replace("veo3.1-fast", "veo 3.1"),
    SHORT.replace("agent-platform", "Agent Platform"),
    SHORT + "budget: {max_markup: 25}\n",
    SHORT + "budget: {per_job: [1]}\n",
    SHORT + "budget: {retries: -1}\n",
    SHORT + "fallback: {deprecated_model: switch}\n",
    SHORT + "fallback: {routes: [{name: a}]}\n",
    FULL.replace("via: {model: veo3.1-lite}", "via: {}"),
    FULL.replace("-lite-generate-001, surface: agent-platform", "-lite-generate-001"),
    FULL.replace("for: [transient_error]", "for: []"),
    SHORT + "confirmations: [{what: usage-record, by: a, on: 2026-11-20, expires: 2026-12-20}]\n",
    SHORT + "confirmations: [{what: dashboard-record, by: a, on: soon, expires: 2026-12-20}]\n",
    SHORT + "smoke: {deadline: ten}\n",
    SHORT + "waivers: [{finding: a, reason: b, owner: c, expires: 2026-12-20}]\n",
    SHORT + "waivers: [{finding: a/b, reason: b, owner: c}]\n",
    SHORT + "waivers: none\n",
]
#: not valid, because nothing else supplies what is missing
INCOMPLETE = [
    SHORT.replace("version: 1\n", ""),
    SHORT.replace("name: drafts", ""),
    SHORT.replace("gateway: flatkey, ", ""),
    SHORT.replace("gateway: flatkey", "gateway: newapi"),
    SHORT.replace("model: veo3.1-fast", "key: {name: a}, model: b"),
    SHORT.replace("model: veo3.1-fast", "key: {env: A, adc: true}, model: b"),
    SHORT.replace("model: veo3.1-fast", "key: {adc: false}, model: b"),
    SHORT.replace(", surface: agent-platform", ""),
    SHORT.replace("agent-platform}", "agent-platform, listing: {project: a}}"),
    SHORT.replace("seconds: 8, ", ""),
    SHORT + "logging: {fields: {a: b}}\n",
]


@pytest.mark.parametrize("text", INVALID + INCOMPLETE)
def test_what_the_reader_refuses_does_not_validate(tmp_path: Path, text: str) -> None:
    assert not isinstance(load_route_file(put(tmp_path, text)), RouteFile)
    assert not accepts(text)


@pytest.mark.parametrize("text", INVALID)
def test_a_wrong_value_is_wrong_in_a_file_that_extends_another(text: str) -> None:
    assert not accepts(text + "extends: team.yaml\n")


@pytest.mark.parametrize("text", INCOMPLETE)
def test_what_is_missing_may_come_from_the_other_file(text: str) -> None:
    assert accepts(text + "extends: team.yaml\n")


def test_data_is_what_the_schema_sees() -> None:
    data: Data = read_yaml("f.yaml", SHORT + "confirmations: []\n").data
    assert isinstance(data, dict)
    assert all(isinstance(key, str) for key in data)
