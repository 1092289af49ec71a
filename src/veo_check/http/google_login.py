"""Application default credentials: an access token for Google, through the optional extra.

google-auth brings no transport of its own here: its requests go out through the same door, to
Google's token hosts and the metadata server only, and their bodies are never recorded.
"""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from veo_check.core.redaction import Redactor
from veo_check.http.answer import Failure
from veo_check.http.keys import Secret

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
