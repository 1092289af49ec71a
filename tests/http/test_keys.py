from __future__ import annotations

import copy
import hashlib
import hmac
import pickle

import pytest

from veo_check.core.secrets import Redactor
from veo_check.http.answers import Failure
from veo_check.http.keys import KeyName, Keys, Secret

VALUE = "sk-very-secret-value"


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(VALUE)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", repr([secret]), f"{secret!r}"]
    assert set(shown) == {"Secret(…)", "[Secret(…)]"}
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="a secret is not written anywhere"):
            way(secret)
    assert not hasattr(secret, "__dict__")


def test_secrets_are_compared_by_value() -> None:
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert hash(Secret(VALUE)) == hash(Secret(VALUE))


def test_a_seal_is_an_hmac_under_the_secret() -> None:
    expected = hmac.new(VALUE.encode(), b"message", hashlib.sha256).hexdigest()
    assert Secret(VALUE).seal(b"message") == expected


@pytest.mark.parametrize(
    ("value", "kind", "google"),
    [
        ("AQ.Ab8RN6value", "api-key", ("x-goog-api-key", "AQ.Ab8RN6value")),
        ("AIzaSyvalue", "old-api-key", ("x-goog-api-key", "AIzaSyvalue")),
        ("ya29.value", "other", ("Authorization", "Bearer ya29.value")),
        ("eyJhbGciOi.value", "other", ("Authorization", "Bearer eyJhbGciOi.value")),
    ],
)
def test_google_gets_an_api_key_in_its_own_header_and_a_token_as_one(
    value: str, kind: str, google: tuple[str, str]
) -> None:
    secret = Secret(value)
    assert secret.kind == kind
    assert KeyName("K", "google").header(secret) == google
    assert KeyName("K", "x-goog-api-key").header(secret) == ("x-goog-api-key", value)
    assert KeyName("K").header(secret) == ("Authorization", f"Bearer {value}")


def test_reading_a_key_masks_it_from_then_on() -> None:
    redactor = Redactor()
    keys = Keys({"MY_KEY": f"  {VALUE[3:]}\n"}, redactor)
    assert keys.read("MY_KEY") == Secret(VALUE[3:])
    assert redactor.redact(f"echo {VALUE[3:]}") == "echo [redacted]"


def test_an_unset_variable_is_a_failure_that_says_what_to_do() -> None:
    keys = Keys({"EMPTY": "  "}, Redactor())
    expected = "is not set; export it with your API key"
    assert keys.read("EMPTY") == Failure("no-key", f"EMPTY {expected}")
    assert keys.read("ABSENT") == Failure("no-key", f"ABSENT {expected}")
    assert [keys.is_set(name) for name in ("EMPTY", "ABSENT")] == [False, False]


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "smärt", "tab\tbed", "nul\x00"])
def test_a_value_that_is_no_key_is_refused_without_being_shown(value: str) -> None:
    got = Keys({"ODD": value}, Redactor()).read("ODD")
    assert isinstance(got, Failure)
    assert got.code == "no-key"
    assert value not in got.detail


def test_sandbox_keys_are_told_apart() -> None:
    keys = Keys({"A": "sk-vcsandboxflatkey", "B": "sk-real"}, Redactor())
    assert [keys.from_sandbox(name) for name in ("A", "B", "C", None)] == [
        True,
        False,
        False,
        False,
    ]


def test_the_header_is_the_styles() -> None:
    secret = Secret("value")
    assert KeyName("A").header(secret) == ("Authorization", "Bearer value")
    assert KeyName("A", "x-goog-api-key").header(secret) == ("x-goog-api-key", "value")
    assert (KeyName("A").shown, KeyName(None).shown) == ("A", "application default credentials")
