"""`veo-check run`: may these routes take production traffic?"""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import (
    AllowHttp,
    AllowPlugin,
    AsOfDay,
    File,
    Number,
    Quiet,
    ReferenceFile,
    Text,
    Verbose,
    WithinDays,
    Words,
    complete,
    detail_of,
    parse_day,
)

EXAMPLE = """
Example: veo-check run examples/flatkey-veo-3.1-fast.yaml --sandbox

Exit codes: 0 ready, 1 not ready, 2 usage or invalid route file, 3 evidence is missing,
4 internal error, 130 interrupted.
"""


def run(
    routes: Annotated[
        list[Path], Argument(metavar="ROUTE...", help="Route files or folders of them.")
    ],
    checklist: Annotated[
        str, Option(metavar="FILE|NAME", help="Checklist to judge by.")
    ] = "veo-access",
    only: Annotated[
        Words,
        Option(
            metavar="CHECK",
            autocompletion=complete("checks"),
            help="Run only this check. Repeats.",
        ),
    ] = None,
    skip: Annotated[
        Words,
        Option(
            metavar="CHECK",
            autocompletion=complete("checks"),
            help="Leave this check out. Repeats.",
        ),
    ] = None,
    target: Annotated[
        Text, Option(metavar="TIER", help="production, staging or research, for every route.")
    ] = None,
    offline: Annotated[bool, Option("--offline", help="Open no connection at all.")] = False,
    sandbox: Annotated[
        bool, Option("--sandbox", help="Run against the simulated endpoints.")
    ] = False,
    scenario: Annotated[
        Text,
        Option(
            metavar="NAME",
            autocompletion=complete("scenarios"),
            help="The sandbox's world; implies --sandbox.",
        ),
    ] = None,
    plan: Annotated[
        bool, Option("--plan", help="Print the requests and the most they cost; stop.")
    ] = False,
    reference: ReferenceFile = None,
    as_of: AsOfDay = None,
    within: WithinDays = 90,
    max_age: Annotated[
        Number, Option(metavar="DAYS", min=0, help="Oldest fact to accept, instead of the limits.")
    ] = None,
    strict: Annotated[bool, Option("--strict", help="Warnings fail.")] = False,
    inconclusive: Annotated[
        str, Option(metavar="own|fail|pass", help="Exit 3, 1 or 0 when evidence is missing.")
    ] = "own",
    allow_host: Annotated[
        Words, Option(metavar="ENV=ORIGIN", help="This key may be sent to that host. Repeats.")
    ] = None,
    allow_http: AllowHttp = None,
    trust_env: Annotated[
        bool, Option("--trust-env", help="Use the environment's proxies and CA settings.")
    ] = False,
    allow_plugin: AllowPlugin = None,
    parallel: Annotated[
        int, Option(metavar="N", min=1, max=64, help="Requests under way at once.")
    ] = 8,
    spend: Annotated[
        Text, Option(metavar="USD", help="Allow paid smoke jobs, up to this total in USD.")
    ] = None,
    prove_fallbacks: Annotated[
        bool,
        Option("--prove-fallbacks", help="With --spend: one smoke job for each unproven fallback."),
    ] = False,
    renew: Annotated[
        bool, Option("--renew", help="Pay again although a valid proof is on record.")
    ] = False,
    state: Annotated[
        File, Option(metavar="DIR", help="Record of paid jobs; default .veo-check beside ROUTE.")
    ] = None,
    keep_media: Annotated[
        bool, Option("--keep-media", help="Keep the delivered video in the state folder.")
    ] = False,
    evidence: Annotated[
        File, Option(metavar="DIR", help="Keep everything the verdict is based on, in DIR.")
    ] = None,
    output: Annotated[
        Words, Option("-o", "--output", metavar="FORMAT[:FILE]", help="text, json, … Repeats.")
    ] = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Judge routes by the checklist: one verdict each and one for the run.

    Spends nothing, unless --spend says how much may be.
    """
    from veo_check.cli import run_command as command
    from veo_check.cli.session import read_user_config
    from veo_check.engine.options import RunOptions

    config = read_user_config()
    options = RunOptions(
        target=command.target_of(target),
        only=frozenset(only or ()),
        skip=frozenset(skip or ()),
        offline=offline,
        as_of=parse_day(as_of) if as_of else None,
        within_days=within,
        max_age_days=max_age,
        strict=strict,
        inconclusive=command.inconclusive_of(inconclusive),
        allow_plugins=frozenset((*config.allow_plugin, *(allow_plugin or ()))),
        leave=command.allow_list(
            (*config.allow_host, *(allow_host or ())),
            (*config.allow_http, *(allow_http or ())),
            trust_env,
        ),
        parallel=parallel,
        scenario=scenario or ("healthy" if sandbox else None),
        spend=command.spend_of(spend),
        renew=renew,
        prove_fallbacks=prove_fallbacks,
        keep_media=keep_media,
        state=state,
    )
    command.refuse_contradictions(options)
    code = command.execute(
        options,
        tuple(routes),
        checklist,
        reference=reference,
        evidence=evidence,
        outputs=output,
        plan=plan,
        detail=detail_of(verbose, quiet),
    )
    raise typer.Exit(code)


run.__doc__ = f"{cleandoc(run.__doc__ or '')}\n{EXAMPLE}"
