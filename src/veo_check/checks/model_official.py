"""model-official: the id that must run underneath is one that its vendor publishes."""

from __future__ import annotations

from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.findings import Blocked, Findings, blocker, check, note, warning
from veo_check.core.gateway import Gateway
from veo_check.core.route import Route
from veo_check.reference.lifecycle import unknown_here
from veo_check.reference.load import Reference


@check(item="official-model-id", since="0.1", waivable=False)
def model_official(
    route: Route,
    gateway: Gateway,
    reference: Reference,
    official: OfficialModel | Missing,
    judging: AsOf,
) -> Findings:
    """The model underneath is a known official id of its surface.

    Why: price, dates and limits belong to an official id on one surface. A label, an alias or a
    shortened name can mean another model tomorrow, so an alias is mapped by the file, never
    guessed.
    Fix: set `model.official` to the id exactly as the vendor publishes it for `model.surface`;
    `veo-check lifecycle` lists the known ids.
    """
    model, surface, label = route.model.official, route.model.surface, route.via.model
    if gateway.direct and label != model:
        yield blocker(
            "model-official/label-differs",
            f"The route sends '{label}' to Google, but model.official is {model}.",
            at="via.model",
            expected=model,
            actual=label,
            fix="set via.model and model.official to the same id",
        )
    rows = reference.lifecycle(model, surface)
    vendor_rows = tuple(row for row in rows if row.source.official)
    if vendor_rows:
        yield note(
            "model-official/known",
            f"The id {model} is official on {surface}, published by {vendor_rows[0].source.by}.",
            at="model.official",
            evidence=(f"ref:{row.id}" for row in vendor_rows),
        )
        yield from _label(route, gateway, reference)
        return
    hints = unknown_here(reference, model, judging, surface)
    live = official if isinstance(official, OfficialModel) and official.model == model else None
    if live is not None and live.state != "offered":
        said = f' Google says: "{live.text}"' if live.text else ""
        yield blocker(
            "model-official/not-found",
            f"No source lists {model} on {surface}, and Google does not know it.{said}",
            at="model.official",
            actual=model,
            fix=" ".join(hints) or "set model.official to an id Google publishes",
            evidence=live.exchanges,
        )
    elif live is not None:
        yield Blocked(
            f"Google offers {model} on {surface} today, but no dated source lists it yet; run "
            "veo-check refresh, or update veo-check"
        )
    elif rows:
        publishers = ", ".join(sorted({row.source.by for row in rows}))
        yield Blocked(
            f"only third parties ({publishers}) list {model} on {surface}; ask the vendor's own "
            "listing (model.listing)"
        )
    else:
        hint = " ".join(hints) or "veo-check lifecycle lists the known ids."
        yield Blocked(f"the id {model} is not known on {surface}. {hint}")


def _label(route: Route, gateway: Gateway, reference: Reference) -> Findings:
    """A gateway's label that is itself an official id, but another one."""
    label = route.via.model
    if not gateway.direct and label != route.model.official and reference.lifecycle(label):
        yield warning(
            "model-official/label-is-another-id",
            f"The label '{label}' is itself an official id, but the file maps it to "
            f"{route.model.official}. Only a finished job shows which of the two runs.",
            at="via.model",
            expected=route.model.official,
            actual=label,
            fix="make sure that model.official is the id the gateway really calls",
        )
