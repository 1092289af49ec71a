"""model-official: the id that must run underneath is one that its vendor publishes."""

from __future__ import annotations

from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.findings import Blocked, Findings, blocker, check, note, warning
from veo_check.core.gateway import Gateway
from veo_check.core.route import Route
from veo_check.reference.load import Reference


@check(item="official-model-id", since="0.1", waivable=False)
def model_official(
    route: Route, gateway: Gateway, reference: Reference, official: OfficialModel | Missing
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
            f"The route calls '{label}' at Google itself, but says that {model} runs underneath.",
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
            f"{model} is an official id of {surface}, published by "
            f"{vendor_rows[0].source.publisher}.",
            at="model.official",
            evidence=(f"ref:{row.id}" for row in vendor_rows),
        )
        yield from _label(route, gateway, reference)
        return
    live = official if isinstance(official, OfficialModel) and official.model == model else None
    if live is not None and live.state != "offered":
        said = f' Google says: "{live.text}"' if live.text else ""
        yield blocker(
            "model-official/not-found",
            f"No table lists {model} on {surface}, and Google itself does not know it.{said}",
            at="model.official",
            actual=model,
            fix=_did_you_mean(route, reference) or "set model.official to an id Google publishes",
            evidence=live.exchanges,
        )
    elif live is not None:
        yield Blocked(
            f"Google offers {model} on {surface} today, but no dated row is known: the table "
            "lags; run veo-check refresh, or update veo-check"
        )
    elif rows:
        publishers = ", ".join(sorted({row.source.publisher for row in rows}))
        yield Blocked(
            f"only third parties ({publishers}) list {model} on {surface}; its vendor was not read "
            "to do so; ask the vendor's own listing (model.listing)"
        )
    else:
        yield Blocked(
            f"{model} is not a known id of {surface}"
            + _elsewhere(route, reference)
            + "; nothing is guessed from a name"
            + (f"; {hint}" if (hint := _did_you_mean(route, reference)) else "")
        )


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


def _elsewhere(route: Route, reference: Reference) -> str:
    surfaces = reference.surfaces(route.model.official)
    return f", only of {', '.join(surfaces)}" if surfaces else ""


def _did_you_mean(route: Route, reference: Reference) -> str | None:
    near = reference.near(route.model.official, route.model.surface)
    return f"did you mean {' or '.join(near)}?" if near else None
