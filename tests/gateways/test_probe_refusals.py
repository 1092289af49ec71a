from __future__ import annotations

import pytest

from fake_clock import FakeClock
from probe_world import (
    CATALOG,
    ENVIRON,
    FLATKEY,
    LISTING,
    ROUTER,
    STATUS,
    USAGE,
    World,
    asking,
    codes,
    learn_all,
    route,
)
from veo_check.core.facts import Missing
from veo_check.core.route import Route
from veo_check.core.secrets import AllowList
from veo_check.gateways.probes import PROBES

EVIL = "https://evil.example"
ELSEWHERE = [
    route(base_url=EVIL),
    route(base_url=EVIL, console_url=EVIL),
    route(gateway="newapi", base_url=EVIL),
    route(gateway="openai", base_url=EVIL, key={"env": "OPENAI_KEY"}),
    route(
        gateway="google",
        base_url=EVIL,
        key={"env": "GOOGLE_TOKEN"},
        endpoint="predict-long-running",
    ),
    route(gateway="google", base_url=EVIL, surface="gemini-api", key={"env": "GEMINI_API_KEY"}),
    route(gateway="google", base_url=EVIL, key={"adc": True}),
    route(gateway="newapi", base_url=EVIL, key={"env": "AWS_SECRET_ACCESS_KEY"}),
    route(gateway="newapi", base_url=EVIL, key=None),
    route(key={"env": "GEMINI_API_KEY"}, console_url=EVIL),
    route(console_url=EVIL, production_key={"env": "FLATKEY_PRODUCTION_KEY"}, base_url=EVIL),
]


@pytest.mark.parametrize("of", ELSEWHERE)
def test_a_strange_host_is_refused_before_any_connection(of: Route, clock: FakeClock) -> None:
    world = World({})
    way = asking(world, clock, environ={**ENVIRON, "AWS_SECRET_ACCESS_KEY": "aws-secret-value"})
    found = set(codes(learn_all(of, way)).values())
    assert world.seen == []
    assert "host-refused" in found
    assert found <= {"host-refused", "not-offered", "not-configured", "SmokeKeyVariable"}
    for probe in PROBES:
        plan = probe.plan(of, way)
        assert isinstance(plan, Missing) or plan == ()


def test_another_secrets_variable_is_not_sent_to_the_gateway(clock: FakeClock) -> None:
    world = World(FLATKEY)
    way = asking(world, clock)
    facts = learn_all(route(key={"env": "GEMINI_API_KEY"}), way)
    assert codes(facts)["gateway-listing"] == "host-refused"
    assert all(key is None for _, key in world.seen)


def test_a_console_elsewhere_is_not_asked(clock: FakeClock) -> None:
    world = World(FLATKEY)
    facts = codes(learn_all(route(console_url=EVIL), asking(world, clock)))
    assert [facts[one] for one in ("key-usage", "gateway-status", "catalog")] == [
        "host-refused"
    ] * 3
    assert [url for url, _ in world.seen] == [f"{ROUTER}/v1/models"]


def test_leave_opens_the_host(clock: FakeClock) -> None:
    base = "https://gateway.example"
    world = World(
        {
            f"{base}/v1/models": LISTING,
            f"{base}/api/pricing": CATALOG,
            f"{base}/api/status": STATUS,
            f"{base}/api/usage/token/": USAGE,
        }
    )
    leave = AllowList(keys=frozenset({("MY_KEY", base)}))
    way = asking(world, clock, environ={"MY_KEY": "my-key-value"}, leave=leave)
    facts = learn_all(route(gateway="newapi", base_url=base, key={"env": "MY_KEY"}), way)
    assert codes(facts)["catalog"] == "Catalog"
    assert [url for url, key in world.seen if key] == [
        f"{base}/v1/models",
        f"{base}/api/usage/token/",
    ]
