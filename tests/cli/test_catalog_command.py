"""`veo-check catalog` as somebody types it."""

from __future__ import annotations

import json

import pytest

from socket_guard import SocketGuard
from veo_check.cli.main import main

FAST = ["--official", "veo-3.1-fast-generate-001"]


def test_a_healthy_row_in_usd_per_second(
    capsys: pytest.CaptureFixture[str], sockets: SocketGuard
) -> None:
    code = main(["catalog", "veo3.1-fast", "--gateway", "flatkey", "--scenario", "healthy", *FAST])
    out = capsys.readouterr().out
    assert code == 0
    assert "warn     endpoint-family" in out
    assert "price: 0.12 USD per second; this clip 0.96" in out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert sockets.opened == 0


@pytest.mark.parametrize(
    ("label", "scenario", "refused"),
    [
        ("veo3.1", "article-2026-06-17", "unpriced"),
        ("veo3.1-fast", "row-missing", "unknown-model"),
        ("veo3.1-fast", "duplicate-row", "ambiguous"),
    ],
)
def test_what_is_wrong_with_a_row(
    label: str, scenario: str, refused: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["catalog", label, "--gateway", "flatkey", "--scenario", scenario, *FAST, "-o", "json"]
    assert main(words) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["refused"], found["per_second"]) == (refused, None)


@pytest.mark.parametrize(
    ("told", "code", "refused"),
    [
        (0, 1, "quota-unit"),
        (-5, 1, "quota-unit"),
        ("500000", 1, "quota-unit"),
        ("NaN", 1, "quota-unit"),
        (None, 3, "quota-unread"),
        (float("nan"), 3, "quota-unread"),  # makes the whole status no JSON
    ],
)
def test_a_gateway_whose_quota_unit_is_not_known_has_no_price(
    told: object, code: int, refused: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("veo_check.sandbox.newapi.QUOTA_PER_USD", told)
    words = ["catalog", "veo3.1-fast", "--gateway", "flatkey", "--scenario", "healthy", *FAST]
    assert main([*words, "-o", "json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert (found["refused"], found["per_second"]) == (refused, None)


def test_an_unreadable_catalogue_is_not_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["catalog", "veo3.1-fast", "--gateway", "flatkey", "--scenario", "html-200"]
    assert main(words) == 3
    assert "Nothing was read" in capsys.readouterr().out


def test_without_the_official_id_a_label_is_not_priced(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["catalog", "veo3.1-fast", "--gateway", "flatkey", "--scenario", "healthy"]
    assert main(words) == 1
    assert "say --official ID" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("gateway", ["flatky", "ftp://x", "https://user:pw@host", ""])
def test_a_gateway_that_is_none(gateway: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "veo", "--gateway", gateway]) == 2
    assert "--gateway" in capsys.readouterr().err
