"""The simulated world's book of record: what was asked to run, what was accepted, what it cost.

Tests read it to prove that nothing was sent twice; no client can.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Submit:
    """One request to start a job, whatever became of it. `operation` is None when refused.

    `at` is in seconds of the world's clock.
    """

    at: float
    surface: str
    model: str
    status: int
    operation: str | None
    seconds: str | None = None
    resolution: str | None = None
    prompt: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether a job runs because of it."""
        return self.operation is not None


@dataclass(frozen=True, slots=True)
class Charge:
    """One movement of money: `quota` in a gateway's units (None at Google), `usd` in USD.

    Amounts of a refund are positive; `kind` gives the direction.
    """

    at: float
    kind: Literal["charge", "refund"]
    surface: str
    operation: str
    key: str
    quota: int | None
    usd: Decimal


@dataclass(slots=True)
class Ledger:
    """Everything that cost or could have cost money, in order."""

    submits: list[Submit] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    @property
    def accepted(self) -> list[Submit]:
        """The submits that became jobs."""
        return [submit for submit in self.submits if submit.accepted]

    @property
    def spent(self) -> Decimal:
        """USD charged less USD refunded."""
        return sum(
            (one.usd if one.kind == "charge" else -one.usd for one in self.charges), Decimal(0)
        )

    def as_json(self) -> str:
        """The whole book, amounts as strings."""
        return json.dumps(
            {
                "submits": [
                    {
                        "at": round(one.at, 3),
                        "surface": one.surface,
                        "model": one.model,
                        "status": one.status,
                        "accepted": one.accepted,
                        "operation": one.operation,
                        "seconds": one.seconds,
                        "resolution": one.resolution,
                        "prompt": one.prompt,
                    }
                    for one in self.submits
                ],
                "accepted": len(self.accepted),
                "charges": [
                    {
                        "at": round(one.at, 3),
                        "kind": one.kind,
                        "surface": one.surface,
                        "operation": one.operation,
                        "key": one.key,
                        "quota": one.quota,
                        "usd": str(one.usd),
                    }
                    for one in self.charges
                ],
                "spent": str(self.spent),
            },
            ensure_ascii=False,
        )
