from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from fake_clock import FakeClock
from probe_world import (
    CATALOG,
    CONSOLE,
    ENVIRON,
    FLATKEY,
    GEMINI,
    LISTING,
    MODEL,
    OFFERED,
    ROUTER,
    VERTEX,
    World,
    asking,
    codes,
    learn_all,
    route,
)
from veo_check.core.facts import (
    Catalog,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    Missing,
    OfficialModel,
    ProductionKey,
    SkuPrice,
    SmokeKeyVariable,
)
from veo_check.core.secrets import AllowList
from veo_check.gateways.probes import PROBES, PlannedRequest


def test_probes_have_ids_facts_and_a_price_of_their_own() -> None:
    assert {probe.id: probe.fact for probe in PROBES} == {
        "smoke-key-variable": SmokeKeyVariable,
        "gateway-listing": GatewayListing,
        "key-answer": KeyAnswer,
        "key-usage": KeyUsage,
        "gateway-status": GatewayStatus,
        "catalog": Catalog,
        "official-model": OfficialModel,
        "billing-sku": SkuPrice,
        "production-key": ProductionKey,
    }


def test_a_flatkey_route_learns_everything_with_each_key_at_its_own_host(clock: FakeClock) -> None:
    world = World(FLATKEY)
    of = route(
        production_key={"env": "FLATKEY_PRODUCTION_KEY"},
        listing={"project": "p", "location": "us-central1", "key": {"env": "GOOGLE_TOKEN"}},
    )
    way = asking(world, clock)
    facts = learn_all(of, way)
    learned = {probe.id: probe.fact.__name__ for probe in PROBES}
    assert codes(facts) == learned | {"billing-sku": "not-configured"}
    smoke, production = "Bearer sk-smoke-key-value", "Bearer sk-production-key-value"
    assert world.seen == [
        (f"{ROUTER}/v1/models", smoke),
        (f"{CONSOLE}/api/usage/token/", smoke),
        (f"{CONSOLE}/api/status", None),
        (f"{CONSOLE}/api/website/pricing?group=plg", None),
        (f"{VERTEX}/v1beta1/publishers/google/models/{MODEL}", "Bearer ya29.google-token-value"),
        (f"{ROUTER}/v1/models", production),
        (f"{CONSOLE}/api/usage/token/", production),
    ]
    assert facts["gateway-status"] == GatewayStatus(Decimal(500000), None, ("x3",))
    assert facts["smoke-key-variable"] == SmokeKeyVariable(
        "FLATKEY_SMOKE_KEY",
        is_set=True,
        from_sandbox=False,
        same_as_production=False,
        sandbox_variables=frozenset(),
    )
    for value in ENVIRON.values():
        assert value not in repr((facts, way.door.exchanges))


def test_a_fact_is_asked_for_once_however_many_routes_need_it(clock: FakeClock) -> None:
    world = World(FLATKEY)
    way = asking(world, clock)
    for _ in range(5):
        learn_all(route(), way)
    assert len(world.seen) == 4


def test_the_plan_is_what_is_sent(clock: FakeClock) -> None:
    of = route(listing={"key": {"env": "GOOGLE_TOKEN"}})
    way = asking(World(FLATKEY), clock)
    plans = {probe.id: probe.plan(of, way) for probe in PROBES}
    listing = (PlannedRequest("GET", f"{ROUTER}/v1/models", "FLATKEY_SMOKE_KEY"),)
    assert plans == {
        "smoke-key-variable": (),
        "gateway-listing": listing,
        "key-answer": listing,
        "key-usage": (PlannedRequest("GET", f"{CONSOLE}/api/usage/token/", "FLATKEY_SMOKE_KEY"),),
        "gateway-status": (PlannedRequest("GET", f"{CONSOLE}/api/status", None),),
        "catalog": (PlannedRequest("GET", f"{CONSOLE}/api/website/pricing?group=plg", None),),
        "official-model": (
            PlannedRequest(
                "GET", f"{VERTEX}/v1beta1/publishers/google/models/{MODEL}", "GOOGLE_TOKEN"
            ),
        ),
        "billing-sku": Missing(
            "billing-sku", "not-configured", "the route names no model.billing_sku"
        ),
        "production-key": Missing(
            "production-key", "not-configured", "the route names no production_key"
        ),
    }
    assert way.door.exchanges == ()


def test_one_bad_key_is_one_finding_and_otherwise_missing_facts(clock: FakeClock) -> None:
    refused = (401, {"error": {"message": "Invalid token", "type": "new_api_error", "code": ""}})
    pages = {**FLATKEY, f"{ROUTER}/v1/models": refused, f"{CONSOLE}/api/usage/token/": refused}
    facts = learn_all(route(), asking(World(pages), clock))
    assert codes(facts) == {
        "smoke-key-variable": "SmokeKeyVariable",
        "gateway-listing": "key-refused",
        "key-answer": "KeyAnswer",
        "key-usage": "key-refused",
        "gateway-status": "GatewayStatus",
        "catalog": "Catalog",
        "official-model": "not-configured",
        "billing-sku": "not-configured",
        "production-key": "not-configured",
    }
    assert facts["key-answer"] == KeyAnswer("refused", 401, "Invalid token", ("x1",))
    assert facts["gateway-listing"] == Missing(
        "gateway-listing",
        "key-refused",
        "router.flatkey.ai/v1/models answered 401: Invalid token",
        ("x1",),
    )


def test_offline_nothing_is_asked_and_only_the_environment_is_known(clock: FakeClock) -> None:
    world = World(FLATKEY)
    facts = learn_all(route(), asking(world, clock, offline=True))
    assert codes(facts) == {
        "smoke-key-variable": "SmokeKeyVariable",
        "gateway-listing": "offline",
        "key-answer": "offline",
        "key-usage": "offline",
        "gateway-status": "offline",
        "catalog": "offline",
        "official-model": "not-configured",
        "billing-sku": "not-configured",
        "production-key": "not-configured",
    }
    assert world.seen == []


def test_without_the_variable_public_facts_are_still_learned(clock: FakeClock) -> None:
    facts = learn_all(route(), asking(World(FLATKEY), clock, environ={}))
    assert codes(facts)["gateway-listing"] == "no-key"
    assert codes(facts)["catalog"] == "Catalog"
    assert codes(facts)["gateway-status"] == "GatewayStatus"


def test_a_route_without_a_key_learns_what_is_public(clock: FakeClock) -> None:
    facts = learn_all(route(key=None), asking(World(FLATKEY), clock))
    assert codes(facts) == {
        "smoke-key-variable": "SmokeKeyVariable",
        "gateway-listing": "not-configured",
        "key-answer": "not-configured",
        "key-usage": "not-configured",
        "gateway-status": "GatewayStatus",
        "catalog": "Catalog",
        "official-model": "not-configured",
        "billing-sku": "not-configured",
        "production-key": "not-configured",
    }


def test_the_catalogue_is_looked_for_where_older_builds_have_it(clock: FakeClock) -> None:
    pages = {**FLATKEY, f"{CONSOLE}/api/pricing": CATALOG}
    del pages[f"{CONSOLE}/api/website/pricing?group=plg"]
    world = World(pages)
    catalog = learn_all(route(), asking(world, clock))["catalog"]
    assert isinstance(catalog, Catalog)
    assert catalog.source == f"{CONSOLE}/api/pricing"
    assert [url for url, _ in world.seen if "pricing" in url] == [
        f"{CONSOLE}/api/website/pricing?group=plg",
        f"{CONSOLE}/api/pricing",
    ]


def test_a_key_that_ran_out_still_has_a_listing(clock: FakeClock) -> None:
    exhausted = (403, {"error": {"message": "no quota", "code": "insufficient_user_quota"}})
    pages = {
        **FLATKEY,
        f"{ROUTER}/v1/models": exhausted,
        f"{CONSOLE}/v1/available_models": LISTING,
    }
    facts = learn_all(route(), asking(World(pages), clock))
    listing = facts["gateway-listing"]
    assert isinstance(listing, GatewayListing)
    assert listing.source == f"{CONSOLE}/v1/available_models"
    assert facts["key-answer"] == KeyAnswer("denied", 403, "no quota", ("x1",), "no-quota")


def test_google_direct_asks_google_with_the_routes_key(clock: FakeClock) -> None:
    agent = route(gateway="google", key={"env": "GOOGLE_TOKEN"}, location="europe-west4")
    url = f"https://europe-west4-aiplatform.googleapis.com/v1beta1/publishers/google/models/{MODEL}"
    world = World({url: OFFERED})
    facts = codes(learn_all(agent, asking(world, clock)))
    assert (facts["official-model"], facts["key-answer"]) == ("OfficialModel", "KeyAnswer")
    assert world.seen == [(url, "Bearer ya29.google-token-value")]
    assert {
        facts[one] for one in ("gateway-listing", "key-usage", "gateway-status", "catalog")
    } == {"not-offered"}
    gemini = route(gateway="google", surface="gemini-api", key={"env": "GEMINI_API_KEY"})
    url = f"{GEMINI}/v1beta/models/{MODEL}"
    world = World({url: {"name": f"models/{MODEL}"}})
    assert codes(learn_all(gemini, asking(world, clock)))["official-model"] == "OfficialModel"
    assert world.seen == [(url, "AQ.gemini-key-value")]


REFUSED_PROJECT = (
    "Caller does not have required permission to use project p-1. Grant the caller the "
    "roles/serviceusage.serviceUsageConsumer role.",
    "Google Cloud project p-1 has been suspended.",
    "Permission 'serviceusage.services.use' denied",
)


@pytest.mark.parametrize("said", REFUSED_PROJECT)
@pytest.mark.parametrize("then", [200, 404, 403, 401])
def test_google_is_asked_on_behalf_of_the_project_and_once_more_without(
    said: str, then: int, clock: FakeClock
) -> None:
    seen: list[str | None] = []
    denied = {"error": {"code": 403, "message": said, "status": "PERMISSION_DENIED"}}
    missing = {"error": {"code": 404, "message": f"{MODEL} was not found", "status": "NOT_FOUND"}}

    def google(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("x-goog-user-project"))
        if seen[-1] is not None:
            return httpx.Response(403, json=denied)
        return httpx.Response(then, json={200: OFFERED, 404: missing}.get(then, {}))

    of = route(gateway="google", key={"env": "GOOGLE_TOKEN"}, project="p-1")
    facts = learn_all(of, asking(google, clock))
    assert seen == ["p-1", None]  # both facts are read off the same two answers
    official, key = facts["official-model"], facts["key-answer"]
    if then in {200, 404}:
        assert isinstance(official, OfficialModel)
        assert (official.state, official.location) == (
            "offered" if then == 200 else "not-found",
            "us-central1",
        )
        assert isinstance(key, KeyAnswer)
        assert key.state == "accepted"
    elif then == 403:  # of two refusals the one about the project tells more
        assert key == KeyAnswer("denied", 403, said, ("x1",))
    else:
        assert isinstance(key, KeyAnswer)
        assert key.state == "refused"


@pytest.mark.parametrize("said", ["Permission denied on resource x", ""])
def test_another_403_is_not_asked_about_again(said: str, clock: FakeClock) -> None:
    body = {"error": {"code": 403, "message": said, "status": "PERMISSION_DENIED"}}
    world = World({f"{VERTEX}/v1beta1/publishers/google/models/{MODEL}": (403, body)})
    of = route(gateway="google", key={"env": "GOOGLE_TOKEN"}, project="p-1")
    assert codes(learn_all(of, asking(world, clock)))["official-model"] == "refused"
    assert len(world.seen) == 1


@pytest.mark.parametrize(
    ("base_url", "location", "about"),
    [
        (None, "europe-west4", "europe-west4"),
        (None, None, "us-central1"),
        ("https://us-central1-aiplatform.googleapis.com/v1", "us-central1", "us-central1"),
        ("https://us-central1-aiplatform.googleapis.com", "europe-west4", None),
        ("https://aiplatform.googleapis.com", "us-central1", None),
        ("https://aiplatform.googleapis.com", "global", "global"),
        ("http://127.0.0.1:9000", "us-central1", None),
        ("https://video.example/v1", "europe-west4", None),
    ],
)
def test_an_answer_is_about_the_location_of_the_host_that_gave_it(
    base_url: str | None, location: str | None, about: str | None, clock: FakeClock
) -> None:
    of = route(gateway="google", key={"env": "GOOGLE_TOKEN"}, base_url=base_url, location=location)

    def google(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=OFFERED)

    leave = AllowList(
        frozenset((("GOOGLE_TOKEN", base_url.removesuffix("/v1")),) if base_url else ())
    )
    official = learn_all(of, asking(google, clock, leave=leave))["official-model"]
    assert isinstance(official, OfficialModel)
    assert official.location == about


@pytest.mark.parametrize("direct", [True, False])
def test_the_agent_platform_is_asked_with_an_api_key_where_the_variable_holds_one(
    direct: bool, clock: FakeClock
) -> None:
    key = {"env": "GOOGLE_TOKEN"}
    of = route(gateway="google", key=key) if direct else route(listing={"key": key})
    url = f"{VERTEX}/v1beta1/publishers/google/models/{MODEL}"
    world = World({**FLATKEY, url: OFFERED})
    way = asking(world, clock, environ=ENVIRON | {"GOOGLE_TOKEN": "AQ.Ab8RN6-key-value"})
    assert codes(learn_all(of, way))["official-model"] == "OfficialModel"
    assert (url, "AQ.Ab8RN6-key-value") in world.seen


def test_the_global_location_has_an_address_of_its_own(clock: FakeClock) -> None:
    of = route(gateway="google", key={"env": "GOOGLE_TOKEN"}, location="global")
    url = f"https://aiplatform.googleapis.com/v1beta1/publishers/google/models/{MODEL}"
    world = World({url: OFFERED})
    assert codes(learn_all(of, asking(world, clock)))["official-model"] == "OfficialModel"


def test_a_gateway_route_may_ask_the_gemini_api_itself(clock: FakeClock) -> None:
    of = route(surface="gemini-api", listing={"key": {"env": "GEMINI_API_KEY"}})
    world = World({f"{GEMINI}/v1beta/models/{MODEL}": {"name": f"models/{MODEL}"}})
    assert codes(learn_all(of, asking(world, clock)))["official-model"] == "OfficialModel"


def test_other_vendors_surfaces_are_not_googles(clock: FakeClock) -> None:
    world = World(FLATKEY)
    missing = learn_all(route(surface="byteplus"), asking(world, clock))["official-model"]
    assert missing == Missing(
        "official-model", "not-offered", "surface byteplus is not one of Google's"
    )


def test_an_openai_gateway_has_a_listing_and_a_key(clock: FakeClock) -> None:
    base = "http://127.0.0.1:4000"
    world = World({f"{base}/v1/models": LISTING})
    leave = AllowList(keys=frozenset({("OPENAI_KEY", base)}))
    of = route(gateway="openai", base_url=base, key={"env": "OPENAI_KEY"})
    facts = codes(learn_all(of, asking(world, clock, leave=leave)))
    assert facts == {
        "smoke-key-variable": "SmokeKeyVariable",
        "gateway-listing": "GatewayListing",
        "key-answer": "KeyAnswer",
        "key-usage": "not-offered",
        "gateway-status": "not-offered",
        "catalog": "not-offered",
        "official-model": "not-configured",
        "billing-sku": "not-configured",
        "production-key": "not-configured",
    }
    assert world.seen == [(f"{base}/v1/models", "Bearer sk-proxy-key-value")]


def test_one_key_under_two_names_is_noticed_and_not_asked_with(clock: FakeClock) -> None:
    world = World(FLATKEY)
    environ = {"FLATKEY_SMOKE_KEY": "sk-one-key-value", "FLATKEY_P": "sk-one-key-value "}
    of = route(production_key={"env": "FLATKEY_P"})
    facts = learn_all(of, asking(world, clock, environ=environ))
    assert facts["production-key"] == ProductionKey(True, None, None)
    variable = facts["smoke-key-variable"]
    assert isinstance(variable, SmokeKeyVariable)
    assert variable.same_as_production is True
    assert len(world.seen) == 4


def test_a_production_key_that_is_refused_or_unset_is_missing(clock: FakeClock) -> None:
    of = route(production_key={"env": "FLATKEY_PRODUCTION_KEY"})
    environ = {"FLATKEY_SMOKE_KEY": "sk-smoke-key-value"}
    facts = learn_all(of, asking(World(FLATKEY), clock, environ=environ))
    assert codes(facts)["production-key"] == "no-key"
    refused = (401, {"error": {"message": "Invalid token"}})
    pages = {**FLATKEY, f"{ROUTER}/v1/models": refused, f"{CONSOLE}/api/usage/token/": refused}
    facts = learn_all(of, asking(World(pages), clock))
    assert codes(facts)["production-key"] == "key-refused"


def test_half_of_the_production_keys_facts_are_better_than_none(clock: FakeClock) -> None:
    of = route(production_key={"env": "FLATKEY_PRODUCTION_KEY"})
    pages = {**FLATKEY, f"{CONSOLE}/api/usage/token/": (500, "down")}
    fact = learn_all(of, asking(World(pages), clock))["production-key"]
    assert isinstance(fact, ProductionKey)
    assert fact.usage is None
    assert fact.listing is not None


def test_sandbox_keys_are_found_under_every_variable_of_the_file(clock: FakeClock) -> None:
    environ = {"A": "sk-vcsandboxflatkey", "B": "sk-real-key-value", "C": "AIzavcsandboxgemini"}
    of = route(
        key={"env": "A"},
        production_key={"env": "B"},
        surface="gemini-api",
        listing={"key": {"env": "C"}},
    )
    got = learn_all(of, asking(World(FLATKEY), clock, environ=environ))["smoke-key-variable"]
    assert got == SmokeKeyVariable(
        "A",
        is_set=True,
        from_sandbox=True,
        same_as_production=False,
        sandbox_variables=frozenset({"A", "C"}),
    )


def test_default_credentials_have_no_variable(clock: FakeClock) -> None:
    of = route(gateway="google", key={"adc": True})
    got = learn_all(of, asking(World({}), clock, offline=True))["smoke-key-variable"]
    assert got == SmokeKeyVariable(None, is_set=True, from_sandbox=False)
