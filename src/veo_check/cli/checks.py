"""`veo-check checks`: the catalogue, and each check explained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.codes import WEIGHTS, code_of, codes_of
from veo_check.cli.output import (
    FORMATS,
    Quiet,
    Text,
    Verbose,
    Words,
    check_writable,
    complete,
    detail_of,
    did_you_mean,
    parse_outputs,
    safe,
    wrapped,
    write_outputs,
)
from veo_check.core.money import InvalidFileError, UsageError
from veo_check.core.reading import read_limited, why_unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veo_check.core.findings import Check
    from veo_check.report.model import Report


def checks(
    check: Annotated[
        Text,
        Argument(
            metavar="[CHECK|CODE]",
            help="A check's id, or the code of a finding.",
            autocompletion=complete("checks"),
        ),
    ] = None,
    markdown: Annotated[
        bool, Option("--markdown", help="Print the page of all checks and codes as Markdown.")
    ] = False,
) -> None:
    """List the checks; with an id or a finding's code, explain it and how to fix a failure.

    Example: veo-check checks price-unit/unpriced
    """
    if markdown:
        sys.stdout.write(rules_page())
    else:
        sys.stdout.write(_catalogue() if check is None else _explain(check))


def _catalogue() -> str:
    from veo_check.engine.plan import BUILT_IN, built_in_checklist

    lines = ["R, S, P: required for research, staging, production.", ""]
    for number, item in enumerate(built_in_checklist().items, start=1):
        lines.append(f"{number} {item.title}")
        for line in item.checks:
            tier = "-" if line.tier is None else line.tier.word[0].upper()
            title = BUILT_IN[line.check].title
            lines += wrapped(f"  {tier} {line.check:<21}{title}", rest=" " * 25)
    lines += ["", "veo-check checks ID explains one."]
    return "\n".join(lines) + "\n"


def _explain(word: str) -> str:
    from veo_check.engine.plan import BUILT_IN

    check_id, slash, rest = word.partition("/")
    if check_id not in BUILT_IN:
        hint = did_you_mean(check_id, BUILT_IN, "; veo-check checks lists them")
        raise UsageError(f"no check is called '{safe(check_id)}'{hint}")
    found = BUILT_IN[check_id]
    lines = []
    if slash:
        code = code_of(found, rest)
        if code is None:
            known = [each.code for each in codes_of(found)]
            hint = did_you_mean(word, known, f" (known: {', '.join(known)})")
            raise UsageError(f"{safe(word)}: {check_id} has no finding with this code{hint}")
        lines += [f"{word}: {WEIGHTS[code.severity]}", ""]
        lines += wrapped(f"Says: {code.message}") if code.message else []
        lines += wrapped(f"Fix: {code.fix}") if code.fix else []
        lines += ["", f"The check: {check_id}", ""]
    for part in _parts(found):
        lines += [*wrapped(part), ""]
    if not slash:
        lines += [
            "Findings:",
            *(f"  {each.code}: {WEIGHTS[each.severity]}" for each in codes_of(found)),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _parts(check: Check) -> Iterator[str]:
    """What there is to say about a check, a paragraph each."""
    from veo_check.core.route import AGENT_PLATFORM
    from veo_check.engine.plan import built_in_checklist
    from veo_check.gateways.registry import GATEWAYS

    item, tier = next(
        (item, line.tier)
        for item in built_in_checklist().items
        for line in item.checks
        if line.check == check.id
    )
    yield f"{check.id}: {check.title}"
    required = f"required for {tier.word}" if tier else "informs only"
    waivable = "can be waived" if check.waivable else "cannot be waived"
    yield f"Item: {item.title}; {required}; {waivable}; since {check.since}."
    yield f"Why: {check.why}"
    needs = ", ".join(_words(need.type.__name__, need.optional) for need in check.needs)
    yield f"Needs: {needs}."
    for name, gateway in GATEWAYS.items():
        if (reason := check.not_for(gateway, AGENT_PLATFORM)) is not None:
            yield f"Not for gateway {name}: {reason}"
    yield f"Fix: {check.fix}"


def _words(type_name: str, optional: bool) -> str:
    import re

    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type_name).lower()
    return f"{words} (where it can be learned)" if optional else words


# The page that finding codes, SARIF's helpUri and hints point to: `checks --markdown`.


def rules_page() -> str:
    """Every check and every finding code, as `checklists/README.md` holds it."""
    from veo_check.engine.plan import BUILT_IN, built_in_checklist

    lines = [
        "# What veo-check checks",
        "",
        "Made by `veo-check checks --markdown`; a test compares. `veo-check checks ID` prints one",
        "of these, `veo-check checks CODE` explains the code of a finding.",
        "",
    ]
    for number, item in enumerate(built_in_checklist().items, start=1):
        lines += [f"## {number} {item.title}", "", *wrapped(item.why, width=100), ""]
        lines += [*wrapped(f"Evidence to save: {item.evidence}", width=100), ""]
        for line in item.checks:
            lines += [f"### {line.check}", ""]
            for part in _parts(BUILT_IN[line.check]):
                lines += [*wrapped(_plain(part), width=100, cut=False), ""]
            codes = codes_of(BUILT_IN[line.check])
            if codes:
                lines += ["| finding | weight | what it says |", "|---|---|---|"]
                lines += [
                    f"| `{each.code}` | {WEIGHTS[each.severity]} | {_plain(each.message or '')} |"
                    for each in codes
                ]
                lines.append("")
    lines += [
        "## Codes of no check",
        "",
        "### not-checked",
        "",
        "A required check that could not be made, in SARIF: a note for each cause.",
        "",
        "### route-file",
        "",
        "A route file that is not valid; `veo-check schema` describes every field.",
    ]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text for a cell or a paragraph of Markdown; our own, so only its table marks matter."""
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")


# `veo-check schema`: the JSON Schema of the route file, for editors, and of the report.


def schema(
    report: Annotated[
        bool, Option("--report", help="The schema of the JSON report instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of the route file, for editors.

    Example: veo-check schema > veo-route.schema.json, and begin each route file beside it with
    "# yaml-language-server: $schema=veo-route.schema.json".
    """
    from importlib.resources import files

    # the bundled copies, which tests hold equal to the models: printing them needs no model
    package, name = ("report", "report-v1") if report else ("routefile", "route-v1")
    bundled = files(f"veo_check.{package}").joinpath(f"{name}.schema.json")
    sys.stdout.write(bundled.read_text(encoding="utf-8"))


# `veo-check render`: other formats from a saved JSON report.


def render(
    report: Annotated[Path, Argument(metavar="REPORT", help="A report saved with -o json.")],
    output: Annotated[
        Words, Option("-o", "--output", metavar="FORMAT[:FILE]", help="Format to write. Repeats.")
    ] = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Write other formats of a saved report. No network; exits with the report's own code.

    Example: veo-check render report.json -o html:report.html -o markdown
    """
    outputs = parse_outputs(output, FORMATS)
    check_writable(outputs)
    saved = read_report(report)
    write_outputs(saved, outputs, detail_of(verbose, quiet))
    raise typer.Exit(saved.exit_code)


# Reading a report that was saved with `-o json`: untrusted like any other input.


_LARGEST = 64 * 1024 * 1024


def read_report(path: Path) -> Report:
    """The report in `path`. Raises InvalidFileError when it is not one of version 1."""
    try:
        if str(path) in {"-", "/dev/stdin"}:  # the one pipe that a person means
            data = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            data = read_limited(path, _LARGEST, follow_links=True)
    except (OSError, ValueError) as error:
        raise InvalidFileError(f"{path}: cannot read: {why_unread(error)}") from None
    if len(data) > _LARGEST:
        raise InvalidFileError(f"{path}: larger than 64 MiB; not a veo-check report")
    return parse_report(data, str(path))


def parse_report(data: bytes, shown: str) -> Report:
    """The report that these bytes are; `shown` names them in the InvalidFileError."""
    from pydantic import ValidationError

    from veo_check.report.model import Report

    try:
        return Report.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the whole file"
        raise InvalidFileError(
            f"{shown}: not a veo-check report of version 1: {place}: {first['msg']}"
        ) from None
