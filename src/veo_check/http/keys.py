"""Keys: named by their environment variable everywhere, read here and nowhere else."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from veo_check.core.key_policy import SANDBOX_KEY_MARK
from veo_check.core.redaction import Redactor
from veo_check.http.answer import Failure

KeyStyle = Literal["bearer", "x-goog-api-key"]


class Secret:
    """A secret value that no repr, str, format or pickle shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. For the request header only."""
        return self._value

    def shorter_than(self, characters: int) -> bool:
        """Whether it has fewer characters."""
        return len(self._value) < characters

    def seal(self, message: bytes) -> str:
        """HMAC-SHA256 of `message` under this secret, in hex."""
        return hmac.new(self._value.encode(), message, hashlib.sha256).hexdigest()

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self._value.encode(), other._value.encode()
        )

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class KeyName:
    """Which key a request carries, by name: its variable (None: application default credentials),
    and the header it travels in."""

    variable: str | None
    style: KeyStyle = "bearer"

    @property
    def shown(self) -> str:
        """For sentences."""
        return self.variable or "application default credentials"

    def header(self, secret: Secret) -> tuple[str, str]:
        """Header name and value."""
        if self.style == "x-goog-api-key":
            return "x-goog-api-key", secret.reveal()
        return "Authorization", f"Bearer {secret.reveal()}"


class Keys:
    """The environment, as far as keys are concerned. Every value read is masked from then on."""

    def __init__(self, environ: Mapping[str, str], redactor: Redactor) -> None:
        self._environ = environ
        self.redactor = redactor

    def is_set(self, variable: str) -> bool:
        """Whether the variable holds anything."""
        return bool(self._environ.get(variable, "").strip())

    def from_sandbox(self, variable: str | None) -> bool:
        """Whether the variable's value is a key that `veo-check sandbox` prints."""
        return variable is not None and SANDBOX_KEY_MARK in self._environ.get(variable, "")

    def read(self, variable: str) -> Secret | Failure:
        """The variable's value, or the failure `no-key` that says what to do."""
        value = self._environ.get(variable, "").strip()
        if not value:
            return Failure("no-key", f"{variable} is not set; put the key in that variable")
        self.redactor.learn(value)
        if not (value.isascii() and value.isprintable()) or " " in value:
            return Failure(
                "no-key",
                f"{variable} holds characters that no key has (a space, a line break or "
                "non-ASCII text); set it to the key alone",
            )
        return Secret(value)
