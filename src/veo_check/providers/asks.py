"""A free read, named before it is sent: what `--plan` prints and the door gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from veo_check.http.answer import Answer, Failure
from veo_check.http.door import Door
from veo_check.http.keys import KeyName


@dataclass(frozen=True, slots=True)
class Ask:
    """One GET. `key` is sent; without one, `on_behalf_of` decides whether the host may be asked."""

    url: str
    key: KeyName | None = None
    on_behalf_of: KeyName | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, door: Door, *, fresh: bool = False) -> Answer | Failure:
        """Ask, or read what the same question was answered before in this run."""
        return door.get(
            self.url, self.key, headers=self.headers, on_behalf_of=self.on_behalf_of, fresh=fresh
        )

    def refusal(self, door: Door) -> str | None:
        """Why this would not be sent, or None."""
        return door.refusal(self.url, self.key, self.on_behalf_of)
