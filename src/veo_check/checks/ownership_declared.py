"""ownership-declared: who runs the route, for what, and who pays for it."""

from __future__ import annotations

from veo_check.core.findings import Findings, blocker, check, note
from veo_check.core.route import Route


@check(item="usage-proof", since="0.1")
def ownership_declared(route: Route) -> Findings:
    """Application, team, cost centre, environment, workflow and key owner are declared.

    Why: a usage row names a key and a model, never a person; finance and support can follow a video
    job to its owner only where the route says whose job it is.
    Fix: fill in the field that is named, under `route` or `via.key` of the route file.
    """
    head = route.route
    declared = {
        "route.application": ("application", head.application),
        "route.owner.team": ("team", head.owner.team),
        "route.owner.cost_center": ("cost centre", head.owner.cost_center),
        "route.environment": ("environment", head.environment),
        "route.workflow": ("workflow", head.workflow),
        "via.key.owner": ("key owner", route.via.key.owner if route.via.key else None),
    }
    missing = False
    for at, (word, value) in declared.items():
        if value is None or not value.strip():
            missing = True
            yield blocker(
                f"ownership-declared/no-{word.replace('centre', 'center').replace(' ', '-')}",
                f"The route file does not name the {word} of this route.",
                at=at,
                fix=f"set {at}",
            )
    if not missing:
        names = ", ".join(f"{word} {value}" for word, value in declared.values())
        yield note("ownership-declared/declared", f"Declared: {names}.", at="route")
