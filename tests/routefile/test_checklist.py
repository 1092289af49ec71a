"""Checklists: the two that ship, a team's own, and everything that can be wrong with one."""

# ruff: noqa: E501 - a sentence that users read stays in one piece
from __future__ import annotations

import re
from pathlib import Path

import pytest

from route_texts import put
from veo_check.checks.registry import CHECKS
from veo_check.core.findings import Tier
from veo_check.core.money import ExitCode, InvalidFileError
from veo_check.routefile import checklist as module
from veo_check.routefile.checklist import (
    Checklist,
    Item,
    Requirement,
    bundled_checklists,
    load_checklist,
)

R, S, P = Tier.RESEARCH, Tier.STAGING, Tier.PRODUCTION

#: the spec's table, item by item
VEO_ACCESS: dict[str, dict[str, Tier | None]] = {
    "official-model-id": {"model-official": R, "model-listed": S},
    "lifecycle": {"model-lifecycle": R, "location-served": S, "successor-known": None},
    "pricing-unit": {
        "price-known": R,
        "price-unit": S,
        "price-agrees": P,
        "price-fresh": S,
        "budget-covers": S,
    },
    "async-job": {
        "request-supported": R,
        "endpoint-family": S,
        "job-completes": P,
        "media-delivered": P,
        "job-log-complete": P,
    },
    "catalog-row": {
        "catalog-row": S,
        "catalog-group": S,
        "availability-status": P,
        "key-accepted": S,
    },
    "fallback": {"fallback-rules": S, "fallback-alive": P, "fallback-cost": P},
    "usage-proof": {
        "ownership-declared": S,
        "usage-recorded": P,
        "usage-matches-quote": P,
        "controlled-failure": P,
        "dashboard-confirmed": P,
    },
    "data-and-keys": {"reference-fresh": R, "key-hygiene": R},
}

TEAM = """\
version: 1
name: film
title: Film team
items:
  - id: lifecycle
    title: Lifecycle
    why: Because.
    evidence: A date.
    checks: {model-lifecycle: production, our-own: staging, successor-known: note}
"""
KNOWN = ("model-lifecycle", "successor-known", "our-own")


def tiers(checklist: Checklist) -> dict[str, dict[str, Tier | None]]:
    return {item.id: {one.check: one.tier for one in item.checks} for item in checklist.items}


def complaints(path: Path) -> list[str]:
    with pytest.raises(InvalidFileError) as caught:
        load_checklist(path, KNOWN)
    assert caught.value.exit_code is ExitCode.USAGE
    return [line.removeprefix(f"{path.parent}/") for line in str(caught.value).splitlines()]


def test_these_ship() -> None:
    assert bundled_checklists() == ("pull-request", "veo-access")


def test_the_default_is_the_specs_table_in_its_order() -> None:
    found = tiers(load_checklist("veo-access", ()))
    assert found == VEO_ACCESS
    assert list(found) == list(VEO_ACCESS)
    assert [list(one) for one in found.values()] == [list(one) for one in VEO_ACCESS.values()]


@pytest.mark.parametrize("name", bundled_checklists())
def test_what_ships_says_why_and_what_to_save(name: str) -> None:
    checklist = load_checklist(name, ())
    assert checklist.name == name
    for item in checklist.items:
        assert min(len(item.title), len(item.why), len(item.evidence)) > 5
        assert not re.search(r"\s{2}|\n", item.why + item.evidence)


def test_the_pull_requests_checklist_is_a_part_of_the_default() -> None:
    whole = {check: tier for checks in VEO_ACCESS.values() for check, tier in checks.items()}
    part = tiers(load_checklist("pull-request", ()))
    assert list(part) == [item for item in VEO_ACCESS if item != "catalog-row"]
    for item, checks in part.items():
        assert checks.items() <= VEO_ACCESS[item].items()
    asks_elsewhere = {
        *("model-listed", "price-unit", "price-agrees", "endpoint-family", "job-completes"),
        *("media-delivered", "catalog-row", "catalog-group", "availability-status"),
        *("key-accepted", "fallback-alive", "usage-recorded", "usage-matches-quote"),
        "controlled-failure",
    }
    assert whole.keys() - {check for checks in part.values() for check in checks} == asks_elsewhere


def test_every_built_in_check_is_on_the_default_checklist() -> None:
    items = {check: item for item, checks in VEO_ACCESS.items() for check in checks}
    assert {check.id: check.item for check in CHECKS} == {
        check.id: items[check.id] for check in CHECKS
    }


def test_a_teams_own_may_add_and_raise(tmp_path: Path) -> None:
    path = put(tmp_path, TEAM, "film.yaml")
    assert load_checklist(path, KNOWN) == load_checklist(str(path), set(KNOWN))
    assert load_checklist(path, KNOWN) == Checklist(
        "film",
        "Film team",
        (
            Item(
                "lifecycle",
                "Lifecycle",
                "Because.",
                "A date.",
                (
                    Requirement("model-lifecycle", P),
                    Requirement("our-own", S),
                    Requirement("successor-known", None),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("veo-acess", "no checklist is called 'veo-acess'; did you mean veo-access?"),
        ("zzz", "no checklist is called 'zzz'; name a file, or one of: pull-request, veo-access"),
        ("zzz.yaml", "zzz.yaml:1:1: (file): there is no such file"),
        ("../zzz", "../zzz:1:1: (file): there is no such file"),
    ],
)
def test_a_checklist_that_is_not_there(name: str, said: str) -> None:
    with pytest.raises(InvalidFileError, match=f"^{re.escape(said)}$"):
        load_checklist(name, KNOWN)


def test_a_name_that_ships_is_not_overruled_by_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, TEAM, "veo-access")
    put(tmp_path, TEAM, "film")
    monkeypatch.chdir(tmp_path)
    assert load_checklist("veo-access", KNOWN).name == "veo-access"
    assert load_checklist("film", KNOWN).name == "film"


def test_an_installed_package_has_them_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = put(tmp_path / "checklists", TEAM.replace("film", "veo-access"), "veo-access.yaml")
    monkeypatch.setattr(module, "_FOLDERS", (inside.parent, *module._FOLDERS))
    assert load_checklist("veo-access", KNOWN).title == "Film team"


def test_an_unknown_check_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    text = TEAM.replace("our-own", "model-lifecycel").replace("successor-known", "zzz")
    assert complaints(put(tmp_path, text, "c.yaml")) == [
        "c.yaml:9:43: items.0.checks.model-lifecycel: no check is called 'model-lifecycel'; "
        "did you mean model-lifecycle?",
        "c.yaml:9:69: items.0.checks.zzz: no check is called 'zzz'; `veo-check checks` lists them",
    ]


def test_nothing_stands_in_it_twice(tmp_path: Path) -> None:
    again = TEAM + TEAM.partition("items:\n")[2]
    assert complaints(put(tmp_path, again, "c.yaml")) == [
        "c.yaml:10:9: items.1.id: another item has this id",
        "c.yaml:14:14: items.1.checks.model-lifecycle: another item has this check already",
        "c.yaml:14:43: items.1.checks.our-own: another item has this check already",
        "c.yaml:14:61: items.1.checks.successor-known: another item has this check already",
    ]
    twice = TEAM.replace("our-own: staging", "model-lifecycle: note")
    assert complaints(put(tmp_path, twice, "d.yaml")) == [
        "d.yaml:9:43: items.0.checks.model-lifecycle: this key stands here already, on line 9; "
        "keep one of the two"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["1:1: (file): is empty; a checklist begins with version: 1"]),
        ("- a", ["1:1: (file): has to hold `key: value` lines at its top level"]),
        (b"\xff", ["1:1: (file): is not UTF-8 text; save it as UTF-8"]),
        (b"#" * 300_000, ["1:1: (file): is larger than 256 KiB, so not a checklist"]),
        (TEAM.replace("production", "prod"), ["9:31: items.0.checks.model-lifecycle: has to be research, staging, production or note; this is 'prod'; did you mean production?"]),
        (TEAM.replace("    why", "    wy"), ["5:5: items.0.why: is missing", "7:5: items.0.wy: unknown key; did you mean why?"]),
        (TEAM.replace("version: 1", "version: true"), ["1:10: version: has to be 1"]),
        (TEAM.replace("name: film", "name: ../film"), ["2:7: name: may hold a-z, 0-9 and - only, 63 at most; this is '../film'"]),
        (TEAM.partition("items")[0], ["1:1: items: is missing"]),
        (TEAM.partition("items")[0] + "items: []", ["4:8: items: has to have at least 1 in its list"]),
        (re.sub("checks: .*", "checks: {}", TEAM), ["9:13: items.0.checks: has to have at least 1 in its list"]),
        (re.sub("checks: .*", "checks: [model-lifecycle]", TEAM), ["9:13: items.0.checks: has to hold `key: value` lines, not a list"]),
        (TEAM.replace("Because.", "*all"), ["7:10: items.0.why: anchors and aliases (&name, *name) are not used here; write the value out"]),
    ],
)  # fmt: skip
def test_a_hostile_or_wrong_checklist(tmp_path: Path, text: str | bytes, said: list[str]) -> None:
    assert complaints(put(tmp_path, text, "c.yaml")) == [f"c.yaml:{one}" for one in said]


def test_a_key_in_a_checklist_is_not_repeated(tmp_path: Path) -> None:
    secret = "sk-" + "Zq81xWvU70Kp"
    (said,) = complaints(put(tmp_path, TEAM.replace("Because.", secret), "c.yaml"))
    assert said.startswith("c.yaml:7:10: items.0.why: looks like a key or token; ")
    assert secret[3:] not in said
