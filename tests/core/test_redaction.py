from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.core.secrets import MASK, Redactor

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
        ("aizasya1234567890abcdefghijklmnopqrstuvw.example", "[redacted].example"),
        ("AQ.Ab8RN6KsomeKeyOfToday!", "[redacted]!"),
        ("FAQ.answers and aq.md", "FAQ.answers and aq.md"),
        ("a basic resolution, a bearer credential", "a basic resolution, a bearer credential"),
        ("routes/task_generation.yaml", "routes/task_generation.yaml"),
        (r"sk-abc\u0064ef123456 used", "[redacted]"),
        (r"AQ\u002eAb8RN6KsomeKeyOfToday", "[redacted]"),
        ("%41%51%2E%41b8RN6KsomeKeyOfToday", "[redacted]"),
        ("&#x79;a29.a0AfH6SMBx", "[redacted]"),
        ("s\u034fk-abc123def456", "[redacted]"),
        ("\uff53\uff4b-abc123def456", "[redacted]"),
        (r"h?a=1\u0026X-Goog-Signature=ab12", "[redacted]"),
        (r"a \"quoted\" caf\u00e9, 100%25 R&amp;D…", r"a \"quoted\" caf\u00e9, 100%25 R&amp;D…"),
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


ENCODINGS: list[Callable[[str], str]] = [
    str.upper,
    str.lower,
    lambda text: text.encode().hex().upper(),
    lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    lambda text: "".join(f"\\\\u{ord(char):04X}" for char in text),
    lambda text: "".join(f"%{ord(char):02x}" for char in text),
    lambda text: "".join(f"%25{ord(char):02X}" for char in text),
    lambda text: "".join(f"&#{ord(char)};" for char in text),
    lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    lambda text: text.replace("/", "\\/"),
    lambda text: "\u034f".join(text),
    lambda text: "\\u034f".join(text),
    lambda text: "\u00ad".join(text),
    lambda text: quote(base64.b64encode(b"x" + text.encode()).decode(), safe=""),
]


@pytest.mark.parametrize("encode", ENCODINGS)
@pytest.mark.parametrize("secret", ["sk-a+b/c=d_0123456789", "gar/den%hose-42"])
def test_an_escaped_secret_is_masked(encode: Callable[[str], str], secret: str) -> None:
    redactor = Redactor([secret])
    for text in (encode(secret), f"before {encode(secret)} after", json.dumps(encode(secret))):
        found = redactor.redact(text)
        assert MASK in found
        assert encode(secret) not in found
    assert redactor.redact("before and after") == "before and after"
    for dots in (270, 290):  # the cut goes through it
        assert encode(secret)[4:10] not in redactor.shown("." * dots + encode(secret), 300)


@pytest.mark.parametrize("encode", ENCODINGS[2:])
def test_an_id_that_opens_a_video_is_masked_in_every_form(encode: Callable[[str], str]) -> None:
    redactor = Redactor()
    task = "video/0a1b2c3d4e5f" * 8
    redactor.learn_capability(task)
    found = redactor.redact(f"see {encode(task)}.")
    assert MASK in found
    assert encode(task)[4:20] not in found


def test_one_hidden_key_costs_its_own_line_only() -> None:
    redactor = Redactor(["supersecretvalue"])
    text = "first\n\\u0073upersecretvalue here\nthird supersecretvalue\n"
    assert redactor.redact_lines(text) == f"first\n{MASK}\nthird {MASK}\n"


def test_every_text_and_key_of_a_value_is_masked() -> None:
    @dataclass(frozen=True)
    class Fact:
        name: str
        ratios: dict[str, Decimal]
        rows: tuple[str, ...]
        many: int = 3

    redactor = Redactor(["supersecretvalue"])
    clean = Fact("a", {"plg": Decimal(1)}, ("b",))
    assert redactor.masked(clean) is clean
    dirty = Fact("supersecretvalue", {"x supersecretvalue": Decimal(1)}, ("SuperSecretValue", "b"))
    assert redactor.masked(dirty) == Fact(MASK, {f"x {MASK}": Decimal(1)}, (MASK, "b"))
    assert redactor.masked([{"a": ["supersecretvalue"]}, None]) == [{"a": [MASK]}, None]


def test_a_secret_learned_later_is_masked_in_what_was_clean() -> None:
    redactor = Redactor(["supersecretvalue"])
    assert redactor.redact("the later one") == "the later one"
    redactor.learn("later one")
    assert redactor.redact("the later one") == f"the {MASK}"


def test_what_a_report_consists_of_is_no_secret() -> None:
    redactor = Redactor.of_environment(
        {
            "FLATKEY_ENV": "production",
            "FLATKEY_BASE_URL": "https://router.flatkey.ai",
            "FLATKEY_HOOK": "https://hooks.example/x?key=0123456789",
        }
    )
    for text in ("ready for production", "https://router.flatkey.ai/v1/models"):
        assert redactor.redact(text) == text
    assert "0123456789" not in redactor.redact("https://hooks.example/x?key=0123456789")


def test_blank_values_mask_nothing() -> None:
    redactor = Redactor(["", "   "])
    assert redactor.redact("a b") == "a b"
