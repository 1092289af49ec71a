"""Every paid scenario of the sandbox: how the job ends, and what each check says of it.

The columns: state of the job | job-completes | media-delivered | usage-recorded |
usage-matches-quote | controlled-failure; Google direct leaves the two usage columns out. "-" is
blocked for want of a fact, "=" the same as in the column before, no-mp4 is content-unavailable.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from check_world import GOOGLE, a_route
from sandbox_desk import PAID_CHECKS, SandboxDesk, with_room
from veo_check.core.facts import Missing
from veo_check.core.findings import Status, Tier
from veo_check.core.results import JobResult
from veo_check.sandbox.scenarios import SCENARIOS

SMOKE = {"request.resolution": "720p", "smoke": {"seconds": 4, "resolution": "720p"}}
ROUTES = {
    "flatkey": with_room(a_route({"via.key.name": "ci-smoke", **SMOKE})),
    # a clip length, which Google refuses inside the operation: `accepted` and `rerouted` are worlds
    # that make it
    "google": with_room(
        a_route({**GOOGLE, **SMOKE, "smoke.controlled_failure": "unsupported-parameter"})
    ),
}
FLATKEY = """
healthy                      finished | pass | pass | pass | pass | pass
job-retired                  refused | fail model-retired | - | - | - | -
job-publisher-not-found      refused | fail model-unknown | - | - | - | -
job-unknown-id               refused | fail model-unknown | - | - | - | -
job-filtered-wrapped         finished | fail no-mp4 | = | pass | fail not-refunded | pass
job-filtered-unwrapped       finished | fail no-mp4 | = | pass | fail not-refunded | pass
job-error-13                 failed | fail backend-error | - | pass | pass | -
job-error-at-random          failed | fail backend-error | - | pass | pass | -
job-errors-hidden            finished | pass | pass | pass | pass | pass
job-error-passing            finished | pass | pass | pass | fail differs | fail accepted
job-no-video                 finished | fail no-mp4 | = | pass | fail not-refunded | pass
job-never-done               unfinished | blocked job-unfinished | - | - | - | -
job-slow                     finished | pass | pass | pass | pass | pass
job-429                      refused | blocked rate-limited | - | - | - | -
job-429-retry-info           refused | blocked rate-limited | - | - | - | -
job-202                      finished | pass | pass | pass | pass | pass
job-402                      refused | fail no-quota | - | - | - | -
job-422                      refused | fail refused | - | - | - | -
job-upstream-500             uncertain | blocked submit-uncertain | - | - | - | -
job-channel-busy             uncertain | blocked submit-uncertain | - | - | - | -
job-killed-at-submit         uncertain | blocked submit-uncertain | - | - | - | -
job-gateway-key-denied       refused | fail gateway-key | - | - | - | -
job-gateway-key-invalid      refused | fail gateway-key | - | - | - | -
job-gateway-key-precondition refused | fail gateway-key | - | - | - | -
job-poll-5xx                 unfinished | blocked job-unfinished | - | - | - | -
job-poll-5xx-passing         finished | pass | pass | pass | pass | pass
job-status-unknown           finished | pass | pass | pass | pass | pass
job-task-lost                unfinished | blocked operation-unknown | - | - | - | -
job-poll-not-allowed         finished | pass | pass | pass | pass | pass
job-poll-misconfigured       finished | pass | pass | pass | pass | pass
job-long-id                  finished | pass | pass | pass | pass | pass
job-dropped-before           uncertain | blocked submit-uncertain | - | - | - | -
job-dropped-after            uncertain | blocked submit-uncertain | - | - | - | -
job-duration-type            refused | fail duration-refused | - | - | - | -
job-unsupported-combination  refused | fail combination-unsupported | - | - | - | -
job-wrong-resolution         finished | pass | fail resolution | pass | pass | pass
job-wrong-duration           finished | pass | fail duration | pass | pass | pass
job-silent                   finished | pass | fail silent | pass | pass | pass
job-truncated                finished | pass | fail truncated | pass | pass | pass
job-empty-file               finished | pass | fail empty | pass | warn task-asked | pass
job-html-file                finished | pass | fail not-media | pass | warn task-asked | pass
job-content-502              finished | fail no-mp4 | = | pass | fail not-refunded | pass
job-no-content-path          finished | fail no-mp4 | = | pass | fail not-refunded task-asked | pass
job-address-elsewhere        finished | pass | pass | pass | pass | pass
job-another-model            finished | fail another-model | pass | pass | pass | pass
job-served-alias             finished | blocked served-name | pass | pass | pass | pass
job-charged-twice            finished | pass | pass | pass | fail charged-twice differs | -
job-overcharged              finished | pass | pass | pass | fail differs | pass
job-billed-group             finished | pass | pass | fail another-group | fail differs | pass
job-per-second-table         finished | pass | pass | pass | pass | pass
job-not-refunded             failed | fail failed | - | pass | fail not-refunded | -
job-usage-missing            finished | pass | pass | fail missing | - | pass
job-usage-limited            finished | pass | pass | - | - | -
job-model-not-found          refused | fail no-channel | - | - | - | -
job-declared-not-routed      refused | fail no-channel | - | - | - | -
job-pre-consume              refused | fail no-quota | - | - | - | -
job-price-not-configured     refused | fail not-priced | - | - | - | -
job-wrong-request-accepted   finished | pass | pass | pass | pass | fail accepted
job-wrong-request-rerouted   finished | pass | pass | pass | pass | fail rerouted
job-refusal-charged          uncertain | blocked submit-uncertain | - | - | - | -
job-wrong-request-charged    finished | pass | pass | pass | pass | fail charged
"""

#: Usage stays blocked: no key can read it, a person has to confirm it.
GOOGLE_DIRECT = """
healthy                      finished | pass | pass | warn charge-unknown
job-retired                  refused | fail model-retired | - | -
job-publisher-not-found      refused | fail model-unknown | - | -
job-unknown-id               refused | fail model-unknown | - | -
job-filtered-wrapped         failed | fail filtered | - | -
job-filtered-unwrapped       failed | fail filtered | - | -
job-error-13                 failed | fail backend-error | - | -
job-error-at-random          failed | fail backend-error | - | -
job-errors-hidden            finished | pass | pass | warn charge-unknown
job-error-passing            finished | pass | pass | warn charge-unknown
job-no-video                 failed | fail empty-result | - | -
job-never-done               unfinished | blocked job-unfinished | - | -
job-slow                     finished | pass | pass | warn charge-unknown
job-429                      refused | blocked rate-limited | - | -
job-429-retry-info           refused | blocked rate-limited | - | -
job-202                      finished | pass | pass | warn charge-unknown
job-402                      finished | pass | pass | warn charge-unknown
job-422                      finished | pass | pass | warn charge-unknown
job-upstream-500             finished | pass | pass | warn charge-unknown
job-channel-busy             finished | pass | pass | warn charge-unknown
job-killed-at-submit         finished | pass | pass | warn charge-unknown
job-gateway-key-denied       finished | pass | pass | warn charge-unknown
job-gateway-key-invalid      finished | pass | pass | warn charge-unknown
job-gateway-key-precondition finished | pass | pass | warn charge-unknown
job-poll-5xx                 unfinished | blocked job-unfinished | - | -
job-poll-5xx-passing         finished | pass | pass | warn charge-unknown
job-status-unknown           finished | pass | pass | warn charge-unknown
job-task-lost                unfinished | blocked operation-unknown | - | -
job-poll-not-allowed         finished | pass | pass | warn charge-unknown
job-poll-misconfigured       finished | pass | pass | warn charge-unknown
job-long-id                  finished | pass | pass | warn charge-unknown
job-dropped-before           uncertain | blocked submit-uncertain | - | -
job-dropped-after            uncertain | blocked submit-uncertain | - | -
job-duration-type            refused | fail duration-refused | - | -
job-unsupported-combination  refused | fail combination-unsupported | - | -
job-wrong-resolution         finished | pass | fail resolution | warn charge-unknown
job-wrong-duration           finished | pass | fail duration | warn charge-unknown
job-silent                   finished | pass | fail silent | warn charge-unknown
job-truncated                finished | pass | fail truncated | warn charge-unknown
job-empty-file               failed | fail empty-result | - | -
job-html-file                finished | pass | fail not-media | warn charge-unknown
job-content-502              finished | fail result-elsewhere | = | warn charge-unknown
job-no-content-path          finished | pass | pass | warn charge-unknown
job-address-elsewhere        finished | pass | pass | warn charge-unknown
job-another-model            finished | fail another-model | pass | warn charge-unknown
job-served-alias             finished | pass | pass | warn charge-unknown
job-charged-twice            finished | pass | pass | warn charge-unknown
job-overcharged              finished | pass | pass | warn charge-unknown
job-billed-group             finished | pass | pass | warn charge-unknown
job-per-second-table         finished | pass | pass | warn charge-unknown
job-not-refunded             failed | fail backend-error | - | -
job-usage-missing            finished | pass | pass | warn charge-unknown
job-usage-limited            finished | pass | pass | warn charge-unknown
job-model-not-found          refused | blocked rate-limited | - | -
job-declared-not-routed      finished | pass | pass | warn charge-unknown
job-pre-consume              refused | blocked rate-limited | - | -
job-price-not-configured     finished | pass | pass | warn charge-unknown
job-wrong-request-accepted   finished | pass | pass | fail accepted
job-wrong-request-rerouted   finished | pass | pass | fail rerouted
job-refusal-charged          finished | pass | pass | warn charge-unknown
job-wrong-request-charged    finished | pass | pass | warn charge-unknown
"""


def rows(gateway: str, table: str) -> list[tuple[str, str, str]]:
    lines = (line.partition(" ") for line in table.strip().splitlines())
    return [(gateway, name, " ".join(words.split())) for name, _, words in lines]


TABLE = [*rows("flatkey", FLATKEY), *rows("google", GOOGLE_DIRECT)]


def test_the_table_has_every_paid_scenario() -> None:
    # those of Omni and OpenRouter have tables of their own, in tests/e2e
    other = ("omni-", "openrouter-")
    paid = {one.name for one in SCENARIOS if one.paid and not one.name.startswith(other)}
    paid.add("healthy")
    for gateway in ROUTES:
        assert {name for of, name, _ in TABLE if of == gateway} == paid


@pytest.mark.parametrize(("gateway", "scenario", "expected"), TABLE)
def test_each_scenario(gateway: str, scenario: str, expected: str, tmp_path: Path) -> None:
    desk = SandboxDesk(scenario, ROUTES[gateway], tmp_path / "state")
    outcome = desk.run("40")
    assert isinstance(outcome.job, JobResult)
    verdicts = desk.verdicts(outcome)
    if gateway == "google":
        assert verdicts.pop("usage-recorded") == "blocked"
        assert verdicts.pop("usage-matches-quote") == "blocked"
    assert " | ".join([outcome.job.state, *shown(list(verdicts.values()))]) == expected
    for name, said in desk.judged(outcome).items():
        for finding in said.findings:
            assert finding.severity == "note" or finding.fix, (name, finding.code)
            if gateway == "google":  # no software stands in between
                for text in (finding.message, finding.fix or ""):
                    assert not re.search("gateway|proxy|litellm|new-api", text.lower()), text
    notices = next(one.notices for one in SCENARIOS if one.name == scenario)
    for check in PAID_CHECKS:
        # the gateway's own troubles do not show on a route without it
        if check.id in notices and gateway == "flatkey":
            assert said_something(desk, check.id, outcome), check.id
    posts = json.loads(desk.box.world.ledger_json())["submits"]
    again = desk.run("40")
    if outcome.job.state in {"uncertain", "unfinished", "finished"}:
        assert json.loads(desk.box.world.ledger_json())["submits"] == posts
    if scenario == "job-usage-limited" and gateway == "flatkey":
        assert not again.proof.valid  # its bill is still to be read
    elif outcome.job.state == "finished":
        assert again.proof.valid
        assert desk.verdicts(again) == desk.verdicts(outcome)  # the proof tells the same story


def shown(words: list[str]) -> list[str]:
    """The words of a row as the table spells them."""
    words = [word.replace("content-unavailable", "no-mp4") for word in words]
    pairs = zip([None, *words], words, strict=False)
    return [
        "-" if word == "blocked" else "=" if word == before and " " in word else word
        for before, word in pairs
    ]


def said_something(desk: SandboxDesk, check: str, outcome: object) -> bool:
    said = desk.judged(outcome)[check]  # type: ignore[arg-type]
    return said.status_at(Tier.PRODUCTION) is not Status.PASS


def test_no_scenario_sends_anything_without_leave(tmp_path: Path) -> None:
    for gateway, route in ROUTES.items():
        desk = SandboxDesk("healthy", route, tmp_path / gateway)
        for spend in (None, "0", "0.39"):
            outcome = desk.run(spend)
            assert isinstance(outcome.job, Missing)
        assert json.loads(desk.box.world.ledger_json())["submits"] == []
