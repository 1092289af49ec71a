"""Every fact that a check can ask for survives being written to a bundle."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veo_check.checks.registry import CHECKS
from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing
from veo_check.core.fallbacks import FallbackOutcomes
from veo_check.core.findings import UsedRows
from veo_check.core.route import Route
from veo_check.core.secrets import AllowList
from veo_check.evidence.bundle import FACT_TYPES, fact_files, fact_name, read_facts
from veo_check.pricing.job_cost import JobCost
from veo_check.reference.load import Reference

#: Not facts: the route, what it is judged by, and what is worked out while judging.
GIVEN = {Route, Reference, AsOf, AllowList, UsedRows, FallbackOutcomes, JobCost}


def test_every_need_of_every_check_is_kept() -> None:
    needed = {need.type for check in CHECKS for need in check.needs}
    assert needed - GIVEN <= set(FACT_TYPES)


def test_no_two_facts_share_a_file() -> None:
    assert len({fact_name(kind) for kind in FACT_TYPES}) == len(FACT_TYPES)


def test_what_is_no_fact_is_refused() -> None:
    with pytest.raises(TypeError, match="AsOf is not listed"):
        fact_files({AsOf: AsOf(date(2026, 1, 1), date(2026, 1, 1))}, "facts")


@pytest.mark.parametrize("kind", FACT_TYPES, ids=fact_name)
@settings(max_examples=25)
@given(data=st.data())
def test_a_fact_reads_back_equal(kind: type, data: st.DataObject) -> None:
    facts = {kind: data.draw(values(kind) | values(Missing))}
    files = fact_files(facts, "routes/1/facts")
    assert read_facts(files, "routes/1/facts") == facts
    assert read_facts(files, "routes/2/facts") == {}


@functools.cache
def values(hint: object) -> st.SearchStrategy[object]:
    """Any value that a field of this type may hold."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, types.UnionType) or origin is typing.Union:
        return st.one_of([values(one) for one in inner])
    if origin is typing.Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        return st.lists(values(inner[0]), max_size=2).map(tuple)
    if origin is frozenset:
        return st.frozensets(values(inner[0]), max_size=2)
    if origin is Mapping:
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=2)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = typing.get_type_hints(hint)
        fields = {one.name: values(hints[one.name]) for one in dataclasses.fields(hint)}
        return st.builds(hint, **fields)
    return _SIMPLE[hint]


_SIMPLE: dict[object, st.SearchStrategy[object]] = {
    str: st.text(st.characters(exclude_categories=()), max_size=5),
    int: st.integers(-(10**20), 10**20),
    bool: st.booleans(),
    types.NoneType: st.none(),
    Decimal: st.decimals(-(10**20), 10**20, places=9),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}
