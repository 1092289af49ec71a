"""`veo-check init`: a commented route file from options, a catalogue row, or a LiteLLM config."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from veo_check.cli.output import (
    AllowHttp,
    File,
    Number,
    ReferenceFile,
    Text,
    chosen_reference,
    safe,
    tell,
)
from veo_check.core.clock import AsOf, SystemClock
from veo_check.core.money import ExitCode, UsageError, VeoCheckError
from veo_check.core.reading import bare_id

if TYPE_CHECKING:
    from veo_check.cli.init_template import Draft, Value
    from veo_check.core.facts import CatalogRow
    from veo_check.engine.catalog import RowInspection
    from veo_check.reference.load import Reference


def init(
    gateway: Annotated[
        Text, Option(metavar="NAME|URL", help="flatkey, newapi, openai or google.")
    ] = None,
    model: Annotated[
        Text, Option(metavar="LABEL", help="The name that the application sends.")
    ] = None,
    official: Annotated[
        Text, Option(metavar="ID", help="The official id that runs underneath.")
    ] = None,
    surface: Annotated[
        Text, Option(help="Where it is served: agent-platform, gemini-api, …")
    ] = None,
    from_catalog: Annotated[
        Text, Option(metavar="LABEL", help="Start from this row of the gateway's catalogue.")
    ] = None,
    from_litellm: Annotated[
        File, Option(metavar="FILE", help="Start from a LiteLLM proxy's config.yaml.")
    ] = None,
    model_name: Annotated[
        Text, Option(metavar="NAME", help="Which model_name of the LiteLLM config.")
    ] = None,
    base_url: Annotated[
        Text, Option(metavar="URL", help="Where the gateway is, if not Flatkey or Google.")
    ] = None,
    endpoint: Annotated[Text, Option(metavar="FAMILY", help="videos, video-generations, …")] = None,
    group: Annotated[Text, Option(help="The group that is billed.")] = None,
    key_env: Annotated[
        Text, Option(metavar="VARIABLE", help="Variable that holds the key; never the key.")
    ] = None,
    project: Annotated[Text, Option(help="Google Cloud project.")] = None,
    location: Annotated[Text, Option(help="Google Cloud location.")] = None,
    name: Annotated[Text, Option(help="The route's name.")] = None,
    target: Annotated[
        str, Option(metavar="TIER", help="production, staging or research.")
    ] = "production",
    application: Annotated[Text, Option(help="Which application uses it.")] = None,
    environment: Annotated[Text, Option(help="In which environment.")] = None,
    workflow: Annotated[Text, Option(help="For which workflow.")] = None,
    team: Annotated[Text, Option(help="Who answers for it.")] = None,
    cost_center: Annotated[Text, Option(help="Who pays.")] = None,
    contact: Annotated[Text, Option(help="Whom to ask.")] = None,
    mode: Annotated[Text, Option(help="text-to-video, image-to-video, …")] = None,
    seconds: Annotated[Number, Option(help="Clip length.")] = None,
    resolution: Annotated[Text, Option(help="720p, 1080p, 4k, …")] = None,
    aspect_ratio: Annotated[Text, Option(help="16:9, 9:16, …")] = None,
    audio: Annotated[bool | None, Option("--audio/--no-audio", help="With sound.")] = None,
    count: Annotated[Number, Option(help="Videos a job.")] = None,
    per_job: Annotated[Text, Option(metavar="USD", help="Budget of a job.")] = None,
    monthly: Annotated[Text, Option(metavar="USD", help="Budget of a month.")] = None,
    jobs_per_month: Annotated[Number, Option(metavar="N", help="Jobs a month.")] = None,
    retries: Annotated[Number, Option(metavar="N", help="Retries a job.")] = None,
    allow_http: AllowHttp = None,
    scenario: Annotated[
        Text, Option(metavar="NAME", help="Read a sandbox's catalogue instead.")
    ] = None,
    reference: ReferenceFile = None,
    write: Annotated[
        File, Option(metavar="FILE", help="Write here instead of standard output.")
    ] = None,
    force: Annotated[bool, Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a route file with what is known, and with comments where a person has to say more.

    Example: veo-check init --from-litellm config.yaml --write route.yaml

    Exit codes: 0 written, 1 the catalogue has no such row, 2 usage, 3 it could not be read.
    """
    from veo_check.cli.init_template import Draft

    if from_catalog is not None and from_litellm is not None:
        raise UsageError("--from-catalog and --from-litellm: choose one")
    if model_name is not None and from_litellm is None:
        raise UsageError("--model-name belongs to --from-litellm")
    if write is not None and write.exists() and not force:
        raise UsageError(f"{safe(str(write))} is there already; --force overwrites it")
    draft = Draft(
        gateway=gateway or "",
        model=model or "",
        name=name or "",
        target=target,
        head=_given(application=application, environment=environment, workflow=workflow),
        owner=_given(team=team, cost_center=cost_center, contact=contact),
        base_url=base_url,
        endpoint=endpoint,
        group=group,
        key=key_env,
        project=project,
        location=location,
        official=official,
        surface=surface,
        request=_given(
            mode=mode,
            seconds=seconds,
            resolution=None if resolution is None else resolution.lower(),
            aspect_ratio=aspect_ratio,
            audio=audio,
            count=count,
        ),
        budget=_given(
            per_job=per_job, monthly=monthly, jobs_per_month=jobs_per_month, retries=retries
        ),
        run=f"veo-check run {shlex.quote(str(write)) if write else 'route.yaml'}",
    )
    _refuse_keys(draft)
    book = chosen_reference(reference, simulated=scenario is not None)
    day = SystemClock().now().date().isoformat()
    if from_litellm is not None:
        _learn_from_litellm(draft, book, day, from_litellm, model_name)
    elif from_catalog is not None:
        seen = _look(draft, book, from_catalog, scenario, allow_http)
        simulated = f" (SIMULATED, sandbox scenario {scenario})" if scenario else ""
        _learn_from_catalog(draft, day + simulated, seen)
    else:
        _learn_from_options(draft, day)
    _complete(draft, book)
    text = _checked(draft)
    if write is None:
        sys.stdout.write(text)
        return
    try:
        with write.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        raise UsageError(f"{safe(str(write))} cannot be written: {error}") from None
    unknown = text.count("# not known:")
    tell(f"wrote {safe(str(write))}; {unknown} places in it say what is not known")


def _given(**values: Value | None) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def _refuse_keys(draft: Draft) -> None:
    """A key on the command line goes into no file, and into no message."""
    from dataclasses import astuple

    from veo_check.routefile.yaml_reader import holds_key

    if holds_key(str(astuple(draft))):
        raise UsageError(
            "an option's value looks like a key or token; put it into an environment variable and "
            "name that with --key-env"
        )


def _checked(draft: Draft) -> str:
    """The text, after reading it back. Raises UsageError for values that a route cannot have."""
    import tempfile

    from veo_check.cli.init_template import route_text
    from veo_check.routefile.load import RouteFile, load_route_file

    text = route_text(draft)
    with tempfile.TemporaryDirectory(prefix="veo-check-init-") as folder:
        file = Path(folder) / "route.yaml"
        file.write_text(text, encoding="utf-8")
        loaded = load_route_file(file)
    if not isinstance(loaded, RouteFile):
        said = "; ".join(f"{problem.path}: {problem.message}" for problem in loaded[:5])
        raise UsageError(f"with these values the file would not be valid: {said}")
    return text


# Where `init` learns of a route: options, a live catalogue row, a LiteLLM configuration.


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


def _learn_from_options(draft: Draft, day: str) -> None:
    from veo_check.gateways.registry import GATEWAYS

    if draft.gateway not in GATEWAYS:
        raise UsageError(f"--gateway: choose one of {', '.join(GATEWAYS)}")
    if not draft.model and draft.kind.direct:
        draft.model = draft.official or ""
    if not draft.model:
        raise UsageError("--model LABEL is missing: the name that the application sends")
    draft.origin = (f"on {day} from its options.",)


def _look(
    draft: Draft, book: Reference, label: str, scenario: str | None, allow_http: list[str] | None
) -> RowInspection:
    """The row in the gateway's public catalogue, read without a key."""
    from veo_check.cli.catalog import inspect_row, resolution_of
    from veo_check.engine.catalog import Wanted

    if not draft.gateway:
        raise UsageError("--from-catalog needs --gateway flatkey, or a new-api gateway's address")
    size = resolution_of(str(draft.request.get("resolution", "720p")))
    seconds = draft.request.get("seconds", 8)
    if size is None or not isinstance(seconds, int) or not 1 <= seconds <= 600:
        raise UsageError("--resolution or --seconds is none that a route can have")
    group, base_url = draft.group or "plg", draft.base_url
    wanted = Wanted(label, draft.gateway, group, draft.official, seconds, size, base_url)
    return inspect_row(wanted, book, scenario, allow_http)


def _learn_from_catalog(draft: Draft, day: str, seen: RowInspection) -> None:
    """A live row into the draft. Raises NotReadError or NoRowError where there is none."""
    from veo_check.checks.endpoint_family import VIDEO_TYPES
    from veo_check.core.facts import Missing
    from veo_check.core.secrets import printable

    if isinstance(seen.catalog, Missing):
        raise NotReadError(f"--from-catalog: nothing was read: {seen.catalog.detail}")
    via = seen.route.via
    if not seen.catalog.rows:
        near = ", ".join(printable(label, 100) for label in seen.catalog.near[:5])
        raise NoRowError(
            f"--from-catalog {printable(via.model, 100)}: no such row at {seen.catalog.source}"
            + (f"; it has {near}" if near else "")
        )
    row = seen.catalog.rows[0]
    draft.gateway, draft.model, draft.base_url = via.gateway, via.model, seen.route.base_url
    draft.origin = (
        f"on {day} from the catalogue at {seen.catalog.source}.",
        *_row_remarks(seen, row),
    )
    if draft.group is None and len(row.enable_groups) == 1 and row.enable_groups[0] != "all":
        (draft.group,) = row.enable_groups
    elif draft.group is None:
        names = ", ".join(row.enable_groups[:20]) or "none"
        draft.note("via.group", f"not known: the group of your key; the row is enabled for {names}")
        draft.note("via.group", "group: plg")
    if draft.endpoint is None and not VIDEO_TYPES & {*row.endpoint_types}:
        types = ", ".join(row.endpoint_types) or "nothing"
        draft.note(
            "via.endpoint",
            f"not known: how jobs are sent; the row lists {types}, and openai-video would mean "
            "`videos`. A paid job settles it",
        )


def _row_remarks(seen: RowInspection, row: CatalogRow) -> tuple[str, ...]:
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


def _learn_from_litellm(
    draft: Draft, reference: Reference, day: str, file: Path, label: str | None
) -> None:
    """One model of a LiteLLM proxy into the draft."""
    from veo_check.cli.init_template import read_litellm
    from veo_check.gateways.openai import OPENAI

    deployments, remarks = read_litellm(file, label or draft.model or None, reference)
    first = deployments[0]
    draft.gateway, draft.model = OPENAI.name, first.label
    draft.origin = (f"on {day} from LiteLLM's {file.name}, model_name {first.label}.",)
    if draft.base_url is None:
        draft.base_url = _LITELLM_PORT
        draft.note("via.base_url", "not known: where the proxy is; 4000 is LiteLLM's usual port")
    called = list(dict.fromkeys((each.upstream, each.surface) for each in deployments))
    if len(called) == 1:
        draft.official = draft.official or first.upstream
        draft.surface = draft.surface or first.surface
        if first.reseller is not None and draft.surface is None:
            _resold(draft, first.reseller)
    else:
        several = ", ".join(
            f"{upstream or '?'} on {surface or '?'}" for upstream, surface in called
        )
        draft.note(
            "model.official",
            f"not known: which of its {len(deployments)} deployments serves a job: {several}. "
            "Give each a model_name of its own",
        )
    if draft.surface == "agent-platform" and first.project:
        draft.listing = _given(project=first.project, location=first.location)
    for remark in remarks:
        draft.note("budget", remark)
    draft.note("via.key", "A virtual key of the proxy; its master key is not for checks.")
    draft.key = "LITELLM_KEY" if draft.key is None else draft.key


#: Hosts that sell others' models: what an id says of its vendor's surface is not said of them.
_RESELLERS = ("azure.com", "openrouter.ai", "fal.run", "fal.ai", "replicate.com", "kie.ai")


def _resold(draft: Draft, seller: str) -> None:
    draft.note(
        "model.surface",
        f"not known: {seller} serves it, under dates and prices of its own; an id's surface at its "
        "vendor says nothing of them",
    )


def _complete(draft: Draft, reference: Reference) -> None:
    """What follows from the rest, and a word on what does not."""
    from urllib.parse import urlsplit

    from veo_check.core.route import NEEDS_BASE_URL

    if draft.kind.direct:
        draft.model = bare_id(draft.model)
    draft.official = draft.official and bare_id(draft.official)
    host = urlsplit(draft.base_url or "").hostname or ""
    if draft.surface is None and any(f".{host}".endswith(f".{name}") for name in _RESELLERS):
        _resold(draft, host)
    draft.name = draft.name or _slug(draft.model)
    draft.asked = frozenset(draft.request)
    draft.request = _SHAPE | draft.request
    _model(draft, reference)
    if draft.kind.direct:
        _google(draft, reference)
    elif draft.gateway in NEEDS_BASE_URL and draft.base_url is None:
        raise UsageError("--base-url URL is missing: where the gateway is")
    draft.key = _variable(draft) if draft.key is None else draft.key
    _allow_host(draft)


def _say_when_gone(
    draft: Draft, reference: Reference, judging: AsOf, known: tuple[str, ...]
) -> None:
    """That the id is retired, and where to go, where no surface in question serves it."""
    assert draft.official is not None
    places = [draft.surface] if draft.surface in known else list(known)
    from veo_check.reference.lifecycle import (
        judge_lifecycle,
        living_end,
        successors,
        suggestions,
    )

    judged = [judge_lifecycle(reference, draft.official, place, judging) for place in places]
    if any(each.state not in {"retired", "rerouted"} for each in judged):
        return
    end = living_end(successors(reference, judged[0], judging))
    like = suggestions(reference, draft.official, judging, judged[0].surface)
    go = end.model if end is not None else next(iter(like), None)
    draft.note(
        "model.official",
        f"Retired on {judged[0].surface}: {' '.join(judged[0].reasons)}"
        + (f" Move to {go}." if go is not None else ""),
    )


def _model(draft: Draft, reference: Reference) -> None:
    clock_day = SystemClock().now().date()
    judging = AsOf(clock_day, clock_day)
    if draft.official is None and not draft.notes.get("model.official"):
        if reference.surfaces(bare_id(draft.model)):
            draft.official = bare_id(draft.model)
            draft.note(
                "model.official",
                "Taken from the label. Whether the gateway runs what its label says, a paid job "
                "shows"
                if not draft.kind.direct
                else "The label is the id.",
            )
        else:
            from veo_check.reference.lifecycle import suggestions

            near = " or ".join(suggestions(reference, draft.model, judging))
            draft.note(
                "model.official",
                f"not known: the official id that runs under {draft.model}"
                + (f"; do not guess from the name, which looks like {near}" if near else ""),
            )
    known = reference.surfaces(draft.official) if draft.official else ()
    if draft.official is not None and not known:
        draft.note("model.official", "No dated row knows this id: the checks will say so")
    if draft.official is not None and known:
        _say_when_gone(draft, reference, judging, known)
    if draft.notes.get("model.surface"):
        return
    if draft.surface is None and len(known) == 1:
        (draft.surface,) = known
    elif draft.surface is None:
        where = ", ".join(known or reference.surfaces())
        draft.note("model.surface", f"not known: where it is served; {where}")


def _google(draft: Draft, reference: Reference) -> None:
    capability = reference.capability(draft.official or "", draft.surface or "")
    if draft.endpoint is None:
        families = capability.endpoints if capability else ()
        draft.endpoint = families[0] if families else "predict-long-running"
    if draft.surface == "agent-platform" and draft.project is None:
        draft.note("via.project", "not known: the project that is billed, and its location")
        draft.note("via.project", "project: my-project")


def _variable(draft: Draft) -> str:
    if draft.surface in draft.kind.token_on:
        return "GOOGLE_ACCESS_TOKEN"
    if (draft.base_url or "").startswith("https://api.openai.com"):
        return "OPENAI_API_KEY"
    return draft.kind.smoke_variable


def _allow_host(draft: Draft) -> None:
    """A route file alone never decides where a key goes: say it on the command line."""
    from veo_check.core.secrets import AllowList, origin_of, refusal_of_key

    if draft.base_url is None or draft.key is None:
        return
    try:
        origin = origin_of(draft.base_url)
    except ValueError:
        return
    if refusal_of_key(draft.key, draft.base_url, AllowList()) is not None:
        draft.run += f" --allow-host {draft.key}={origin}"


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60] or "route"
