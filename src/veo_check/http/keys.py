"""Keys: named by their environment variable everywhere, read here and nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from veo_check.core.frozen import dataclass
from veo_check.core.secrets import SANDBOX_KEY_MARK, CredentialKind, Redactor
from veo_check.http.answers import Failure

#: `google`: as an API key where the value has the form of one, else as an access token.
KeyStyle = Literal["bearer", "x-goog-api-key", "google"]


class Secret:
    """A secret value that no repr, str, format or pickle shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. For the request header only."""
        return self._value

    def shorter_than(self, characters: int) -> bool:
        return len(self._value) < characters

    @property
    def kind(self) -> CredentialKind:
        """What of Google's it is, by its form."""
        if self._value.startswith("AIza"):
            return "old-api-key"
        return "api-key" if self._value.startswith("AQ.") else "other"

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
        if self.style == "x-goog-api-key" or (self.style == "google" and secret.kind != "other"):
            return "x-goog-api-key", secret.reveal()
        return "Authorization", f"Bearer {secret.reveal()}"


class Keys:
    """The environment, as far as keys are concerned. Every value read is masked from then on."""

    def __init__(self, environ: Mapping[str, str], redactor: Redactor) -> None:
        self._environ = environ
        self.redactor = redactor

    def is_set(self, variable: str) -> bool:
        return bool(self._environ.get(variable, "").strip())

    def from_sandbox(self, variable: str | None) -> bool:
        """Whether the variable's value is a key that `veo-check sandbox` prints."""
        return variable is not None and SANDBOX_KEY_MARK in self._environ.get(variable, "")

    def read(self, variable: str) -> Secret | Failure:
        """The variable's value, or the failure `no-key` that says what to do."""
        value = self._environ.get(variable, "").strip()
        if not value:
            return Failure("no-key", f"{variable} is not set; export it with your API key")
        self.redactor.learn(value)
        if not (value.isascii() and value.isprintable()) or " " in value:
            return Failure(
                "no-key",
                f"{variable} holds characters that no key has (a space, a line break or "
                "non-ASCII text); set it to the key alone",
            )
        return Secret(value)


_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TOKEN_HOST = re.compile(r"([a-z0-9-]+\.)*googleapis\.com")
_METADATA_HOSTS = frozenset({"metadata.google.internal", "169.254.169.254"})

#: method, url, headers, body -> status, headers, body; None: no answer
SendRaw = Callable[
    [str, str, Mapping[str, str], bytes | None], tuple[int, Mapping[str, str], bytes] | None
]


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    headers: Mapping[str, str]
    data: bytes


def may_log_in_at(url: str) -> bool:
    """Whether a login request may go there: Google over https, or the metadata server."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme == "https":
        return _TOKEN_HOST.fullmatch(host) is not None
    return parts.scheme == "http" and host in _METADATA_HOSTS


class GoogleLogin:
    """Fetches and renews the token of the application default credentials. Thread-safe."""

    def __init__(self, send: SendRaw, redactor: Redactor) -> None:
        self._send, self._redactor = send, redactor
        self._lock = threading.Lock()
        self._credentials: Any = None

    def token(self) -> Secret | Failure:
        """A token that is valid now, or the failure `no-key` that says what to do."""
        with self._lock:
            try:
                auth = importlib.import_module("google.auth")
                problems = importlib.import_module("google.auth.exceptions")
            except ImportError:
                return Failure(
                    "no-key",
                    "application default credentials need the extra `google`: "
                    "install veo-check[google]",
                )
            try:
                if self._credentials is None:
                    self._credentials, _ = auth.default(scopes=[_SCOPE], request=self._request)
                if not self._credentials.valid:
                    self._credentials.refresh(self._request)
                token = self._credentials.token
            except (problems.GoogleAuthError, _NoAnswerError, OSError, ValueError) as error:
                return Failure(
                    "no-key",
                    "application default credentials gave no token; run `gcloud auth "
                    f"application-default login` ({self._redactor.shown(str(error), 200)})",
                )
            if not isinstance(token, str) or not token.strip():
                return Failure("no-key", "application default credentials gave an empty token")
            self._redactor.learn(token)
            return Secret(token)

    def _request(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: object,
    ) -> _Response:
        """google-auth's transport interface."""
        if not may_log_in_at(url):
            raise _NoAnswerError("the credentials name a login host that is not Google's")
        content = body.encode() if isinstance(body, str) else body
        got = self._send(method, url, headers or {}, content)
        if got is None:
            raise _NoAnswerError("Google's login host gave no answer")
        return _Response(*got)


class _NoAnswerError(Exception):
    pass
