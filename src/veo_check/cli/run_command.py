"""The work behind `veo-check run`: options in, reports out, exit code back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from veo_check.cli.main import tell_crash
from veo_check.cli.output import (
    FORMATS,
    Detail,
    check_writable,
    did_you_mean,
    parse_outputs,
    tell,
    write_outputs,
)
from veo_check.cli.progress import Progress
from veo_check.cli.session import surroundings
from veo_check.core.clock import SystemClock
from veo_check.core.findings import TARGETS, Tier
from veo_check.core.money import UsageError, amount
from veo_check.core.secrets import AllowList, origin_of
from veo_check.engine.options import Inconclusive, RunOptions
from veo_check.routefile.checklist import Checklist, load_checklist
from veo_check.routefile.load import Problem, RouteFile, load_route_file, route_paths

if TYPE_CHECKING:
    from veo_check.engine.run import Environment, RunResult


# `run --evidence DIR`: where bundles go.


def check_folder(folder: Path | None) -> None:
    """Refuse what cannot be a folder of bundles before anything is asked or spent."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not the name of a folder"
        raise UsageError(f"--evidence {folder}: {why}") from None


def write_evidence(folder: Path, ran: RunResult, options: RunOptions, around: Environment) -> None:
    """Write the run's bundle, and say on standard error where it is. Raises UsageError."""
    from veo_check.engine.verify import bundle_of
    from veo_check.evidence.bundle import write_bundle

    bundle = bundle_of(
        ran,
        options,
        around.checklist,
        around.reference,
        around.asking.door.exchanges,
        around.asking.redactor,
    )
    stamp = ran.report.started_at.replace("-", "").replace(":", "")
    try:
        place = write_bundle(folder, f"{stamp}-{ran.report.verdict}", bundle)
    except OSError as error:
        raise UsageError(f"--evidence {folder}: cannot write: {error.strerror}") from None
    tell(f"evidence in {place}")


def execute(
    options: RunOptions,
    routes: tuple[Path, ...],
    checklist: str,
    *,
    reference: Path | None,
    evidence: Path | None,
    outputs: Iterable[str] | None,
    plan: bool,
    detail: Detail = "short",
) -> int:
    """Run and write every output. Returns the exit code; raises UsageError before it asks anyone
    where something in the command is wrong."""
    from veo_check.engine.run import describe_plan, run

    wanted = parse_outputs(outputs, FORMATS)
    check_writable(wanted)
    check_folder(evidence)
    judged_by = _checklist(checklist, options)
    files, problems = load_routes(routes)
    with Progress() as progress:
        around = surroundings(
            files, options, reference, judged_by, progress, tell_crash, progress.job
        )
        # what a plug-in prints goes to stderr: standard output is the report's alone
        with redirect_stdout(sys.stderr):
            if plan:
                planned = describe_plan(files, options, around)
            else:
                ran = run(files, problems, options, around)
    if plan:
        sys.stdout.write(planned)
        return 2 if problems else 0
    if not any(output.format == "text" and output.file is None for output in wanted):
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
    if all(output.file is not None for output in wanted):
        from veo_check.report.shown import verdict_in_a_line

        tell(verdict_in_a_line(ran.report))
    try:
        write_outputs(ran.report, wanted, detail)
    finally:
        if evidence is not None:
            write_evidence(evidence, ran, options, around)
    return ran.report.exit_code


def load_routes(arguments: tuple[Path, ...]) -> tuple[list[RouteFile], list[Problem]]:
    """Every route file among files and folders, and every problem of those that are not valid."""
    missing = [argument for argument in arguments if not os.path.lexists(argument)]
    if len(missing) == len(arguments):
        raise UsageError(f"no such route file or folder: {', '.join(map(str, missing[:5]))}")
    paths, passed_over = route_paths(arguments)
    if len(passed_over) == 1:
        tell(f"{passed_over[0]}: no route in it, passed over")
    elif passed_over:
        names = ", ".join(str(path) for path in passed_over[:3])
        more = ", ..." if len(passed_over) > 3 else ""
        tell(f"{len(passed_over)} YAML files without a route passed over: {names}{more}")
    files: list[RouteFile] = []
    problems: list[Problem] = []
    for path in paths:
        loaded = load_route_file(path)
        if isinstance(loaded, RouteFile):
            files.append(loaded)
        else:
            problems += loaded
    if not files and not problems:
        raise UsageError("no route file found; name a file or a folder that holds some")
    return files, problems


def _checklist(wanted: str, options: RunOptions) -> Checklist:
    from veo_check.engine.plan import BUILT_IN, built_in_checklist, installed_plugins

    if wanted == built_in_checklist().name:
        checklist = built_in_checklist()
    else:
        known = {*BUILT_IN, *options.allow_plugins, *installed_plugins()}
        checklist = load_checklist(wanted, known)
    named = {line.check for item in checklist.items for line in item.checks}
    for option, checks in (("--only", options.only), ("--skip", options.skip)):
        for check in sorted(checks - named):
            raise UsageError(f"{option} {check}: no such check{_near(check, named)}")
    return checklist


# The words of the command line as values of the options. Each raises UsageError.


def refuse_contradictions(options: RunOptions) -> None:
    """Refuse options that cannot be meant together."""
    if options.offline and options.scenario:
        raise UsageError("--offline and --sandbox cannot be combined")
    if options.spend is None:
        if options.prove_fallbacks:
            raise UsageError("--prove-fallbacks needs --spend USD, because each job is paid")
        if options.renew:
            raise UsageError("--renew needs --spend USD, because it pays again")
        return
    if options.offline:
        raise UsageError("--offline and --spend cannot be combined")
    if options.scenario is None and options.as_of not in {None, SystemClock().now().date()}:
        raise UsageError("--spend and --as-of cannot be combined: a job is paid for today")


def spend_of(text: str | None) -> Decimal | None:
    """What may be spent, in USD."""
    try:
        return None if text is None else amount(text)
    except ValueError as error:
        raise UsageError(f"--spend {text}: {error}; write USD, such as 2.00") from None


def inconclusive_of(word: str) -> Inconclusive:
    """How missing evidence ends the run."""
    choices: tuple[Inconclusive, ...] = get_args(Inconclusive)
    for choice in choices:
        if word == choice:
            return choice
    raise UsageError(f"--inconclusive {word}: choose one of {', '.join(choices)}")


def target_of(word: str | None) -> Tier | None:
    """The tier that every route is judged for."""
    words = [tier.word for tier in TARGETS]
    if word is not None and word not in words:
        raise UsageError(f"--target {word}: not a tier{_near(word, words)}")
    return None if word is None else Tier.of(word)


def allow_list(hosts: Iterable[str], http: Iterable[str], trust_env: bool) -> AllowList:
    """Where keys may go, as ENV=ORIGIN, and which hosts may be asked without TLS."""
    keys = set()
    for host in hosts:
        variable, equals, url = host.partition("=")
        if not equals or not variable:
            raise UsageError(f"--allow-host {host}: write ENV=ORIGIN, such as MY_KEY=https://host")
        try:
            keys.add((variable, origin_of(url)))
        except ValueError as error:
            raise UsageError(f"--allow-host {host}: the origin {error}") from None
    return AllowList(frozenset(keys), frozenset(host.lower() for host in http), trust_env)


def _near(word: str, known: Iterable[str]) -> str:
    return did_you_mean(word, known, f" (known: {', '.join(sorted(known))})")
