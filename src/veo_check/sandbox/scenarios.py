"""The named scenarios: what is different in each, on which day, and which checks must notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Fault = Literal[
    # the free endpoints
    "veo-retired",
    "unpriced-row",
    "row-missing",
    "duplicate-row",
    "group-disabled",
    "bad-key",
    "no-quota",
    "model-not-allowed",
    "html-200",
    "slow",
    "rate-limited",
    "huge-body",
    "redirect-elsewhere",
    "garbage-json",
    "price-raised",
    "status-absent",
    "chat-only-types",
    "fallback-retired",
    "fallback-dearer",
    "article",
    # the submit
    "submit-retired",
    "submit-publisher-404",
    "submit-unknown-id",
    "submit-429",
    "submit-429-retry-info",
    "submit-duration-type",
    "submit-combination",
    "submit-dropped-before",
    "submit-dropped-after",
    "submit-model-not-found",
    "declared-not-routed",
    "submit-pre-consume",
    "submit-price-not-configured",
    "wrong-request-accepted",
    "wrong-request-rerouted",
    "refusal-charged",
    "wrong-request-charged",
    # the job
    "filtered-wrapped",
    "filtered-unwrapped",
    "error-13",
    "no-video",
    "never-done",
    "slow-job",
    "poll-5xx",
    "poll-5xx-passing",
    "status-unknown-first",
    "task-lost",
    "another-model",
    # the delivery
    "wrong-resolution",
    "wrong-duration",
    "silent",
    "truncated",
    "empty-file",
    "html-file",
    "content-502",
    # the bill
    "charged-twice",
    "overcharged",
    "not-refunded",
    "usage-missing",
]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One simulated world. `notices`: ids of the checks that must not come out clean in it."""

    name: str
    description: str
    day: date
    notices: tuple[str, ...] = ()
    quirk: Fault | None = None
    #: the difference shows only when a job is sent
    paid: bool = False


HEALTHY_DAY = date(2026, 11, 22)
ARTICLE_DAY = date(2026, 6, 17)


def _free(name: Fault, description: str, *notices: str) -> Scenario:
    return Scenario(name, description, HEALTHY_DAY, notices, name)


def _paid(name: str, quirk: Fault, description: str, *notices: str) -> Scenario:
    return Scenario(name, description, HEALTHY_DAY, notices, quirk, paid=True)


_CATALOG = ("catalog-row", "catalog-group", "price-unit", "availability-status")
_LISTED = ("model-listed", "key-accepted")
_JOB = ("job-completes", "media-delivered", "usage-recorded", "usage-matches-quote")

_FREE = (
    Scenario(
        "healthy",
        "Every endpoint answers as it should. A world nobody has observed: Flatkey's catalogue "
        "had no Veo row on 2026-08-21; this one has six.",
        HEALTHY_DAY,
    ),
    Scenario(
        "article-2026-06-17",
        "The day of the article: 638 catalogue rows, six of them Veo rows, each with "
        "unknown_failure and chat endpoint types; the previews still run at Google.",
        ARTICLE_DAY,
        ("availability-status", "endpoint-family"),
        "article",
    ),
    _free(
        "veo-retired",
        "Google answers 404 for every Veo id; the gateway's catalogue and listing still have them.",
        "model-lifecycle",
    ),
    _free(
        "unpriced-row",
        "The Veo rows carry model_ratio 37.5: nobody set a price. The key's listing leaves such "
        "models out.",
        "price-unit",
        "price-agrees",
        "budget-covers",
        "model-listed",
    ),
    _free(
        "row-missing",
        "The gateway's catalogue and listing hold no Veo row.",
        *_CATALOG,
        "model-listed",
    ),
    _free(
        "duplicate-row",
        "Every Veo label stands twice in the catalogue, with two prices.",
        "catalog-row",
        "price-unit",
    ),
    _free(
        "group-disabled",
        "The Veo rows are enabled for another group than plg.",
        "catalog-group",
        "model-listed",
    ),
    _free("bad-key", "Every key is refused.", *_LISTED),
    _free("no-quota", "The key's quota does not cover one job.", "key-accepted"),
    _free(
        "model-not-allowed",
        "The key's allow list holds other models only.",
        "key-accepted",
        "model-listed",
    ),
    _free("html-200", "Free reads answer 200 with an HTML page.", *_CATALOG, *_LISTED),
    _free("slow", "Free reads answer after two minutes.", *_CATALOG, *_LISTED),
    _free("rate-limited", "Free reads answer 429.", *_CATALOG, *_LISTED),
    _free(
        "huge-body",
        "Free reads answer with bodies that do not end (a catalogue) or unpack to gigabytes.",
        *_CATALOG,
        *_LISTED,
    ),
    _free(
        "redirect-elsewhere",
        "Free reads redirect to another host, which must never see a key.",
        *_CATALOG,
        *_LISTED,
    ),
    _free("garbage-json", "Free reads answer with broken JSON.", *_CATALOG, *_LISTED),
    _free(
        "price-raised",
        "The gateway asks three times its usual price.",
        "price-agrees",
        "budget-covers",
    ),
    _free("status-absent", "The Veo rows carry no availability status.", "availability-status"),
    _free(
        "chat-only-types",
        "The Veo rows name chat endpoint types only; the gateway does not route video jobs "
        "to such rows.",
        "endpoint-family",
    ),
    _free(
        "fallback-retired",
        "Google and the gateway no longer have Veo 3.1 Lite.",
        "fallback-alive",
        "fallback-cost",
    ),
    _free("fallback-dearer", "Veo 3.1 Lite costs more than Fast.", "fallback-cost"),
    Scenario(
        "two-years-on",
        "The healthy world on 2028-11-22: every bundled fact is old.",
        date(2028, 11, 22),
        ("reference-fresh", "price-fresh", "model-lifecycle", "dashboard-confirmed"),
    ),
)

_PAID = (
    _paid(
        "job-retired",
        "submit-retired",
        "The submit is refused with the 404 of a shut-down model, which names its replacement; "
        "listings still have the model.",
        "job-completes",
        "model-lifecycle",
    ),
    _paid(
        "job-publisher-not-found",
        "submit-publisher-404",
        "The submit is refused with the Agent Platform's 404: not found, or no access.",
        "job-completes",
        "model-lifecycle",
    ),
    _paid(
        "job-unknown-id",
        "submit-unknown-id",
        "The submit is refused with the 404 of an unknown id or a method not offered.",
        "job-completes",
    ),
    _paid(
        "job-filtered-wrapped",
        "filtered-wrapped",
        "The job ends without a video: filtered, reasons under generateVideoResponse. A gateway "
        "books it as success and keeps the charge.",
        *_JOB[:2],
    ),
    _paid(
        "job-filtered-unwrapped",
        "filtered-unwrapped",
        "The job ends without a video: filtered, reasons directly under response.",
        *_JOB[:2],
    ),
    _paid(
        "job-error-13",
        "error-13",
        "The operation ends with error code 13; the gateway refunds.",
        *_JOB[:2],
    ),
    _paid(
        "job-no-video",
        "no-video",
        "The operation is done with neither a video nor an error.",
        *_JOB[:2],
    ),
    _paid("job-never-done", "never-done", "The job never ends.", *_JOB[:2]),
    _paid("job-slow", "slow-job", "The job takes four minutes, and ends well."),
    _paid("job-429", "submit-429", "The submit is refused: 429 without details.", *_JOB[:2]),
    _paid(
        "job-429-retry-info",
        "submit-429-retry-info",
        "The submit is refused: 429 with QuotaFailure and RetryInfo.",
        *_JOB[:2],
    ),
    _paid("job-poll-5xx", "poll-5xx", "Every poll answers 503.", *_JOB[:2]),
    _paid("job-poll-5xx-passing", "poll-5xx-passing", "The first two polls answer 503."),
    _paid(
        "job-status-unknown",
        "status-unknown-first",
        "The gateway's first polls say unknown, which is not the end.",
    ),
    _paid(
        "job-task-lost",
        "task-lost",
        "The gateway took the job and then knows no such task.",
        *_JOB[:2],
    ),
    _paid(
        "job-dropped-before",
        "submit-dropped-before",
        "The connection drops before the job was accepted.",
        *_JOB[:2],
    ),
    _paid(
        "job-dropped-after",
        "submit-dropped-after",
        "The job was accepted and charged; the connection drops before the answer.",
        *_JOB[:2],
    ),
    _paid(
        "job-duration-type",
        "submit-duration-type",
        "Google receives durationSeconds as a string and refuses it.",
        *_JOB[:2],
    ),
    _paid(
        "job-unsupported-combination",
        "submit-combination",
        "Google refuses: the use case is not supported.",
        *_JOB[:2],
    ),
    _paid(
        "job-wrong-resolution",
        "wrong-resolution",
        "The delivered video has a quarter of the pixels asked for.",
        "media-delivered",
    ),
    _paid(
        "job-wrong-duration",
        "wrong-duration",
        "The delivered video is two seconds shorter than asked for.",
        "media-delivered",
    ),
    _paid("job-silent", "silent", "The video has no audio track.", "media-delivered"),
    _paid("job-truncated", "truncated", "The file ends in the middle.", "media-delivered"),
    _paid("job-empty-file", "empty-file", "The file has no bytes.", "media-delivered"),
    _paid("job-html-file", "html-file", "The file is an HTML page.", "media-delivered"),
    _paid(
        "job-content-502",
        "content-502",
        "The job completed; its content answers 502 (at Google: 404).",
        "media-delivered",
    ),
    _paid(
        "job-another-model",
        "another-model",
        "Another model served the job than the label stands for.",
        "job-completes",
    ),
    _paid(
        "job-charged-twice",
        "charged-twice",
        "One job, two consume rows.",
        "usage-matches-quote",
    ),
    _paid(
        "job-overcharged",
        "overcharged",
        "The job is charged at one and a half times the row's price.",
        "usage-matches-quote",
    ),
    _paid(
        "job-not-refunded",
        "not-refunded",
        "The job fails and the charge stays.",
        "job-completes",
        "media-delivered",
        "usage-matches-quote",
    ),
    _paid(
        "job-usage-missing",
        "usage-missing",
        "The usage log holds no row for the job.",
        "usage-recorded",
        "usage-matches-quote",
    ),
    _paid(
        "job-model-not-found",
        "submit-model-not-found",
        "The row is there; the submit answers 503 model_not_found: no channel serves it.",
        "endpoint-family",
        *_JOB[:2],
    ),
    _paid(
        "job-declared-not-routed",
        "declared-not-routed",
        "Catalogue and listing say openai-video, an operator's word; submits to /v1/videos and "
        "/v1/video/generations answer 503 model_not_found, /v1/generation/tasks delivers. "
        "Observed on the gateway's public source, run on 2026-11-30.",
        "endpoint-family",
        *_JOB[:2],
    ),
    _paid(
        "job-pre-consume",
        "submit-pre-consume",
        "The wallet behind the key cannot pay; the refusal names the price.",
        *_JOB[:2],
    ),
    _paid(
        "job-price-not-configured",
        "submit-price-not-configured",
        "The gateway's per-second table has no rule for the shape; refused free of charge.",
        *_JOB[:2],
    ),
    _paid(
        "job-wrong-request-accepted",
        "wrong-request-accepted",
        "A request outside the model's limits is accepted and charged.",
        "controlled-failure",
    ),
    _paid(
        "job-wrong-request-rerouted",
        "wrong-request-rerouted",
        "A request outside the model's limits is quietly served by another model.",
        "controlled-failure",
    ),
    _paid(
        "job-refusal-charged",
        "refusal-charged",
        "The gateway charges every job, then answers 429; the charge stays.",
        *_JOB[:2],
    ),
    _paid(
        "job-wrong-request-charged",
        "wrong-request-charged",
        "A request outside the model's limits is refused with the reason, and charged.",
        "controlled-failure",
    ),
)

SCENARIOS: tuple[Scenario, ...] = _FREE + _PAID


def find_scenario(name: str) -> Scenario | None:
    """The scenario called `name`, or None."""
    return next((scenario for scenario in SCENARIOS if scenario.name == name), None)
