"""What looks like a key is found and hidden, and what only resembles one is left alone."""

from __future__ import annotations

import pytest

from veo_check.routefile.yaml_reader import HIDDEN, find_keys, hide_keys

# put together at run time, so that no scanner takes this file for a leak
KEYS = [
    "sk-" + "abcdef",
    "sk-" + "a1",
    "sk-" + "proj-AbC_dEf-0123456789",
    "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "AQ." + "Ab8RN6KsomeKeyOfToday",
    "ya29." + "a0AfH6SMB",
    "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "Bearer " + "0123456789abcdef",
    "-----BEGIN RSA " + "PRIVATE KEY-----",
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "ghp_" + "a" * 36,
    "github_pat_" + "a" * 30,
    "GOCSPX-" + "abcdefghijkl",
    "xoxb-" + "123456789012",
]
HARMLESS = [
    "task-abcdefgh",
    "desk-1234567",
    "sk-",
    "sk-SK",
    "risk-assessment",
    "AIzaiah",
    "FAQ.answers",
    "AQ.1",
    "ya29",
    "eyJohn.Smith",
    "bearer of bad news",
    "a bearer authentication header",
    "video-81c2",
    "CC-4412",
    "s3://campaign-media/storyboards/81c2.mp4",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_found_and_nothing_of_it_is_left(key: str) -> None:
    text = f"model: {key} # and more"
    assert list(find_keys(text)) == [7]
    assert hide_keys(text) == f"model: {HIDDEN} # and more"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_key_stays(text: str) -> None:
    assert list(find_keys(text)) == []
    assert hide_keys(text) == text
