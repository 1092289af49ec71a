"""What goes where: `-o FORMAT[:FILE]`, standard output for results, standard error for the rest."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from veo_check.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Output:
    """One wanted format, and the file it goes to; None is standard output."""

    format: str
    file: Path | None


def parse_outputs(wishes: Iterable[str], formats: Collection[str]) -> tuple[Output, ...]:
    """Read every `-o`. Raises UsageError for an unknown format, or two of them on stdout."""
    outputs = tuple(_parse(wish, formats) for wish in wishes)
    if sum(output.file is None for output in outputs) > 1:
        raise UsageError(
            "two outputs cannot share standard output; give all but one a file: -o json:FILE"
        )
    return outputs


def _parse(wish: str, formats: Collection[str]) -> Output:
    word, colon, file = wish.partition(":")
    if word not in formats:
        import difflib

        near = difflib.get_close_matches(word, formats, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"-o {safe(wish)}: no such format{hint} (known: {', '.join(formats)})")
    if colon and not file:
        raise UsageError(f"-o {safe(wish)}: no file after the colon")
    return Output(word, Path(file) if file else None)


def write(text: str, file: Path | None, option: str = "-o") -> None:
    """Write a result to its file, or to standard output. Raises UsageError where it cannot."""
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{option}: {safe(str(file))} cannot be written: {why}") from None


def tell(message: str) -> None:
    """A message beside the result, on standard error."""
    sys.stderr.write(f"veo-check: {message}\n")


def wants_colour() -> bool:
    """Colour where a person looks at a terminal and did not ask for none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.getenv("TERM") != "dumb"


def safe(text: str) -> str:
    """A word from outside, made safe to print back."""
    return text if text.isprintable() and len(text) <= 300 else ascii(text[:300])
