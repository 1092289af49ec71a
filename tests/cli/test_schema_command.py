"""`veo-check schema` prints the schema that ships in the package, and nothing else."""

from __future__ import annotations

import pytest

from veo_check.cli.main import main
from veo_check.routefile.schema import schema_text


def test_it_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr() == (schema_text(), "")


def test_its_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--help"]) == 0
    out, err = capsys.readouterr()
    assert "veo-check schema > veo-route.schema.json" in " ".join(out.split())
    assert err == ""
