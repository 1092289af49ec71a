"""`veo-check catalog`: a gateway's live row, and what its numbers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import Outputs, ReferenceFile, Text, Words, parse_outputs, write

if TYPE_CHECKING:
    from veo_check.engine.catalog import RowInspection


def catalog(
    model: Annotated[str, Argument(metavar="MODEL", help="The label in the catalogue.")],
    gateway: Annotated[
        str, Option(metavar="NAME|URL", help="flatkey, or a new-api gateway's address.")
    ],
    group: Annotated[str, Option(metavar="GROUP", help="The group that is billed.")] = "plg",
    official: Annotated[
        Text, Option(metavar="ID", help="The official id underneath, if it differs.")
    ] = None,
    seconds: Annotated[int, Option(min=1, max=600, help="Clip length to price.")] = 8,
    resolution: Annotated[str, Option(metavar="SIZE", help="Resolution to price.")] = "720p",
    scenario: Annotated[
        Text, Option(metavar="NAME", help="Look at a sandbox's world instead.")
    ] = None,
    allow_http: Annotated[
        Words, Option(metavar="HOST", help="This host may be asked without TLS. Repeats.")
    ] = None,
    reference: ReferenceFile = None,
    output: Outputs = None,
) -> None:
    """Show a gateway's live row: its price in USD per second and what is wrong with it. No key.

    Example: veo-check catalog veo3.1-fast --gateway flatkey

    Exit codes: 0 the row is fine, 1 something is wrong with it, 2 usage, 3 it could not be read.
    """
    from typing import get_args

    from veo_check.cli.session import chosen_reference, open_asking
    from veo_check.core.money import UsageError
    from veo_check.core.route import Resolution
    from veo_check.core.secrets import AllowList, origin_of
    from veo_check.engine.catalog import Wanted, look, route_of
    from veo_check.engine.options import RunOptions
    from veo_check.engine.run import as_of_day

    outputs = parse_outputs(output or ["text"], ("text", "json"))
    size = next(
        (argument for argument in get_args(Resolution) if argument == resolution.lower()), None
    )
    if size is None:
        known = ", ".join(get_args(Resolution))
        raise UsageError(f"--resolution {resolution}: not one of {known}")
    route = route_of(Wanted(model, gateway, group, official, seconds, size))
    # the person running the command named the gateway: that is the leave to ask it, without a key
    leave = AllowList(
        keys=frozenset({("", origin_of(route.console_url))}),
        http_hosts=frozenset(host.lower() for host in allow_http or ()),
    )
    options = RunOptions(scenario=scenario, leave=leave)
    asking = open_asking([route], options)
    with asking.door:
        book = chosen_reference(reference, simulated=scenario is not None)
        seen = look(route, asking, as_of_day(options, asking.clock), book)
    for one in outputs:
        write(_json(seen) if one.format == "json" else _text(seen, scenario), one.file)
    raise typer.Exit(int(seen.exit_code))


def _text(seen: RowInspection, scenario: str | None) -> str:
    import textwrap

    from veo_check.core.facts import Missing
    from veo_check.core.findings import Tier
    from veo_check.core.secrets import printable
    from veo_check.pricing.shape import Refusal

    def wrap(text: str, indent: str = "  ") -> list[str]:
        return textwrap.wrap(
            printable(text, 1000), 80, initial_indent=indent, subsequent_indent=indent + "  ",
            break_on_hyphens=False,
        )  # fmt: skip

    route = seen.route
    lines = wrap(f"{route.via.model} at {route.console_url}, group {route.via.group}", "")
    if scenario is not None:
        lines += wrap(f"SIMULATED, sandbox scenario {scenario}", "")
    lines += _row_lines(seen, wrap)
    lines.append("")
    for result in seen.results:
        status = result.statuses[Tier.PRODUCTION].value
        lines.append(f"{status:<9}{result.selected.id}")
        if result.reason:
            lines += wrap(result.reason, "         ")
        for finding in result.outcome.findings:
            lines += wrap(finding.message, "         ")
            if finding.fix and finding.severity != "note":
                lines += wrap(f"fix: {finding.fix}", "         ")
    if isinstance(seen.price, Refusal) and route.model.official == route.via.model:
        hint = "which official id runs under this label decides its price: say --official ID"
        lines += ["", *wrap(hint, "")]
    if isinstance(seen.catalog, Missing):
        lines += ["", *wrap("Nothing was read, so nothing is known about this row.", "")]
    return "\n".join(lines) + "\n"


def _row_lines(seen: RowInspection, wrap: object) -> list[str]:
    from collections.abc import Callable
    from typing import cast

    from veo_check.core.facts import Catalog
    from veo_check.core.money import plain, usd
    from veo_check.pricing.gateway_row import GatewayPrice

    put = cast("Callable[[str], list[str]]", wrap)
    lines: list[str] = []
    if isinstance(seen.catalog, Catalog):
        for row in seen.catalog.rows:
            fields = ", ".join(f"{name} {value}" for name, value in row.price_fields.items())
            lines += put(f"row: {fields}; endpoint types {', '.join(row.endpoint_types)}")
    if isinstance(seen.price, GatewayPrice) and seen.price.per_second is not None:
        at_least = "at least " if seen.price.bound == "lower" else ""
        whole = "" if seen.price.expected is None else f"; this clip {usd(seen.price.expected)}"
        lines += put(f"price: {at_least}{plain(seen.price.per_second, 2)} USD per second{whole}")
    return lines


def _json(seen: RowInspection) -> str:
    import json

    from veo_check.core.facts import Catalog
    from veo_check.core.findings import Tier
    from veo_check.core.money import plain, usd
    from veo_check.pricing.gateway_row import GatewayPrice

    rows = seen.catalog.rows if isinstance(seen.catalog, Catalog) else ()
    price = seen.price if isinstance(seen.price, GatewayPrice) else None
    each = price.per_second if price else None
    found = {
        "label": seen.route.via.model,
        "source": seen.catalog.source if isinstance(seen.catalog, Catalog) else None,
        "group": seen.route.via.group,
        "rows": [
            {
                "price_fields": dict(row.price_fields),
                "endpoint_types": list(row.endpoint_types),
                "groups": list(row.enable_groups),
                "status": row.availability_status,
            }
            for row in rows
        ],
        "currency": "USD",
        "per_second": None if each is None else plain(each, 2),
        "expected": usd(price.expected) if price and price.expected is not None else None,
        "bound": price.bound if price else None,
        "reading": price.reading if price else None,
        "refused": None if price or seen.price is None else getattr(seen.price, "code", None),
        "checks": [
            {
                "id": result.selected.id,
                "status": result.statuses[Tier.PRODUCTION].value,
                "reason": result.reason,
                "findings": [
                    {"code": finding.code, "severity": finding.severity, "message": finding.message}
                    for finding in result.outcome.findings
                ],
            }
            for result in seen.results
        ],
    }
    return json.dumps(found, indent=2) + "\n"
