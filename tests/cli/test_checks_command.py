"""`veo-check checks`: the catalogue, every check, every finding code, and the page of all."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from veo_check.checks.registry import CHECKS
from veo_check.cli.codes import code_of, codes_of
from veo_check.cli.main import main
from veo_check.core.jobs import MEANINGS


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["checks", *words])
    return code, *capsys.readouterr()


def test_the_page_of_all_checks(
    root: Path, golden: Callable[[Path, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    code, page, _ = run(capsys, "--markdown")
    assert code == 0
    golden(root / "checklists" / "README.md", page)
    headings = re.findall(r"(?m)^### (\S+)$", page)
    assert sorted(headings) == sorted(
        [*(check.id for check in CHECKS), "not-checked", "route-file"]
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_code_of_a_check_is_explained(
    check: object, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = [known for known in CHECKS if known is check]
    codes = codes_of(found)
    assert codes
    for code in codes:
        word = code.code.replace("\N{HORIZONTAL ELLIPSIS}", "some-word")
        status, text, err = run(capsys, word)
        assert (status, err) == (0, "")
        assert text.startswith(f"{word}: ")
        assert found.title.split()[0] in text


@pytest.mark.parametrize("symptom", MEANINGS)
def test_a_symptom_of_a_job_is_explained_by_its_meaning(symptom: str) -> None:
    (check,) = [known for known in CHECKS if known.id == "job-completes"]
    code = code_of(check, symptom)
    assert code is not None
    assert code.message is not None
    assert code.message.lower().startswith(MEANINGS[symptom].says.lower()[:30])  # type: ignore[index]
    assert code.fix == MEANINGS[symptom].next_step  # type: ignore[index]


def test_a_wrong_word_is_told_with_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "price-unti/unpriced")
    assert (code, out) == (2, "")
    assert "did you mean price-unit?" in err
    code, out, err = run(capsys, "budget-covers/montly")
    assert (code, out) == (2, "")
    assert "did you mean budget-covers/monthly?" in err
