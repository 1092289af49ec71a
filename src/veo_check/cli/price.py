"""`veo-check price`: what one request shape costs, or every known model side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import (
    AsOfDay,
    File,
    Formats,
    Number,
    Text,
    chosen_reference,
    complete,
    parse_day,
    parse_outputs,
    tell,
    write_each,
)
from veo_check.core.frozen import dataclass
from veo_check.core.money import ExitCode, InvalidFileError, UsageError
from veo_check.core.reading import bare_id

if TYPE_CHECKING:
    from veo_check.core.facts import Missing, SkuPrice
    from veo_check.pricing.comparison import Compared
    from veo_check.pricing.shape import Quote, Refusal, Shape
    from veo_check.reference.load import Reference


#: What is compared when nothing else is said.
_USUAL_SECONDS, _USUAL_RESOLUTION = "8", "720p"
#: Where Veo and what it is usually moved to are served.
_GOOGLES = ("gemini-api", "agent-platform")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks: a shape, whether its surface was named, and the volume."""

    shape: Shape
    named_surface: bool
    retries: int
    jobs: int | None


def price(
    subject: Annotated[
        Text,
        Argument(
            metavar="[MODEL|ROUTE]",
            autocompletion=complete("models"),
            help="A model id, or a route file.",
        ),
    ] = None,
    surface: Annotated[
        Text,
        Option(
            autocompletion=complete("surfaces"),
            help="Where the model is served; else its vendor's own surface.",
        ),
    ] = None,
    seconds: Annotated[Text, Option(metavar="NUMBER", help="Length of one clip.")] = None,
    resolution: Annotated[
        Text, Option(metavar="WORD", help="720p, 1080p, 4k, ... or WIDTHxHEIGHT.")
    ] = None,
    aspect_ratio: Annotated[
        Text, Option(metavar="RATIO", help="16:9 unless the route says otherwise.")
    ] = None,
    audio: Annotated[
        bool | None,
        Option("--audio/--no-audio", help="Not given: with sound where the model makes it."),
    ] = None,
    count: Annotated[
        Number, Option(min=1, max=10_000, metavar="N", help="Clips per request.")
    ] = None,
    mode: Annotated[Text, Option(metavar="MODE", help="text-to-video, image-to-video, ...")] = None,
    input_video_seconds: Annotated[
        Text, Option(metavar="NUMBER", help="Seconds of video sent along.")
    ] = None,
    input_images: Annotated[
        Number, Option(min=0, max=1000, metavar="N", help="Images sent along.")
    ] = None,
    frame_rate: Annotated[
        Number, Option(min=1, max=240, metavar="FPS", help="For prices per frame.")
    ] = None,
    tokens: Annotated[
        Text, Option(metavar="N", help="Tokens that a finished job reported.")
    ] = None,
    retries: Annotated[
        Number,
        Option(min=0, max=100, metavar="N", help="Retries in the maximum: 1, or the route's."),
    ] = None,
    jobs: Annotated[
        Number, Option(min=0, max=10**9, metavar="N", help="Requests per month.")
    ] = None,
    billing_sku: Annotated[
        Text,
        Option(
            metavar="ID",
            help="Also read this SKU's list price at Google's Cloud Billing, with the key in "
            "VEO_CHECK_BILLING_KEY.",
        ),
    ] = None,
    compare: Annotated[
        bool, Option("--compare", help="Veo and what it can move to, side by side.")
    ] = False,
    every: Annotated[
        bool, Option("--all", help="With --compare: every priced model of every vendor.")
    ] = False,
    as_of: AsOfDay = None,
    reference: Annotated[
        File,
        Option(
            metavar="FILE",
            help="Reference data to use instead; a file with prices alone is added to it.",
        ),
    ] = None,
    output: Formats = None,
) -> None:
    """Price a request, or explain why it cannot be priced.

    Exit code: 0 priced, 1 refused (the reason has a code), 2 usage error.

    Example: veo-check price veo-3.1-fast-generate-001 --seconds 8 --resolution 1080p
    """
    from veo_check.cli import price_output as show
    from veo_check.core.clock import SystemClock
    from veo_check.pricing.shape import Refusal

    outputs = parse_outputs(output)
    day = parse_day(as_of) if as_of is not None else SystemClock().now().date()
    book = price_reference(reference)
    asked = _asked(book, subject, surface, compare)
    shape = _said(
        asked.shape,
        {
            "seconds": _number("--seconds", seconds),
            "aspect_ratio": aspect_ratio,
            "audio": audio,
            "count": count,
            "mode": mode,
            "input_video_seconds": _number("--input-video-seconds", input_video_seconds),
            "input_images": input_images,
            "frame_rate": frame_rate,
            "tokens": _number("--tokens", tokens),
        },
        resolution,
    )
    asked = replace(
        asked,
        shape=shape,
        retries=asked.retries if retries is None else retries,
        jobs=asked.jobs if jobs is None else jobs,
    )
    if compare:
        rows, compared = _comparison(book, asked, subject, day, every=every)
        write_each(
            outputs,
            text=lambda: show.comparison_text(rows, compared, day),
            json=lambda: show.comparison_json(rows, compared, asked.retries, day),
        )
        return
    if every:
        raise UsageError("--all says how much --compare shows: add --compare")
    answer = _answer(book, asked, day)
    if shape.resolution is None and isinstance(answer, Refusal):
        each = _each_resolution(book, asked, day)
        if each:
            write_each(
                outputs,
                text=lambda: show.each_text(each, asked.retries, day),
                json=lambda: show.each_json(each, asked.retries),
            )
            return
    sku = None if billing_sku is None else _sku(billing_sku)
    write_each(
        outputs,
        text=lambda: show.answer_text(answer, asked.shape, asked.retries, asked.jobs, day, sku),
        json=lambda: show.answer_json(answer, asked.retries, sku),
    )
    if isinstance(answer, Refusal):
        if all(output.format == "json" for output in outputs):
            tell(answer.message)
        raise typer.Exit(int(ExitCode.FAILED))


def _asked(book: Reference, subject: str | None, surface: str | None, compare: bool) -> Asked:
    from veo_check.pricing.shape import Shape

    if subject is None and not compare:
        raise UsageError("name a model or a route file, or use --compare for every model")
    if subject is not None and not subject.strip():
        raise UsageError("the model id is empty")
    model = subject or ""
    if not (model.endswith((".yaml", ".yml")) or Path(model).is_file()):
        known = book.prices_of(model) or book.lifecycle(model)
        model = model if known else bare_id(model)
        return Asked(Shape(model, surface or ""), surface is not None, 1, None)
    from veo_check.routefile.load import RouteFile, load_route_file

    loaded = load_route_file(Path(model))
    if not isinstance(loaded, RouteFile):
        raise UsageError("\n".join(["the route file cannot be used", *map(str, loaded)]))
    route = loaded.route
    shape = Shape.of_route(route)
    shape = shape if surface is None else replace(shape, surface=surface)
    return Asked(shape, True, route.budget.retries, route.budget.jobs_per_month)


def _said(shape: Shape, options: dict[str, object], resolution: str | None) -> Shape:
    """The shape with what the options say in place of what it said."""
    from veo_check.pricing.shape import normal_resolution

    said = {name: value for name, value in options.items() if value is not None}
    if resolution is not None:
        said["resolution"] = normal_resolution(resolution)
    try:
        # the names are the shape's own fields; mypy cannot see that through a mapping
        return replace(shape, **said)  # type: ignore[arg-type]
    except ValueError as problem:
        raise UsageError(str(problem)) from None


def _number(option: str, text: str | None) -> Decimal | None:
    from veo_check.core.money import amount

    if text is None:
        return None
    try:
        return amount(text)
    except ValueError as problem:
        hint = " (-1 lets the model choose: no price can be given)" if text == "-1" else ""
        raise UsageError(f"{option} {text!r}: {problem}{hint}") from None


def _answer(book: Reference, asked: Asked, day: date) -> Quote | Refusal:
    from veo_check.pricing.quote import quote, quote_anywhere
    from veo_check.pricing.shape import Refusal

    price_it = quote if asked.named_surface else quote_anywhere
    answer = price_it(book, asked.shape, day)
    if isinstance(answer, Refusal) and answer.code == "unknown-model":
        hint = _hint(book, asked.shape, day)
        if hint:
            return replace(answer, message=f"{answer.message.rstrip('.')}. {hint}")
    return answer


def _each_resolution(book: Reference, asked: Asked, day: date) -> list[Quote]:
    """The price at each resolution of a model of which only the name was given, and its longest
    clip where no length was; nothing where it does not depend on that alone."""
    from veo_check.pricing.quote import own_surfaces
    from veo_check.pricing.shape import Quote

    shape = asked.shape
    surfaces = (shape.surface,) if asked.named_surface else own_surfaces(book, shape.model)
    found = []
    for surface in surfaces:
        capability = book.capability(shape.model, surface)
        for resolution in capability.resolutions if capability else ():
            lengths = capability.seconds if capability else ()
            seconds = Decimal(max(lengths)) if lengths and shape.seconds is None else shape.seconds
            one = replace(shape, surface=surface, resolution=resolution, seconds=seconds)
            found.append(_answer(book, replace(asked, shape=one, named_surface=True), day))
    return [answer for answer in found if isinstance(answer, Quote)]


def _sku(text: str) -> SkuPrice | Missing:
    from veo_check.engine import catalog
    from veo_check.gateways.billing import SKU

    if not SKU.fullmatch(text):
        raise UsageError(
            f"--billing-sku {text!r}: a SKU is written as a bill shows it, such as 7DE3-56E5-CE6C"
        )
    return catalog.ask_sku(text)


def _hint(book: Reference, shape: Shape, day: date) -> str:
    """What an unknown name may be: an id of another surface, a reseller's, or a slip."""
    from veo_check.core.clock import AsOf
    from veo_check.reference.lifecycle import unknown_here

    elsewhere = shape.surface and book.surfaces(shape.model)
    if elsewhere or book.is_resellers_name(shape.model):
        return " ".join(unknown_here(book, shape.model, AsOf(day, day), shape.surface))
    near = _near(book, shape.model, day)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _near(book: Reference, word: str, day: date) -> list[str]:
    """Up to three ids that look or begin like `word` and still serve, official ones first among
    equals; of a word that names a family, ids of that family alone."""
    import difflib

    from veo_check.pricing.quote import served_somewhere
    from veo_check.reference.load import family_of

    wanted = word.lower()[:200]

    def likeness(model: str) -> float:
        texts = (model.lower(), model.lower()[: len(wanted) + 1])
        return max(
            difflib.SequenceMatcher(None, text, wanted, autojunk=False).ratio() for text in texts
        )

    known = dict.fromkeys([*book.models(), *(rule.model for rule in book.prices)])
    family = family_of(word)
    scores = {
        model: likeness(model)
        for model in known
        if (family is None or family_of(model) == family) and served_somewhere(book, model, day)
    }
    close = [model for model, score in scores.items() if score >= 0.75]
    return sorted(close, key=lambda model: -scores[model])[:3]


def _comparison(
    book: Reference, asked: Asked, subject: str | None, day: date, *, every: bool
) -> tuple[tuple[Compared, ...], Shape]:
    """The models' answers, and the clip that they are compared by."""
    from veo_check.core.clock import AsOf
    from veo_check.pricing.comparison import compare
    from veo_check.pricing.quote import own_surfaces

    shape = asked.shape
    if subject is not None and not asked.named_surface:
        shape = replace(shape, surface=next(iter(own_surfaces(book, shape.model)), ""))
    shape = replace(
        shape,
        seconds=Decimal(_USUAL_SECONDS) if shape.seconds is None else shape.seconds,
        resolution=shape.resolution or _USUAL_RESOLUTION,
        audio=True if shape.audio is None else shape.audio,
    )
    surfaces: tuple[str, ...] | None = _GOOGLES
    if subject is None and asked.named_surface:
        surfaces = (shape.surface,)
    elif every or shape.surface not in ("", *_GOOGLES):
        surfaces = None
    rows = compare(book, shape, AsOf(day, day), first=subject is not None, surfaces=surfaces)
    return rows, shape


# The reference a price is read from: bundled, a whole file, or a team's own prices on top.


_LARGEST = 1024 * 1024


def price_reference(path: Path | None) -> Reference:
    """`path` as the reference; a file with prices and no lifecycle rows is added to the usual one.

    Such a file may be YAML or JSON, in the format of the bundled prices. Raises InvalidFileError.
    """
    own = None if path is None else _prices_alone(path)
    return (
        chosen_reference(path)
        if own is None
        else with_prices(chosen_reference(None), own, str(path))
    )


def with_prices(book: Reference, own: Mapping[str, object], name: str) -> Reference:
    """`book` with the prices of `own` added. Raises InvalidFileError where names collide."""
    from veo_check.reference.load import refuse_days_to_come

    merged = dict(book.read_prices())
    for section in ("sources", "rasters", "credits"):
        merged[section] = _joined(merged.get(section, {}), own.get(section, {}), section, name)
    listed, added = merged.get("prices", []), own["prices"]
    if not isinstance(listed, list) or not isinstance(added, list):
        raise InvalidFileError(f"{name}: prices must be a list of rows")
    merged["prices"] = [*listed, *added]
    both = replace(book, origin=f"{book.origin} + {name}", read_prices=lambda: merged)
    _ = both.prices  # a wrong row of the team's is told even where another model is asked about
    refuse_days_to_come(own, name)
    return both


def _joined(there: object, added: object, section: str, name: str) -> dict[str, object]:
    if not isinstance(there, Mapping) or not isinstance(added, Mapping):
        raise InvalidFileError(f"{name}: {section} must be a mapping")
    clash = sorted(set(there) & set(added))
    if clash:
        raise InvalidFileError(f"{name}: {section}.{clash[0]} is bundled already; rename it")
    return {**there, **added}


def _prices_alone(path: Path) -> Mapping[str, object] | None:
    """What a file holds that has prices but no lifecycle rows; None for any other file."""
    from veo_check.core.reading import TooLargeError, read_limited
    from veo_check.routefile.yaml_reader import read_yaml

    try:
        content = read_limited(path, _LARGEST, follow_links=True)
    except TooLargeError:
        return None
    except (OSError, ValueError) as error:
        raise InvalidFileError(f"{path}: cannot be read: {error}") from None
    if not _looks_alone(content):
        return None
    try:
        document = read_yaml(str(path), content.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidFileError(f"{path}: is not UTF-8 text") from None
    if document.problems or document.data is None:
        listed = "\n".join(map(str, document.problems)) or "is empty"
        raise InvalidFileError(f"{path}: cannot be used as prices\n{listed}")
    return document.data


def _looks_alone(content: bytes) -> bool:
    return b"prices" in content and b'"lifecycle"' not in content and b"lifecycle:" not in content
