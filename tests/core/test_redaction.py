from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.core.secrets import Redactor

SECRET = "tricky/va+lue=9 x%Zq"


def test_every_form_of_a_known_secret_is_masked() -> None:
    redactor = Redactor([SECRET])
    forms = [
        SECRET,
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        hashlib.sha256(SECRET.encode()).hexdigest(),
        SECRET.encode().hex(),
    ]
    for form in forms:
        assert redactor.redact(f"before {form} after") == "before [redacted] after"


@given(st.integers(0, 40), st.binary(max_size=20))
def test_a_secret_inside_base64_is_masked_wherever_it_begins(at: int, tail: bytes) -> None:
    encoded = base64.b64encode(b"u" * at + SECRET.encode() + tail).decode()
    shown = Redactor([SECRET]).redact(encoded)
    assert "[redacted]" in shown
    # what is left decodes to nothing of the secret's middle
    assert base64.b64encode(SECRET.encode()[4:-4]).decode()[2:-4] not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key sk-abc123def456 used", "key [redacted] used"),
        ("Incorrect API key: sk-abc12***wxyz", "Incorrect API key: sk-abc12***wxyz"),
        ("risk-averse-models and disk-speed-test", "risk-averse-models and disk-speed-test"),
        ("AIzaSyA1234567890abcdefg!", "[redacted]!"),
        ("ya29.a0AfH6SMBx-y_z", "[redacted]"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic [redacted]"),
        ("x-goog-api-key: whatever123", "x-goog-api-key: [redacted]"),
        ('{"x-goog-api-key":"whatever123"}', '{"x-goog-api-key":"[redacted]"}'),
        ("https://h/p?key=abc&alt=media", "https://h/p?key=[redacted]&alt=media"),
        ("https://h/p?a=1&access_token=abc#x", "https://h/p?a=1&access_token=[redacted]#x"),
        ("https://s/v.mp4?X-Goog-Signature=ab12", "https://s/v.mp4?X-Goog-Signature=[redacted]"),
        ("eyJhbGciOi.eyJzdWIiOiI.c2lnbmF0dXJl", "[redacted]"),
        ("task_0123456789abcdefABCD", "task_…ABCD"),
        ('{"code":"task_not_exist"}', '{"code":"task_not_exist"}'),
        ('{"email":"a@b.example"}', '{"email":"[redacted]"}'),
        (r'{"other":"{\"username\":\"jo\"}"}', r'{"other":"{\"username\":\"[redacted]\"}"}'),
        ("approved by video@example.com", "approved by video@example.com"),
        ("veo-3.1-fast-generate-001", "veo-3.1-fast-generate-001"),
    ],
)
def test_unknown_keys_are_masked_by_their_shape(text: str, shown: str) -> None:
    assert Redactor().redact(text) == shown


def test_short_secrets_do_not_eat_other_words() -> None:
    assert (
        Redactor(["abc"]).redact("abc, abcdef and x=abc") == "[redacted], abcdef and x=[redacted]"
    )


def test_secrets_without_their_prefix_are_still_secrets() -> None:
    redactor = Redactor(["sk-0123456789abcdef"])
    assert redactor.redact("token 0123456789abcdef") == "token [redacted]"


def test_an_id_that_works_without_a_key_keeps_its_end() -> None:
    redactor = Redactor()
    redactor.learn_capability("video_0a1b2c3d4e5f")
    assert redactor.redact("see video_0a1b2c3d4e5f.") == "see video_…4e5f."


def test_a_secret_broken_up_by_invisible_characters_is_found() -> None:
    redactor = Redactor(["supersecretvalue"])
    assert redactor.shown("super\u200bsecret\x1b[0mvalue") == "[redacted]"


@pytest.mark.parametrize("before", range(0, 60))
def test_a_cut_never_leaves_half_a_secret(before: int) -> None:
    secret = "Q7" * 12
    shown = Redactor([secret]).shown("." * before + secret + "tail " * 40, 30)
    assert len(shown) <= 30
    assert "Q7" not in shown


def test_the_window_of_a_huge_text_ends_in_no_half_secret() -> None:
    secret = "Q7" * 12
    redactor = Redactor([secret])
    for shift in range(40):
        # masking shortens the window to less than the limit, so its very end is shown
        text = "z" * shift + (secret + " ") * 400
        assert "Q7" not in redactor.shown(text, 100).replace("[redacted]", "")


def test_variables_that_speak_of_secrets_are_known_from_the_environment() -> None:
    environ = {
        "FLATKEY_SMOKE": "flat-value-1",
        "MY_API_KEY": "api-value-22",
        "DB_PASSWORD": "password-333",
        "HOME": "/home/somebody",
        "GOOGLE_CLOUD_PROJECT": "project-name",
    }
    redactor = Redactor.of_environment(environ)
    assert redactor.redact(
        "flat-value-1 api-value-22 password-333 /home/somebody project-name"
    ) == ("[redacted] [redacted] [redacted] /home/somebody project-name")


def test_blank_values_mask_nothing() -> None:
    redactor = Redactor(["", "   "])
    assert redactor.redact("a b") == "a b"
