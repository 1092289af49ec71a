"""`veo-check catalog`: a gateway's live row, and what its numbers mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from typer import Argument, Option

from veo_check.cli.output import (
    AllowHttp,
    Outputs,
    ReferenceFile,
    Text,
    chosen_reference,
    parse_outputs,
    wrapped,
    write_each,
)

if TYPE_CHECKING:
    from veo_check.core.route import Resolution
    from veo_check.engine.catalog import RowInspection, Wanted
    from veo_check.reference.load import Reference


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
    allow_http: AllowHttp = None,
    reference: ReferenceFile = None,
    output: Outputs = None,
) -> None:
    """Show a gateway's live row: its price in USD per second and what is wrong with it. No key.

    Example: veo-check catalog veo3.1-fast --gateway flatkey

    Exit codes: 0 the row is fine, 1 something is wrong with it, 2 usage, 3 it could not be read.
    """
    from veo_check.core.money import UsageError
    from veo_check.core.route import Resolution
    from veo_check.engine.catalog import Wanted

    outputs = parse_outputs(output)
    size = resolution_of(resolution.lower())
    if size is None:
        known = ", ".join(get_args(Resolution))
        raise UsageError(f"--resolution {resolution}: not one of {known}")
    wanted = Wanted(model, gateway, group, official, seconds, size)
    book = chosen_reference(reference, simulated=scenario is not None)
    seen = inspect_row(wanted, book, scenario, allow_http)
    write_each(outputs, text=lambda: _text(seen, scenario), json=lambda: _json(seen))
    raise typer.Exit(int(seen.exit_code))


def resolution_of(word: str) -> Resolution | None:
    """The resolution of a route that this word is."""
    from veo_check.core.route import Resolution

    known: tuple[Resolution, ...] = get_args(Resolution)
    return next((size for size in known if size == word), None)


def inspect_row(
    wanted: Wanted, book: Reference, scenario: str | None, allow_http: Iterable[str] | None
) -> RowInspection:
    """Ask the gateway, or the sandbox's, about its row. No key is used."""
    from veo_check.cli.session import open_asking
    from veo_check.core.secrets import AllowList, origin_of
    from veo_check.engine.catalog import look, route_of
    from veo_check.engine.options import RunOptions
    from veo_check.engine.run import as_of_day

    route = route_of(wanted)
    # the person running the command named the gateway: that allows asking it, without a key
    allowed = AllowList(
        keys=frozenset({("", origin_of(route.console_url))}),
        http_hosts=frozenset(host.lower() for host in allow_http or ()),
    )
    options = RunOptions(scenario=scenario, leave=allowed)
    asking = open_asking([route], options)
    with asking.door:
        return look(route, asking, as_of_day(options, asking.clock), book)


def _text(seen: RowInspection, scenario: str | None) -> str:
    from veo_check.core.facts import Missing
    from veo_check.core.findings import Tier
    from veo_check.pricing.shape import Refusal

    route = seen.route
    lines = _lines(f"{route.via.model} at {route.console_url}, group {route.via.group}", "")
    if scenario is not None:
        lines += _lines(f"SIMULATED, sandbox scenario {scenario}", "")
    lines += [*_row_lines(seen), ""]
    for result in seen.results:
        status = result.statuses[Tier.PRODUCTION].value
        lines.append(f"{status:<9}{result.selected.id}")
        told = [result.reason] if result.reason else []
        for finding in result.outcome.findings:
            told.append(finding.message)
            if finding.fix and finding.severity != "note":
                told.append(f"fix: {finding.fix}")
        for text in told:
            lines += _lines(text, " " * 9)
    if isinstance(seen.price, Refusal) and route.model.official == route.via.model:
        hint = "which official id runs under this label decides its price: say --official ID"
        lines += ["", *_lines(hint, "")]
    if isinstance(seen.catalog, Missing):
        lines += ["", *_lines("Nothing was read, so nothing is known about this row.", "")]
    return "\n".join(lines) + "\n"


def _lines(text: str, indent: str = "  ") -> list[str]:
    from veo_check.core.secrets import printable

    return wrapped(printable(text, 1000), indent, indent + "  ")


def _row_lines(seen: RowInspection) -> Iterator[str]:
    from veo_check.core.facts import Catalog
    from veo_check.core.money import plain, usd
    from veo_check.pricing.gateway_row import GatewayPrice

    for row in seen.catalog.rows if isinstance(seen.catalog, Catalog) else ():
        fields = ", ".join(f"{name} {value}" for name, value in row.price_fields.items())
        yield from _lines(f"row: {fields}; endpoint types {', '.join(row.endpoint_types)}")
    if isinstance(seen.price, GatewayPrice) and seen.price.per_second is not None:
        at_least = "at least " if seen.price.bound == "lower" else ""
        whole = "" if seen.price.expected is None else f"; this clip {usd(seen.price.expected)}"
        rate = plain(seen.price.per_second, 2)
        yield from _lines(f"price: {at_least}{rate} USD per second{whole}")


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
