"""The report's JSON Schema ships as a file, equal to the model, and every report is valid by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from canonical_reports import CANONICAL
from hostile_reports import HOSTILE, hostile_report
from veo_check.cli.main import main
from veo_check.report.json import render
from veo_check.report.model import BUNDLED, Report, report_schema

VALID = jsonschema.Draft202012Validator(report_schema())


def test_the_bundled_copy_is_the_models(golden: Callable[[Path, str], None]) -> None:
    golden(BUNDLED, json.dumps(report_schema(), indent=2) + "\n")


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_reports_are_valid(name: str) -> None:
    VALID.validate(json.loads(render(CANONICAL[name])))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_reports_are_valid(name: str) -> None:
    VALID.validate(json.loads(render(hostile_report(HOSTILE[name]))))


def test_a_missing_field_and_an_unknown_one_are_not() -> None:
    data = json.loads(render(CANONICAL["ready"]))
    route = data["routes"][0]
    del route["spent"]
    route["cost"] = "0.00"
    said = sorted(error.message for error in VALID.iter_errors(data))
    assert said == [
        "'spent' is a required property",
        "Additional properties are not allowed ('cost' was unexpected)",
    ]


@pytest.mark.parametrize("example", ["flatkey-veo-3.1-fast", "google-agent-platform"])
def test_a_real_report_is_valid(
    example: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", str(root / "examples" / f"{example}.yaml"), "--sandbox", "-o", "json"])
    VALID.validate(json.loads(capsys.readouterr().out))


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--report"]) == 0
    assert json.loads(capsys.readouterr().out) == report_schema()


def test_a_check_that_no_item_would_show_is_no_report() -> None:
    data = json.loads(render(CANONICAL["ready"]))
    data["routes"][0]["items"] = data["routes"][0]["items"][1:]
    with pytest.raises(ValidationError, match="no item holds the checks of official-model-id"):
        Report.model_validate(data)
