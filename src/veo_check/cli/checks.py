"""`veo-check checks`: the catalogue, and each check explained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import (
    FORMATS,
    Quiet,
    Text,
    Verbose,
    Words,
    check_writable,
    detail_of,
    did_you_mean,
    parse_outputs,
    wrapped,
    write_outputs,
)
from veo_check.core.money import InvalidFileError, UsageError
from veo_check.core.reading import read_limited, why_unread

if TYPE_CHECKING:
    from veo_check.report.model import Report


def checks(
    check: Annotated[Text, Argument(metavar="[CHECK]", help="Explain this one check.")] = None,
) -> None:
    """List the checks; with an id, say why it exists, what it needs, how to fix a failure.

    Example: veo-check checks price-unit
    """
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


def _explain(check_id: str) -> str:
    from veo_check.core.route import AGENT_PLATFORM
    from veo_check.engine.plan import BUILT_IN, built_in_checklist
    from veo_check.gateways.registry import GATEWAYS

    if check_id not in BUILT_IN:
        hint = did_you_mean(check_id, BUILT_IN, "; veo-check checks lists them")
        raise UsageError(f"no check is called '{check_id}'{hint}")
    found = BUILT_IN[check_id]
    tiers = {
        line.check: (item.title, line.tier)
        for item in built_in_checklist().items
        for line in item.checks
    }
    item, tier = tiers[check_id]
    required = f"required for {tier.word}" if tier else "informs only"
    waivable = "can be waived" if found.waivable else "cannot be waived"
    lines = [f"{found.id}: {found.title}", ""]
    lines += wrapped(f"Item: {item}; {required}; {waivable}; since {found.since}.")
    lines += ["", *wrapped(f"Why: {found.why}")]
    needs = ", ".join(_words(need.type.__name__, need.optional) for need in found.needs)
    lines += ["", *wrapped(f"Needs: {needs}.")]
    for name, gateway in GATEWAYS.items():
        if (reason := found.not_for(gateway, AGENT_PLATFORM)) is not None:
            lines += wrapped(f"Not for gateway {name}: {reason}", rest="  ")
    lines += ["", *wrapped(f"Fix: {found.fix}")]
    return "\n".join(lines) + "\n"


def _words(type_name: str, optional: bool) -> str:
    import re

    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type_name).lower()
    return f"{words} (where it can be learned)" if optional else words


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
