"""Options that several commands share, so that they are spelled and explained only once."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer


def parse_day(text: str) -> date:
    """A day as YYYY-MM-DD; anything else is a usage error."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a day; write YYYY-MM-DD") from None


AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DAY", help="Judge this day, YYYY-MM-DD, instead of today."),
]
WithinDays = Annotated[
    int, typer.Option("--within", metavar="DAYS", min=0, max=36500, help="Horizon for shutdowns.")
]
ReferenceFile = Annotated[
    Path | None,
    typer.Option("--reference", metavar="FILE", help="Reference data to use instead."),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option("-o", "--output", metavar="text|json[:FILE]", help="Format. Repeats."),
]
