"""`veo-check render`: other formats from a saved JSON report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def render(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report saved with -o json.")],
    output: Annotated[
        list[str] | None,
        typer.Option("-o", "--output", metavar="FORMAT[:FILE]", help="Format to write. Repeats."),
    ] = None,
) -> None:
    """Write other formats of a saved report. Asks nobody; exits with the report's own code.

    Example: veo-check render report.json -o html:report.html -o markdown
    """
    from veo_check.cli.outputs import FORMATS, check_writable, write_outputs
    from veo_check.cli.saved_report import read_report
    from veo_check.cli.streams import parse_outputs

    outputs = parse_outputs(tuple(output or ("text",)), FORMATS)
    check_writable(outputs)
    saved = read_report(report)
    write_outputs(saved, outputs)
    raise typer.Exit(saved.exit_code)
