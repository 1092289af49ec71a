from __future__ import annotations

from check_world import a_catalog, a_route, a_row, codes, heard, only
from veo_check.checks.catalog_row import catalog_row
from veo_check.core.findings import blocker, note

WHERE = "https://console.flatkey.ai/api/website/pricing (91 rows)"


def test_one_row() -> None:
    assert only(heard(catalog_row, route=a_route(), catalog=a_catalog(a_row()))) == note(
        "catalog-row/found",
        f"One row of {WHERE} is called 'veo3.1-fast'.",
        at="via.model",
        evidence=("x3",),
    )


def test_no_row_names_what_is_near_and_what_absence_proves() -> None:
    catalog = a_catalog(near=("veo-3.1-fast", "veo3-fast"))
    assert only(heard(catalog_row, route=a_route(), catalog=catalog)) == blocker(
        "catalog-row/missing",
        "The catalogue has no row called 'veo3.1-fast'. Similar names: veo-3.1-fast, veo3-fast. "
        f"Gateways can hide rows, so this does not prove that the route is gone. Read: {WHERE}.",
        at="via.model",
        expected="1 row",
        actual="0 rows",
        fix="set via.model to a name that the catalogue has, or ask the gateway to list it",
        evidence=("x3",),
    )


def test_two_rows() -> None:
    outcome = heard(catalog_row, route=a_route(), catalog=a_catalog(a_row(), a_row()))
    assert codes(outcome) == ["blocker duplicate"]
    assert only(outcome).actual == "2 rows"


def test_a_row_that_cannot_be_read() -> None:
    broken = a_row(defects=("model_price is NaN", "quota_type is a list"))
    outcome = heard(catalog_row, route=a_route(), catalog=a_catalog(broken))
    assert codes(outcome) == ["blocker defect", "blocker defect"]
    assert "model_price is NaN" in outcome.findings[0].message
