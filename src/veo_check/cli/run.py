"""`veo-check run`: may these routes take production traffic?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veo_check.cli.output import AsOfDay, Quiet, ReferenceFile, Verbose, WithinDays

EXAMPLE = """
Example: veo-check run examples/flatkey-veo-3.1-fast.yaml --sandbox

Exit codes: 0 ready, 1 not ready, 2 usage or invalid route file, 3 evidence is missing,
4 internal error, 130 interrupted.
"""


def run(
    routes: Annotated[
        list[Path], typer.Argument(metavar="ROUTE...", help="Route files or folders of them.")
    ],
    checklist: Annotated[
        str, typer.Option(metavar="FILE|NAME", help="Checklist to judge by.")
    ] = "veo-access",
    only: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="Run only this check. Repeats.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="Leave this check out. Repeats.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="TIER", help="production, staging or research, for every route."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Open no connection at all.")] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Run against the simulated endpoints.")
    ] = False,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The sandbox's world; implies --sandbox."),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print the requests and the most they cost; stop.")
    ] = False,
    reference: ReferenceFile = None,
    as_of: AsOfDay = None,
    within: WithinDays = 90,
    max_age: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=0, help="Oldest fact to accept, instead of the limits."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail.")] = False,
    inconclusive: Annotated[
        str, typer.Option(metavar="own|fail|pass", help="Exit 3, 1 or 0 when evidence is missing.")
    ] = "own",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="ENV=ORIGIN", help="This key may be sent to that host. Repeats."),
    ] = None,
    allow_http: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="This host may be asked without TLS. Repeats."),
    ] = None,
    trust_env: Annotated[
        bool, typer.Option("--trust-env", help="Use the environment's proxies and CA settings.")
    ] = False,
    allow_plugin: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Run this plug-in check. Repeats."),
    ] = None,
    parallel: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="Requests under way at once.")
    ] = 8,
    spend: Annotated[
        str | None,
        typer.Option(metavar="USD", help="Pay for a smoke job, at most this much in all."),
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Pay again although a valid proof is on record.")
    ] = False,
    state: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Record of paid jobs; default .veo-check beside ROUTE."),
    ] = None,
    keep_media: Annotated[
        bool, typer.Option("--keep-media", help="Keep the delivered video in the state folder.")
    ] = False,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep everything the verdict stands on, in DIR."),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option("-o", "--output", metavar="FORMAT[:FILE]", help="text, json, … Repeats."),
    ] = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Judge routes by the checklist: one verdict each and one for the run.

    Spends nothing, unless --spend says how much may be.
    """
    from veo_check.cli.output import detail_of
    from veo_check.cli.run_command import Wishes, execute

    raise typer.Exit(
        execute(
            Wishes(
                routes=tuple(routes),
                checklist=checklist,
                only=tuple(only or ()),
                skip=tuple(skip or ()),
                target=target,
                offline=offline,
                scenario=scenario or ("healthy" if sandbox else None),
                plan=plan,
                reference=reference,
                as_of=as_of,
                within=within,
                max_age=max_age,
                strict=strict,
                inconclusive=inconclusive,
                allow_host=tuple(allow_host or ()),
                allow_http=tuple(allow_http or ()),
                trust_env=trust_env,
                allow_plugin=tuple(allow_plugin or ()),
                parallel=parallel,
                spend=spend,
                renew=renew,
                state=state,
                keep_media=keep_media,
                evidence=evidence,
                outputs=tuple(output or ("text",)),
                detail=detail_of(verbose, quiet),
            )
        )
    )


run.__doc__ = f"{(run.__doc__ or '').rstrip()}\n{EXAMPLE}"
