from __future__ import annotations

from datetime import date

import pytest

from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, KeyUsage, Missing
from veo_check.core.findings import Check, Findings, Need, Outcome, check, note
from veo_check.core.gateway import no_catalogue
from veo_check.gateways.google import GOOGLE


@check(item="lifecycle", since="0.1", waivable=False, not_for=no_catalogue)
def some_rule(judging: AsOf, usage: KeyUsage | Missing, catalog: Catalog) -> Findings:
    """The first line is true
    when the check passes.

    Why: because somebody was bitten. It took
    a week.
    Fix: do this; or
    that.
    """
    yield note("some-rule/day", str(judging.day))


def test_what_the_decorator_reads_off_the_function() -> None:
    assert isinstance(some_rule, Check)
    assert (some_rule.id, some_rule.item, some_rule.since) == ("some-rule", "lifecycle", "0.1")
    assert some_rule.waivable is False
    assert some_rule.not_for is no_catalogue
    assert some_rule.title == "The first line is true when the check passes."
    assert some_rule.why == "because somebody was bitten. It took a week."
    assert some_rule.fix == "do this; or that."


def test_parameter_types_are_needs() -> None:
    assert some_rule.needs == (
        Need("judging", AsOf, optional=False),
        Need("usage", KeyUsage, optional=True),
        Need("catalog", Catalog, optional=False),
    )


def test_calling_it_runs_the_function() -> None:
    day = AsOf(date(2026, 11, 22), date(2026, 11, 22))
    hole = Missing("probe", "offline", "offline")
    said = some_rule(judging=day, usage=hole, catalog=None)
    assert Outcome.collect(said).findings == (note("some-rule/day", "2026-11-22"),)


def test_what_is_not_said_has_a_default() -> None:
    @check(item="x", since="0.1")
    def bare() -> Findings:
        yield note("bare/x", "x")

    assert bare.waivable is True
    assert bare.not_for(GOOGLE, "agent-platform") is None
    assert bare.needs == ()
    assert (bare.title, bare.why, bare.fix) == ("", "", "")


def _two(value: Catalog | KeyUsage) -> Findings:
    yield note("two/x", str(value))


def _none(value: Missing) -> Findings:
    yield note("none/x", str(value))


def _generic(value: list[str]) -> Findings:
    yield note("generic/x", str(value))


@pytest.mark.parametrize("function", [_two, _none, _generic])
def test_a_need_is_one_type_or_that_type_or_missing(function: object) -> None:
    registered = check(item="x", since="0.1")(function)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="parameter value: a check needs one type"):
        _ = registered.needs
