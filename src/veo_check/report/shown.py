"""Every text of a report made fit to show, in one place, before a format escapes it its own way.

Names come from route files, gateways and models, and a saved report may hold anything at all.
"""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from veo_check.core.secrets import printable
from veo_check.report.model import (
    CheckReport,
    FindingReport,
    ItemReport,
    QuoteReport,
    Report,
    ReportPart,
    RouteReport,
)

PartT = TypeVar("PartT", bound=ReportPart)

#: The longest text of a field, in characters; the rest of the fields have _LONG.
_LIMITS = {"name": 200, "file": 4096, "id": 200, "item": 200, "url": 1000}
_LONG = 4000
#: A line that GitHub would take for a command. The older form, `##[error]`, counts anywhere in it.
_COMMAND = re.compile(r"^(\s*):(?=:)")


def shown(report: Report) -> Report:
    """The same report without control, escape, bidi and invisible characters; long texts cut."""
    return _part(report)


def not_a_command(text: str) -> str:
    """One line of output that no CI server takes for a command."""
    return _COMMAND.sub(r"\1: ", text) if "::" in text else text


def _part(part: PartT) -> PartT:
    """The part itself where nothing in it needs a change; a changed one is validated anew."""
    changed: dict[str, object] = {}
    for field, value in vars(part).items():
        if value is not None and (kept := _walk(value, field)) is not value:
            changed[field] = kept
    return type(part).model_validate(vars(part) | changed) if changed else part


def _walk(value: object, field: str) -> object:
    """What is fit to show of `value`; the very same object where that is all of it."""
    if isinstance(value, str):
        kept = _text(value, _LIMITS.get(field, _LONG))
        return value if kept == value else kept
    if isinstance(value, ReportPart):
        return _part(value)
    if isinstance(value, list):
        items = [_walk(one, field) for one in value]
        return value if all(map(operator.is_, items, value)) else items
    if isinstance(value, dict):
        return {str(_walk(name, "name")): _walk(one, str(name)) for name, one in value.items()}
    return value


# The routes of one run mostly say the same.
@lru_cache(maxsize=4096)
def _text(text: str, limit: int) -> str:
    kept = printable(text, limit).replace("##[", "## [")
    return kept or (text and "(nothing printable)")


# Sentences that several formats print the same way.


VERDICT_WORDS = {
    "ready": "ready",
    "not-ready": "not ready",
    "inconclusive": "inconclusive: nothing failed, but evidence is missing",
}
#: How people call the places where Google serves models.
SURFACES = {"gemini-api": "the Gemini API", "agent-platform": "Agent Platform"}
_WORST_FIRST = ("not-ready", "inconclusive", "ready")
_END_OF_SENTENCE = re.compile(r"\.(?:\s|$)")
#: Statuses that are neither success nor a finding: a hole in the evidence.
HOLES = frozenset({"blocked", "error", "skipped"})


def headline(check: CheckReport) -> str:
    """One line of text for a check: its heaviest finding, else the reason, else its status."""
    heaviest = check.findings[0] if check.findings else None
    if heaviest and (heaviest.severity != "note" or check.reason is None):
        return printable(heaviest.message, 1000)
    return printable(check.reason or check.status, 1000)


def details(check: CheckReport) -> list[str]:
    """Everything a check says, one line each: reason, findings, wanted and found, fix."""
    lines = [printable(check.reason, 2000)] if check.reason else []
    for finding in check.findings:
        lines += [f"{finding.severity} {finding.code}: {printable(finding.message, 2000)}"]
        lines += _more(finding)
    return lines


def _more(finding: FindingReport) -> list[str]:
    lines = []
    if finding.expected is not None or finding.actual is not None:
        wanted, found = finding.expected or "-", finding.actual or "-"
        lines.append(f"  wanted {printable(wanted, 300)}; found {printable(found, 300)}")
    if finding.fix:
        lines.append(f"  fix: {printable(finding.fix, 1000)}")
    return lines


def by_item(route: RouteReport) -> list[tuple[ItemReport, list[CheckReport]]]:
    """Each item with its checks."""
    return [
        (item, [check for check in route.checks if check.item == item.id]) for item in route.items
    ]


def worst_first(routes: list[RouteReport]) -> list[RouteReport]:
    """The routes that may not take traffic first, those without evidence next; else as given."""
    return sorted(routes, key=lambda route: _WORST_FIRST.index(route.verdict))


#: First words of a sentence that lose their capital where it stands after a colon.
_OPENERS = frozenset({"A", "An", "It", "Job", "No", "Nothing", "One", "Some", "The", "This", "Two"})


def reason(route: RouteReport) -> str:
    """Why a route is not ready, as it continues a sentence: a name keeps its spelling."""
    if route.decided_by is None:
        return "the reason is not recorded"
    first, space, rest = route.decided_by.sentence.partition(" ")
    return f"{first.lower() if first in _OPENERS else first}{space}{rest}"


def decided(route: RouteReport) -> str:
    """What decides a route, for a cell of a table: a check, a reason, or the last day."""
    if route.verdict == "ready":
        return f"until {route.valid_until}" if route.valid_until else ""
    if route.decided_by is None:
        return ""
    failed = route.verdict == "not-ready" and route.decided_by.check
    return failed or route.decided_by.sentence


def verdict_counts(report: Report) -> str:
    """How many routes came out how."""
    verdicts: list[str] = [route.verdict for route in report.routes]
    counted = {word: verdicts.count(word) for word in _WORST_FIRST}
    counted["invalid"] = len({problem.file for problem in report.invalid})
    return ", ".join(
        f"{number} {VERDICT_WORDS.get(word, word).partition(':')[0]}"
        for word, number in counted.items()
        if number
    )


def totals(report: Report) -> str:
    """The numbers of a run in one line: routes by verdict, what was spent, the exit code."""
    routes = len(report.routes) + len({problem.file for problem in report.invalid})
    spent = sum((Decimal(route.spent) for route in report.routes), Decimal(0))
    paid = f"  Spent {dollars(spent)}." if spent else ""
    word = "route" if routes == 1 else "routes"
    return f"{routes} {word}: {verdict_counts(report)}.{paid}  Exit code {report.exit_code}."


def monthly_total(routes: list[RouteReport]) -> Decimal | None:
    """What a month of all routes is charged; None where no route says how many jobs it sends."""
    months = [route.quote.monthly for route in routes if route.quote and route.quote.monthly]
    return sum(map(Decimal, months), Decimal(0)) if months else None


def finding_said(finding: FindingReport) -> str:
    """What a finding says and how to fix it, in one line."""
    return finding.message + (f" Fix: {finding.fix}" if finding.fix else "")


def first_sentence(text: str) -> str:
    """A message up to the end of its first sentence, without the full stop."""
    return _END_OF_SENTENCE.split(text, maxsplit=1)[0]


def dollars(amount: str | Decimal) -> str:
    """An amount for people: a sign and thousands."""
    number = Decimal(amount)
    return f"${number:,.2f}" if number == round(number, 2) else f"${number:,f}"


def cost_lines(route: RouteReport) -> tuple[str, str]:
    """What is charged for a job, at most with its retries, and in a month; then how that comes
    about and what the budget allows."""
    quote, budget = route.quote, route.budget
    if quote is None:
        return "not known", ""
    least = "at least " if quote.bound == "lower" else ""
    money = [f"{least}{dollars(quote.expected)} a job"]
    if quote.retries:
        again = "1 retry" if quote.retries == 1 else f"{quote.retries} retries"
        most = "more" if quote.bound == "lower" else f"at most {dollars(quote.worst_case)}"
        money.append(f"{most} with {again}")
    if quote.monthly is not None:
        money.append(f"{least}{dollars(quote.monthly)} a month")
    count = f"{quote.count} x " if quote.count > 1 else ""
    rate = f" x ${quote.per_second}" if quote.per_second else ""
    how = [f"{count}{quote.seconds} s{rate} at {quote.resolution}, {_whose(route, quote)}"]
    if quote.other is not None and quote.other.expected != quote.expected:
        how.append(f"{quote.other.basis} price {dollars(quote.other.expected)}")
    allowed = [(budget.per_job, "a job"), (budget.monthly, "a month")] if budget else []
    sums = [f"{dollars(amount)} {each}" for amount, each in allowed if amount is not None]
    how += [f"budget {' and '.join(sums)}"] if sums else []
    return ", ".join(money), "; ".join(how)


def _whose(route: RouteReport, quote: QuoteReport) -> str:
    direct = route.model is not None and route.model.gateway == "google"
    if quote.basis == "gateway" or direct:
        return f"{quote.basis} price"
    return f"{quote.basis} price; the gateway's is not known"


def is_hole(check: CheckReport) -> bool:
    """Whether a required check is missing evidence; formats never show that as success."""
    return check.required_for is not None and check.status in HOLES


def simulated_by(report: Report) -> str:
    """What makes a run a simulated one."""
    if report.scenario is None:
        return "the key is a sandbox's"
    return f"sandbox scenario {printable(report.scenario, 100)}"


def caveats(report: Report) -> list[str]:
    """What a reader must know before the verdict: simulated, hypothetical, interrupted."""
    said = []
    if report.simulated:
        said.append(f"SIMULATED ({simulated_by(report)}): results do not apply to a real route")
    if report.hypothetical:
        said.append(f"HYPOTHETICAL: judged as if today were {report.as_of}")
    if report.interrupted:
        said.append("INTERRUPTED: what was not known by then is not checked")
    return said


def verdict_line(report: Report, route: RouteReport) -> str:
    """The verdict of one route in one sentence, its caveats included."""
    name = printable(route.name, 200)
    line = f"{name} is {VERDICT_WORDS[route.verdict]} (target {route.target}, tier {route.tier})"
    return "; ".join([line, *caveats(report)])
