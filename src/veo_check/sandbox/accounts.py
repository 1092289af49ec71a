"""The keys the simulated world accepts, and what stands behind each.

Every key carries the sandbox's mark, so that a client can tell it may go to loopback. The part
that new-api looks up (after `sk-`, up to the next `-`) holds no dash.
"""

from __future__ import annotations

from dataclasses import dataclass

from veo_check.core.key_policy import SANDBOX_KEY_MARK
from veo_check.sandbox.wire import SURFACES, Request, Surface

_BARE: dict[Surface, str] = {
    "gemini-api": f"AIza{SANDBOX_KEY_MARK}gemini",
    "agent-platform": f"ya29.{SANDBOX_KEY_MARK}agentplatform",
    "flatkey": f"sk-{SANDBOX_KEY_MARK}flatkey",
    "newapi": f"sk-{SANDBOX_KEY_MARK}newapi",
    "openai": f"sk-{SANDBOX_KEY_MARK}openai",
}

#: The key to use on each surface.
KEYS: dict[str, str] = {surface: _BARE[surface] for surface in SURFACES}

#: Further keys of the same gateway account, for tests of "another key" and of a production key.
OTHER_KEYS: dict[str, str] = {
    "flatkey-another": f"sk-{SANDBOX_KEY_MARK}another",
    "flatkey-production": f"sk-{SANDBOX_KEY_MARK}production",
}


@dataclass(slots=True)
class Token:
    """One key of a new-api account. Amounts in quota units (500,000 are one USD)."""

    name: str
    group: str = "plg"
    granted: int = 50_000_000
    used: int = 1_250_000
    unlimited: bool = False
    allowed: tuple[str, ...] = ()

    @property
    def available(self) -> int:
        """What is left of the grant."""
        return self.granted - self.used


def looked_up(key: str) -> str:
    """What new-api searches for: without `sk-`, up to the next dash."""
    return key.removeprefix("sk-").split("-", 1)[0]


#: new-api look-up word -> (the surfaces that know it, the key's name there)
_TOKENS: dict[str, tuple[tuple[Surface, ...], str]] = {
    looked_up(_BARE["flatkey"]): (("flatkey",), "ci-smoke"),
    looked_up(_BARE["newapi"]): (("newapi",), "ci-smoke"),
    looked_up(OTHER_KEYS["flatkey-another"]): (("flatkey", "newapi"), "another"),
    looked_up(OTHER_KEYS["flatkey-production"]): (("flatkey", "newapi"), "production"),
}


def token_name(surface: Surface, key: str) -> str | None:
    """The name of this key on a new-api surface, or None when it is unknown there."""
    surfaces, name = _TOKENS.get(looked_up(key), ((), ""))
    return name if surface in surfaces else None


def accepts(surface: Surface, key: str) -> bool:
    """Whether `surface` knows this key."""
    if surface in {"flatkey", "newapi"}:
        return token_name(surface, key) is not None
    return key == _BARE[surface]


def google_api_key(request: Request) -> str | None:
    """The Gemini API key of a request: header `x-goog-api-key`, else `?key=`."""
    return request.header("x-goog-api-key") or request.query.get("key")
