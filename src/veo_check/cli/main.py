"""The program: every command registered, every error funnelled to one line and one exit code."""

from __future__ import annotations

import sys

import typer

from veo_check.cli.checks import checks
from veo_check.cli.lifecycle import lifecycle
from veo_check.cli.render import render
from veo_check.cli.run import run
from veo_check.cli.sandbox import sandbox
from veo_check.core.errors import ExitCode, VeoCheckError

app = typer.Typer(
    name="veo-check",
    help="May this Veo route take production traffic today, what will a job cost, "
    "and what happens when it fails?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (run, lifecycle, checks, render, sandbox):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        from veo_check import __version__

        sys.stdout.write(f"veo-check {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Readiness checks for Veo video routes."""


def entry() -> None:
    """Run the command line; the process ends here with a documented exit code."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if code == ExitCode.INTERRUPTED:
        # Threads may still wait for a slow answer; the report is written, so do not wait with them.
        import os

        os._exit(code)
    sys.exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. Only this function turns errors into codes."""
    try:
        app(arguments, standalone_mode=True)
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
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(ExitCode.INTERNAL)


def _internal(error: Exception) -> int:
    from veo_check.cli.crash import write_traceback

    where = write_traceback(error)
    sys.stderr.write(
        f"veo-check: internal error ({type(error).__name__}); "
        f"the traceback is in {where}; please report it\n"
    )
    return int(ExitCode.INTERNAL)
