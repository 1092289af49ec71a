"""job-completes: what each end of a job means for the route."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import get_args

import pytest

from check_world import GOOGLE, MODEL, OPENAI, a_route, codes, heard, judging, missing
from paid_jobs import MEDIA, proof
from veo_check.checks.job_completes import job_completes
from veo_check.core.findings import Outcome, Status, Tier, ValidUntil
from veo_check.core.jobs import MEANINGS, Symptom
from veo_check.core.results import Delivery, JobResult, JobState, ProofStatus, SmokeShape
from veo_check.reference.load import load_reference

ROUTE = a_route({"request.resolution": "720p"})
GOOD = JobResult(
    "j1",
    "finished",
    SmokeShape.of_route(ROUTE),
    statuses=("queued", "completed"),
    polls=3,
    served_model=MODEL,
    video_count=1,
    exchanges=("x9",),
)
NO_PROOF = missing("not-run", "proof")


def judged(
    job: JobResult,
    route: object = ROUTE,
    status: object = NO_PROOF,
    delivery: object = Delivery((MEDIA,), 1),
) -> Outcome:
    return heard(
        job_completes,
        route=route,
        job=job,
        delivery=delivery,
        proof=status,
        reference=load_reference(),
        judging=judging(),
    )


def test_a_finished_job_passes_until_its_proof_expires() -> None:
    outcome = judged(GOOD, status=ProofStatus("valid", "v", proof(), date(2026, 11, 29), 0))
    assert codes(outcome) == ["note finished", "note served"]
    assert outcome.untils == (ValidUntil(date(2026, 11, 29), "the smoke proof expires"),)
    assert outcome.status_at(Tier.PRODUCTION) is Status.PASS
    assert "3 polls: queued, then completed" in outcome.findings[0].message


@pytest.mark.parametrize(
    ("served", "via", "said"),
    [
        (MODEL, {}, "note served"),
        (f"publishers/google/models/{MODEL}", {}, "note served"),
        (None, {}, "warning served-unknown"),
        ("veo-3.1-lite-generate-001", {}, "blocker another-model"),
        ("veo-3.0-generate-001", {}, "warning served-unknown"),  # new-api's placeholder
        ("veo-3.0-generate-001", GOOGLE, "blocker another-model"),
    ],
)
def test_who_served_it(served: str | None, via: dict[str, object], said: str) -> None:
    route = a_route({"request.resolution": "720p", **via})
    outcome = judged(replace(GOOD, served_model=served), route)
    assert codes(outcome) == ["note finished", said]


@pytest.mark.parametrize("served", ["video-pool-7", "veo-9-generate-001", "gemini-veo-fast"])
def test_a_name_that_is_no_known_id_is_unknown_and_not_another_model(served: str) -> None:
    job = replace(GOOD, served_model=served)
    outcome = judged(job)
    assert codes(outcome) == ["note finished", "warning served-name"]
    assert outcome.status_at(Tier.PRODUCTION) is Status.BLOCKED
    assert outcome.status_at(Tier.STAGING) is Status.WARN
    assert served in str(outcome.blocked)
    known = a_route({"request.resolution": "720p", "model.also_known_as": ["other", served]})
    assert codes(judged(job, known)) == ["note finished", "note served"]


def test_an_echo_of_the_label_tells_nothing() -> None:
    outcome = judged(replace(GOOD, served_model="veo3.1-fast"))
    assert codes(outcome) == ["note finished", "warning served-unknown"]


def test_a_model_that_answers_a_rerouted_one_says_who_announced_it() -> None:
    route = a_route(
        {
            "request.resolution": "720p",
            "model.official": "gemini-omni-1.1-flash",
            "model.surface": "gemini-api",
        }
    )
    [_, said] = judged(replace(GOOD, served_model="gemini-omni-1.2-flash"), route).findings
    assert said.message == (
        "The job was served by gemini-omni-1.2-flash, not by gemini-omni-1.1-flash. framy "
        "announced it: requests for gemini-omni-1.1-flash are rerouted from 2026-12-03, and billed "
        "as gemini-omni-1.2-flash."
    )
    [_, said] = judged(replace(GOOD, served_model="veo-3.1-generate-001"), route).findings
    assert said.message.endswith("not by gemini-omni-1.1-flash.")


def test_a_lower_resolution_warns() -> None:
    outcome = judged(GOOD, a_route())
    assert codes(outcome) == ["note finished", "note served", "warning lower-resolution"]
    assert outcome.status_at(Tier.PRODUCTION) is Status.WARN


CHARGED = {True: "It was charged", False: "not charged", None: "is not known"}
STILL = {"submitted": "job-unfinished", "intent": "submit-uncertain"}


def test_no_other_end_is_good() -> None:
    states = [state for state in get_args(JobState) if state != "finished"]
    for case in product(states, [*get_args(Symptom), None], CHARGED):
        state, symptom, charged = case
        job = replace(GOOD, state=state, symptom=symptom, failure="their words", charged=charged)
        outcome = judged(job)
        assert len(outcome.findings) == 1, case
        finding = outcome.findings[0]
        assert finding.code == f"job-completes/{symptom or STILL.get(state, state)}", case
        assert '"their words"' in finding.message, case
        assert CHARGED[charged] in finding.message, case
        assert finding.fix, case
        settled = state in {"refused", "failed"}
        lasting = symptom not in {"rate-limited", "cooling-down", "provisioning", "not-sent"}
        expected = Status.FAIL if settled and lasting else Status.BLOCKED
        assert outcome.status_at(Tier.PRODUCTION) is expected, case


def test_a_job_that_ctrl_c_left_running_is_said_to_run_on() -> None:
    outcome = judged(replace(GOOD, state="submitted"))
    assert codes(outcome) == ["warning job-unfinished"]
    assert "this run ended before the job did; it was not given up" in outcome.findings[0].message


def test_a_finished_job_whose_video_was_not_asked_for_proves_nothing_yet() -> None:
    hole = missing("not-run", "smoke-job")
    outcome = judged(GOOD, delivery=hole)
    assert outcome.blocked == f"job {GOOD.job} was reported complete; {hole.detail}"
    assert outcome.status_at(Tier.PRODUCTION) is Status.BLOCKED


def test_every_symptom_has_a_meaning() -> None:
    assert set(MEANINGS) == set(get_args(Symptom))
    assert len({one.says for one in MEANINGS.values()}) == len(MEANINGS)


#: what only routes through a gateway have, and what only routes to Google itself have
OF_GATEWAYS = ("gateway", "proxy", "litellm", "new-api", "usage log", "channel", "label")
OF_GOOGLE = ("via.location", "via.project", "billing export", "print-access-token")


@pytest.mark.parametrize("symptom", get_args(Symptom))
def test_no_step_is_about_software_that_the_route_does_not_use(symptom: Symptom) -> None:
    meaning = MEANINGS[symptom]
    direct, through = meaning.step(direct=True), meaning.step(direct=False)
    only_gateways = symptom in {
        *("no-channel", "not-priced", "model-not-allowed", "gateway-key", "gateway-misconfigured"),
        *("family-not-routed", "cooling-down"),
    }
    if not only_gateways:
        assert [word for word in OF_GATEWAYS if word in direct.lower()] == []
    only_google = symptom == "poll-answers-error"
    operators = through.startswith("ask the gateway's operator, whose access to Google it is")
    if not only_google and not operators:
        assert [word for word in OF_GOOGLE if word in through.lower()] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Support codes: 29310472", "29310472 means celebrity"),
        ("... Support codes: 58061214, 15236754", "58061214 means child, 15236754 means celebrity"),
        ("support code:42237218", "42237218 means video safety violation"),
        ("Support codes: 12345678", "12345678 means nothing that is known"),
        ("no codes at all", None),
    ],
)
@pytest.mark.parametrize("via", [{}, OPENAI, GOOGLE], ids=["flatkey", "openai", "google"])
def test_a_filters_support_codes_are_explained(
    text: str, said: str | None, via: dict[str, object]
) -> None:
    job = replace(GOOD, state="failed", symptom="filtered", failure=f"Blocked. {text}")
    message = judged(job, a_route(via)).findings[0].message
    assert ("Google's support code" in message) is (said is not None)
    assert said is None or f"Google's support code {said}." in message


@pytest.mark.parametrize("symptom", ["model-unknown", "model-retired"])
@pytest.mark.parametrize(
    ("text", "other"),
    [
        (
            "This model models/veo-3.0-fast-generate-001 is no longer available. Please update "
            f"your code to use models/{MODEL}.",
            "veo-3.0-fast-generate-001",
        ),
        (
            "Publisher Model `projects/p/locations/us-central1/publishers/google/models/"
            "veo-2.0-generate-001` was not found",
            "veo-2.0-generate-001",
        ),
        (f"models/{MODEL} is not found for API version v1beta", None),
        ("models/veo3.1-fast is not found", None),
        ("No such model", None),
    ],
)
def test_a_404_about_another_model_says_that_the_label_is_mapped_elsewhere(
    symptom: str, text: str, other: str | None
) -> None:
    job = replace(GOOD, state="refused", symptom=symptom, failure=text, status_code=404)
    finding = judged(job).findings[0]
    mapped = f"The answer is about {other}, not about {MODEL}: the label veo3.1-fast is mapped to"
    assert (mapped in finding.message) is (other is not None)
    assert ("map veo3.1-fast to" in str(finding.fix)) is (other is not None)


def test_a_retirement_text_names_where_to_go() -> None:
    job = replace(
        GOOD, state="refused", symptom="model-retired", replacement="veo-4", status_code=404
    )
    (finding,) = judged(job).findings
    assert finding.fix is not None
    assert finding.fix.startswith("move to veo-4, which the answer names")
    assert finding.actual == "HTTP 404"


@pytest.mark.parametrize("named", ["veo-3.1-generate-preview", "veo-3.0-generate-001"])
def test_a_retirement_text_that_names_a_retired_id_leads_to_the_living_end(named: str) -> None:
    route = a_route({**GOOGLE, "model.surface": "gemini-api"})
    job = replace(GOOD, state="refused", symptom="model-retired", replacement=named)
    fix = str(judged(job, route).findings[0].fix)
    assert named not in fix
    assert fix.startswith("move to gemini-omni-1")


@pytest.mark.parametrize("symptom", ["content-unavailable", "empty-result", None])
def test_done_without_a_video_did_not_complete(symptom: str | None) -> None:
    outcome = judged(GOOD, delivery=Delivery((), 1, symptom, "502"))
    (finding,) = outcome.findings
    assert finding.code == f"job-completes/{symptom or 'nothing-delivered'}"
    assert outcome.status_at(Tier.PRODUCTION) is Status.FAIL


@pytest.mark.parametrize("symptom", ["duration-refused", "wrong-method", "filtered"])
def test_a_known_refusal_sent_nothing_so_it_was_not_charged(symptom: str) -> None:
    """Where no usage can be read. A gateway that keeps a record is asked for it instead."""
    job = replace(GOOD, state="refused", symptom=symptom, charged=None)
    for via, says in ((GOOGLE, "it was not charged."), (OPENAI, "it was not charged.")):
        assert judged(job, a_route(via)).findings[0].message.endswith(says)
    assert "is not known" in judged(job).findings[0].message
    for status in (402, 422):
        unknown = judged(replace(job, status_code=status), a_route(OPENAI)).findings[0]
        assert "is not known" in unknown.message
    failed = replace(job, state="failed")
    assert "is not known" in judged(failed, a_route(GOOGLE)).findings[0].message


@pytest.mark.parametrize("symptom", ["wrong-credential", "project-mismatch", "bucket-denied"])
def test_the_gateways_own_access_is_its_operators(symptom: str) -> None:
    job = replace(GOOD, state="failed", symptom=symptom)
    direct = judged(job, a_route(GOOGLE)).findings[0].fix
    through = judged(job).findings[0].fix
    assert direct is not None
    assert "gateway" not in direct
    assert through == f"ask the gateway's operator, whose access to Google it is: {direct}"
