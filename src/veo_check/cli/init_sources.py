"""Where `init` learns of a route: flags, a live catalogue row, a LiteLLM configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check.cli.init_draft import Draft, Value
from veo_check.core.errors import ExitCode, UsageError, VeoCheckError
from veo_check.core.key_policy import Leave, origin_of, refusal_of_key
from veo_check.core.printable import printable
from veo_check.reference.book import Reference

if TYPE_CHECKING:
    from veo_check.core.facts import CatalogRow
    from veo_check.engine.catalog import Look

GATEWAYS = ("flatkey", "newapi", "openai", "google")
#: What a Veo job is when nothing is asked for.
_SHAPE: dict[str, Value] = {
    "mode": "text-to-video",
    "seconds": 8,
    "resolution": "720p",
    "aspect_ratio": "16:9",
    "audio": True,
    "count": 1,
}
_LITELLM_PORT = "http://127.0.0.1:4000"


class NoRowError(VeoCheckError):
    """The catalogue was read and has no such row."""

    exit_code = ExitCode.FAILED


class NotReadError(VeoCheckError):
    """The catalogue could not be read."""

    exit_code = ExitCode.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says; None where it says nothing."""

    gateway: str | None
    base_url: str | None
    endpoint: str | None
    model: str | None
    official: str | None
    surface: str | None
    group: str | None
    key_env: str | None
    project: str | None
    location: str | None
    name: str | None
    target: str
    head: dict[str, str]
    owner: dict[str, str]
    request: dict[str, Value]
    budget: dict[str, Value]
    run: str


def from_flags(flags: Flags, reference: Reference, day: str) -> Draft:
    """A draft of the flags alone."""
    if flags.gateway not in GATEWAYS:
        raise UsageError(f"--gateway: choose one of {', '.join(GATEWAYS)}")
    model = flags.model or (flags.official if flags.gateway == "google" else None)
    if model is None:
        raise UsageError("--model LABEL is missing: the name that the application sends")
    draft = _draft(flags, flags.gateway, model, (f"on {day} from its options.",))
    return _completed(draft, flags, reference)


def from_catalog(flags: Flags, reference: Reference, day: str, seen: Look) -> Draft:
    """A draft of a live row. Raises NotReadError or NoRowError where there is none."""
    from veo_check.core.facts import Missing

    if isinstance(seen.catalog, Missing):
        raise NotReadError(f"--from-catalog: nothing was read: {seen.catalog.detail}")
    label = seen.route.via.model
    if not seen.catalog.rows:
        near = ", ".join(printable(one, 100) for one in seen.catalog.near[:5])
        raise NoRowError(
            f"--from-catalog {printable(label, 100)}: no such row at {seen.catalog.source}"
            + (f"; it has {near}" if near else "")
        )
    row = seen.catalog.rows[0]
    origin = (
        f"on {day} from the catalogue at {seen.catalog.source}.",
        *_row_remarks(seen, row),
    )
    draft = _draft(flags, seen.route.via.gateway, label, origin)
    draft.base_url = seen.route.base_url
    _group_of_row(draft, row)
    if flags.endpoint is None and "openai-video" not in row.endpoint_types:
        types = ", ".join(row.endpoint_types) or "nothing"
        draft.note(
            "via.endpoint",
            f"not known: how jobs are sent; the row lists {types}, and openai-video would mean "
            "`videos`. A paid job settles it",
        )
    return _completed(draft, flags, reference)


def _row_remarks(seen: Look, row: CatalogRow) -> tuple[str, ...]:
    from veo_check.core.facts import Catalog
    from veo_check.core.money import plain
    from veo_check.pricing.gateway_row import GatewayPrice

    rows = len(seen.catalog.rows) if isinstance(seen.catalog, Catalog) else 1
    fields = ", ".join(f"{name} {value}" for name, value in row.price_fields.items())
    said = [f"Its row on that day: {fields or 'no price'}; status {row.availability_status}."]
    if rows > 1:
        said.append(f"The catalogue has {rows} rows of that name; this is the first.")
    if isinstance(seen.price, GatewayPrice) and seen.price.per_second is not None:
        least = "at least " if seen.price.bound == "lower" else ""
        said.append(
            f"That means {least}{plain(seen.price.per_second, 2)} USD per second for "
            f"{seen.route.request.resolution} in group {seen.route.via.group}."
        )
    else:
        said.append("What it means in USD per second is not known; see `veo-check catalog`.")
    return tuple(said)


def _group_of_row(draft: Draft, row: CatalogRow) -> None:
    if draft.group is not None:
        return
    if len(row.enable_groups) == 1 and row.enable_groups[0] != "all":
        (draft.group,) = row.enable_groups
        return
    names = ", ".join(row.enable_groups[:20]) or "none"
    draft.note("via.group", f"not known: the group of your key; the row is enabled for {names}")
    draft.note("via.group", "group: plg")


def from_litellm(
    flags: Flags, reference: Reference, day: str, file: Path, label: str | None
) -> Draft:
    """A draft of one model of a LiteLLM proxy."""
    from veo_check.cli.init_litellm import read_litellm

    read = read_litellm(file, label or flags.model, reference)
    origin = (f"on {day} from LiteLLM's {file.name}, model_name {read.label}.",)
    draft = _draft(flags, "openai", read.label, origin)
    if flags.base_url is None:
        draft.base_url = _LITELLM_PORT
        draft.note("via.base_url", "not known: where the proxy is; 4000 is LiteLLM's usual port")
    if len(read.upstreams) == 1:
        ((upstream, surface),) = read.upstreams
        draft.official = draft.official or upstream
        draft.surface = draft.surface or surface
    else:
        several = ", ".join(
            f"{upstream or '?'} on {surface or '?'}" for upstream, surface in read.upstreams
        )
        draft.note(
            "model.official",
            f"not known: which of its {len(read.deployments)} deployments serves a job: {several}. "
            "Give each a model_name of its own",
        )
    first = read.deployments[0]
    if draft.surface == "agent-platform" and first.project:
        draft.listing = {"project": first.project}
        draft.listing |= {"location": first.location} if first.location else {}
    for remark in read.remarks:
        draft.note("budget", remark)
    draft.note("via.key", "A virtual key of the proxy; its master key is not for checks.")
    if flags.key_env is None:
        draft.key = "LITELLM_KEY"
    return _completed(draft, flags, reference)


def _draft(flags: Flags, gateway: str, model: str, origin: tuple[str, ...]) -> Draft:
    asked = {key: one for key, one in flags.request.items() if one is not None}
    return Draft(
        gateway=gateway,
        model=model,
        name=flags.name or _slug(model),
        origin=origin,
        target=flags.target,
        head=flags.head,
        owner=flags.owner,
        base_url=flags.base_url,
        endpoint=flags.endpoint or "videos",
        group=flags.group,
        key=flags.key_env,
        project=flags.project,
        location=flags.location,
        official=flags.official,
        surface=flags.surface,
        request=_SHAPE | asked,
        asked=frozenset(asked),
        budget=flags.budget,
        run=flags.run,
    )


def _completed(draft: Draft, flags: Flags, reference: Reference) -> Draft:
    """What follows from the rest, and a word on what does not."""
    _model(draft, reference)
    if draft.gateway == "google":
        _google(draft, flags, reference)
    elif (draft.gateway == "newapi" and draft.base_url is None) or (
        draft.gateway == "openai" and draft.base_url is None
    ):
        raise UsageError("--base-url URL is missing: where the gateway is")
    if draft.key is None:
        draft.key = _variable(draft)
    _leave(draft)
    return draft


def _model(draft: Draft, reference: Reference) -> None:
    if draft.official is None and not draft.notes.get("model.official"):
        if reference.surfaces(draft.model):
            draft.official = draft.model
            draft.note(
                "model.official",
                "Taken from the label. Whether the gateway runs what its label says, a paid job "
                "shows"
                if draft.gateway != "google"
                else "The label is the id.",
            )
        else:
            near = " or ".join(reference.near(draft.model))
            draft.note(
                "model.official",
                f"not known: the official id that runs under {draft.model}"
                + (f"; do not guess from the name, which looks like {near}" if near else ""),
            )
    known = reference.surfaces(draft.official) if draft.official else ()
    if draft.official is not None and not known:
        draft.note("model.official", "No dated row knows this id: the checks will say so")
    if draft.surface is None and len(known) == 1:
        (draft.surface,) = known
    elif draft.surface is None:
        where = ", ".join(known or reference.surfaces())
        draft.note("model.surface", f"not known: where it is served; {where}")


def _google(draft: Draft, flags: Flags, reference: Reference) -> None:
    capability = reference.capability(draft.official or "", draft.surface or "")
    if flags.endpoint is None:
        families = capability.endpoints if capability else ()
        draft.endpoint = families[0] if families else "predict-long-running"
    if draft.surface == "agent-platform" and draft.project is None:
        draft.note("via.project", "not known: the project that is billed, and its location")
        draft.note("via.project", "project: my-project")


def _variable(draft: Draft) -> str:
    if draft.gateway == "google":
        return "GOOGLE_ACCESS_TOKEN" if draft.surface == "agent-platform" else "GEMINI_API_KEY"
    if draft.gateway == "openai" and (draft.base_url or "").startswith("https://api.openai.com"):
        return "OPENAI_API_KEY"
    return {"flatkey": "FLATKEY_SMOKE_KEY", "newapi": "NEWAPI_SMOKE_KEY"}.get(
        draft.gateway, "GATEWAY_SMOKE_KEY"
    )


def _leave(draft: Draft) -> None:
    """A route file alone never decides where a key goes: say it on the command line."""
    if draft.base_url is None or draft.key is None:
        return
    try:
        origin = origin_of(draft.base_url)
    except ValueError:
        return
    if refusal_of_key(draft.key, draft.base_url, Leave()) is not None:
        draft.run += f" --allow-host {draft.key}={origin}"


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60] or "route"
