"""key-hygiene: which keys the route names, how they are declared, and where they may go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veo_check.core.facts import Missing, ProductionKey, SmokeKeyVariable
from veo_check.core.fallbacks import candidates
from veo_check.core.findings import Blocked, Finding, Findings, blocker, check, note, warning
from veo_check.core.frozen import dataclass
from veo_check.core.route import Key, Route, google_url
from veo_check.core.secrets import AllowList, refusal_of_host, refusal_of_key

# The shapes of the keys that video routes use. The file's reader refuses them already; a route
# that was put together in another way is held to the same rule.
_KEY_SHAPES = {
    "sk-": r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}",
    "AIza": r"AIza[A-Za-z0-9_-]{20,}",
    "AQ.": r"(?<![A-Za-z0-9])AQ\.[A-Za-z0-9_-]{16,}",
    "ya29.": r"ya29\.[A-Za-z0-9_.-]{10,}",
}
_KEY_SHAPE = re.compile("|".join(_KEY_SHAPES.values()))


@dataclass(frozen=True, slots=True)
class KeyDestination:
    """One key on its way to one address. `variable` None: default credentials."""

    at: str
    url: str
    variable: str | None
    anonymous: bool = False


@check(item="data-and-keys", since="0.1", waivable=False)
def key_hygiene(
    route: Route,
    leave: AllowList,
    smoke_key: SmokeKeyVariable,
    production: ProductionKey | Missing,
) -> Findings:
    """No key is in the file, the smoke key is not production's, and no key goes to a strange host.

    Why: a route file arrives in a pull request. Whoever can change it must not be able to send a
    key somewhere else, or to run experiments on the key that production lives on.
    Fix: name a variable whose key is for this host and is not used in production, and say so with
    `via.key.scope: non-production`; a host that you trust is allowed with `--allow-host ENV=ORIGIN`
    on the command line, never in the route file.
    """
    yield from _inline_secrets(route)
    yield from _scope(route.via.key, "via.key")
    yield from _not_production(route, smoke_key, production)
    seen: set[tuple[str | None, str, bool]] = set()
    for errand in _errands(route):
        wanted = (errand.variable, errand.url, errand.anonymous)
        if wanted in seen:
            continue
        seen.add(wanted)
        yield from _refusal(errand, leave, smoke_key)
    for candidate in candidates(route):
        if candidate.route is None:
            yield Blocked(
                f"{candidate.at} and the primary do not make a route together, so it is unknown "
                f"where its key would go: {candidate.problem}"
            )


def _inline_secrets(route: Route) -> Iterator[Finding]:
    whole = route.model_dump_json(by_alias=True)
    if not any(beginning in whole for beginning in _KEY_SHAPES):
        return  # nearly every route: no key without the letters that it begins with
    for path, text in _texts(route.model_dump(mode="json", by_alias=True), ""):
        if _KEY_SHAPE.search(text):
            yield blocker(
                "key-hygiene/inline-secret",
                f"Something that looks like a key is written in {path}.",
                at=path,
                fix="put the key into an environment variable, name that variable under key.env, "
                "and replace the key: whoever read the file has it",
            )


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{index}")


def _scope(key: Key | None, at: str) -> Iterator[Finding]:
    if key is None:
        yield warning(
            "key-hygiene/no-key",
            "The route names no key, so nothing that needs one can be checked.",
            at="via",
            fix="name the variable of a non-production key under via.key",
        )
        return
    scope = (key.scope or "").strip().lower().replace("_", "-").replace(" ", "-")
    if scope == "non-production":
        return
    yield blocker(
        "key-hygiene/scope",
        f"The key of {at} is declared as '{key.scope}'."
        if key.scope
        else f"The scope of the key of {at} is not given, so it may be a production key.",
        at=f"{at}.scope" if key.scope else at,
        expected="non-production",
        actual=key.scope,
        fix=f"use a key made for tests and write {at}.scope: non-production",
    )


def _not_production(
    route: Route, smoke_key: SmokeKeyVariable, production: ProductionKey | Missing
) -> Iterator[Finding]:
    declared = route.via.production_key
    if declared is None:
        return
    same_variable = route.via.key is not None and route.via.key.env == declared.env
    same_value = smoke_key.same_as_production is True or (
        isinstance(production, ProductionKey) and production.same_as_smoke_key
    )
    if same_variable or same_value:
        how = f"both are {declared.env}" if same_variable else "both variables hold one key"
        yield blocker(
            "key-hygiene/production-key",
            f"The smoke key is the production key: {how}.",
            at="via.key.env",
            fix="make a separate key for smoke tests, with a small quota",
        )
    elif smoke_key.same_as_production is None and isinstance(production, Missing):
        yield note(
            "key-hygiene/not-compared",
            f"The smoke key was not compared with the production key: {production.detail}.",
            at="via.production_key",
        )


def _errands(route: Route) -> Iterator[KeyDestination]:
    """Every key of the route and its fallbacks, with every address it would be sent to."""
    yield from _errands_of(route, "")
    for candidate in candidates(route):
        if candidate.route is not None:
            yield from _errands_of(candidate.route, f"{candidate.at}.")


def _errands_of(route: Route, prefix: str) -> Iterator[KeyDestination]:
    via = route.via
    addresses = [(f"{prefix}via.base_url", route.base_url)]
    # The console gets the key for usage; another gateway kind has no use for the field, but a
    # file that names a console elsewhere is refused whatever it is meant for.
    if via.console_url is not None or route.console_url != route.base_url:
        addresses.append((f"{prefix}via.console_url", route.console_url))
    keys = [via.key] if via.key else []
    for at, url in addresses:
        for key in keys:
            yield KeyDestination(at, url, key.env)
        if not keys:
            yield KeyDestination(at, url, None, anonymous=True)
        if via.production_key is not None:
            yield KeyDestination(f"{prefix}via.production_key.env", url, via.production_key.env)
    listing = route.model.listing
    if listing is not None:
        url = google_url(route.model.surface, listing.location)
        yield KeyDestination(f"{prefix}model.listing.key", url, listing.key.env)


def _refusal(
    errand: KeyDestination, leave: AllowList, smoke_key: SmokeKeyVariable
) -> Iterator[Finding]:
    if errand.anonymous:
        refused = refusal_of_host(errand.url, leave)
    else:
        sandbox = errand.variable in smoke_key.sandbox_variables or (
            smoke_key.from_sandbox and errand.variable == smoke_key.name
        )
        refused = refusal_of_key(errand.variable, errand.url, leave, sandbox_key=sandbox)
    if refused is not None:
        # "what; how to allow it": a reader copies the second half, so it stands alone
        what, _, fix = refused.partition("; ")
        yield blocker(
            "key-hygiene/host-refused",
            f"Refused: {what}.",
            at=errand.at,
            actual=errand.url,
            fix=fix or "use the host that this key is for",
        )
