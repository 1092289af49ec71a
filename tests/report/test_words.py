"""Words that nobody should have to look up stand in no sentence that a person reads."""

from __future__ import annotations

import re
from html import unescape
from importlib import import_module
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from veo_check.cli.checks import rules_page
from veo_check.cli.main import COMMANDS, main
from veo_check.report.model import Report
from veo_check.report.text import Look
from veo_check.sandbox.scenarios import SCENARIOS

FORBIDDEN = (
    r"mend(?:s|ed|ing)?", "dearer", "unsaid", "shot of", "rumour", "nobody", "the other side",
    "tells? no key", "stands? on", "speaks? of", "takes? over", "worst case", "holds? until",
    "evidence reaches",
)  # fmt: skip
_FORBIDDEN = re.compile(rf"(?i)(?<![\w-])(?:{'|'.join(FORBIDDEN)})(?![\w-])")


def sentences(text: str) -> str:
    """The text without what is quoted: answers, ids and codes."""
    text = re.sub(r"(?s)<style>.*?</style>|<pre>.*?</pre>|<[^<>]+>", " ", text)
    text = re.sub(r'"[^"\n]*"|`[^`\n]*`', " ", unescape(text))
    return " ".join(text.split())


def found(text: str) -> list[str]:
    said = sentences(text)
    return [said[max(0, hit.start() - 60) : hit.end() + 60] for hit in _FORBIDDEN.finditer(said)]


@pytest.mark.parametrize("scenario", [scenario.name for scenario in SCENARIOS])
def test_no_report_says_them(
    scenario: str,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copytree(root / "examples", tmp_path / "examples", ignore=ignore_patterns(".veo-check"))
    monkeypatch.chdir(tmp_path)
    example = "examples/flatkey-veo-3.1-fast.yaml"
    main(["run", example, "--scenario", scenario, "-o", "json"])
    report = Report.model_validate_json(capsys.readouterr().out)
    for word in ("text", "markdown", "html", "github"):
        looks = [Look(width=120), Look(width=120, detail="verbose")] if word == "text" else [None]
        for look in looks:
            render = import_module(f"veo_check.report.{word}").render
            assert found(render(report, look) if look else render(report)) == [], word


def test_no_help_says_them(capsys: pytest.CaptureFixture[str]) -> None:
    words: list[tuple[str, ...]] = [(), *((name,) for name in COMMANDS)]
    words += [("job", name) for name in ("list", "show", "abandon")]
    words += [("evidence", name) for name in ("show", "verify", "diff")]
    for command in words:
        assert main([*command, "--help"]) == 0
        said = capsys.readouterr().out
        assert len(said) > 100
        assert found(said) == [], command


def test_no_page_and_no_scenario_says_them(root: Path) -> None:
    assert found(rules_page()) == []
    assert found((root / "README.md").read_text(encoding="utf-8")) == []
    assert [hit for scenario in SCENARIOS for hit in found(scenario.description)] == []


def test_the_list_is_looked_for() -> None:
    assert len(found("Nobody may take over; the worst case <b>stands on</b> a shot of it.")) == 5
    assert found('Google said "nobody may"; `mend` is a-nobody-b, fallback-dearer') == []
