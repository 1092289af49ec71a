"""The four tiers of trust, in order: none < research < staging < production."""

from __future__ import annotations

import enum
from typing import Literal

TierWord = Literal["none", "research", "staging", "production"]
TargetWord = Literal["research", "staging", "production"]
_TIERS: dict[int, TierWord] = {0: "none", 1: "research", 2: "staging", 3: "production"}
_TARGETS: dict[int, TargetWord] = {1: "research", 2: "staging", 3: "production"}


class Tier(enum.IntEnum):
    """What the evidence allows a route to be used for. Comparable: a higher tier asks for more."""

    NONE = 0
    RESEARCH = 1
    STAGING = 2
    PRODUCTION = 3

    @property
    def word(self) -> TierWord:
        """The tier's name as route files, checklists and reports spell it."""
        return _TIERS[self.value]

    @property
    def target_word(self) -> TargetWord:
        """The same for a tier that can be aimed at. Raises KeyError for `none`."""
        return _TARGETS[self.value]

    @classmethod
    def of(cls, word: str) -> Tier:
        """The tier spelled `word`. Raises ValueError for any other word."""
        try:
            return cls[word.upper()]
        except KeyError:
            known = ", ".join(tier.word for tier in cls)
            raise ValueError(f"'{word}' is not a tier; known: {known}") from None


#: The tiers a route can aim at and a check can be required for.
TARGETS = (Tier.RESEARCH, Tier.STAGING, Tier.PRODUCTION)
