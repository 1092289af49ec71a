"""`veo-check migrate`: where a route could go, and the file that takes it there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import (
    AsOfDay,
    Outputs,
    ReferenceFile,
    Text,
    WithinDays,
    chosen_reference,
    judged_day,
    parse_outputs,
    wrapped,
    write_each,
)

if TYPE_CHECKING:
    from veo_check.engine.migrate import Move
    from veo_check.routefile.load import RouteFile

#: What the new file cannot bring along, and production asks for.
_FOR_PRODUCTION = (
    "target: production; approved_by and approved_on under fallback; a dashboard-record under "
    "confirmations; a sample of the new route's job log under logging; and, at Google directly "
    "with predict-long-running, a usage-record of the smoke job"
)


def migrate(
    route: Annotated[Path, Argument(metavar="ROUTE", help="A route file.")],
    to: Annotated[Text, Option(metavar="MODEL", help="The official id to move to.")] = None,
    surface: Annotated[Text, Option(metavar="NAME", help="Where that model is served.")] = None,
    gateway: Annotated[
        Text, Option(metavar="NAME", help="The gateway to go through; default: Google itself.")
    ] = None,
    file: Annotated[
        Path | None, Option("--write", metavar="FILE", help="Write the new route file.")
    ] = None,
    as_of: AsOfDay = None,
    within: WithinDays = 90,
    reference: ReferenceFile = None,
    output: Outputs = None,
) -> None:
    """Move a route to another model, surface or gateway; without --to, list where it could go.

    Example: veo-check migrate route.yaml --to gemini-omni-1.2-flash --write new.yaml

    Exit codes: 0 there is a way, 1 the model is gone, 2 usage or invalid route file, 3 its life or
    its price is not known.
    """
    from veo_check.core.money import InvalidFileError, UsageError
    from veo_check.core.reading import bare_id
    from veo_check.engine.migrate import destinations, file_text, move
    from veo_check.routefile.load import RouteFile, load_route_file

    outputs = parse_outputs(output)
    loaded = load_route_file(route)
    if not isinstance(loaded, RouteFile):
        raise InvalidFileError("\n".join(map(str, loaded)))
    judging, book = judged_day(as_of, within), chosen_reference(reference)
    if to is None:
        if file is not None or gateway is not None:
            raise UsageError("--write and --gateway need --to: say which model")
        found = [
            each for each in destinations(loaded, book, judging) if surface in {None, each.surface}
        ]
        write_each(outputs, text=lambda: _list(loaded, found), json=lambda: _json([*found], loaded))
        raise typer.Exit(0 if found else 3)
    one_way = move(loaded, book, judging, bare_id(to), surface, gateway)
    written = ""
    if file is not None:
        _write_new(file, file_text(one_way, route, file, loaded))
        written = str(file)
    write_each(
        outputs,
        text=lambda: _text(loaded, one_way, written),
        json=lambda: _json([one_way], loaded),
    )
    gone = one_way.state in {"retired", "rerouted"}
    raise typer.Exit(1 if gone else 0 if one_way.expected is not None else 3)


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises UsageError where it is, or cannot be written."""
    from veo_check.core.money import UsageError

    try:
        with path.open("x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError:
        raise UsageError(f"--write {path}: it is there already; name a file that is not") from None
    except OSError as error:
        raise UsageError(f"--write {path}: {error.strerror or error}") from None


def _price(found: Move) -> str:
    from veo_check.core.money import usd
    from veo_check.pricing.shape import Refusal

    if isinstance(found.price, Refusal):
        return f"price not known: {found.price.message}"
    return f"${usd(found.price.expected)} a job, by {found.price.unit}"


def _list(file: RouteFile, moves: list[Move]) -> str:
    from veo_check.core.secrets import printable

    route = file.route
    lines = wrapped(
        printable(
            f"{route.name}: {route.model.official} on {route.model.surface}. Where it could go, "
            "cheapest first:",
            400,
        )
    )
    for found in moves:
        lines += ["", f"  {found.model} on {found.surface}"]
        lines += wrapped(f"{found.state_said}; {_price(found)}", "    ", "    ")
        differs = [
            f"{change.word} {change.before} -> {change.after}"
            for change in found.changes
            if change.before != change.after and change.word.startswith(("request.", "endpoint"))
        ]
        lines += wrapped(printable("; ".join(differs), 600), "    ", "    ") if differs else []
        command = f"veo-check migrate {file.path} --to {found.model} --surface {found.surface}"
        lines.append(f"    {printable(command, 600)}")
    if not moves:
        lines += ["", "  Nothing that is known lives on one of Google's surfaces today."]
    return "\n".join(lines) + "\n"


def _text(file: RouteFile, found: Move, written: str) -> str:
    from veo_check.core.secrets import printable

    lines = wrapped(
        printable(f"{file.route.name} -> {found.data['route']['name']}: {found.state_said}", 400)
    )
    lines += ["", *wrapped(_price(found)), ""]
    width = max(len(change.word) for change in found.changes)
    for change in found.changes:
        if change.before != change.after:
            text = printable(f"{change.before} -> {change.after}", 400)
            lines += wrapped(text, f"  {change.word:<{width}}  ", " " * (width + 4))
    lines += ["", "A person has to decide:"]
    for section, what in found.decide:
        lines += wrapped(printable(f"{section}: {what}", 400), "  - ", "    ")
    lines += ["", *wrapped(f"Production still needs: {_FOR_PRODUCTION}.")]
    name = written or "NEW.yaml"
    if not written:
        same = f"--to {found.model} --surface {found.surface} --write {name}"
        lines += ["", printable(f"Write it: veo-check migrate {file.path} {same}", 600)]
    lines += [
        f"Try it:   veo-check run {printable(name, 300)} --sandbox --spend 5",
        f"Prove it: veo-check run {printable(name, 300)} --spend 5",
    ]
    return "\n".join(lines) + "\n"


def _json(moves: list[Move], file: RouteFile) -> str:
    import json

    from veo_check.core.money import usd
    from veo_check.pricing.shape import Refusal

    rows = [
        {
            "model": found.model,
            "surface": found.surface,
            "gateway": found.data["via"]["gateway"],
            "endpoint": found.data["via"]["endpoint"],
            "state": found.state,
            "currency": "USD",
            "expected": None if found.expected is None else usd(found.expected),
            "worst_case": None if found.worst_case is None else usd(found.worst_case),
            "refused": found.price.code if isinstance(found.price, Refusal) else None,
            "changes": [
                {"what": change.word, "before": change.before, "after": change.after}
                for change in found.changes
                if change.before != change.after
            ],
            "decide": [{"section": section, "what": what} for section, what in found.decide],
        }
        for found in moves
    ]
    return json.dumps({"route": file.route.name, "moves": rows}, indent=2) + "\n"
