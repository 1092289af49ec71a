"""What CI shows of twelve mixed routes: annotations, the job summary, code scanning."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from importlib import import_module
from pathlib import Path
from shutil import copytree, ignore_patterns
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest

from canonical_reports import CANONICAL
from twelve_routes import twelve
from veo_check.cli.main import main
from veo_check.report.model import Report


@pytest.fixture
def mixed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Report:
    """The report of twelve mixed routes, no proof on record."""
    copytree(root / "examples", tmp_path / "examples", ignore=ignore_patterns(".veo-check"))
    monkeypatch.chdir(tmp_path)
    main(["run", twelve(), "--sandbox", "-o", "json"])
    return Report.model_validate_json(capsys.readouterr().out)


def rendered(word: str, report: Report) -> str:
    return str(import_module(f"veo_check.report.{word}").render(report))


def test_annotations_fit_what_github_shows(mixed: Report) -> None:
    lines = rendered("github", mixed).splitlines()
    counts = Counter(line.split()[0] for line in lines)
    assert counts["::error"] <= 10
    assert counts["::warning"] <= 10
    errors = [line for line in lines if line.startswith("::error ")]
    closed = [route for route in mixed.routes if route.verdict == "not-ready"]
    assert len(closed) >= 5
    for route, line in zip(closed, errors, strict=False):
        first = route.next[0]
        assert f"file={route.file},line={first.line},title={first.code}::" in line.replace(
            "%3A", ":"
        )
        assert route.decided_by is not None
        assert line.partition("::")[2].partition("::")[2].startswith(route.decided_by.sentence)
    assert "blocked" not in "".join(lines)
    assert lines[-1].startswith("::notice title=veo-check::12 routes: ")


def test_more_routes_than_github_shows_are_counted(mixed: Report) -> None:
    closed = [route for route in mixed.routes if route.verdict == "not-ready"]
    many = mixed.model_copy(update={"routes": closed * 5, "invalid": []})
    lines = rendered("github", many).splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == 10
    assert errors[-1].endswith(
        f"{len(closed) * 5 - 9} more errors: see the job summary or the report"
    )


def test_the_summary_is_short_outside_what_is_folded(mixed: Report) -> None:
    text = rendered("markdown", mixed)
    outside = re.sub(r"(?s)<details.*?</details>", "", text)
    assert len(outside.splitlines()) <= 60
    table = [line for line in outside.splitlines() if line.startswith("| ")]
    assert len(table) == 1 + len(mixed.routes) + 1  # a head, a line a route, the total
    assert text.count("<details>") == len(mixed.routes)
    folded = re.findall(r"(?m)^- (?:\*\*)?(\w+)", text)
    assert set(folded) <= {"fail", "not", "warn", "waived", "cost", "valid", "invalid", "spent"}


def test_code_scanning_gets_findings_and_one_note_a_cause(mixed: Report) -> None:
    run = json.loads(rendered("sarif", mixed))["runs"][0]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    results = run["results"]
    assert not [rule for rule in rules if rule.endswith(("/blocked", "/skipped", "/error"))]
    causes = sum(cause.kind != "failure" for route in mixed.routes for cause in route.next)
    notes = [result for result in results if result["ruleId"] == "not-checked"]
    assert len(notes) == causes
    assert {note["level"] for note in notes} == {"note"}
    known = {rule.id: rule for rule in mixed.rules}
    for code, rule in rules.items():
        check = code.partition("/")[0]
        assert rule["helpUri"].endswith(f"README.md#{check}")
        assert urlparse(rule["helpUri"]).scheme in {"file", "https"}
        if check in known:
            assert rule["shortDescription"]["text"] == known[check].title
            assert rule["fullDescription"]["text"].lower() == known[check].why.lower()
            assert rule["help"]["text"].lower() == known[check].fix.lower()


@pytest.mark.parametrize("spelled", ["relative", "absolute", "dots", "outside"])
def test_addresses_are_relative_to_the_working_folder(
    spelled: str,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copytree(root / "examples", tmp_path / "a b" / "ex", ignore=ignore_patterns(".veo-check"))
    here = tmp_path / "a b"
    monkeypatch.chdir(here)
    name = "article-2026-06-17.yaml"
    words = {
        "relative": f"ex/{name}",
        "absolute": str(here / "ex" / name),
        "dots": f"../a b/ex/../ex/{name}",
        "outside": f"ex/{name}",
    }
    if spelled == "outside":
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        words["outside"] = f"../a b/ex/{name}"
    main(["run", words[spelled], "--offline", "-o", "sarif"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
    }
    if spelled == "outside":
        (uri,) = uris
        assert uri.startswith("file:///")
        assert Path(url2pathname(urlparse(uri).path)).samefile(here / "ex" / name)
    else:
        assert uris == {f"ex/{name}"}


def test_the_action_names_the_page_that_explains_the_rules(
    mixed: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "https://github.com/o/r/blob/0123/checklists/README.md"
    monkeypatch.setenv("VEO_CHECK_ACTION_PAGE", page)
    run = json.loads(rendered("sarif", mixed))["runs"][0]
    assert {rule["helpUri"].partition("#")[0] for rule in run["tool"]["driver"]["rules"]} == {page}
    monkeypatch.setenv("VEO_CHECK_ACTION_PAGE", "javascript:alert(1)")
    assert "javascript" not in rendered("sarif", mixed)


@pytest.mark.real_clients
def test_microsofts_validator_accepts_it(mixed: Report, tmp_path: Path) -> None:
    """`npx @microsoft/sarif-multitool validate`, with its default rules."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("no npx on this machine")
    for name, report in {"mixed": mixed, **CANONICAL}.items():
        log, found = tmp_path / f"{name}.sarif", tmp_path / f"{name}.found.sarif"
        log.write_text(rendered("sarif", report), encoding="utf-8")
        tool = [npx, "--yes", "@microsoft/sarif-multitool@5", "validate", str(log)]
        ran = subprocess.run(
            [*tool, "--output", str(found)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if not found.exists():
            pytest.skip(f"the validator did not run: {ran.stderr[-200:]}")
        run = json.loads(found.read_text(encoding="utf-8"))["runs"][0]
        assert [
            one["ruleId"] for one in run.get("results", []) if one.get("level") == "error"
        ] == []
