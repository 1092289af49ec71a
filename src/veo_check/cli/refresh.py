"""`veo-check refresh`: read the official pages and write a newer reference file."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from typer import Option

from veo_check.cli.output import (
    File,
    Formats,
    Number,
    Text,
    Words,
    parse_day,
    parse_outputs,
    tell,
    write_each,
)
from veo_check.core.money import ExitCode, UsageError
from veo_check.core.reading import real_path
from veo_check.core.secrets import KNOWLEDGE_KEY, is_loopback

if TYPE_CHECKING:
    from veo_check.refresh.run import PageName, PageRequest, PageResult, Refreshed


_PLACE = "URL|FILE"
_OPENROUTER: tuple[PageName, ...] = ("openrouter",)


def refresh(
    deprecations: Annotated[
        Text, Option(metavar=_PLACE, help="The Gemini API's deprecations page.")
    ] = None,
    versions: Annotated[
        Text, Option(metavar=_PLACE, help="The Agent Platform's model versions page.")
    ] = None,
    pricing: Annotated[Text, Option(metavar=_PLACE, help="The Gemini API's pricing page.")] = None,
    cloud_pricing: Annotated[
        Text, Option(metavar=_PLACE, help="The Agent Platform's pricing page.")
    ] = None,
    models: Annotated[
        Words, Option(metavar=_PLACE, help="A model page of the Agent Platform; repeats.")
    ] = None,
    cost_map: Annotated[
        Text, Option(metavar=_PLACE, help="LiteLLM's cost map, as JSON: a second source.")
    ] = None,
    openrouter: Annotated[
        bool, Option("--openrouter", help="OpenRouter's keyless price list: a second source.")
    ] = False,
    openrouter_list: Annotated[
        Text, Option(metavar=_PLACE, help="A copy of OpenRouter's list.", hidden=True)
    ] = None,
    knowledge: Annotated[
        bool,
        Option(
            "--knowledge",
            help="Ask Google's pages of the Developer Knowledge API, with the key in "
            "VEO_CHECK_KNOWLEDGE_KEY; an unchanged page costs one small answer.",
        ),
    ] = False,
    knowledge_at: Annotated[
        Text, Option(metavar="URL", help="A stand-in for that API.", hidden=True)
    ] = None,
    read_on: Annotated[
        Text, Option(metavar="DAY", help="The day a captured page was read, YYYY-MM-DD.")
    ] = None,
    write: Annotated[
        File,
        Option(
            metavar="FILE",
            help="Where the result goes, added to what the file holds; not given: the user data "
            "folder, where later runs find it.",
        ),
    ] = None,
    reference: Annotated[
        File, Option(metavar="FILE", help="The reference data to start from.")
    ] = None,
    check_age: Annotated[
        Number,
        Option(
            min=0,
            max=36500,
            metavar="DAYS",
            help="Read no page: list what was last confirmed longer ago, with the command that "
            "would confirm it; exit 3 if there is anything.",
        ),
    ] = None,
    write_bundle: Annotated[
        File, Option(metavar="DIR", help="Write the package's own data files.", hidden=True)
    ] = None,
    output: Formats = None,
) -> None:
    """Read the official pages and write a newer reference file, with the differences in words.

    Without an option for a page, Google's pages are read: their Markdown twins, without a key, or
    with --knowledge by Google's API, the Agent Platform's prices included. Naming any reads only
    those. A page that cannot be read or understood changes nothing, and an older reading never
    replaces a newer one. What a page says again is confirmed, with today's day.

    Exit code: 0 with or without changes, 3 a page could not be read or, with --check-age, something
    is older, 2 usage error.

    Example: veo-check refresh --pricing pricing.md.txt --read-on 2026-11-20 --write reference.json
    """
    from veo_check.core.clock import SystemClock

    outputs = parse_outputs(output)
    named: list[tuple[PageName, str | None]] = [
        ("deprecations", deprecations),
        ("versions", versions),
        ("pricing", pricing),
        ("cloud-pricing", cloud_pricing),
        *(("models", place) for place in models or ()),
        ("cost-map", cost_map),
        ("openrouter", openrouter_list),
    ]
    copies = [(page, place) for page, place in named if place is not None]
    clock = SystemClock()
    today = clock.now().date()
    if check_age is not None:
        if copies or openrouter or knowledge or read_on or write or write_bundle or output:
            raise UsageError("--check-age reads no page; give it --reference FILE or nothing more")
        _check_age(check_age, reference, today)
    if write is not None and write_bundle is not None:
        raise UsageError("--write and --write-bundle cannot be given together")
    day = today if read_on is None else _captured(read_on, copies, today)
    if day != today and (openrouter or knowledge):
        raise UsageError("--read-on is for captured pages; leave out --openrouter and --knowledge")
    if write is not None and not write.parent.is_dir():
        raise UsageError(f"--write: {write.parent} is not a folder")

    from veo_check.refresh.knowledge import ADDRESS

    if knowledge_at is not None and not is_loopback(urlsplit(knowledge_at).hostname or ""):
        raise UsageError("--knowledge-at names an address of this machine")
    if knowledge and not os.environ.get(KNOWLEDGE_KEY, "").strip():
        raise UsageError(f"--knowledge needs {KNOWLEDGE_KEY}: put an API key in that variable")

    from veo_check.reference.load import REFRESHED_FILE, user_data_dir
    from veo_check.refresh.run import refresh as read_again

    target = write or user_data_dir() / REFRESHED_FILE
    base = _base(reference, write, bundled=write_bundle is not None)
    done = read_again(
        base,
        _wanted(copies, knowledge=knowledge, openrouter=openrouter),
        day,
        clock=clock,
        environ=os.environ,
        knowledge=(knowledge_at or ADDRESS) if knowledge else None,
        watch=lambda place: tell(f"reading {place}"),
    )
    read = any(page.state != "unreadable" for page in done.pages)
    written: tuple[Path, ...] = ()
    if write_bundle is not None:
        written = _write_bundle(done.document, write_bundle) if done.extended else ()
    elif done.extended or (write is not None and read and not write.exists()):
        written = (_write_file(done.document, target),)
    write_each(
        outputs,
        text=lambda: _as_text(done, day, written),
        json=lambda: _as_json(done, day, written),
    )
    raise typer.Exit(int(ExitCode.INCONCLUSIVE if done.unreadable else ExitCode.OK))


def _wanted(
    copies: Sequence[tuple[PageName, str]], *, knowledge: bool, openrouter: bool
) -> tuple[PageRequest, ...]:
    from veo_check.core.secrets import printable
    from veo_check.refresh.run import BY_KNOWLEDGE, TWINS, PageRequest, refusal, requests_for

    for page, place in copies:
        refused = refusal(place)
        if refused is not None:
            raise UsageError(f"--{page} {printable(place, 200)}: {refused}")
    asked: list[PageName] = [*(BY_KNOWLEDGE if knowledge else ()), *_OPENROUTER[:openrouter]]
    if not copies and not asked:
        asked = [*TWINS]
    return (*requests_for(tuple(asked)), *(PageRequest(page, place) for page, place in copies))


def _captured(read_on: str, copies: Sequence[tuple[PageName, str]], today: date) -> date:
    day = parse_day(read_on, "--read-on")
    if day > today:
        raise UsageError(f"--read-on {day} is still to come; today is {today}")
    if day != today and not copies:
        raise UsageError(
            "--read-on is for captured pages; name them with --deprecations, --versions, "
            "--pricing, --cloud-pricing, --models or --cost-map"
        )
    return day


def _base(reference: Path | None, write: Path | None, *, bundled: bool) -> Mapping[str, object]:
    """What the result starts from: rows are only ever added to it."""
    from veo_check.reference.load import (
        REFRESHED_FILE,
        bundled_document,
        load_reference,
        read_document,
        user_data_dir,
    )

    if bundled:
        return bundled_document() if reference is None else read_document(reference)
    if reference is not None:
        target = write or user_data_dir() / REFRESHED_FILE
        if target.exists() and real_path(target) != real_path(reference):
            raise UsageError(
                f"{target} is there already, and its rows would be lost; name a new file with "
                "--write, or leave out --reference to add to it"
            )
        return read_document(reference)
    if write is not None and write.exists():
        return read_document(write)
    book = load_reference(user_dir=user_data_dir())
    return bundled_document() if book.origin == "bundled" else read_document(Path(book.origin))


def _check_age(days: int, reference: Path | None, today: date) -> None:
    from veo_check.reference.load import load_reference
    from veo_check.refresh.upkeep import active_rows

    rows = active_rows(load_reference(reference), today)
    old = [row for row in rows if row.source.age_days(today) > days]
    for row in sorted(old, key=lambda row: (row.source.confirmed, row.source.url, row.id)):
        sys.stdout.write(
            f"{row.source.age_days(today)} days old: {row.id}\n"
            f"    read on {row.source.confirmed}: {row.source.url}\n"
            f"    {row.how}\n"
        )
    if not old:
        sys.stdout.write(f"No row in force is older than {days} days.\n")
    by_hand = [row for row in rows if row.by_hand is not None]
    sys.stdout.write(f"{len(rows)} rows in force, {len(by_hand)} of them by hand:\n")
    for row in by_hand:
        sys.stdout.write(f"    {row.id}: {row.by_hand}\n")
    raise typer.Exit(int(ExitCode.INCONCLUSIVE if old else ExitCode.OK))


def _write_bundle(document: Mapping[str, object], folder: Path) -> tuple[Path, ...]:
    from veo_check.refresh.upkeep import as_bundle

    if not folder.is_dir():
        raise UsageError(f"--write-bundle: {folder} is not a folder")
    files = as_bundle(document)
    return tuple(_replace(folder / name, text, "--write-bundle") for name, text in files.items())


def _write_file(document: Mapping[str, object], target: Path) -> Path:
    from veo_check.refresh.upkeep import as_text

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{target.parent} cannot be made: {error.strerror}") from None
    return _replace(target, as_text(document), "--write")


def _replace(path: Path, text: str, option: str) -> Path:
    """Put a whole file in the place of the old one: a kill leaves one of the two."""
    temporary: Path | None = None
    try:
        real = real_path(path)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=real.parent, prefix=".veo-check-", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(real)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise UsageError(f"{option}: {path} cannot be written: {error.strerror}") from None
    return path


# What `refresh` prints: page by page, what changed, in words; or the same as JSON.


def _as_text(done: Refreshed, read_on: date, written: tuple[Path, ...]) -> str:
    """One block a page, then where the result is."""
    lines: list[str] = []
    for page in done.pages:
        lines += [*_page(page, read_on), ""]
    if written:
        lines += [f"Written: {path}" for path in written]
    else:
        lines.append("Nothing was written.")
    return "\n".join(lines) + "\n"


def _as_json(done: Refreshed, read_on: date, written: tuple[Path, ...]) -> str:
    """The same for programs."""
    document = {
        "read_on": read_on.isoformat(),
        "written": [str(path) for path in written],
        "pages": [
            {
                "page": page.page,
                "read_from": page.place,
                "state": page.state,
                "detail": page.detail,
                "sha256": page.sha256,
                "changes": [
                    {
                        "kind": change.kind,
                        "model": change.model,
                        "surface": change.surface,
                        "text": change.text,
                    }
                    for change in page.changes
                ],
            }
            for page in done.pages
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _page(page: PageResult, read_on: date) -> Iterator[str]:
    yield f"{page.page}: {page.place}"
    match page.state:
        case "unreadable":
            yield f"  could not be read: {page.detail}; nothing changed"
        case "older" | "known":
            yield f"  nothing changed: {page.detail}"
        case "unchanged":
            yield f"  unchanged: {page.detail}"
        case "read":
            yield f"  read on {read_on}, sha256 {page.sha256}"
            if not page.changes:
                yield "  says what was known; every row is confirmed anew"
            for change in page.changes:
                yield f"  {change.text}"
