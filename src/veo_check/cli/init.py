"""`veo-check init`: a commented route file from options, a catalogue row, or a LiteLLM config."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veo_check.cli.shared_options import ReferenceFile
from veo_check.cli.streams import safe, tell
from veo_check.core.errors import UsageError

if TYPE_CHECKING:
    from veo_check.cli.init_draft import Draft
    from veo_check.cli.init_sources import Flags
    from veo_check.engine.catalog import Look
    from veo_check.reference.book import Reference

Text = str | None


def init(
    gateway: Annotated[
        Text, typer.Option(metavar="NAME|URL", help="flatkey, newapi, openai or google.")
    ] = None,
    model: Annotated[
        Text, typer.Option(metavar="LABEL", help="The name that the application sends.")
    ] = None,
    official: Annotated[
        Text, typer.Option(metavar="ID", help="The official id that runs underneath.")
    ] = None,
    surface: Annotated[
        Text, typer.Option(help="Where it is served: agent-platform, gemini-api, …")
    ] = None,
    from_catalog: Annotated[
        Text, typer.Option(metavar="LABEL", help="Start from this row of the gateway's catalogue.")
    ] = None,
    from_litellm: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Start from a LiteLLM proxy's config.yaml.")
    ] = None,
    model_name: Annotated[
        Text, typer.Option(metavar="NAME", help="Which model_name of the LiteLLM config.")
    ] = None,
    base_url: Annotated[
        Text, typer.Option(metavar="URL", help="Where the gateway is, if not Flatkey or Google.")
    ] = None,
    endpoint: Annotated[
        Text, typer.Option(metavar="FAMILY", help="videos, video-generations, …")
    ] = None,
    group: Annotated[Text, typer.Option(help="The group that is billed.")] = None,
    key_env: Annotated[
        Text, typer.Option(metavar="VARIABLE", help="Variable that holds the key; never the key.")
    ] = None,
    project: Annotated[Text, typer.Option(help="Google Cloud project.")] = None,
    location: Annotated[Text, typer.Option(help="Google Cloud location.")] = None,
    name: Annotated[Text, typer.Option(help="The route's name.")] = None,
    target: Annotated[
        str, typer.Option(metavar="TIER", help="production, staging or research.")
    ] = "production",
    application: Annotated[Text, typer.Option(help="Which application uses it.")] = None,
    environment: Annotated[Text, typer.Option(help="In which environment.")] = None,
    workflow: Annotated[Text, typer.Option(help="For which workflow.")] = None,
    team: Annotated[Text, typer.Option(help="Who answers for it.")] = None,
    cost_center: Annotated[Text, typer.Option(help="Who pays.")] = None,
    contact: Annotated[Text, typer.Option(help="Whom to ask.")] = None,
    mode: Annotated[Text, typer.Option(help="text-to-video, image-to-video, …")] = None,
    seconds: Annotated[int | None, typer.Option(help="Clip length.")] = None,
    resolution: Annotated[Text, typer.Option(help="720p, 1080p, 4k, …")] = None,
    aspect_ratio: Annotated[Text, typer.Option(help="16:9, 9:16, …")] = None,
    audio: Annotated[bool | None, typer.Option("--audio/--no-audio", help="With sound.")] = None,
    count: Annotated[int | None, typer.Option(help="Videos a job.")] = None,
    per_job: Annotated[Text, typer.Option(metavar="USD", help="Budget of a job.")] = None,
    monthly: Annotated[Text, typer.Option(metavar="USD", help="Budget of a month.")] = None,
    jobs_per_month: Annotated[int | None, typer.Option(metavar="N", help="Jobs a month.")] = None,
    retries: Annotated[int | None, typer.Option(metavar="N", help="Retries a job.")] = None,
    allow_http: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="This host may be asked without TLS. Repeats."),
    ] = None,
    scenario: Annotated[
        Text, typer.Option(metavar="NAME", help="Read a sandbox's catalogue instead.")
    ] = None,
    reference: ReferenceFile = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here instead of standard output.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a route file with what is known, and with comments where a person has to say more.

    Example: veo-check init --from-litellm config.yaml --write route.yaml

    Exit codes: 0 written, 1 the catalogue has no such row, 2 usage, 3 it could not be read.
    """
    import shlex
    import sys

    from veo_check.cli.init_sources import Flags
    from veo_check.cli.surroundings import chosen_reference

    if from_catalog is not None and from_litellm is not None:
        raise UsageError("--from-catalog and --from-litellm: choose one")
    if model_name is not None and from_litellm is None:
        raise UsageError("--model-name belongs to --from-litellm")
    if write is not None and write.exists() and not force:
        raise UsageError(f"{safe(str(write))} is there already; --force overwrites it")
    head = {"application": application, "environment": environment, "workflow": workflow}
    owner = {"team": team, "cost_center": cost_center, "contact": contact}
    shape = {
        "mode": mode,
        "seconds": seconds,
        "resolution": None if resolution is None else resolution.lower(),
        "aspect_ratio": aspect_ratio,
        "audio": audio,
        "count": count,
    }
    budget = {
        "per_job": per_job,
        "monthly": monthly,
        "jobs_per_month": jobs_per_month,
        "retries": retries,
    }
    flags = Flags(
        gateway=gateway,
        base_url=base_url,
        endpoint=endpoint,
        model=model,
        official=official,
        surface=surface,
        group=group,
        key_env=key_env,
        project=project,
        location=location,
        name=name,
        target=target,
        head={key: one for key, one in head.items() if one is not None},
        owner={key: one for key, one in owner.items() if one is not None},
        request={key: one for key, one in shape.items() if one is not None},
        budget={key: one for key, one in budget.items() if one is not None},
        run=f"veo-check run {shlex.quote(str(write)) if write else 'route.yaml'}",
    )
    _refuse_keys(flags)
    book = chosen_reference(reference, simulated=scenario is not None)
    draft = _draft(flags, book, from_catalog, from_litellm, model_name, scenario, allow_http or [])
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


def _draft(
    flags: Flags,
    book: Reference,
    catalog: str | None,
    litellm: Path | None,
    model_name: str | None,
    scenario: str | None,
    allow_http: list[str],
) -> Draft:
    from veo_check.cli import init_sources
    from veo_check.core.clock import SystemClock

    day = SystemClock().now().date().isoformat()
    if litellm is not None:
        return init_sources.from_litellm(flags, book, day, litellm, model_name)
    if catalog is None:
        return init_sources.from_flags(flags, book, day)
    seen = _look(flags, book, catalog, scenario, allow_http)
    simulated = f" (SIMULATED, sandbox scenario {scenario})" if scenario else ""
    return init_sources.from_catalog(flags, book, day + simulated, seen)


def _look(
    flags: Flags, book: Reference, label: str, scenario: str | None, allow_http: list[str]
) -> Look:
    """The row in the gateway's public catalogue, read without a key."""
    from typing import get_args

    from veo_check.cli.surroundings import open_asking
    from veo_check.core.key_policy import Leave, origin_of
    from veo_check.core.route import Resolution
    from veo_check.engine.catalog import Wanted, look, route_of
    from veo_check.engine.options import Options
    from veo_check.engine.run import judging_of

    if flags.gateway is None:
        raise UsageError("--from-catalog needs --gateway flatkey, or a new-api gateway's address")
    size = next(
        (one for one in get_args(Resolution) if one == flags.request.get("resolution", "720p")),
        None,
    )
    seconds = flags.request.get("seconds", 8)
    if size is None or not isinstance(seconds, int) or not 1 <= seconds <= 600:
        raise UsageError("--resolution or --seconds is none that a route can have")
    wanted = Wanted(label, flags.gateway, flags.group or "plg", flags.official, seconds, size)
    route = route_of(wanted)
    # the person running the command named the gateway: that is the leave to ask it, without a key
    leave = Leave(
        keys=frozenset({("", origin_of(route.console_url))}),
        http_hosts=frozenset(host.lower() for host in allow_http),
    )
    options = Options(scenario=scenario, leave=leave)
    asking = open_asking([route], options)
    with asking.door:
        return look(route, asking, judging_of(options, asking.clock), book)


def _refuse_keys(flags: Flags) -> None:
    """A key on the command line goes into no file, and into no message."""
    from dataclasses import astuple

    from veo_check.spec.key_shapes import holds_key

    if holds_key(str(astuple(flags))):
        raise UsageError(
            "an option's value looks like a key or token; put it into an environment variable and "
            "name that with --key-env"
        )


def _checked(draft: Draft) -> str:
    """The text, after reading it back. Raises UsageError for values that a route cannot have."""
    import tempfile

    from veo_check.cli.init_draft import route_text
    from veo_check.spec.route_file import RouteFile, load_route_file

    text = route_text(draft)
    with tempfile.TemporaryDirectory(prefix="veo-check-init-") as folder:
        file = Path(folder) / "route.yaml"
        file.write_text(text, encoding="utf-8")
        loaded = load_route_file(file)
    if not isinstance(loaded, RouteFile):
        said = "; ".join(f"{one.path}: {one.message}" for one in loaded[:5])
        raise UsageError(f"with these values the file would not be valid: {said}")
    return text
