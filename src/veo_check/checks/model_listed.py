"""model-listed: the key's own listing offers what the route calls."""

from __future__ import annotations

import difflib
from datetime import date, timedelta

from veo_check.core.clock import AsOf
from veo_check.core.facts import GatewayListing, Missing, OfficialModel
from veo_check.core.findings import Blocked, Finding, Findings, Tier, blocker, check, note
from veo_check.core.gateway import Gateway
from veo_check.core.route import Route
from veo_check.reference.lifecycle import asked_elsewhere, to_move_to
from veo_check.reference.load import Reference

#: The method that a model must offer on the Gemini API for the endpoint family.
_METHOD = "predictLongRunning"


@check(item="official-model-id", since="0.1")
def model_listed(
    route: Route,
    gateway: Gateway,
    listing: GatewayListing | Missing,
    official: OfficialModel | Missing,
    reference: Reference,
    judging: AsOf,
) -> Findings:
    """The listing that this key gets has the label, with the method the route calls.

    Why: keys differ in what they may call. A model that the documentation names can be missing for
    this key, this project or this gateway. A gateway's listing proves the label only, never that
    the model under it is alive.
    Fix: set `via.model` to a label that the key is offered, or have the model enabled for the key.
    A gateway leaves models without a price out of the listing: then ask it to set one.
    """
    if gateway.direct:
        yield from _by_google(route, official, reference, judging)
    else:
        yield from _by_gateway(route, listing, judging)


def _by_gateway(route: Route, listing: GatewayListing | Missing, judging: AsOf) -> Findings:
    if isinstance(listing, Missing):
        yield Blocked(f"{listing.probe}: {listing.detail}")
        return
    label = route.via.model
    listed = listing.find(label)
    if listed is not None:
        if listed.shutdown is not None:
            yield _ending(listing, label, listed.shutdown, judging)
        yield note(
            "model-listed/label",
            f"The gateway lists '{label}' for this key ({listing.source}). That proves the label, "
            f"not that {route.model.official} is alive or runs under it.",
            at="via.model",
            evidence=listing.exchanges,
        )
        return
    names = [model.id for model in listing.models]
    near = difflib.get_close_matches(label, names, n=3)
    hint = f" Similar: {', '.join(near)}." if near else ""
    yield blocker(
        "model-listed/missing",
        f"The label '{label}' is not among the {len(names)} models listed for this key.{hint} A "
        "gateway leaves out what the key may not use and what has no price. "
        f"Read: {listing.source}.",
        at="via.model",
        expected=label,
        fix="set via.model to a label that is offered, or have this one enabled and priced",
        evidence=listing.exchanges,
    )


def _ending(listing: GatewayListing, label: str, day: date, judging: AsOf) -> Finding:
    """A listing that prints a shutdown day knows more of the label than that it is there."""
    ended = day <= judging.day
    soon = day <= judging.day + timedelta(days=judging.within_days)
    text = f"{listing.source} says that '{label}' {'was' if ended else 'is'} shut down on {day}."
    if not soon:
        return note("model-listed/shutdown-date", text, at="via.model", evidence=listing.exchanges)
    return blocker(
        "model-listed/shutdown-date",
        text,
        at="via.model",
        actual=str(day),
        fix="move to a label without a shutdown day, before that day",
        evidence=listing.exchanges,
        warn_below=None if ended else Tier.PRODUCTION,
    )


def _by_google(
    route: Route, official: OfficialModel | Missing, reference: Reference, judging: AsOf
) -> Findings:
    if isinstance(official, Missing):
        yield Blocked(f"{official.probe}: {official.detail}")
        return
    said = f' Google says: "{official.text}"' if official.text else ""
    if official.state == "not-found" and asked_elsewhere(reference, official):
        # one cause, one failure: location-served names it
        yield Blocked(
            f"Google does not find {official.model} at {official.location}, where its pages do not "
            "place it; see location-served"
        )
        return
    if official.state != "offered":
        word = "no longer offers" if official.state == "no-longer-available" else "does not offer"
        place = f" at {official.location}" if official.location else ""
        named = official.replacement
        move = named and to_move_to(reference, named, official.surface, judging)
        there = f", or via.location to one that serves this one (not {official.location})"
        yield blocker(
            f"model-listed/{official.state}",
            f"Google {word} {official.model} on {official.surface}{place} to this key.{said}",
            at="via.model",
            fix=f"move to {move}"
            if move
            else "set via.model to an id that Google offers to this key, or ask for access"
            + (there if place else ""),
            evidence=official.exchanges,
        )
        return
    if official.surface != "gemini-api" or route.via.endpoint != "predict-long-running":
        yield note(
            "model-listed/offered",
            f"Google offers {official.model} on {official.surface} to this key.",
            at="via.model",
            evidence=official.exchanges,
        )
    elif not official.methods:
        yield Blocked(
            f"Google's listing names no methods for {official.model}, so it is unknown whether it "
            f"offers {_METHOD}"
        )
    elif _METHOD in official.methods:
        yield note(
            "model-listed/offered",
            f"Google offers {official.model} to this key, with {_METHOD}.",
            at="via.model",
            evidence=official.exchanges,
        )
    else:
        yield blocker(
            "model-listed/method",
            f"Google offers {official.model} to this key, but not for {_METHOD}.",
            at="via.endpoint",
            expected=_METHOD,
            actual=", ".join(official.methods),
            fix="call a model that offers the method, or the endpoint family that this one uses",
            evidence=official.exchanges,
        )
