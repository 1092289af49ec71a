"""`veo-check checks`: the catalogue, and each check explained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from veo_check.cli.output import Quiet, Verbose
from veo_check.core.money import InvalidFileError
from veo_check.report.model import Report


def checks(
    check: Annotated[
        str | None, typer.Argument(metavar="[CHECK]", help="Explain this one check.")
    ] = None,
) -> None:
    """List the checks; with an id, say why it exists, what it needs, how to mend a failure.

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
            lines += _wrapped(f"  {tier} {line.check:<21}{title}", " " * 25)
    lines += ["", "veo-check checks ID explains one."]
    return "\n".join(lines) + "\n"


def _explain(check_id: str) -> str:
    import difflib

    from veo_check.core.money import UsageError
    from veo_check.engine.plan import BUILT_IN, built_in_checklist

    if check_id not in BUILT_IN:
        near = difflib.get_close_matches(check_id, BUILT_IN, 1)
        hint = f"; did you mean {near[0]}?" if near else "; veo-check checks lists them"
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
    lines += _wrapped(f"Item: {item}; {required}; {waivable}; since {found.since}.", "")
    lines += ["", *_wrapped(f"Why: {found.why}", "")]
    needs = ", ".join(_words(need.type.__name__, need.optional) for need in found.needs)
    lines += ["", *_wrapped(f"Needs: {needs}.", "")]
    for gateway, reason in found.not_for.items():
        lines += _wrapped(f"Not for gateway {gateway}: {reason}", "  ")
    lines += ["", *_wrapped(f"Fix: {found.fix}", "")]
    return "\n".join(lines) + "\n"


def _words(type_name: str, optional: bool) -> str:
    import re

    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type_name).lower()
    return f"{words} (where it can be learned)" if optional else words


def _wrapped(text: str, rest: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 80, subsequent_indent=rest, break_on_hyphens=False)


# `veo-check schema`: the JSON Schema of the route file, for editors, and of the report.


def schema(
    report: Annotated[
        bool, typer.Option("--report", help="The schema of the JSON report instead.")
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
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report saved with -o json.")],
    output: Annotated[
        list[str] | None,
        typer.Option("-o", "--output", metavar="FORMAT[:FILE]", help="Format to write. Repeats."),
    ] = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Write other formats of a saved report. Asks nobody; exits with the report's own code.

    Example: veo-check render report.json -o html:report.html -o markdown
    """
    from veo_check.cli.output import (
        FORMATS,
        check_writable,
        detail_of,
        parse_outputs,
        write_outputs,
    )

    outputs = parse_outputs(tuple(output or ("text",)), FORMATS)
    check_writable(outputs)
    saved = read_report(report)
    write_outputs(saved, outputs, detail_of(verbose, quiet))
    raise typer.Exit(saved.exit_code)


# Reading a report that was saved with `-o json`: untrusted like any other input.


_LARGEST = 64 * 1024 * 1024


def read_report(path: Path) -> Report:
    """The report in `path`. Raises InvalidFileError when it is not one of version 1."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not the name of a file"
        raise InvalidFileError(f"{path}: cannot read: {why}") from None
    if len(data) > _LARGEST:
        raise InvalidFileError(f"{path}: larger than 64 MiB; not a veo-check report")
    return parse_report(data, str(path))


def parse_report(data: bytes, shown: str) -> Report:
    """The report that these bytes are; `shown` names them in the InvalidFileError."""
    try:
        return Report.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the whole file"
        raise InvalidFileError(
            f"{shown}: not a veo-check report of version 1: {place}: {first['msg']}"
        ) from None
