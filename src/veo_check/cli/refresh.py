"""`veo-check refresh`: read the official pages and write a newer reference file."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from veo_check.cli.output import (
    File,
    Formats,
    Number,
    Text,
    parse_day,
    parse_outputs,
    tell,
    write_each,
)
from veo_check.core.money import ExitCode, UsageError
from veo_check.core.reading import real_path

if TYPE_CHECKING:
    from veo_check.refresh.run import PageName, PageRequest, PageResult, Refreshed


_PLACE = "URL|FILE"


def refresh(
    deprecations: Annotated[
        Text, Option(metavar=_PLACE, help="The Gemini API's deprecations page.")
    ] = None,
    versions: Annotated[
        Text, Option(metavar=_PLACE, help="The Agent Platform's model versions page.")
    ] = None,
    pricing: Annotated[Text, Option(metavar=_PLACE, help="The Gemini API's pricing page.")] = None,
    cost_map: Annotated[
        Text, Option(metavar=_PLACE, help="LiteLLM's cost map, as JSON: a second source.")
    ] = None,
    read_on: Annotated[
        Text, Option(metavar="DAY", help="The day a captured page was read, YYYY-MM-DD.")
    ] = None,
    write: Annotated[
        File,
        Option(
            metavar="FILE",
            help="Where the result goes, added to what the file holds; unsaid: the user data "
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
            help="Read no page: list what was last confirmed longer ago, and exit 1 if anything.",
        ),
    ] = None,
    write_bundle: Annotated[
        File, Option(metavar="DIR", help="Write the package's own data files.", hidden=True)
    ] = None,
    output: Formats = None,
) -> None:
    """Read the official pages and write a newer reference file, with the differences in words.

    Without an option for a page, the three of Google are read; naming any reads only those. No
    key is sent. A page that cannot be read or understood changes nothing, and an older reading
    never replaces a newer one.

    Exit code: 0 with or without changes, 3 a page could not be read, 2 usage error; with
    --check-age 1 where something is older.

    Example: veo-check refresh --pricing pricing.md.txt --read-on 2026-11-20 --write reference.json
    """
    from veo_check.core.clock import SystemClock

    outputs = parse_outputs(output)
    named: dict[PageName, str | None] = {
        "deprecations": deprecations,
        "versions": versions,
        "pricing": pricing,
        "cost-map": cost_map,
    }
    clock = SystemClock()
    today = clock.now().date()
    if check_age is not None:
        if any(named.values()) or read_on or write or write_bundle or output:
            raise UsageError("--check-age reads no page; give it --reference FILE or nothing more")
        _check_age(check_age, reference, today)
    if write is not None and write_bundle is not None:
        raise UsageError("--write and --write-bundle cannot be given together")
    day = today if read_on is None else _captured(read_on, named, today)
    if write is not None and not write.parent.is_dir():
        raise UsageError(f"--write: {write.parent} is not a folder")

    from veo_check.reference.load import REFRESHED_FILE, user_data_dir
    from veo_check.refresh.run import refresh as read_again

    target = write or user_data_dir() / REFRESHED_FILE
    base = _base(reference, write, bundled=write_bundle is not None)
    done = read_again(
        base, _wanted(named), day, clock=clock, watch=lambda place: tell(f"reading {place}")
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


def _wanted(named: Mapping[PageName, str | None]) -> tuple[PageRequest, ...]:
    from veo_check.core.secrets import printable
    from veo_check.refresh.run import PAGES, PageRequest, refusal

    places = tuple(PageRequest(page, place) for page, place in named.items() if place is not None)
    for wanted in places:
        place = wanted.place or ""
        refused = refusal(place)
        if refused is not None:
            raise UsageError(f"--{wanted.page} {printable(place, 200)}: {refused}")
    return places or tuple(PageRequest(page) for page in PAGES)


def _captured(read_on: str, named: Mapping[PageName, str | None], today: date) -> date:
    day = parse_day(read_on)
    if day > today:
        raise UsageError(f"--read-on {day} is still to come; today is {today}")
    if day != today and not any(named.values()):
        raise UsageError(
            "--read-on is for captured pages; name them with --deprecations, --versions, "
            "--pricing or --cost-map"
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
    from veo_check.refresh.run import active_rows

    book = load_reference(reference)
    rows_of = active_rows(book, today)
    old = [source for source in rows_of if source.age_days(today) > days]
    for source in sorted(old, key=lambda source: (source.confirmed, source.url)):
        rows = rows_of[source]
        sys.stdout.write(
            f"{source.age_days(today)} days old: {len(rows)} {'row' if len(rows) == 1 else 'rows'} "
            f"of {source.publisher}, read on {source.confirmed}: {source.url}\n"
            f"    {', '.join(rows[:3])}{', …' if len(rows) > 3 else ''}\n"
        )
    if not old:
        sys.stdout.write(f"No row in force is older than {days} days.\n")
    raise typer.Exit(int(ExitCode.FAILED if old else ExitCode.OK))


def _write_bundle(document: Mapping[str, object], folder: Path) -> tuple[Path, ...]:
    from veo_check.refresh.run import as_bundle

    if not folder.is_dir():
        raise UsageError(f"--write-bundle: {folder} is not a folder")
    files = as_bundle(document)
    return tuple(_replace(folder / name, text, "--write-bundle") for name, text in files.items())


def _write_file(document: Mapping[str, object], target: Path) -> Path:
    from veo_check.refresh.run import as_text

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
        case "read":
            yield f"  read on {read_on}, sha256 {page.sha256}"
            if not page.changes:
                yield "  says what was known; every row is confirmed anew"
            for change in page.changes:
                yield f"  {change.text}"
