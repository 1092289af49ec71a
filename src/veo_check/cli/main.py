"""The program: every command registered, every error funnelled to one line and one exit code."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module

import typer

from veo_check.cli.output import redactor
from veo_check.core.money import ExitCode, UsageError, VeoCheckError

#: Every command, in the order of the help text: a function of this name in the module of this
#: name under `veo_check.cli`, or a group of commands, as a Typer called `group`.
COMMANDS = (
    "run",
    "job",
    "lifecycle",
    "price",
    "fallback",
    "migrate",
    "catalog",
    "scan",
    "init",
    "checks",
    "schema",
    "render",
    "evidence",
    "refresh",
    "sandbox",
)

#: Commands that live in a module of another name.
_MODULES = {"schema": "checks", "render": "checks"}


def _version(wanted: bool) -> None:
    if wanted:
        from veo_check import __version__

        sys.stdout.write(f"veo-check {__version__}\n")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """May this Veo route take production traffic today, what will a job cost, what if it fails?

    Example: veo-check run examples/flatkey-veo-3.1-fast.yaml --sandbox
    """


def program(first_word: str | None = None) -> typer.Typer:
    """The command line. Where its first word is a command, only that command's code is loaded:
    a look-up should not wait for the rest of the program."""
    app = typer.Typer(
        name="veo-check",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in [first_word] if first_word in COMMANDS else COMMANDS:
        module = import_module(f"veo_check.cli.{_MODULES.get(name, name)}")
        if hasattr(module, "group"):
            app.add_typer(module.group, name=name)
        else:
            app.command(name)(getattr(module, str(name)))
    return app


def entry() -> None:
    """Run the command line; the process ends here with a documented exit code."""
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = _closed_pipe()
    if code == ExitCode.INTERRUPTED:
        # Threads may still wait for a slow answer; the report is written, so do not wait with them.
        os._exit(code)
    sys.exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. Only this function turns errors into codes."""
    from veo_check.cli.output import masked_streams

    words = sys.argv[1:] if arguments is None else arguments
    with masked_streams():
        return _run(words)


#: What people type that is another command here.
_POINTERS = {
    "version": "veo-check --version",
    "help": "veo-check --help, or veo-check COMMAND --help",
    "validate": "veo-check run ROUTE --offline, which names every problem of a route file",
    "explain": "veo-check checks CHECK, or a finding's code",
}


def _refuse_bytes(words: list[str]) -> None:
    """Only the name of a file may hold bytes that are no text. Raises UsageError."""
    for word in words:
        if not word.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in word):
            name = word.partition("=")[2] if word.startswith("-") else word
            if not os.path.lexists(name):
                raise UsageError(f"{word[:100]!a} is not text in UTF-8")


def _run(words: list[str]) -> int:
    if words and words[0] in _POINTERS:
        sys.stderr.write(f"veo-check: there is no command '{words[0]}'; {_POINTERS[words[0]]}\n")
        return int(ExitCode.USAGE)
    if "--json" in words:
        sys.stderr.write("veo-check: there is no option --json; write -o json\n")
        return int(ExitCode.USAGE)
    try:
        _refuse_bytes(words)
        program(words[0] if words else None)(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(ExitCode.USAGE)
    except VeoCheckError as error:
        sys.stderr.write(f"veo-check: {error}\n")
        return int(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("veo-check: interrupted\n")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # noqa: BLE001 - the funnel: whatever it is, one line and exit 4
        return _internal(error)
    return int(ExitCode.OK)


def _closed_pipe() -> int:
    """The reader went away (`| head`); nobody is left to tell."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(ExitCode.INTERNAL)


def _internal(error: Exception) -> int:
    where = write_text("".join(traceback.format_exception(error)))
    sys.stderr.write(
        f"veo-check: internal error ({type(error).__name__}); "
        f"the traceback is in {where}; please report it\n"
    )
    return int(ExitCode.INTERNAL)


# Where a crash's traceback goes: a private file, redacted, never the terminal.


def tell_crash(text: str) -> None:
    """Say that a check crashed, and where its traceback is; the run goes on."""
    sys.stderr.write(f"veo-check: a check crashed; the traceback is in {write_text(text)}\n")


def write_text(text: str) -> str:
    """Write a redacted crash text to a new file only this user can read; return its path."""
    import tempfile

    handle, path = tempfile.mkstemp(prefix="veo-check-crash-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(redactor().redact_lines(text))
    return path
