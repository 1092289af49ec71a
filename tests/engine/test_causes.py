"""Causes: every check in the way waits for one, each is said once, and the first one decides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from check_world import a_book, a_route, judging
from veo_check.cli.main import main
from veo_check.core.facts import Catalog, GatewayListing, KeyAnswer, Missing, ProductionKey
from veo_check.core.findings import TARGETS, Finding, Outcome, Status, Tier, blocker, warning
from veo_check.core.results import JobResult
from veo_check.engine.causes import RouteContext, causes_of, counts_of
from veo_check.engine.judge import Result
from veo_check.engine.options import RunOptions
from veo_check.engine.plan import PlannedCheck
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import PriceSources
from veo_check.report.model import CauseReport
from veo_check.report.shown import first_sentence

NO_JOB = Missing("smoke-job", "not-run", "no smoke job is on record")
ROUTE = a_route()


def result(
    check: str,
    status: Status = Status.BLOCKED,
    reason: str | None = None,
    *findings: Finding,
    tier: Tier = Tier.STAGING,
) -> Result:
    return Result(
        PlannedCheck(check, "item", tier, None),
        Outcome(findings, reason),
        dict.fromkeys(TARGETS, status),
        reason,
        0,
    )


def causes(
    *results: Result,
    target: Tier = Tier.PRODUCTION,
    scenario: str | None = None,
    stopped: str | None = None,
    path: str = "route.yaml",
    **facts: object,
) -> list[CauseReport]:
    by_type: Mapping[str, type] = {
        "catalog": Catalog,
        "listing": GatewayListing,
        "answer": KeyAnswer,
        "production": ProductionKey,
        "job": JobResult,
    }
    known = {by_type[name]: fact for name, fact in facts.items()}
    prices = PriceSources.of(known, a_book(), judging(), gateway_of)
    context = RouteContext(
        Path(path), ROUTE, target, RunOptions(scenario=scenario), prices, [known], stopped, len
    )
    return causes_of(results, context)


def test_a_missing_key_is_one_cause_with_the_command_that_sets_it() -> None:
    variable = ROUTE.via.key.env if ROUTE.via.key else None
    detail = f"{variable} is not set; export it with your API key"
    unset = Missing("gateway-listing", "no-key", detail)
    (cause,) = causes(
        result("model-listed", reason=f"gateway-listing: {detail}"),
        result("key-accepted", reason=f"key-answer: {detail}"),
        listing=unset,
        answer=Missing("key-answer", "no-key", detail),
    )
    assert (cause.kind, cause.cause, cause.fix) == (
        "key",
        f"{variable} is not set",
        "export it with your API key",
    )
    assert cause.command == f"export {variable}=..."
    assert (cause.at, cause.line) == ("via.key.env", len("via.key.env"))
    assert cause.blocks == ["model-listed", "key-accepted"]


def test_another_variable_is_not_taken_for_the_routes_own() -> None:
    detail = "SOMEBODY_ELSES_KEY is not set; export it with your API key"
    (cause,) = causes(result("model-listed", reason=detail), listing=Missing("x", "no-key", detail))
    assert (cause.command, cause.at) == (None, None)


def test_one_host_is_one_cause_whatever_was_asked_of_it() -> None:
    first, second = (
        f"gw.example:8443/{path} cannot be reached (refused)" for path in ("v1/models", "api/price")
    )
    (cause,) = causes(
        result("model-listed", reason=f"gateway-listing: {first}"),
        result("price-unit", reason=f"catalog: {second}"),
        listing=Missing("gateway-listing", "unreachable", first),
        catalog=Missing("catalog", "unreachable", second),
    )
    assert cause.kind == "host"
    assert cause.cause == "gw.example:8443 cannot be reached (refused)"
    assert cause.blocks == ["model-listed", "price-unit"]


@pytest.mark.parametrize("option", ["--offline", "--as-of"])
def test_a_run_without_the_network_names_the_option_that_took_it_away(option: str) -> None:
    detail = {
        "--offline": "no network (--offline)",
        "--as-of": "facts read live count only for today, not for 2027-01-01",
    }[option]
    (cause,) = causes(
        result("model-listed", reason=detail),
        listing=Missing("gateway-listing", "offline", detail),
        path="my routes/a.yaml",
        scenario="slow",
    )
    assert (cause.kind, cause.fix) == ("network", f"run again without {option}")
    assert cause.command == "veo-check run 'my routes/a.yaml' --scenario slow"


def test_what_costs_money_comes_last_and_failures_first() -> None:
    offline = Missing("catalog", "offline", "no network (--offline)")
    field = Missing("log", "not-configured", "no sample is named (logging.sample)")
    found = causes(
        result("job-completes", reason=f"smoke-job: {NO_JOB.detail}"),
        result("job-log", reason=field.detail),
        result("a", reason=offline.detail),
        result("b", reason=offline.detail),
        result("late", Status.FAIL, None, blocker("late/x", "Late.", at="m", fix="do")),
        result("early", Status.FAIL, None, blocker("early/y", "E."), tier=Tier.RESEARCH),
        job=NO_JOB,
        catalog=offline,
        production=field,
    )
    assert [(cause.kind, cause.blocks) for cause in found] == [
        ("failure", ["early"]),
        ("failure", ["late"]),
        ("network", ["a", "b"]),
        ("route-file", ["job-log"]),
        ("smoke-test", ["job-completes"]),
    ]
    assert (found[3].at, found[3].fix) == (
        "logging.sample",
        "add logging.sample to the route file",
    )


def test_checks_that_fail_or_wait_for_the_same_reason_are_one_cause() -> None:
    gone = "The model was shut down on 2026-10-22."
    found = causes(
        result("life", Status.FAIL, None, blocker("life/retired", "It is gone.", at="model")),
        result("price", Status.FAIL, None, blocker("price/retired", gone, at="model")),
        result("other", Status.FAIL, None, blocker("other/retired", gone, at="elsewhere")),
        result("budget", reason=f"there is no price: {gone.rstrip('.')}"),
    )
    assert [cause.blocks for cause in found] == [["life", "price", "budget"], ["other", "budget"]]


def test_a_key_that_may_not_go_there_is_not_missing_beside_its_own_failure() -> None:
    said = "KEY may not be sent to http://gw.example"
    (cause,) = causes(
        result("key-hygiene", Status.FAIL, None, blocker("key-hygiene/x", f"Refused: {said}.")),
        result("model-listed", reason=f"listing: {said}; add --allow-host"),
        listing=Missing("listing", "host-refused", f"{said}; add --allow-host"),
    )
    assert (cause.kind, cause.blocks) == ("failure", ["key-hygiene", "model-listed"])


def test_only_what_the_target_requires_is_in_the_way() -> None:
    found = causes(
        result("needed", reason="why; what to do"),
        result("more", reason="why; what to do", tier=Tier.PRODUCTION),
        target=Tier.STAGING,
    )
    assert [(cause.cause, cause.fix, cause.blocks) for cause in found] == [
        ("why", "what to do", ["needed"])
    ]


def test_several_holes_of_one_check_are_not_taken_for_a_reason_and_its_fix() -> None:
    (cause,) = causes(result("alive", reason="the fallback 'a' is unknown; the fallback 'b' too"))
    assert (cause.cause, cause.fix) == (
        "the fallback 'a' is unknown; the fallback 'b' too",
        None,
    )


def test_with_strict_the_warning_that_fails_is_the_cause() -> None:
    (cause,) = causes(result("c", Status.FAIL, None, warning("c/w", "Old.", fix="refresh")))
    assert (cause.code, cause.cause, cause.fix) == ("c/w", "Old.", "refresh")


def test_a_job_that_was_stopped_says_by_what() -> None:
    stopped = Missing("smoke-job", "not-run", "budget-covers is fail")
    (cause,) = causes(
        result("job-completes", reason=f"smoke-job: {stopped.detail}"),
        job=stopped,
        stopped="budget-covers is fail",
    )
    assert cause.cause == "no smoke job was sent: budget-covers is fail"


def test_counts_leave_out_what_does_not_apply() -> None:
    counts = counts_of([*Status])
    assert counts.model_dump() == {
        "passed": 1,
        "warned": 1,
        "failed": 1,
        "not_checked": 3,
        "waived": 1,
    }


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One 3.1 model. Two.", "One 3.1 model"),
        ("veo-3.1-fast is gone", "veo-3.1-fast is gone"),
        ("Ends.", "Ends"),
        ("", ""),
    ],
)
def test_a_first_sentence_ends_at_a_full_stop_and_not_inside_an_id(text: str, first: str) -> None:
    assert first_sentence(text) == first


RUNS = {
    "offline": "flatkey-veo-3.1-fast --offline",
    "article": "article-2026-06-17 --offline",
    "later": "google-agent-platform --as-of 2026-12-24",
    "other gateway": "openai-litellm --offline --skip model-listed",
    "only": "openai-litellm --offline --only key-hygiene",
    "research": "flatkey-veo-3.1-fast --sandbox --target research",
    "strict": "flatkey-veo-3.1-fast --sandbox --strict",
    **{
        name: f"flatkey-veo-3.1-fast --scenario {name}"
        for name in ("bad-key", "row-missing", "fallback-retired", "garbage-json", "two-years-on")
    },
}


@pytest.mark.parametrize("run", RUNS)
def test_every_check_in_the_way_has_a_cause(
    run: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = RUNS[run].split()
    main(["run", str(root / "examples" / f"{name}.yaml"), *options, "-o", "json"])
    (route,) = json.loads(capsys.readouterr().out)["routes"]
    tiers = ["research", "staging", "production"]
    upto = tiers[: tiers.index(route["target"]) + 1]
    good = {"pass", "warn", "waived", "not-applicable"}
    in_the_way = {
        check["id"]
        for check in route["checks"]
        if check["required_for"] in upto and check["status"] not in good
    }
    assert {check for cause in route["next"] for check in cause["blocks"]} == in_the_way
    assert all(cause["blocks"] and cause["cause"] for cause in route["next"])
    failures = [cause["kind"] == "failure" for cause in route["next"]]
    assert failures == sorted(failures, reverse=True)
    assert any(failures) == (route["verdict"] == "not-ready")
    _decided(route)
    applies = [check for check in route["checks"] if check["status"] != "not-applicable"]
    assert sum(route["counts"].values()) == len(applies)


def _decided(route: dict[str, Any]) -> None:
    if route["verdict"] == "ready":
        assert (route["decided_by"], route["next"]) == (None, [])
        return
    first = route["next"][0]
    assert route["decided_by"]["check"] == first["blocks"][0]
    assert first["cause"].startswith(route["decided_by"]["sentence"])
    assert route["decided_by"]["code"].startswith(f"{route['decided_by']['check']}/")


def test_a_checklist_without_the_required_checks_decides_by_what_it_left_out(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "short.yaml"
    short.write_text(
        "version: 1\nname: short\ntitle: Short\nitems:\n"
        "  - id: official-model-id\n    title: Model\n    why: w\n    evidence: e\n"
        "    checks: {model-official: research}\n"
    )
    route_file = root / "examples/flatkey-veo-3.1-fast.yaml"
    main(["run", str(route_file), "--offline", "--checklist", str(short), "-o", "json"])
    (route,) = json.loads(capsys.readouterr().out)["routes"]
    assert route["verdict"] == "inconclusive"
    assert [cause["kind"] for cause in route["next"]] == ["options"]
    items = {item["id"] for item in route["items"]}
    assert {check["item"] for check in route["checks"]} <= items
