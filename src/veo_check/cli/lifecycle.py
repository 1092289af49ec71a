"""`veo-check lifecycle`: state, dates, replacement and sources of model ids, per surface."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import (
    AsOfDay,
    Formats,
    Inconclusive,
    Number,
    ReferenceFile,
    Surface,
    WithinDays,
    Words,
    check_surface,
    chosen_reference,
    complete,
    judged_day,
    parse_outputs,
    safe,
    tell,
    wants_colour,
    without_evidence,
    write,
)
from veo_check.core.clock import AsOf
from veo_check.core.money import ExitCode, UsageError
from veo_check.core.reading import bare_id
from veo_check.reference.lifecycle import (
    LifecycleJudgement,
    judge_lifecycle,
    living_end,
    successors,
    suggestions,
)
from veo_check.reference.load import Reference

if TYPE_CHECKING:
    from veo_check.core.facts import OfficialModel

    LiveAnswers = Mapping[tuple[str, str], OfficialModel]

#: Stands for the surface where none knows the id and none was named.
_ANYWHERE = "any"


def lifecycle(
    models: Annotated[
        Words,
        Argument(
            metavar="[MODEL]...",
            autocompletion=complete("models"),
            help="Model ids; none shows the whole table.",
        ),
    ] = None,
    surface: Surface = None,
    within: WithinDays = 90,
    live: Annotated[
        bool, Option("--live", help="Ask the account's own listing at Google, for free.")
    ] = False,
    as_of: AsOfDay = None,
    max_age: Annotated[
        Number, Option(min=0, max=36500, metavar="DAYS", help="How old a reading may be.")
    ] = None,
    reference: ReferenceFile = None,
    inconclusive: Inconclusive = "own",
    output: Formats = None,
) -> None:
    """State, dates, replacement, source and age of video model ids, per surface.

    Exit code: 0 all alive beyond the horizon, 1 one is retired or retires within it, 3 one is
    unknown, contested or its facts are too old, 2 usage error. --inconclusive=pass ends with 0
    instead of 3.

    Example: veo-check lifecycle veo-3.1-fast-generate-001 --surface agent-platform
    """
    from veo_check.cli.lifecycle_text import detail, table

    outputs = parse_outputs(output)
    without_evidence(0, inconclusive)
    judging = judged_day(as_of, within, max_age)
    book = chosen_reference(reference)
    check_surface(surface, book)
    asked = list(dict.fromkeys(map(bare_id, models or ())))
    if any(not model.strip() for model in asked):
        raise UsageError("a model id is empty")
    names = asked or list(book.models(surface))
    answers = _ask_live(names, surface, judging, book) if live else {}
    judgements = judge_all(book, names, surface, judging, answers)
    show = detail if len(asked) == 1 else table
    for wanted in outputs:
        if wanted.format == "json":
            text = _as_json(judgements, judging, book)
        else:
            text = show(judgements, judging, book, wanted.file is None and wants_colour())
        write(text, wanted.file)
    raise typer.Exit(without_evidence(worst_exit_code(judgements), inconclusive))


def judge_all(
    book: Reference,
    models: Iterable[str],
    surface: str | None,
    judging: AsOf,
    answers: LiveAnswers,
) -> tuple[LifecycleJudgement, ...]:
    """Every asked id on the surface asked for, else on each one that knows it.

    An id that no surface knows is judged where Google answered about it, else once.
    """
    judged = []
    for model in models:
        places = [surface] if surface is not None else list(book.surfaces(model))
        places = places or sorted(place for name, place in answers if name == model)
        for place in places or [_ANYWHERE]:
            answer = answers.get((model, place))
            judged.append(judge_lifecycle(book, model, place, judging, live=answer))
    return tuple(judged)


def worst_exit_code(judgements: Iterable[LifecycleJudgement]) -> int:
    """1 before 3 before 0; of nothing at all: 3."""
    codes = {judgement.exit_code for judgement in judgements}
    return next((code for code in (1, 3, 0) if code in codes), int(ExitCode.INCONCLUSIVE))


def _ask_live(
    models: list[str], surface: str | None, judging: AsOf, book: Reference
) -> LiveAnswers:
    from veo_check.core.facts import Missing
    from veo_check.engine.catalog import ask

    if judging.hypothetical:
        tell(f"--live counts only for today, {judging.clock_day}; nothing was asked")
        return {}
    found: dict[tuple[str, str], OfficialModel] = {}
    for (model, place), answer in ask(models, book, surface).items():
        if not isinstance(answer, Missing):
            found[model, place] = answer
        elif place in (book.surfaces(model) or (place,)):
            tell(f"live: {safe(model)} on {place}: {answer.detail}")
    return found


def _as_json(judgements: tuple[LifecycleJudgement, ...], judging: AsOf, book: Reference) -> str:
    document = {
        "as_of": judging.day.isoformat(),
        "hypothetical": judging.hypothetical,
        "reference": {"origin": book.origin, "compiled": book.compiled.isoformat()},
        "models": [_model_json(judgement, judging, book) for judgement in judgements],
    }
    return json.dumps(document, indent=2) + "\n"


def _model_json(judgement: LifecycleJudgement, judging: AsOf, book: Reference) -> dict[str, object]:
    unknown = judgement.state == "unknown" and not judgement.rows
    end = living_end(successors(book, judgement, judging))
    return {
        "id": judgement.model,
        "surface": None if judgement.surface == _ANYWHERE else judgement.surface,
        "state": judgement.state,
        "shutdown": None
        if judgement.kind is None
        else {"date": _iso(judgement.shutdown), "kind": judgement.kind},
        "released": _iso(judgement.released),
        "replacement": None if end is None else end.model,
        "reroutes_to": judgement.reroutes_to,
        "sources": [
            {
                "row": row.id,
                "url": row.source.url,
                "kind": row.source.kind,
                "publisher": row.source.publisher,
                "confirmed": row.source.confirmed.isoformat(),
                "age_days": row.source.age_days(judging.day),
                "page_date": _iso(row.source.page_date),
                "shutdown": {"date": _iso(row.shutdown), "kind": row.kind},
            }
            for row in judgement.rows
        ],
        "age_days": judgement.age_days,
        "live": judgement.live,
        "reasons": list(judgement.reasons),
        "did_you_mean": list(suggestions(book, judgement.model, judging)) if unknown else [],
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
