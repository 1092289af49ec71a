"""The reference book: every dated row, looked up by model and surface. It judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from veo_check.reference.rows import Capability, LifecycleRow

if TYPE_CHECKING:
    from veo_check.reference.price_rules import PriceRule

Document = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Reference:
    """Dated rows with their sources. Absent is unknown.

    `origin` says which copy this is: "bundled", or the path of a file. `compiled` is the day its
    newest rows were put together. Prices and the digest are read when first asked for: most
    look-ups need neither.
    """

    origin: str
    compiled: date
    lifecycle_rows: tuple[LifecycleRow, ...]
    capabilities: tuple[Capability, ...]
    read_prices: Callable[[], Document]
    read_digest: Callable[[], str]

    def lifecycle(self, model: str, surface: str | None = None) -> tuple[LifecycleRow, ...]:
        """Every reading of one id's dates, in file order; on one surface or on all."""
        rows = self._by_model.get(model, ())
        return tuple(row for row in rows if surface is None or row.surface == surface)

    def capability(self, model: str, surface: str) -> Capability | None:
        """What the id accepts there: the newest official row, else the newest of any kind."""
        rows = [row for row in self.capabilities if row.model == model and row.surface == surface]
        return max(rows, key=lambda row: (row.source.official, row.source.confirmed), default=None)

    def models(self, surface: str | None = None) -> tuple[str, ...]:
        """All known ids, sorted; those of one surface where it is given."""
        return tuple(
            sorted(
                {
                    row.model
                    for row in self.lifecycle_rows
                    if surface is None or row.surface == surface
                }
            )
        )

    def surfaces(self, model: str | None = None) -> tuple[str, ...]:
        """The surfaces with a row for this id (or any rows at all), sorted."""
        rows = self.lifecycle_rows if model is None else self._by_model.get(model, ())
        return tuple(sorted({row.surface for row in rows}))

    def near(self, word: str, surface: str | None = None) -> tuple[str, ...]:
        """Up to three known ids that look like `word`, the likeliest first."""
        import difflib

        wanted = word.lower()[:200].rpartition("/")[2]
        known = self.models(surface)
        by_letters = {_letters(model): model for model in known}
        close = difflib.get_close_matches(_letters(wanted), list(by_letters), n=3, cutoff=0.6)
        begins = [
            letters
            for letters in by_letters
            if len(_letters(wanted)) >= 3 and _letters(wanted) in letters
        ]
        return tuple(by_letters[letters] for letters in dict.fromkeys(close + begins))[:3]

    @property
    def oldest(self) -> date | None:
        """The day on which the longest unconfirmed lifecycle row was last seen at its source."""
        return min((row.source.confirmed for row in self.lifecycle_rows), default=None)

    @cached_property
    def prices(self) -> tuple[PriceRule, ...]:
        """Every dated price rule, in its newest reading.

        Raises InvalidFileError where the prices cannot be used.
        """
        from veo_check.reference.price_rules import parse_prices
        from veo_check.reference.prices import newest_rules

        return newest_rules(parse_prices(self.read_prices()))

    def prices_of(self, model: str) -> tuple[PriceRule, ...]:
        """The price rules of one model, without parsing the rest. Errors as for `prices`."""
        if model not in self._prices_by_model:
            from veo_check.reference.price_rules import parse_prices
            from veo_check.reference.prices import newest_rules

            document = dict(self.read_prices())
            listed = document.get("prices")
            if isinstance(listed, list):
                document["prices"] = [
                    row for row in listed if isinstance(row, dict) and row.get("model") == model
                ]
            self._prices_by_model[model] = newest_rules(parse_prices(document))
        return self._prices_by_model[model]

    @cached_property
    def _prices_by_model(self) -> dict[str, tuple[PriceRule, ...]]:
        return {}

    @cached_property
    def digest(self) -> str:
        """`sha256:…` over the files this book was read from."""
        return self.read_digest()

    @cached_property
    def _by_model(self) -> Mapping[str, tuple[LifecycleRow, ...]]:
        found: dict[str, tuple[LifecycleRow, ...]] = {}
        for row in self.lifecycle_rows:
            found[row.model] = (*found.get(row.model, ()), row)
        return found


def _letters(word: str) -> str:
    """An id without separators: `veo3.1-fast` and `veo-3.1-fast` are one slip apart."""
    return "".join(character for character in word if character.isalnum())
