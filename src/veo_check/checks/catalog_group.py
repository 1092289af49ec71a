"""catalog-group: the route's group may use the row, at a known ratio."""

from __future__ import annotations

from veo_check.core.facts import Catalog, CatalogRow
from veo_check.core.findings import Blocked, Findings, blocker, check, note, warning
from veo_check.core.gateway import no_groups
from veo_check.core.money import plain
from veo_check.core.route import Route

#: new-api's wildcard: the row serves every group.
EVERY_GROUP = "all"


@check(item="catalog-row", since="0.1", not_for=no_groups)
def catalog_group(route: Route, catalog: Catalog) -> Findings:
    """The group is enabled on the catalogue row, and its price ratio is known.

    Why: the group decides which channels serve a job and what it costs; every price of the row is
    multiplied by the group's ratio.
    Fix: set `via.group` to a group that the row enables, or ask the gateway to enable this one.
    """
    if len(catalog.rows) != 1:
        yield Blocked(f"the catalogue has {len(catalog.rows)} rows for '{route.via.model}', not 1")
        return
    row, group = catalog.rows[0], route.via.group
    if group is None:
        yield Blocked(f"the route file names no via.group; the row enables {_groups(row)}")
        return
    if group not in row.enable_groups and EVERY_GROUP not in row.enable_groups:
        yield blocker(
            "catalog-group/disabled",
            f"The row '{row.model_name}' does not serve the group '{group}'.",
            at="via.group",
            expected=_groups(row),
            actual=group,
            fix="set via.group to a group that the row enables, or have this one enabled",
            evidence=catalog.exchanges,
        )
        return
    ratio = catalog.ratio_for(group)
    if ratio is None:
        yield Blocked(f"{catalog.source} does not give the price ratio of the group '{group}'")
    elif not ratio.is_finite() or ratio < 0:
        yield blocker(
            "catalog-group/ratio-unusable",
            f"The price ratio of the group '{group}' is {ratio}, which is no ratio.",
            at="via.group",
            actual=ratio,
            fix="ask the gateway to fix the group's ratio",
            evidence=catalog.exchanges,
        )
    elif ratio == 0:
        yield warning(
            "catalog-group/zero-ratio",
            f"The group '{group}' has the price ratio 0, so jobs would cost nothing; this is "
            "usually a misconfiguration.",
            at="via.group",
            fix="ask the gateway whether the ratio is meant",
            evidence=catalog.exchanges,
        )
    else:
        own = " for this model" if group in catalog.group_model_ratio else ""
        yield note(
            "catalog-group/ratio",
            f"The group '{group}' is enabled; its price ratio{own} is {plain(ratio)}.",
            at="via.group",
            actual=plain(ratio),
            evidence=catalog.exchanges,
        )


def _groups(row: CatalogRow) -> str:
    return ", ".join(row.enable_groups) or "no group"
