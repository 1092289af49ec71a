"""The example route files: valid for the reader and for editors, and short enough to read."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from route_texts import loaded
from veo_check.core.fallbacks import candidates
from veo_check.core.findings import Tier
from veo_check.routefile.schema import BUNDLED
from veo_check.routefile.yaml_reader import read_yaml

HEADER = "# yaml-language-server: $schema=../src/veo_check/routefile/route-v1.schema.json"
NAMES = [
    "article-2026-06-17",
    "flatkey-veo-3.1-fast",
    "google-agent-platform",
    "google-omni",
    "openai-litellm",
    "openrouter",
]


@pytest.fixture
def examples(root: Path) -> Path:
    return root / "examples"


def test_these_are_the_examples(examples: Path) -> None:
    assert sorted(path.stem for path in examples.glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_for_the_reader_and_for_editors(examples: Path, name: str) -> None:
    path = examples / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    loaded(path)
    schema = json.loads(BUNDLED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(read_yaml(name, text).data)
    assert text.splitlines()[0] == HEADER
    assert (path.parent / HEADER.partition("=")[2]).resolve() == BUNDLED
    assert len(text.splitlines()) < 100


def test_the_flatkey_example_has_what_production_needs(examples: Path) -> None:
    file = loaded(examples / "flatkey-veo-3.1-fast.yaml")
    route = file.route
    assert route.target is Tier.PRODUCTION
    assert (route.via.model, route.via.group) == ("veo3.1-fast", "plg")
    assert (route.model.official, route.model.surface) == (
        "veo-3.1-fast-generate-001",
        "agent-platform",
    )
    assert route.waivers == []
    assert [candidate.problem for candidate in candidates(route)] == [None]
    per_job = route.budget.per_job
    assert per_job is not None
    assert per_job >= Decimal("0.12") * route.request.seconds * (1 + route.budget.retries)
    assert file.sample is not None
    assert file.sample.is_file()


def test_the_log_sample_answers_the_seven_questions(examples: Path) -> None:
    file = loaded(examples / "flatkey-veo-3.1-fast.yaml")
    assert file.sample is not None
    assert file.route.logging is not None
    ours = {theirs: name for name, theirs in file.route.logging.fields.items()}
    rows = [
        {ours.get(key, key): value for key, value in json.loads(line).items()}
        for line in file.sample.read_text(encoding="utf-8").splitlines()
    ]
    always = {
        *("application", "key_id", "environment", "workflow"),
        *("model", "aspect_ratio", "resolution", "prompt_type", "input_media"),
        *("operation_id", "poll_attempts", "status", "retries", "video_count"),
        *("usage_id", "cost", "cost_unit"),
    }
    assert [sorted(always - row.keys()) for row in rows] == [[]] * 4
    assert [row["status"] for row in rows] == ["succeeded", "retried", "failed", "rerouted"]
    assert [
        row["operation_id"] for row in rows if row["video_count"] and not row["output_uri"]
    ] == []
    assert [row.get("rerouted_to") for row in rows] == [None, None, None, "lite"]


def test_the_article_example_is_the_article(examples: Path) -> None:
    route = loaded(examples / "article-2026-06-17.yaml").route
    assert (route.via.gateway, route.via.endpoint) == ("flatkey", "videos")
    assert route.via.model == route.model.official == "veo-3.1-generate-preview"
    assert route.model.surface == "gemini-api"
