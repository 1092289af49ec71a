"""`veo-check checks`: the catalogue, and each check explained."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def checks(
    check: Annotated[
        str | None, typer.Argument(metavar="[CHECK]", help="Explain this one check.")
    ] = None,
) -> None:
    """List the checks; with an id, say why it exists, what it needs, how to mend a failure.

    Example: veo-check checks price-unit
    """
    sys.stdout.write(_catalogue() if check is None else _explain(check))


def _catalogue() -> str:
    from veo_check.engine.select import BUILT_IN, built_in_checklist

    lines = ["R, S, P: required for research, staging, production.", ""]
    for number, item in enumerate(built_in_checklist().items, start=1):
        lines.append(f"{number} {item.title}")
        for line in item.checks:
            tier = "-" if line.tier is None else line.tier.word[0].upper()
            title = BUILT_IN[line.check].title
            lines += _wrapped(f"  {tier} {line.check:<21}{title}", " " * 25)
    lines += ["", "veo-check checks ID explains one."]
    return "\n".join(lines) + "\n"


def _explain(check_id: str) -> str:
    import difflib

    from veo_check.core.errors import UsageError
    from veo_check.engine.select import BUILT_IN, built_in_checklist

    if check_id not in BUILT_IN:
        near = difflib.get_close_matches(check_id, BUILT_IN, 1)
        hint = f"; did you mean {near[0]}?" if near else "; veo-check checks lists them"
        raise UsageError(f"no check is called '{check_id}'{hint}")
    found = BUILT_IN[check_id]
    tiers = {
        line.check: (item.title, line.tier)
        for item in built_in_checklist().items
        for line in item.checks
    }
    item, tier = tiers[check_id]
    required = f"required for {tier.word}" if tier else "informs only"
    waivable = "can be waived" if found.waivable else "cannot be waived"
    lines = [f"{found.id}: {found.title}", ""]
    lines += _wrapped(f"Item: {item}; {required}; {waivable}; since {found.since}.", "")
    lines += ["", *_wrapped(f"Why: {found.why}", "")]
    needs = ", ".join(_words(need.type.__name__, need.optional) for need in found.needs)
    lines += ["", *_wrapped(f"Needs: {needs}.", "")]
    for gateway, reason in found.not_for.items():
        lines += _wrapped(f"Not for gateway {gateway}: {reason}", "  ")
    lines += ["", *_wrapped(f"Fix: {found.fix}", "")]
    return "\n".join(lines) + "\n"


def _words(type_name: str, optional: bool) -> str:
    import re

    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type_name).lower()
    return f"{words} (where it can be learned)" if optional else words


def _wrapped(text: str, rest: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 80, subsequent_indent=rest, break_on_hyphens=False)
