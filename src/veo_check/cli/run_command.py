"""The work behind `veo-check run`: wishes in, reports out, exit code back."""

from __future__ import annotations

import difflib
import sys
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from veo_check.cli.main import write_text
from veo_check.cli.output import (
    FORMATS,
    Detail,
    check_writable,
    parse_day,
    parse_outputs,
    write_outputs,
)
from veo_check.cli.progress import Progress
from veo_check.cli.session import read_user_config, surroundings
from veo_check.core.clock import SystemClock
from veo_check.core.findings import TARGETS, Tier
from veo_check.core.money import UsageError, amount
from veo_check.core.secrets import AllowList, origin_of
from veo_check.engine.options import Inconclusive, Options
from veo_check.routefile.checklist import Checklist, load_checklist
from veo_check.routefile.load import Problem, RouteFile, load_route_file, route_paths

if TYPE_CHECKING:
    from veo_check.engine.options import Options
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


def write_evidence(folder: Path, ran: RunResult, options: Options, around: Environment) -> None:
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
    sys.stderr.write(f"veo-check: evidence in {place}\n")


@dataclass(frozen=True, slots=True)
class Wishes:
    """The command line of `run`, as typed."""

    routes: tuple[Path, ...]
    checklist: str
    only: tuple[str, ...]
    skip: tuple[str, ...]
    target: str | None
    offline: bool
    scenario: str | None
    plan: bool
    reference: Path | None
    as_of: str | None
    within: int
    max_age: int | None
    strict: bool
    inconclusive: str
    allow_host: tuple[str, ...]
    allow_http: tuple[str, ...]
    trust_env: bool
    allow_plugin: tuple[str, ...]
    parallel: int
    spend: str | None
    renew: bool
    state: Path | None
    keep_media: bool
    evidence: Path | None
    outputs: tuple[str, ...]
    detail: Detail = "short"


def execute(wishes: Wishes) -> int:
    """Run and write every output. Returns the exit code; raises UsageError for a bad wish."""
    from veo_check.engine.run import run

    outputs = parse_outputs(wishes.outputs, FORMATS)
    check_writable(outputs)
    check_folder(wishes.evidence)
    options = _options(wishes)
    checklist = _checklist(wishes, options)
    files, problems = load_routes(wishes.routes)
    with Progress() as progress:
        around = surroundings(
            files, options, wishes.reference, checklist, progress, _on_crash, progress.job
        )
        if wishes.plan:
            from veo_check.engine.run import describe_plan

            with _reports_only():
                plan = describe_plan(files, options, around)
            sys.stdout.write(plan)
            return 2 if problems else 0
        with _reports_only():
            ran = run(files, problems, options, around)
    if not any(output.format == "text" and output.file is None for output in outputs):
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
    try:
        write_outputs(ran.report, outputs, wishes.detail)
    finally:
        if wishes.evidence is not None:
            write_evidence(wishes.evidence, ran, options, around)
    return ran.report.exit_code


def _reports_only() -> AbstractContextManager[object]:
    """What a plug-in prints goes to stderr: standard output is the report's alone."""
    return redirect_stdout(sys.stderr)


def load_routes(arguments: tuple[Path, ...]) -> tuple[list[RouteFile], list[Problem]]:
    """Every route file among files and folders, and every problem of those that are not valid."""
    paths, passed_over = route_paths(arguments)
    for path in passed_over:
        sys.stderr.write(f"veo-check: {path}: no route in it, passed over\n")
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


def _on_crash(text: str) -> None:
    where = write_text(text)
    sys.stderr.write(f"veo-check: a check crashed; the traceback is in {where}\n")


def _checklist(wishes: Wishes, options: Options) -> Checklist:
    from veo_check.engine.plan import BUILT_IN, built_in_checklist, installed_plugins

    if wishes.checklist == built_in_checklist().name:
        checklist = built_in_checklist()
    else:
        known = {*BUILT_IN, *options.allow_plugins, *installed_plugins()}
        checklist = load_checklist(wishes.checklist, known)
    named = {line.check for item in checklist.items for line in item.checks}
    for option, words in (("--only", options.only), ("--skip", options.skip)):
        for word in sorted(words - named):
            raise UsageError(f"{option} {word}: no such check{_near(word, named)}")
    return checklist


def _options(wishes: Wishes) -> Options:
    config = read_user_config()
    as_of = parse_day(wishes.as_of) if wishes.as_of else None
    leave = AllowList(
        keys=frozenset(_host_leave(one) for one in (*config.allow_host, *wishes.allow_host)),
        http_hosts=frozenset(one.lower() for one in (*config.allow_http, *wishes.allow_http)),
        trust_env=wishes.trust_env,
    )
    if wishes.offline and wishes.scenario:
        raise UsageError("--offline asks nobody, --sandbox asks the sandbox; choose one")
    return Options(
        target=_target(wishes.target),
        only=frozenset(wishes.only),
        skip=frozenset(wishes.skip),
        offline=wishes.offline,
        as_of=as_of,
        within_days=wishes.within,
        max_age_days=wishes.max_age,
        strict=wishes.strict,
        inconclusive=_inconclusive(wishes.inconclusive),
        allow_plugins=frozenset((*config.allow_plugin, *wishes.allow_plugin)),
        leave=leave,
        parallel=wishes.parallel,
        scenario=wishes.scenario,
        spend=_spend(wishes, as_of),
        renew=wishes.renew,
        keep_media=wishes.keep_media,
        state=wishes.state,
    )


def _spend(wishes: Wishes, as_of: date | None) -> Decimal | None:
    if wishes.spend is None:
        if wishes.renew:
            raise UsageError("--renew pays again, so it needs --spend USD")
        return None
    try:
        total = amount(wishes.spend)
    except ValueError as error:
        raise UsageError(f"--spend {wishes.spend}: {error}; write USD, such as 2.00") from None
    if wishes.offline:
        raise UsageError("--spend sends a job, --offline sends nothing; choose one")
    if as_of is not None and wishes.scenario is None and as_of != SystemClock().now().date():
        raise UsageError("--spend pays today, so it cannot judge another day with --as-of")
    return total


def _inconclusive(word: str) -> Inconclusive:
    choices: tuple[Inconclusive, ...] = get_args(Inconclusive)
    for choice in choices:
        if word == choice:
            return choice
    raise UsageError(f"--inconclusive {word}: choose one of {', '.join(choices)}")


def _target(word: str | None) -> Tier | None:
    if word is None:
        return None
    words = [tier.word for tier in TARGETS]
    if word not in words:
        raise UsageError(f"--target {word}: not a tier{_near(word, set(words))}")
    return Tier.of(word)


def _host_leave(text: str) -> tuple[str, str]:
    variable, equals, url = text.partition("=")
    if not equals or not variable:
        raise UsageError(f"--allow-host {text}: write ENV=ORIGIN, such as MY_KEY=https://host")
    try:
        return variable, origin_of(url)
    except ValueError as error:
        raise UsageError(f"--allow-host {text}: the origin {error}") from None


def _near(word: str, known: set[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else f" (known: {', '.join(sorted(known))})"
