"""What goes where: `-o FORMAT[:FILE]`, standard output for results, standard error for the rest.

Everything that a command writes to them passes one writer. It masks what the redactor of that
command knows, the keys of the environment and every key that is read on the way; and no name from
outside, of a file or of a gateway's, acts on a terminal or speaks to a CI server through it.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO, cast

import typer

from veo_check.core.frozen import dataclass
from veo_check.core.money import UsageError

if TYPE_CHECKING:
    # every command imports this module; a look-up does not wait for the report's models
    from veo_check.core.clock import AsOf
    from veo_check.core.secrets import Redactor
    from veo_check.reference.load import Reference
    from veo_check.report.model import Report
    from veo_check.report.text import Look


Detail = Literal["short", "verbose", "quiet"]
_redactor: Redactor | None = None


def redactor() -> Redactor:
    """The redactor of the command that is running."""
    global _redactor
    if _redactor is None:
        from veo_check.core.secrets import Redactor

        _redactor = Redactor.of_environment(os.environ)
    return _redactor


@contextmanager
def masked_streams() -> Iterator[None]:
    """Standard output and standard error of one command, every line of them masked."""
    global _redactor
    out, err = sys.stdout, sys.stderr
    _redactor = None  # an earlier command of this process knew the keys of its own environment
    sys.stdout, sys.stderr = cast("TextIO", _Masked(out)), cast("TextIO", _Masked(err))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def unmasked() -> TextIO:
    """Standard output itself: for what was masked already, and for the sandbox's own keys."""
    return cast("TextIO", getattr(sys.stdout, "unmasked", sys.stdout))


#: What acts on a terminal, but for colours and what progress draws itself with.
_ACTS = re.compile(
    r"(\x1b\[[0-9;]*m|\r\x1b\[K|\r\n)|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
#: What a CI server takes for a command: one at the beginning of a line, the other anywhere.
_COMMANDS = re.compile(r"^(\s*:)(?=:)|#(?=#\[)", re.MULTILINE)


def inert(text: str) -> str:
    """The same text, which commands neither a terminal nor a CI server. JSON means the same."""
    if not text.isprintable():
        text = _ACTS.sub(lambda found: found[1] or ascii(found[0])[1:-1], text)
    if "::" in text or "##[" in text:
        text = _COMMANDS.sub(lambda found: f"{found[1]} " if found[1] else "\\u0023", text)
    return text


def encodable(text: str, stream: TextIO, markup: bool = False) -> str:
    """`text` with what the stream cannot show written as JSON does, or as markup does."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        way = "xmlcharrefreplace" if markup else "json"
        return text.encode(encoding, way).decode(encoding)
    return text


def _as_json(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("json", _as_json)


class _Masked:
    """A stream whose text is masked before it is written. A plug-in writes here too."""

    def __init__(self, stream: TextIO) -> None:
        self.unmasked = stream

    def write(self, text: str) -> int:
        """Write the masked text."""
        if isinstance(text, str):
            self.unmasked.write(encodable(inert(redactor().redact_lines(text)), self.unmasked))
        else:
            self.unmasked.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write every line, masked."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unmasked, name)


@dataclass(frozen=True, slots=True)
class Output:
    """One wanted format, and the file it goes to; None is standard output."""

    format: str
    file: Path | None


def parse_outputs(
    words: Iterable[str] | None, formats: Collection[str] = ("text", "json")
) -> tuple[Output, ...]:
    """Read every `-o`; without one, text. Raises UsageError for an unknown format, or two of them
    on standard output."""
    outputs = tuple(_parse(word, formats) for word in words or ("text",))
    if sum(output.file is None for output in outputs) > 1:
        raise UsageError(
            "two outputs cannot share standard output; give all but one a file: -o json:FILE"
        )
    return outputs


def _parse(word: str, formats: Collection[str]) -> Output:
    name, colon, file = word.partition(":")
    if name not in formats:
        hint = did_you_mean(name, formats)
        raise UsageError(f"-o {safe(word)}: no such format{hint} (known: {', '.join(formats)})")
    if colon and not file:
        raise UsageError(f"-o {safe(word)}: no file after the colon")
    return Output(name, Path(file) if file else None)


def write(text: str, file: Path | None, option: str = "-o", *, commands: bool = False) -> None:
    """Write a result to its file, or to standard output. Raises UsageError where it cannot.

    `commands`: it is GitHub's own format, whose commands are meant.
    """
    if file is None and commands:
        unmasked().write(encodable(redactor().redact_lines(text), unmasked()))
        return
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(redactor().redact_lines(text), encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{option}: {safe(str(file))} cannot be written: {why}") from None


def write_each(outputs: Iterable[Output], text: Callable[[], str], json: Callable[[], str]) -> None:
    """Write the result of a command that has these two formats to each of its outputs."""
    for output in outputs:
        write(json() if output.format == "json" else text(), output.file)


def check_format(word: str) -> None:
    """Refuse a format that is neither text nor JSON. Raises UsageError."""
    if word not in {"text", "json"}:
        raise UsageError(f"-o {word}: choose text or json")


def tell(message: str) -> None:
    """A message beside the result, on standard error."""
    sys.stderr.write(f"veo-check: {message}\n")


def wants_colour() -> bool:
    """Colour where a person looks at a terminal, unless the environment asks for none, or for it
    everywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = (os.environ.get(name, "") for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    if any(word not in {"", "0"} for word in forced):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def text_width() -> int:
    """The terminal's columns; in a pipe COLUMNS, else 80."""
    import shutil

    asked = os.environ.get("COLUMNS", "")
    if sys.stdout.isatty():
        return shutil.get_terminal_size((80, 24)).columns
    return int(asked) if asked.isascii() and asked.isdecimal() and int(asked) > 0 else 80


def wants_ascii() -> bool:
    """Where the terminal is a plain one, or its encoding has no check mark."""
    try:
        "✓✗…".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return True
    return os.environ.get("TERM") == "dumb" and sys.stdout.isatty()


def safe(text: str, most: int = 300) -> str:
    """A word from outside, made safe to print back."""
    return text if text.isprintable() and len(text) <= most else ascii(text[:most])


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`; None where none is like it."""
    import difflib

    return next(iter(difflib.get_close_matches(word, sorted(known), 1)), None)


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The end of a sentence about a wrong word: the known one most like it, else `otherwise`."""
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else otherwise


def wrapped(
    text: str, first: str = "", rest: str | None = None, width: int = 80, cut: bool = True
) -> list[str]:
    """`text` in lines of `width`, `first` before the first and `rest` before the others.

    A word longer than a line is cut, unless `cut` says no.
    """
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=cut,
        break_on_hyphens=False,
    )


def page(lines: Iterable[str]) -> str:
    """Lines as a text, without blanks at their ends."""
    return "".join(f"{line.rstrip()}\n" for line in lines)


# The report in the formats that were asked for, each where it was asked to go.


#: The formats; each is rendered by the module of that name under `veo_check.report`.
FORMATS = ("text", "json", "junit", "sarif", "markdown", "github", "html", "prometheus")


#: The rest are JSON, markup that escapes what it holds, or GitHub's own commands.
_PLAIN = frozenset({"text", "markdown", "prometheus"})


def check_writable(outputs: tuple[Output, ...]) -> None:
    """Refuse a file that cannot be written before anything is asked or spent."""
    for output in outputs:
        if output.file is None:
            continue
        if not output.file.parent.is_dir():
            raise UsageError(f"-o {output.format}: {output.file.parent} is not a folder")
        if output.file.is_dir():
            raise UsageError(f"-o {output.format}: {output.file} is a folder; name a file")
        if not os.access(output.file if output.file.exists() else output.file.parent, os.W_OK):
            raise UsageError(f"-o {output.format}: {output.file} may not be written")


def write_outputs(report: Report, outputs: tuple[Output, ...], detail: Detail = "short") -> None:
    """Render and write each output: files first, then standard output.

    A file that cannot be written keeps no other output from being written: the run may have cost
    money. Raises UsageError at the end.
    """
    unwritten: list[str] = []
    # text by text: a line of a rendered report is not to be cut out, and a large one not read again
    report = redactor().masked(report)
    for output in sorted(outputs, key=lambda output: output.file is None):
        more = (look(detail, output.file),) if output.format == "text" else ()
        text = _renderer(output.format)(report, *more)
        if output.file is None:
            if output.format in _PLAIN:
                text = inert(text)
            markup = output.format in {"html", "junit"}
            unmasked().write(encodable(text, unmasked(), markup))
            continue
        try:
            output.file.write_text(text, encoding="utf-8")
        except OSError as error:
            unwritten.append(f"{output.file}: cannot write: {error.strerror}")
    if unwritten:
        raise UsageError("; ".join(unwritten))


def _renderer(word: str) -> Callable[..., str]:
    render: Callable[..., str] = import_module(f"veo_check.report.{word}").render
    return render


def look(detail: Detail, file: Path | None) -> Look:
    """How the text report is laid out: as its reader's terminal wants it, or plain for a file."""
    from veo_check.report.text import Look

    if file is not None:
        return Look(detail=detail)
    return Look(text_width(), wants_colour(), wants_ascii(), detail)


def detail_of(verbose: bool, quiet: bool) -> Detail:
    """-v, -q or neither. Raises UsageError for both."""
    if verbose and quiet:
        raise UsageError("-v and -q cannot be combined")
    return "verbose" if verbose else "quiet" if quiet else "short"


def complete(kind: str) -> Callable[[str], list[str]]:
    """Values that the shell completes: checks, formats, models, scenarios or surfaces."""

    def matching(incomplete: str) -> list[str]:
        return [value for value in _values(kind) if value.startswith(incomplete)]

    return matching


def _values(kind: str) -> Iterable[str]:
    """Loaded only when a shell asks."""
    if kind == "checks":
        from veo_check.engine.plan import BUILT_IN

        return list(BUILT_IN)
    if kind == "scenarios":
        from veo_check.sandbox.scenarios import SCENARIOS

        return [scenario.name for scenario in SCENARIOS]
    if kind == "formats":
        return FORMATS
    book = chosen_reference(None)
    if kind == "surfaces":
        return book.surfaces()
    return sorted({*book.models(), *(rule.model for rule in book.prices)})


# Options that several commands share, so that they are spelled and explained only once.


#: What an option may hold; None where it is not given.
Text = str | None
Words = list[str] | None
Number = int | None
File = Path | None


def parse_day(text: str, option: str = "--as-of") -> date:
    """A day as YYYY-MM-DD; anything else is a usage error that names the option."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise UsageError(f"{option} {safe(text)}: not a day; write YYYY-MM-DD") from None


def judged_day(as_of: str | None, within: int, max_age: int | None = None) -> AsOf:
    """The day that --as-of names, or today, with the horizon and the age allowed."""
    from veo_check.core.clock import AsOf, SystemClock

    today = SystemClock().now().date()
    return AsOf(today if as_of is None else parse_day(as_of), today, within, max_age)


def chosen_reference(path: Path | None, simulated: bool = False) -> Reference:
    """The reference file named, else the newer of bundled and refreshed.

    A simulated run reads the bundled data alone: it must give the same answer next year.
    """
    from veo_check.reference.load import load_reference, user_data_dir

    return load_reference(path, None if simulated else user_data_dir())


def without_evidence(code: int, word: str, unread: bool = False) -> int:
    """The exit code of a look-up, where --inconclusive replaces a 3: not that of what could not be
    read. Raises UsageError for another word."""
    choices = {"own": 3, "fail": 1, "pass": 0}
    if word not in choices:
        raise UsageError(f"--inconclusive {safe(word)}: choose one of {', '.join(choices)}")
    if code != 3 or (unread and word == "pass"):
        return code
    return choices[word]


def check_surface(surface: str | None, book: Reference) -> None:
    """Refuse a surface that the reference data does not know. Raises UsageError."""
    if surface is not None and surface not in book.surfaces():
        known = ", ".join(book.surfaces())
        raise UsageError(f"--surface {safe(surface)} is not a known surface; known: {known}")


AsOfDay = Annotated[
    Text,
    typer.Option("--as-of", metavar="DAY", help="Judge this day, YYYY-MM-DD, instead of today."),
]
WithinDays = Annotated[
    int, typer.Option("--within", metavar="DAYS", min=0, max=36500, help="Horizon for shutdowns.")
]
Surface = Annotated[
    Text,
    typer.Option(
        autocompletion=complete("surfaces"),
        help="Judge this surface alone; else the worst known surface decides.",
    ),
]
AllowHttp = Annotated[
    Words, typer.Option(metavar="HOST", help="This host may be asked without TLS. Repeats.")
]
AllowPlugin = Annotated[
    Words, typer.Option(metavar="NAME", help="Run this plug-in check. Repeats.")
]
ReferenceFile = Annotated[
    File,
    typer.Option("--reference", metavar="FILE", help="Reference data to use instead."),
]
Inconclusive = Annotated[
    str,
    typer.Option(metavar="own|fail|pass", help="Exit 3, 1 or 0 when something is not known."),
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Every check with its evidence.")]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="A line for each route that is not ready.")
]
Outputs = Annotated[
    Words,
    typer.Option("-o", "--output", metavar="text|json[:FILE]", help="Format. Repeats."),
]
Formats = Annotated[
    Words,
    typer.Option("--output", "-o", metavar="FORMAT[:FILE]", help="text (default) or json."),
]
