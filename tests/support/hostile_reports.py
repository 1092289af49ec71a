"""Reports in which every free text is hostile, and the texts that do it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from pydantic import ValidationError

from canonical_reports import READY, WAIVED
from veo_check.report.model import ProblemReport, Report

HOSTILE = {
    "shell": '"; rm -rf / #`$(reboot)`',
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover='alert(1)' style=\"background:url(https://evil.example/x)",
    "cdata": "]]></failure><!-- & -->&bogus;",
    "escape": "\x1b[31mred\x1b]8;;https://evil.example\x07link\x9b2J",
    "long": "x" * 5000,
    "long-words": "word " * 1000,
    "markdown": "![x](https://evil.example/p.png) [a](javascript:alert(1)) **b** `c` | d\n# e\n---",
    "markdown-html": "</td></table><img src=x onerror=alert(1)> @everyone #1 https://evil.example",
    "markdown-list": "1. one\n- two\n    code\n```\nfence\n> quote",
    "prometheus": 'a"} 1\nveo_check_verdict{route="b"} 1 \\" \\n # HELP',
    "github": "x\n::error file=a,line=1::owned\r\n::stop-commands::t%0A::add-mask::a",
    "github-old": "##[error]owned ##[group]",
    "github-command-first": "::set-output name=verdict::ready",
    "bidi": "\u202egnp.exe\u2066\u200b\ufeff\u00ad",
    "surrogate": "half \ud800 and \udfff",
    "nul": "a\0b\x08\x7f\x85\u2028\u2029",
    "template": "{{ 7 * 7 }} {% raw %} ${{ github.token }}",
    "nothing": "\x1b\x00\u200b",
    "blank": " \t\n ",
    "not-a-character": "\ufffe\uffff\U0001fffe\U000e0041",
}
_Path = tuple[str | int, ...]
PLAIN = "plain"


def hostile_report(text: str) -> Report:
    """A report with `text` wherever a text is free: names, ids, messages, addresses, bodies."""
    return Report.model_validate(_filled(text))


def _filled(text: str) -> dict[str, object]:
    data = _base()
    for path in _free_paths():
        _put(data, path, text)
    return data


def _base() -> dict[str, object]:
    problem = ProblemReport(file="f", line=1, column=1, path="p", message="m")
    waived = WAIVED.routes[0].model_copy(update={"name": "other", "file": "other.yaml"})
    return READY.model_copy(
        update={"routes": [*READY.routes, waived], "invalid": [problem]}
    ).model_dump()


@cache
def _free_paths() -> tuple[_Path, ...]:
    """Every text of the base that may be any text: those that no pattern and no list of words
    holds."""
    free = []
    for path in _texts(_base(), ()):
        data = _base()
        _put(data, path, PLAIN)
        try:
            Report.model_validate(data)
        except ValidationError:
            continue
        free.append(path)
    return tuple(free)


def _texts(value: object, path: _Path) -> Iterator[_Path]:
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, (*path, place))


def _put(data: object, path: _Path, text: str) -> None:
    for step in path[:-1]:
        data = data[step]  # type: ignore[index]
    data[path[-1]] = text  # type: ignore[index]
