from __future__ import annotations

from decimal import Decimal

import pytest

from check_world import a_catalog, a_route, a_row, codes, heard, only
from veo_check.checks.catalog_group import catalog_group
from veo_check.core.findings import Outcome, note


def test_enabled_with_its_ratio() -> None:
    catalog = a_catalog(a_row(), group_ratio={"plg": Decimal("0.90")})
    assert only(heard(catalog_group, route=a_route(), catalog=catalog)) == note(
        "catalog-group/ratio",
        "The group 'plg' is enabled; its price ratio is 0.9.",
        at="via.group",
        actual="0.9",
        evidence=("x3",),
    )


def test_the_ratio_for_this_model_replaces_the_groups_own() -> None:
    catalog = a_catalog(a_row(), group_model_ratio={"plg": Decimal("1.2")})
    assert only(heard(catalog_group, route=a_route(), catalog=catalog)).message == (
        "The group 'plg' is enabled; its price ratio for this model is 1.2."
    )


def test_all_is_every_group() -> None:
    catalog = a_catalog(a_row(enable_groups=("all",)))
    assert codes(heard(catalog_group, route=a_route(), catalog=catalog)) == ["note ratio"]


def test_disabled() -> None:
    catalog = a_catalog(a_row(enable_groups=("default", "vip")))
    finding = only(heard(catalog_group, route=a_route(), catalog=catalog))
    assert (finding.code, finding.severity, finding.expected, finding.actual) == (
        "catalog-group/disabled",
        "blocker",
        "default, vip",
        "plg",
    )


def test_a_free_group_is_suspicious() -> None:
    catalog = a_catalog(a_row(), group_ratio={"plg": Decimal(0)})
    assert codes(heard(catalog_group, route=a_route(), catalog=catalog)) == ["warning zero-ratio"]


@pytest.mark.parametrize("ratio", ["NaN", "-1", "Infinity"])
def test_a_ratio_that_is_none(ratio: str) -> None:
    catalog = a_catalog(a_row(), group_ratio={"plg": Decimal(ratio)})
    assert codes(heard(catalog_group, route=a_route(), catalog=catalog)) == [
        "blocker ratio-unusable"
    ]


def test_what_it_cannot_tell() -> None:
    def blocked(**values: object) -> Outcome:
        return heard(catalog_group, **values)

    assert blocked(route=a_route(), catalog=a_catalog()).blocked == (
        "the catalogue has 0 rows for 'veo3.1-fast', not 1"
    )
    assert blocked(route=a_route(), catalog=a_catalog(a_row(), a_row())).blocked == (
        "the catalogue has 2 rows for 'veo3.1-fast', not 1"
    )
    assert blocked(route=a_route({"via.group": None}), catalog=a_catalog(a_row())).blocked == (
        "the route file names no via.group; the row enables plg, default"
    )
    assert blocked(route=a_route(), catalog=a_catalog(a_row(), group_ratio={})).blocked == (
        "https://console.flatkey.ai/api/website/pricing does not give the price "
        "ratio of the group 'plg'"
    )
