"""catalog-row: the gateway's catalogue has the label, once, and readable."""

from __future__ import annotations

from veo_check.core.facts import Catalog
from veo_check.core.findings import Findings, blocker, check, note
from veo_check.core.gateway import no_catalogue
from veo_check.core.route import Route


@check(item="catalog-row", since="0.1", not_for=no_catalogue)
def catalog_row(route: Route, catalog: Catalog) -> Findings:
    """The gateway's catalogue has exactly one readable row for the label.

    Why: price, group and endpoint are read off this row. With no row, or with two, there is nothing
    to hold the gateway to, and the row that bills may not be the row that was read.
    Fix: set `via.model` to the label exactly as the catalogue spells it; ask the gateway to fix a
    row that is doubled or broken, or that it hides.
    """
    label = route.via.model
    where = f"{catalog.source} ({catalog.total_rows} rows)"
    if not catalog.rows:
        near = f" Similar names: {', '.join(catalog.near)}." if catalog.near else ""
        yield blocker(
            "catalog-row/missing",
            f"The catalogue has no row called '{label}'.{near} Gateways can hide rows, so this "
            f"does not prove that the route is gone. Read: {where}.",
            at="via.model",
            expected="1 row",
            actual="0 rows",
            fix="set via.model to a name that the catalogue has, or ask the gateway to list it",
            evidence=catalog.exchanges,
        )
        return
    if len(catalog.rows) > 1:
        yield blocker(
            "catalog-row/duplicate",
            f"The catalogue has {len(catalog.rows)} rows called '{label}'; which one is billed is "
            f"not known. Read: {where}.",
            at="via.model",
            expected="1 row",
            actual=f"{len(catalog.rows)} rows",
            fix="ask the gateway which row bills, and to remove the others",
            evidence=catalog.exchanges,
        )
    for row in catalog.rows:
        for defect in row.defects:
            yield blocker(
                "catalog-row/defect",
                f"The row '{label}' of {catalog.source} cannot be read in full: {defect}.",
                at="via.model",
                fix="ask the gateway to fix the row",
                evidence=catalog.exchanges,
            )
    if len(catalog.rows) == 1 and not catalog.rows[0].defects:
        yield note(
            "catalog-row/found",
            f"One row of {where} is called '{label}'.",
            at="via.model",
            evidence=catalog.exchanges,
        )
