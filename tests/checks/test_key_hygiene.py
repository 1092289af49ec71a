from __future__ import annotations

from typing import Any

import pytest

from check_world import GOOGLE, OPENAI, a_route, codes, heard, missing, only
from veo_check.checks.key_hygiene import key_hygiene
from veo_check.core.facts import Missing, ProductionKey, SmokeKeyVariable
from veo_check.core.findings import Outcome, blocker, note
from veo_check.core.secrets import AllowList

UNSET = SmokeKeyVariable("FLATKEY_SMOKE_KEY", is_set=False, from_sandbox=False)
#: a whole key, put together so that no scanner takes this file for a leak
KEY = "sk-" + "fk-0123456789abcdef0123"


def run(
    changes: dict[str, Any] | None = None,
    leave: AllowList | None = None,
    smoke_key: SmokeKeyVariable = UNSET,
    production: ProductionKey | Missing | None = None,
) -> Outcome:
    return heard(
        key_hygiene,
        route=a_route(changes),
        leave=leave or AllowList(),
        smoke_key=smoke_key,
        production=production or missing("not-configured", detail="no production key"),
    )


def test_a_clean_route_has_nothing_to_say_offline() -> None:
    assert run() == Outcome()
    assert run(GOOGLE) == Outcome()


@pytest.mark.parametrize("word", ["non-production", "Non-Production", "non_production"])
def test_the_scope_has_to_be_declared(word: str) -> None:
    assert run({"via.key.scope": word}) == Outcome()


def test_another_scope_or_none() -> None:
    assert only(run({"via.key.scope": "production"})) == blocker(
        "key-hygiene/scope",
        "The key of via.key is declared as 'production'.",
        at="via.key.scope",
        expected="non-production",
        actual="production",
        fix="use a key made for tests and write via.key.scope: non-production",
    )
    undeclared = only(run({"via.key.scope": None}))
    assert (undeclared.code, undeclared.at) == ("key-hygiene/scope", "via.key")
    assert undeclared.message == (
        "The scope of the key of via.key is not given, so it may be a production key."
    )
    assert codes(run({"via.key": None})) == ["warning no-key"]


@pytest.mark.parametrize(
    ("smoke_key", "production"),
    [
        (UNSET, ProductionKey(same_as_smoke_key=True, listing=None, usage=None)),
        (SmokeKeyVariable("FLATKEY_SMOKE_KEY", True, False, same_as_production=True), missing()),
    ],
)
def test_the_smoke_key_is_not_the_production_key(
    smoke_key: SmokeKeyVariable, production: ProductionKey | Missing
) -> None:
    changes = {"via.production_key": {"env": "FLATKEY_PROD_KEY"}}
    outcome = run(changes, smoke_key=smoke_key, production=production)
    assert codes(outcome) == ["blocker production-key"]
    assert only(outcome).message == (
        "The smoke key is the production key: both variables hold one key."
    )


def test_one_variable_for_both_is_seen_without_its_value() -> None:
    outcome = run({"via.production_key": {"env": "FLATKEY_SMOKE_KEY"}})
    assert codes(outcome) == ["blocker production-key"]
    assert only(outcome).message.endswith("both are FLATKEY_SMOKE_KEY.")


def test_keys_that_differ_or_cannot_be_compared() -> None:
    changes = {"via.production_key": {"env": "FLATKEY_PROD_KEY"}}
    differs = ProductionKey(same_as_smoke_key=False, listing=None, usage=None)
    assert run(changes, production=differs) == Outcome()
    told = SmokeKeyVariable("FLATKEY_SMOKE_KEY", True, False, same_as_production=False)
    assert run(changes, smoke_key=told) == Outcome()
    hole = missing("no-key", detail="FLATKEY_PROD_KEY is not set")
    assert only(run(changes, production=hole)) == note(
        "key-hygiene/not-compared",
        "The smoke key was not compared with the production key: FLATKEY_PROD_KEY is not set.",
        at="via.production_key",
    )


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"via.base_url": "https://evil.example"}, "via.base_url"),
        ({"via.console_url": "https://evil.example"}, "via.console_url"),
        ({"via.key.env": "AWS_SECRET_ACCESS_KEY"}, "via.base_url"),
        ({"via.production_key": {"env": "AWS_SECRET"}}, "via.production_key.env"),
        ({"model.listing": {"key": {"env": "FLATKEY_X"}}}, "model.listing.key"),
        (
            {"fallback.routes.0.via.base_url": "https://evil.example"},
            "fallback.routes.0.via.base_url",
        ),
        ({"fallback.routes.0.via.key": {"env": "AWS"}}, "fallback.routes.0.via.base_url"),
        (
            {"fallback.routes.0.model.listing": {"key": {"env": "AWS"}}},
            "fallback.routes.0.model.listing.key",
        ),
        ({**GOOGLE, "via.base_url": "https://evil.example"}, "via.base_url"),
        ({**GOOGLE, "via.console_url": "https://evil.example"}, "via.console_url"),
        ({**GOOGLE, "via.key.env": "OPENAI_API_KEY"}, "via.base_url"),
        ({**OPENAI, "via.base_url": "https://evil.example"}, "via.base_url"),
        ({**OPENAI, "via.key.env": "OPENAI_API_KEY"}, "via.base_url"),
        ({"via.base_url": "http://router.flatkey.ai"}, "via.base_url"),
        ({"via.key": None, "via.base_url": "http://gateway.example"}, "via.base_url"),
    ],
    ids=str,
)
def test_a_key_that_would_go_to_a_strange_host(changes: dict[str, Any], at: str) -> None:
    outcome = run(changes)
    refused = [one for one in outcome.findings if one.code == "key-hygiene/host-refused"]
    assert refused
    assert refused[0].at == at
    assert {one.severity for one in refused} == {"blocker"}


def test_the_refusal_says_which_key_and_how_to_give_leave() -> None:
    changes = {"via.base_url": "https://evil.example", "fallback.routes": []}
    assert only(run(changes)) == blocker(
        "key-hygiene/host-refused",
        "Refused: FLATKEY_SMOKE_KEY may not be sent to https://evil.example because only the route "
        "file asks for it.",
        at="via.base_url",
        actual="https://evil.example",
        fix="if you trust that host, add --allow-host FLATKEY_SMOKE_KEY=https://evil.example",
    )
    plain = changes | {"via.base_url": "http://router.flatkey.ai"}
    assert only(run(plain)).fix == "use https, or allow it with --allow-http router.flatkey.ai"


def test_leave_from_the_command_line() -> None:
    changes = {
        "via.base_url": "https://gateway.example",
        "via.key.env": "MY_KEY",
        "fallback.routes": [],
    }
    leave = AllowList(keys=frozenset({("MY_KEY", "https://gateway.example")}))
    assert run(changes, leave) == Outcome()
    inside = changes | {"via.base_url": "http://gateway.internal"}
    leave = AllowList(
        keys=frozenset({("MY_KEY", "http://gateway.internal")}),
        http_hosts=frozenset({"gateway.internal"}),
    )
    assert run(inside, leave) == Outcome()


def test_sandbox_keys_go_to_loopback() -> None:
    changes = {
        "via.base_url": "http://127.0.0.1:8000",
        "via.key.env": "ANY",
        "via.production_key": {"env": "OTHER"},
    }
    strange = SmokeKeyVariable("ANY", is_set=True, from_sandbox=False, same_as_production=False)
    assert codes(run(changes, smoke_key=strange)) == ["blocker host-refused"] * 2
    smoke_key = SmokeKeyVariable("ANY", is_set=True, from_sandbox=True, same_as_production=False)
    assert codes(run(changes, smoke_key=smoke_key)) == ["blocker host-refused"]
    both = SmokeKeyVariable(
        "ANY",
        is_set=True,
        from_sandbox=True,
        same_as_production=False,
        sandbox_variables=frozenset({"ANY", "OTHER"}),
    )
    assert run(changes, smoke_key=both) == Outcome()


def test_google_is_asked_where_the_surface_is() -> None:
    listing = {"location": "global", "key": {"env": "GOOGLE_TOKEN"}}
    assert run({"model.listing": listing}) == Outcome()
    leave = AllowList(keys=frozenset({("MINE", "https://aiplatform.googleapis.com")}))
    mine = {"model.listing": {"location": "global", "key": {"env": "MINE"}}}
    assert run(mine, leave) == Outcome()
    gemini = {"model.surface": "gemini-api", "model.listing": {"key": {"env": "GEMINI_API_KEY"}}}
    assert run(gemini) == Outcome()
    adc = {"model.listing": {"key": {"adc": True}}}
    assert codes(run(adc)) == []


@pytest.mark.parametrize("key", [KEY, "AIza" + "a1" * 10, "ya29." + "a-" * 5, f'"\n{KEY}'])
def test_a_key_in_the_file_is_named_by_place_and_never_shown(key: str) -> None:
    outcome = run({"smoke": {"prompt": f"use {key}"}})
    assert codes(outcome) == ["blocker inline-secret"]
    assert only(outcome).at == "smoke.prompt"
    assert key not in repr(outcome)


@pytest.mark.parametrize("prompt", ["basic lighting, a bearer walks", "sk-ating on a lake"])
def test_a_prompt_is_not_a_key(prompt: str) -> None:
    assert run({"smoke": {"prompt": prompt}}) == Outcome()


def test_a_fallback_that_makes_no_route() -> None:
    changes = {"fallback.routes.0.via": {"model": "x", "gateway": "newapi"}}
    outcome = run(changes)
    assert outcome.blocked is not None
    assert "fallback.routes.0" in outcome.blocked
    assert "base_url is missing; gateway newapi needs a base_url" in outcome.blocked
