"""The report for people: the answer, why, and what to do next. Fits the width it is given.

The third line from the end is the verdict with its reason, as people read above their cursor.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Literal

from veo_check.core.frozen import dataclass
from veo_check.report.model import (
    CauseReport,
    CheckReport,
    FindingReport,
    ProblemReport,
    Report,
    RouteReport,
)
from veo_check.report.shown import (
    SURFACES,
    VERDICT_WORDS,
    by_item,
    caveats,
    cost_lines,
    decided,
    dollars,
    first_sentence,
    monthly_total,
    not_a_command,
    reason,
    shown,
    totals,
    verdict_counts,
    worst_first,
)

NARROWEST, WIDEST = 40, 120
#: ANSI codes; colour repeats what the words say and is never needed.
_COLOUR = {
    "pass": "32",
    "ready": "1;32",
    "warn": "33",
    "waived": "33",
    "fail": "1;31",
    "not-ready": "1;31",
    "error": "1;31",
    "blocked": "35",
    "inconclusive": "1;35",
    "skipped": "35",
    "not-applicable": "2",
    "dim": "2",
}
#: Mark and its spelling in ASCII.
_OK, _BAD, _OPEN, _WARN = ("✓", "ok"), ("✗", "x"), ("?", "?"), ("!", "!")
_MARKS = {
    "pass": _OK,
    "ready": _OK,
    "not-applicable": ("-", "-"),
    "warn": _WARN,
    "waived": _WARN,
    "fail": _BAD,
    "not-ready": _BAD,
    "error": _OPEN,
    "blocked": _OPEN,
    "skipped": _OPEN,
    "inconclusive": _OPEN,
}
#: How many of a kind are shown before the rest is only counted.
_MOST = 6
_MOST_LINES = 4
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


@dataclass(frozen=True, slots=True)
class Look:
    """How the text is laid out: for whom, how wide, in colour, in ASCII alone."""

    width: int = 80
    colour: bool = False
    ascii: bool = False
    detail: Literal["short", "verbose", "quiet"] = "short"


PLAIN = Look()


def render(report: Report, look: Look = PLAIN) -> str:
    """The whole run as text."""
    page = _Page(shown(report), look)
    lines = "".join(f"{not_a_command(line)}\n" for line in page.lines())
    return lines.replace("…", "...") if look.ascii else lines


class _Page:
    """One report in one look."""

    def __init__(self, report: Report, look: Look) -> None:
        self.report, self.look = report, look
        self.width = min(max(look.width, NARROWEST), WIDEST)

    def lines(self) -> Iterator[str]:
        if self.look.detail == "quiet":
            yield from self._quiet()
            return
        routes = self.report.routes
        for route in routes:
            yield from self._money_in_doubt(route)
        if len(routes) == 1 and not self.report.invalid:
            yield from self._one(routes[0])
            return
        if self.look.detail == "verbose":
            for route in routes:
                yield from [*self._head(route), "", *self._every_check(route), ""]
        else:
            yield from [*self._caveats(), *self._table(), "", *self._first_findings()]
        yield from self._end_of_several()

    # Words, cut and coloured.

    def paint(self, text: str, like: str) -> str:
        code = _COLOUR.get(like)
        return f"\x1b[{code}m{text}\x1b[0m" if self.look.colour and code else text

    def mark(self, word: str) -> str:
        sign = _MARKS[word][self.look.ascii]
        return self.paint(sign, word) + " " * (1 + self.look.ascii - len(sign))

    def cut(self, text: str, width: int | None = None) -> str:
        width = self.width if width is None else max(width, 1)
        dots = "..." if self.look.ascii else "…"
        return text if len(text) <= width else text[: max(width - len(dots), 0)].rstrip() + dots

    def wrap(self, text: str, first: str, rest: str, most: int = _MOST_LINES) -> list[str]:
        lines = _wrapped(text, first, rest, self.width - 2 * self.look.ascii)
        kept = [*lines[:most]]
        if len(lines) > most:
            kept[-1] = self.cut(f"{kept[-1]} {lines[most].strip()}")
        return kept

    def dim(self, lines: Iterable[str]) -> list[str]:
        return [self.paint(line, "dim") for line in lines]

    def fix(self, text: str, indent: str, most: int = _MOST_LINES) -> list[str]:
        return self.dim(self.wrap(f"-> {text}", indent, f"{indent}   ", most))

    def sides(self, left: str, right: str) -> str:
        room = self.width - len(right) - 1
        return f"{self.cut(left, room).ljust(room)} {right}"

    def fitting(self, *choices: str) -> str:
        """The first that fits; else the last, cut."""
        fits = (choice for choice in choices if len(choice) <= self.width)
        return next(fits, self.cut(choices[-1]))

    # One route.

    def _one(self, route: RouteReport) -> Iterator[str]:
        yield from [*self._head(route), ""]
        if self.look.detail == "verbose":
            yield from [*self._every_check(route), "", *self._failures(route)]
            yield from self._missing(route)
        else:
            yield from [*self._items(route), "", *self._cost(route), *self._failures(route)]
            yield from self._missing(route)
            yield from self._not_required(route)
            if route.verdict == "ready":
                yield from self._warnings(route)
        yield from self._end_of_one(route)

    def _money_in_doubt(self, route: RouteReport) -> Iterator[str]:
        job = route.open_job
        if job is None:
            return
        stake = f", {dollars(job.at_stake)} at stake" if job.at_stake else ""
        became = "may have been accepted" if job.close else "runs"
        interrupted = self.report.interrupted
        why = f"{'INTERRUPTED while job' if interrupted else 'JOB'} {job.job} {became}"
        said = f"{why} at {job.gateway}{stake}"
        yield from [self.paint(line, "inconclusive") for line in self.wrap(said, "", "  ")]
        yield from self.wrap(job.said, "  ", "  ") if job.said else []
        if job.close is None:
            steps = {"continue it; this sends nothing new:": job.resume}
        else:
            sent = (
                f" of {job.sent_at.replace('T', ' ').replace('Z', ' UTC')}" if job.sent_at else ""
            )
            label = f" for {route.model.label}" if route.model else ""
            where = (
                f"look in the gateway's usage log for a row{sent}{label}; the job is not sent again"
            )
            yield from self.wrap(where, "  ", "  ")
            steps = {"when you know what became of it, close it:": job.close}
        for what, command in {**steps, "what is on record of it:": job.look}.items():
            yield f"  {what}"
            yield f"    {command}"
        yield ""

    def _head(self, route: RouteReport) -> Iterator[str]:
        right = f"target {route.target}, {self.report.mode} run"
        if len(route.name) + len(right) + 2 <= self.width:
            yield self.sides(route.name, right)
        else:
            yield self.cut(route.name)
            yield self.cut(f"  {right}")
        yield from self.dim(self.wrap(route.file, "  ", "  "))
        model = route.model
        if model is not None:
            official = "the same id" if model.official == model.label else model.official
            where = SURFACES.get(model.surface, model.surface)
            said = f"{model.label} at {model.gateway} -> {official} on {where}"
            yield from self.wrap(said, "  ", "    ")
        yield from self._caveats("  ")

    def _caveats(self, indent: str = "") -> Iterator[str]:
        for said in caveats(self.report):
            yield from self.wrap(said, indent, f"{indent}  ")

    def _items(self, route: RouteReport) -> Iterator[str]:
        room = max((len(item.title) for item in route.items), default=0)
        room = min(room, 18, self.width // 3)
        for item in route.items:
            title = self.cut(item.title, room).ljust(room)
            summary = self.cut(item.summary or item.status, self.width - room - 6 - self.look.ascii)
            yield f"  {self.mark(item.status)} {title}  {summary}"
        for waiver in route.waivers:
            if waiver.state == "used":
                said = f"waived until {waiver.expires}: {waiver.finding}, {waiver.reason}"
                yield from self.wrap(said, "  ", "    ", 2)

    def _cost(self, route: RouteReport) -> list[str]:
        if route.quote is None:
            return []  # why there is no price stands at its item
        money, how = cost_lines(route)
        return [
            *self.wrap(money, "  Cost  ", "        "),
            *self.dim(self.wrap(how, "        ", "        ")),
            "",
        ]

    def _failures(self, route: RouteReport) -> Iterator[str]:
        failures = [cause for cause in route.next if cause.kind == "failure"]
        failed = {check.id for check in route.checks if check.status == "fail"}
        for cause in failures[:_MOST]:
            yield from self._place(route, cause, "FAIL")
            yield from self.wrap(cause.cause, "  ", "  ")
            if cause.fix:
                yield from self.fix(cause.fix, "  ")
            own = (cause.code or "").partition("/")[0]
            others = [check for check in cause.blocks if check != own]
            also = [check for check in others if check in failed]
            waits = [check for check in others if check not in failed]
            said = [f"also failing for this reason: {', '.join(also)}"] if also else []
            said += [f"waiting for it: {', '.join(waits)}"] if waits else []
            if said:
                yield from self.dim(self.wrap("; ".join(said), "  ", "    ", 2))
        yield from self._rest(len(failures) - _MOST, "failures")
        if failures:
            yield ""

    def _not_required(self, route: RouteReport) -> Iterator[str]:
        """Checks that fail and that the target does not need, so that none goes unseen."""
        said = {(cause.code or "").partition("/")[0] for cause in route.next}
        said |= {check for cause in route.next for check in cause.blocks}
        failed = [
            check for check in route.checks if check.status == "fail" and check.id not in said
        ]
        if not failed:
            return
        yield self.cut(f"Failed, and not required for {route.target}")
        for check in failed[:_MOST]:
            for finding in check.findings:
                if finding.severity != "blocker":
                    continue
                where = f"line {finding.line}  " if finding.line else ""
                yield self.cut(f"  {where}{finding.code}")
                yield from self.wrap(finding.message, "    ", "    ")
                if finding.fix:
                    yield from self.fix(finding.fix, "    ")
        yield from self._rest(len(failed) - _MOST, "failures")
        yield ""

    def _place(self, route: RouteReport, cause: CauseReport, word: str) -> list[str]:
        place = f"{route.file}:{cause.line}" if cause.line else route.file
        code = f"{word}  {cause.code or cause.blocks[0]}"
        if len(place) + len(code) + 2 <= self.width:
            return [f"{self.paint(place, 'dim')}  {code}"]
        return [*self.dim([self.cut(place)]), self.cut(f"  {code}")]

    def _missing(self, route: RouteReport) -> Iterator[str]:
        missing = [cause for cause in route.next if cause.kind != "failure"]
        if not missing:
            return
        if route.verdict == "not-ready":
            yield "Not checked"
            for cause in missing[:_MOST]:
                room = min(44, self.width // 2)
                what = self.cut(first_sentence(cause.cause), room).ljust(room)
                checks = self.cut(", ".join(cause.blocks), self.width - room - 7)
                yield f"  {what} {len(cause.blocks):>2}  {self.paint(checks, 'dim')}"
        else:
            number = _NUMBERS[len(missing)] if len(missing) < len(_NUMBERS) else len(missing)
            several = f"{number} things are missing"
            yield several if len(missing) > 1 else "One thing is missing"
            for number, cause in enumerate(missing[:_MOST], start=1):
                blocks = f"blocks {_checks(len(cause.blocks))}"
                lines = self.wrap(cause.cause, f"  {number}. ", "     ")
                if len(lines) == 1 and len(lines[0]) + len(blocks) + 2 <= self.width:
                    yield self.sides(lines[0], blocks)
                else:
                    yield from [*lines, self.cut(f"     {blocks}")]
                yield from self._how(cause)
        yield from self._rest(len(missing) - _MOST, "causes")
        yield ""

    def _how(self, cause: CauseReport) -> Iterator[str]:
        """What to do about a cause; a command stands on a line of its own where it has to."""
        place = f" ({cause.at}, line {cause.line})" if cause.at and cause.line else ""
        if cause.command is None:
            yield from self.fix(f"{cause.fix or 'see -v'}{place}", "     ")
            return
        together = f"     -> {cause.fix}: {cause.command}"
        if cause.fix is not None and len(together) <= self.width:
            fits = len(together) + len(place) <= self.width
            yield self.paint(together + place if fits else together, "dim")
            return
        if cause.fix is not None:
            yield from self.fix(cause.fix, "     ")
        # not wrapped: it is there to be pasted
        yield self.paint(f"        {cause.command}", "dim")

    def _warnings(self, route: RouteReport) -> Iterator[str]:
        groups: dict[str, list[tuple[CheckReport, FindingReport]]] = {}
        for check in route.checks:
            if check.status == "warn":
                for finding in check.findings:
                    if finding.severity == "warning":
                        groups.setdefault(finding.fix or finding.code, []).append((check, finding))
        if not groups:
            return
        yield self.fitting("Warnings (they stop nothing; with --strict they do)", "Warnings")
        for fix, members in islice(groups.items(), _MOST_LINES):
            first = members[0][1]
            codes = ", ".join(dict.fromkeys(finding.code for _, finding in members))
            place = f"{route.file}:{first.line}" if first.line and len(members) == 1 else ""
            if not place or len(place) + len(codes) + 4 <= self.width:
                yield f"  {self.paint(place, 'dim')}  {codes}" if place else self.cut(f"  {codes}")
            else:
                yield from [*self.dim([self.cut(f"  {place}")]), self.cut(f"  {codes}")]
            yield self.cut(f"    {first_sentence(first.message)}")
            if first.fix:
                yield from self.fix(fix, "    ", 1)
        yield from self._rest(len(groups) - _MOST_LINES, "warnings")
        yield ""

    def _rest(self, left: int, what: str) -> Iterator[str]:
        if left > 0:
            yield f"  and {left} more {what if left > 1 else what.removesuffix('s')}: -v"

    def _end_of_one(self, route: RouteReport) -> Iterator[str]:
        counts, total = route.counts, len(route.checks)
        if route.verdict == "ready":
            ends = f" until {route.valid_until}" if route.valid_until else ""
            because = f", when {route.valid_because}" if route.valid_because else ""
            said = self.cut(f"READY for {route.target}{ends}{because}")
        else:
            word = VERDICT_WORDS[route.verdict].partition(":")[0].upper()
            verdict = f"{word} for {route.target}: "
            # the count of open checks stands in the next line too
            said = self.fitting(verdict + _sentence(route), verdict + reason(route))
        yield self.paint(said, route.verdict)
        figures = [
            (counts.failed, "failed"),
            (counts.not_checked, "not checked"),
            (counts.waived, "waived"),
            (counts.warned, "warnings" if counts.warned != 1 else "warning"),
            (counts.passed, "passed"),
        ]
        parts = ", ".join(f"{number} {word}" for number, word in figures if number)
        spent = f"  Spent {dollars(route.spent)}." if Decimal(route.spent) else ""
        code = f"Exit code {self.report.exit_code}."
        worst = next((f"{number} {word}" for number, word in figures if number), "no checks")
        yield self.fitting(
            f"  {total} checks: {parts}.{spent}  {code}",
            f"  {worst} of {total}.{spent}  {code}",
            f"  {worst}. {code}",
        )
        yield self.fitting(
            f"  All {total} with their evidence: -v.  Why a check exists: veo-check checks ID",
            "  All checks: -v.  Why: veo-check checks ID",
            "  -v; veo-check checks ID",
        )

    # Every check with its evidence: -v.

    def _every_check(self, route: RouteReport) -> Iterator[str]:
        yield from self._route_facts(route)
        for item, checks in by_item(route):
            yield ""
            room = self.width - len(item.status) - 1
            title = self.cut(item.title, room).ljust(room)
            yield f"{title} {self.paint(item.status, item.status)}"
            for check in checks:
                required = check.required_for or "no tier"
                yield f"  {self.mark(check.status)} {check.id}: {check.status}"
                yield from self.dim(self.wrap(f"required for {required}", "     ", "     "))
                if check.reason:
                    yield from self.wrap(check.reason, "     ", "     ", 40)
                for finding in check.findings:
                    yield from self._finding(finding)

    def _route_facts(self, route: RouteReport) -> Iterator[str]:
        tier = "nothing proven yet" if route.tier == "none" else f"proven for {route.tier}"
        facts = [f"{tier}; judged on {self.report.as_of}"]
        if route.valid_until:
            facts.append(f"valid until {route.valid_until}: {route.valid_because}")
        if route.model_until and route.model_until != route.valid_until:
            facts.append(f"earliest announced shutdown of the model: {route.model_until}")
        facts += route.not_before
        facts += _job_facts(route)
        if route.proof:
            age = f"{route.proof.age_days} days old"
            facts.append(f"proof {route.proof.id}: {age}, valid until {route.proof.expires}")
        for waiver in route.waivers:
            said = f"{waiver.state}, until {waiver.expires}: {waiver.reason}"
            facts.append(f"waiver for {waiver.finding}: {said}")
        facts.append(f"spent by this run: {dollars(route.spent)}")
        for fact in facts:
            yield from self.wrap(fact, "  ", "    ", 40)
        yield from self._cost(route)

    def _finding(self, finding: FindingReport) -> Iterator[str]:
        word = {"blocker": "x", "warning": "!", "note": "-"}[finding.severity]
        where = f" ({finding.at}, line {finding.line})" if finding.at and finding.line else ""
        yield from self.wrap(f"{word} {finding.message}{where}", "     ", "       ", 40)
        if finding.severity == "note":
            return
        sides = {"wanted": finding.expected, "found": finding.actual}
        both = "; ".join(f"{side} {text}" for side, text in sides.items() if text)
        if both:
            yield from self.wrap(both, "       ", "       ", 40)
        yield from self.dim(self.wrap(finding.code, "       ", "       "))
        if finding.fix:
            yield from self.fix(finding.fix, "       ", 40)

    # Several routes: a table, the first finding of each that is not ready, and a count.

    def _table(self) -> Iterator[str]:
        routes = worst_first(self.report.routes)
        names = [route.name for route in routes] + list(self._invalid())
        wide, wider = self.width >= 70, self.width >= 58
        fixed = 4 + 14 + (21 if wider else 0) + (12 if wide else 0)
        room = max(8, min(max(map(len, [*names, "ROUTE"])), (self.width - fixed) // 2))
        head = ["ROUTE", "TARGET", "$/JOB", "$/MONTH", "VERDICT", "DECIDED BY"]

        def line(mark: str, cells: Sequence[str], verdict: str = "") -> str:
            before = len(mark) if mark.isspace() else 2 + self.look.ascii
            name, target, job, month, word, by = cells
            text = f"{self.cut(name, room).ljust(room)} "
            text += f"{target.ljust(11)} " if wide else ""
            text += f"{job.rjust(8)} {month.rjust(11)}  " if wider else ""
            by = self.cut(by, self.width - before - len(text) - 13)
            return f"{mark}{text}{self.paint(word.ljust(13), verdict)}{by}".rstrip()

        blank = " " * (2 + self.look.ascii)
        yield line(blank, head)
        for route in routes:
            quote = route.quote
            job = f"{Decimal(quote.expected):,.2f}" if quote else "-"
            month = f"{Decimal(quote.monthly):,.2f}" if quote and quote.monthly else "-"
            word = {"not-ready": "not ready"}.get(route.verdict, route.verdict)
            cells = [route.name, route.target, job, month, word, decided(route)]
            yield line(f"{self.mark(route.verdict)} ", cells, route.verdict)
        for file in self._invalid():
            yield line(f"{self.mark('warn')} ", [file, "-", "-", "-", "invalid file", ""])
        total = monthly_total(routes)
        if total is not None and wider:
            yield line(blank, ["total", "", "", f"{total:,.2f}", "", ""])

    def _invalid(self) -> dict[str, ProblemReport]:
        """Each file that could not be judged, with its first problem."""
        return {problem.file: problem for problem in reversed(self.report.invalid)}

    def _first_findings(self) -> Iterator[str]:
        for problem in list(self._invalid().values())[:_MOST]:
            place = f"{problem.file}:{problem.line}:{problem.column}"
            yield self.paint(self.cut(f"{place}  INVALID  {problem.path}"), "dim")
            yield self.cut(f"  {first_sentence(problem.message)}")
        yield from self._rest(len(self._invalid()) - _MOST, "invalid files")
        # what keeps several routes from being ready is said once, where it is the first of each
        first: dict[tuple[str, str], list[RouteReport]] = {}
        for route in worst_first(self.report.routes):
            if route.next:
                cause = route.next[0]
                first.setdefault((cause.kind, cause.cause), []).append(route)
        shown_in_full = list(first.values())[: 2 * _MOST]
        for routes in shown_in_full:
            cause = routes[0].next[0]
            word = "FAIL" if cause.kind == "failure" else "OPEN"
            yield from self._place(routes[0], cause, word)
            others = ", ".join(route.name for route in routes[1:])
            also = f" (also {others})" if others else ""
            yield self.cut(f"  {first_sentence(cause.cause)}{also}")
            if cause.fix:
                yield from self.fix(cause.fix, "  ", 1)
        yield from self._rest(len(first) - len(shown_in_full), "causes")
        if first or self.report.invalid:
            yield ""

    def _end_of_several(self) -> Iterator[str]:
        routes = worst_first(self.report.routes)
        worst = routes[0] if routes else None
        invalid = len(self._invalid())
        if worst is None:
            said = f"{invalid} invalid: no route could be judged"
        elif worst.verdict == "ready":
            said = "READY: all routes" if not invalid else "READY, but for the invalid files"
        else:
            word = VERDICT_WORDS[worst.verdict].partition(":")[0].upper()
            same = sum(route.verdict == worst.verdict for route in routes)
            said = f"{word}: {same} of {len(routes)}, first {worst.name}: {_sentence(worst)}"
        yield self.paint(self.cut(said), self.report.verdict)
        code = f"Exit code {self.report.exit_code}."
        yield self.fitting(
            f"  {totals(self.report)}",
            f"  {verdict_counts(self.report)}.  {code}",
            f"  {code}",
        )
        file = shlex.quote(worst.file) if worst else "ROUTE"
        yield self.fitting(f"  Every check of one route: veo-check run {file} -v", "  All: -v")

    # One line for each route that may not take traffic: -q.

    def _quiet(self) -> Iterator[str]:
        routes = worst_first(self.report.routes)
        for problem in self.report.invalid:
            place = f"{problem.file}:{problem.line}:{problem.column}"
            yield f"{place}: invalid: {problem.path}: {problem.message}"
        closed = [route for route in routes if route.verdict != "ready"]
        for route in closed:
            first = route.next[0] if route.next else None
            place = f"{route.file}:{first.line}" if first and first.line else route.file
            word = VERDICT_WORDS[route.verdict].partition(":")[0]
            yield f"{place}: {word}: {_sentence(route)}"
        invalid = len(self._invalid())
        said = f"{len(closed)} of {len(routes)} routes may not take traffic"
        if invalid:
            said += f", {invalid} invalid" if invalid > 1 else ", 1 file is invalid"
        yield "; ".join([said, *caveats(self.report)]) + f". Exit code {self.report.exit_code}."


def _many(count: int, what: str, more: str = "") -> str:
    return f"{count} {what}{'' if count == 1 else 's'} {more}".rstrip()


def _checks(count: int) -> str:
    return _many(count, "check")


def _sentence(route: RouteReport) -> str:
    opened = route.counts.not_checked
    if route.verdict == "inconclusive" and opened:
        return f"{opened} of {len(route.checks)} not checked: {reason(route)}"
    return reason(route)


def _job_facts(route: RouteReport) -> Iterator[str]:
    job, usage = route.job, route.usage
    if job is not None:
        parts = [f"job {job.operation_id or 'without an operation id'}", f"{job.polls} polls"]
        parts += [f"served by {job.served_model}"] if job.served_model else []
        if job.resolution:
            sound = {True: "with audio", False: "silent", None: "audio unknown"}[job.audio]
            parts.append(f"delivered {job.seconds or '?'} s at {job.resolution}, {sound}")
        parts += [job.failure] if job.failure else []
        yield "; ".join(parts)
    if usage is not None:
        unknown = "billed amount not known"
        billed = unknown if usage.billed is None else f"billed {dollars(usage.billed)}"
        said = [f"{billed}, quoted {dollars(usage.quoted)}"]
        length = f" ({usage.seconds} s)" if usage.seconds else ""
        said += [f"{usage.quantity} {usage.unit}s{length}"] if usage.quantity and usage.unit else []
        said += [f"usage row {usage.row_id}"] if usage.row_id else []
        said += [f"paid by {usage.owner}"] if usage.owner else []
        yield "; ".join(said)


# A thousand routes of one team say mostly the same.
@lru_cache(maxsize=1024)
def _wrapped(text: str, first: str, rest: str, width: int) -> tuple[str, ...]:
    lines = textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    return tuple(lines) or (first.rstrip(),)
