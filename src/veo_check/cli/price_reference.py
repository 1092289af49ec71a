"""The reference a price is read from: bundled, a whole file, or a team's own prices on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check.core.errors import InvalidFileError

if TYPE_CHECKING:
    from veo_check.reference.book import Reference

_LARGEST = 1024 * 1024


def price_reference(path: Path | None) -> Reference:
    """`path` as the reference; a file with prices and no lifecycle rows is added to the usual one.

    Such a file may be YAML or JSON, in the format of the bundled prices. Raises InvalidFileError.
    """
    from veo_check.reference.load import load_reference, user_data_dir

    if path is None:
        return load_reference(user_dir=user_data_dir())
    own = _prices_alone(path)
    if own is None:
        return load_reference(path)
    return with_prices(load_reference(user_dir=user_data_dir()), own, str(path))


def with_prices(book: Reference, own: Mapping[str, object], name: str) -> Reference:
    """`book` with the prices of `own` added. Raises InvalidFileError where names collide."""
    merged = dict(book.read_prices())
    for section in ("sources", "rasters", "credits"):
        merged[section] = _joined(merged.get(section, {}), own.get(section, {}), section, name)
    listed, added = merged.get("prices", []), own["prices"]
    if not isinstance(listed, list) or not isinstance(added, list):
        raise InvalidFileError(f"{name}: prices must be a list of rows")
    merged["prices"] = [*listed, *added]
    both = replace(book, origin=f"{book.origin} + {name}", read_prices=lambda: merged)
    _ = both.prices  # a wrong row of the team's is told even where another model is asked about
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
    from veo_check.spec.yaml_text import read_yaml

    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise InvalidFileError(f"{path}: cannot be read: {error}") from None
    if len(content) > _LARGEST or not _looks_alone(content):
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
