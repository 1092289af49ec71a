"""What `scan` prints: text for people, JSON, SARIF, and GitHub annotations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from veo_check import __version__
from veo_check.core.clock import AsOf
from veo_check.core.frozen import dataclass
from veo_check.core.reading import file_from_here, file_uri
from veo_check.core.secrets import printable
from veo_check.reference.lifecycle import State, living_end
from veo_check.reference.load import Reference
from veo_check.scan.judged import Hit, Verdict
from veo_check.scan.scanner import Scan

_COLOURS: dict[State, str] = {"retired": "31", "rerouted": "31", "retiring": "31", "alive": "32"}
_OTHER_COLOUR = "33"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: One state in a sentence, as rule of the SARIF file.
_RULES: dict[State, str] = {
    "unknown": "The id of a video model that no dated row knows",
    "unreleased": "The id of a video model that is not released yet",
    "retired": "The id of a retired video model",
    "rerouted": "The id of a video model whose requests another model answers",
    "contradictory": "The id of a video model that should be gone and still answers",
    "contested": "The id of a video model whose published dates disagree",
    "retiring": "The id of a video model that is retired soon",
    "stale": "The id of a video model about which facts are too old",
    "alive": "The id of a video model",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything a format may show. `hits` are without those ignored or in the baseline."""

    seen: Scan
    hits: tuple[Hit, ...]
    ignored: int
    covered: int
    judging: AsOf
    book: Reference


def render(name: str, shown: Shown, colour: bool = False) -> str:
    """The text of one format."""
    if name == "text":
        return _text(shown, colour)
    formats: dict[str, Callable[[Shown], str]] = {
        "json": _json,
        "sarif": _sarif,
        "github": _github,
    }
    return formats[name](shown)


def _text(shown: Shown, colour: bool) -> str:
    lines = list(_places(shown, colour))
    # one id may be called on two surfaces, with two verdicts
    verdicts: dict[tuple[str, str], list[Hit]] = {}
    for hit in shown.hits:
        if hit.exit_code != 0:
            where = hit.verdict.judgement.surface
            verdicts.setdefault((hit.found.id, where), []).append(hit)
    if verdicts:
        lines.append("")
    for (model, _), hits in sorted(verdicts.items(), key=lambda each: each[0]):
        times = "once" if len(hits) == 1 else f"{len(hits)} times"
        lines.append(f"{model} ({times}): {_why(hits[0].verdict)}")
    if lines:
        lines.append("")
    lines.append(_summary(shown))
    return "".join(f"{line}\n" for line in lines)


def _places(shown: Shown, colour: bool) -> Iterator[str]:
    for hit in shown.hits:
        state: str = hit.state
        if colour:
            state = f"\x1b[{_COLOURS.get(hit.state, _OTHER_COLOUR)}m{state}\x1b[0m"
        note = f" (its ignore expired on {hit.expired})" if hit.expired else ""
        found = hit.found
        place = f"{_plain(found.file)}:{found.line}:{found.column}"
        yield f"{place}: {found.id}: {state}{note}"


def _why(verdict: Verdict) -> str:
    """State, surface, reasons and what to move to, as one line."""
    where = f" on {verdict.surface}" if verdict.surface else ""
    said = " ".join(verdict.judgement.reasons)
    return f"{verdict.judgement.state}{where}. {said}{_move(verdict)}"


def _move(verdict: Verdict) -> str:
    """What to do: the replacement, and where that is gone too, what follows it."""
    named = verdict.judgement.replacement
    if verdict.near is not None:
        return f" Move to {verdict.near}, which is most like it there."
    if named is None or verdict.judgement.state == "alive":
        return ""
    end = living_end(verdict.next)
    if end is None:
        return f" Its replacement {named} is gone too."
    if end.model == named:
        return f" Move to {named}."
    return f" Its replacement {named} is {verdict.next[0].state} too: move to {end.model}."


def _summary(shown: Shown) -> str:
    count = len(shown.hits)
    bad = sum(hit.exit_code == 1 for hit in shown.hits)
    unsure = sum(hit.exit_code == 3 for hit in shown.hits)
    said = f"{_counted(count, 'id')} in {_counted(shown.seen.files, 'file')}"
    if count:
        said += f": {count - bad - unsure} alive, {bad} retired or soon, {unsure} not known"
    unread = len(shown.seen.unread)
    extra = [
        text
        for number, text in (
            (
                shown.seen.skipped - unread,
                f"{_counted(shown.seen.skipped - unread, 'file')} skipped",
            ),
            (unread, f"{unread} not readable"),
            (shown.ignored, f"{shown.ignored} ignored inline"),
            (shown.covered, f"{shown.covered} in the baseline"),
            (shown.seen.more, f"and {shown.seen.more:,} more places of these ids"),
        )
        if number
    ]
    said += f"; {', '.join(extra)}" if extra else ""
    day = f"Judged for {shown.judging.day}" + (
        " (hypothetical)" if shown.judging.hypothetical else ""
    )
    origin = printable(shown.book.origin)
    return f"{said}. {day}, reference {origin} of {shown.book.compiled}."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _json(shown: Shown) -> str:
    document = {
        "files": shown.seen.files,
        "skipped": shown.seen.skipped,
        "more": shown.seen.more,
        "hits": [
            {
                "file": hit.found.file,
                "line": hit.found.line,
                "column": hit.found.column,
                "id": hit.found.id,
                "state": hit.state,
                "replacement": hit.replacement,
            }
            for hit in shown.hits
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _sarif(shown: Shown) -> str:
    bad = [hit for hit in shown.hits if hit.exit_code != 0]
    rules = sorted({hit.state for hit in bad})
    incomplete = [
        {"level": "warning", "message": {"text": printable(f"{file}: {why}", 4000)}}
        for file, why in shown.seen.unread
    ]
    run = {
        "tool": {
            "driver": {
                "name": "veo-check",
                "version": __version__,
                "rules": [
                    {"id": f"scan/{state}", "shortDescription": {"text": _RULES[state]}}
                    for state in rules
                ],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                **({"toolExecutionNotifications": incomplete} if incomplete else {}),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "as_of": shown.judging.day.isoformat(),
            "hypothetical": shown.judging.hypothetical,
            "more": shown.seen.more,
        },
        "results": [_result(hit) for hit in bad],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(hit: Hit) -> dict[str, object]:
    found = hit.found
    region = {
        "startLine": found.line,
        "startColumn": found.column,
        "endColumn": found.column + len(found.id),
    }
    return {
        "ruleId": f"scan/{hit.state}",
        "level": "error" if hit.exit_code == 1 else "warning",
        "message": {"text": f"{found.id}: {_why(hit.verdict)}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": file_uri(found.file)},
                    "region": region,
                }
            }
        ],
    }


def _github(shown: Shown) -> str:
    unread = [
        f"::warning file={_property(file_from_here(file))},title=not scanned::{_data(why)}\n"
        for file, why in shown.seen.unread
    ]
    more = [f"::notice::and {shown.seen.more:,} more places of these ids\n"] * bool(shown.seen.more)
    return "".join([_annotation(hit) for hit in shown.hits if hit.exit_code != 0] + unread + more)


def _annotation(hit: Hit) -> str:
    found = hit.found
    level = "error" if hit.exit_code == 1 else "warning"
    place = f"file={_property(file_from_here(found.file))},line={found.line},col={found.column}"
    note = f" Its inline ignore expired on {hit.expired}." if hit.expired else ""
    message = _data(f"{found.id}: {_why(hit.verdict)}{note}")
    return f"::{level} {place},title={_property(f'video model {hit.state}')}::{message}\n"


def _data(text: str) -> str:
    return _plain(text).replace("%", "%25")


def _plain(text: str) -> str:
    """Text without anything that acts on a terminal, or on GitHub wherever it stands in a line."""
    return printable(text, 4096).replace("##[", "## [")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
