"""`veo-check scan`: video model ids in code, settings and notebooks, each judged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import (
    AsOfDay,
    File,
    Inconclusive,
    Output,
    ReferenceFile,
    Surface,
    WithinDays,
    Words,
    check_surface,
    chosen_reference,
    judged_day,
    parse_outputs,
    safe,
    tell,
    wants_colour,
    without_evidence,
    write,
)
from veo_check.core.money import UsageError

if TYPE_CHECKING:
    from veo_check.scan.judged import Baseline, Hit
    from veo_check.scan.scanner import Scan


FORMATS = ("text", "json", "sarif", "github")
#: How many files that could not be looked into are named on stderr.
_MOST_NAMED = 20


def scan(
    paths: Annotated[list[str], Argument(metavar="PATH...", help="Files, or folders to search.")],
    surface: Surface = None,
    within: WithinDays = 90,
    as_of: AsOfDay = None,
    reference: ReferenceFile = None,
    baseline: Annotated[
        File, Option(metavar="FILE", help="Report only what is not in this file, or got worse.")
    ] = None,
    write_baseline: Annotated[
        bool, Option("--write-baseline", help="Write what is found to the baseline; exit 0.")
    ] = False,
    max_size: Annotated[
        int, Option(metavar="MB", min=1, max=4096, help="Skip files larger than this.")
    ] = 256,
    inconclusive: Inconclusive = "own",
    output: Annotated[
        Words,
        Option("--output", "-o", metavar="FORMAT[:FILE]", help=f"{', '.join(FORMATS)}. Repeats."),
    ] = None,
) -> None:
    """Find the ids of video models in files and folders, and judge each: alive, retired, unknown?

    Looks for every model that this tool prices or judges, and for unknown ids of the families Veo,
    Gemini Omni, Sora, Seedance and Kling, resellers' names too (fal-ai/veo3.1/fast, veo3_fast). An
    id is judged on the surface that stands before it (publishers/google/models/, vertex_ai/,
    gemini/, a Google host), else on the one where it is worst. In a LiteLLM config, model_name is
    the file's own name and not looked at.

    Leaves out what .gitignore leaves out, binary files and files over --max-size. A comment
    `veo-check: ignore[ID] until YYYY-MM-DD`, on the line or alone above it, covers an id until
    that day.

    Example: veo-check scan . -o github -o sarif:veo-scan.sarif

    Exit codes: 0 all ids live beyond the horizon, 1 one is retired or retires within it, 3 one is
    unknown, contested or its facts are too old, or a file could not be read, 2 usage error.
    --inconclusive=pass ends with 0 instead of 3, unless a file could not be read.
    """
    from veo_check.cli.scan_formats import Shown, render
    from veo_check.scan import judged as baselines
    from veo_check.scan.ids import IdFinder
    from veo_check.scan.judged import judge_hits
    from veo_check.scan.scanner import scan as look

    outputs = _outputs(output)
    without_evidence(0, inconclusive)
    if write_baseline and baseline is None:
        raise UsageError("--write-baseline needs --baseline FILE, the file to write")
    known = baselines.read_baseline(baseline) if baseline and not write_baseline else None
    missing = [path for path in paths if not _exists(path)]
    if missing:
        raise UsageError(f"no such file or folder: {', '.join(map(safe, missing[:5]))}")
    judging = judged_day(as_of, within)
    book = chosen_reference(reference)
    check_surface(surface, book)
    own = [str(file) for file in (*(wanted.file for wanted in outputs), baseline) if file]
    seen = look(paths, IdFinder.of(book.models(), book.priced_models()), max_size << 20, own)
    hits, ignored = judge_hits(seen.found, book, surface, judging)
    _tell_unread(seen)
    _tell_undated(hits)
    if baseline is not None and write_baseline:
        recorded = baselines.baseline_of(hits)
        write(baselines.baseline_text(recorded), baseline, "--baseline")
        tell(f"{safe(str(baseline))}: {sum(recorded.values())} ids recorded")
        raise typer.Exit(0)
    covered = 0
    if known is not None:
        hits, covered, unused = baselines.beyond(hits, known)
        _tell_unused(unused)
    shown = Shown(seen, hits, ignored, covered, judging, book)
    for wanted in outputs:
        colour = wanted.file is None and wants_colour()
        meant = wanted.format == "github"
        write(render(wanted.format, shown, colour), wanted.file, commands=meant)
    raise typer.Exit(without_evidence(_exit_code(hits, seen), inconclusive, bool(seen.unread)))


def _exit_code(hits: Iterable[Hit], seen: Scan) -> int:
    """1 before 3 before 0. What could not be read is a hole in the evidence: at least 3."""
    codes = {hit.exit_code for hit in hits} | ({3} if seen.unread else set())
    return next((code for code in (1, 3) if code in codes), 0)


def _outputs(words: list[str] | None) -> list[Output]:
    """Files first: a reader that goes away takes only standard output with it."""
    outputs = parse_outputs(words, FORMATS)
    for output in outputs:
        if output.file is not None and not output.file.parent.is_dir():
            raise UsageError(f"-o {safe(str(output.file))}: its folder does not exist")
    return sorted(outputs, key=lambda output: output.file is None)


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False


def _tell_unread(seen: Scan) -> None:
    named = [*seen.unread, *seen.huge]
    for file, why in named[:_MOST_NAMED]:
        tell(f"skipped {safe(file)}: {why}")
    if len(named) > _MOST_NAMED:
        tell(f"skipped {len(named) - _MOST_NAMED} more")


def _tell_undated(hits: Iterable[Hit]) -> None:
    for hit in hits:
        if hit.found.ignore is not None and hit.expired is None:
            tell(
                f"{safe(hit.found.file)}:{hit.found.line}: the ignore has no day and covers "
                f"nothing; write veo-check: ignore[{hit.found.id}] until YYYY-MM-DD"
            )


def _tell_unused(unused: Baseline) -> None:
    if unused:
        file, model, state = min(unused)
        tell(
            f"the baseline has {sum(unused.values())} places that are gone or have changed, such "
            f"as {safe(model)} ({safe(state)}) in {safe(file)}; --write-baseline brings it up "
            "to date"
        )
