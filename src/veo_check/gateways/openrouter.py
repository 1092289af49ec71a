"""OpenRouter's video API: the keyless catalogue, the key, paid jobs and their generation record.

Wire as in wire-2026-11-30.md, part B: amounts are USD, a submit is answered 202, and who served a
job stands only in a record that appears minutes after its end.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import quote

from veo_check.core.facts import (
    Catalog,
    CatalogRow,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    ListedModel,
    Missing,
)
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import (
    FetchAnswer,
    JobRequest,
    PollAnswer,
    Sink,
    Submission,
    Symptom,
    UsageRead,
    UsageRow,
    VideoRef,
)
from veo_check.core.money import exact
from veo_check.core.route import AGENT_PLATFORM, GEMINI_API, Route
from veo_check.gateways.base import CatalogReads, FreeReads, GetRequest, JobEndpoint, smoke_key
from veo_check.gateways.errors import (
    items,
    mapping,
    number,
    read_error,
    refused_or_uncertain,
    request_id,
    text,
    without_key,
)
from veo_check.gateways.newapi import near_names
from veo_check.gateways.polls import (
    CANCELLED,
    DONE,
    FAILED,
    charged_by,
    fetch_video,
    poll_error,
    poll_failure,
    read_failure,
    unreadable_poll,
)
from veo_check.http.answers import Failure, Json, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName

OPENROUTER = Gateway(
    name="openrouter",
    payer="openrouter account",
    families=("videos",),
    usage="log",
    site="https://openrouter.ai",
    no_groups="OpenRouter has no price groups",
    no_status="OpenRouter publishes no availability status of a model",
    cannot_carry={"*": frozenset({"extension", "reference-images"})},
    one_video_a_job=True,
    smoke_variable="OPENROUTER_API_KEY",
)
#: its USD, counted in whole millionths so that they compare with other gateways' quota units
_UNIT = Decimal(1_000_000)
_ID = re.compile(r"[A-Za-z0-9][\w.:-]{3,499}")
#: the day of a dated snapshot, such as google/veo-3.1-20251015
_SNAPSHOT = re.compile(r"-(20\d{6}|20\d\d-\d\d-\d\d)$")
_SUBMIT_DEADLINE = 120.0


def api_root(base_url: str) -> str:
    """The address up to and with `/api/v1`."""
    return base_url if base_url.endswith("/v1") else f"{base_url}/api/v1"


def _models_ask(route: Route, key: KeyName | None = None) -> GetRequest:
    """`GET /videos/models`: the whole price list. It needs no key, so none is sent."""
    return GetRequest(f"{api_root(route.base_url)}/videos/models", on_behalf_of=key)


def _key_ask(route: Route, key: KeyName) -> GetRequest:
    """`GET /key`: what this key may spend and has spent."""
    return GetRequest(f"{api_root(route.base_url)}/key", key)


def _rows(answer: Response) -> list[dict[str, Json]] | Failure:
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    rows = mapping(body).get("data")
    named = isinstance(rows, list) and any(text(mapping(row).get("id")) for row in rows)
    if not isinstance(rows, list) or (rows and not named):
        return answer.unreadable("it holds no list of video models")
    return [row for row in rows if isinstance(row, dict)]


def read_listing(answer: Response, source: str) -> GatewayListing | Failure:
    """The labels of the list. It is the same for everybody, whatever a key may use."""
    rows = _rows(answer)
    if isinstance(rows, Failure):
        return rows
    labels = (text(row.get("id")) for row in rows)
    models = tuple(ListedModel(answer.shown(label, 200)) for label in labels if label)
    return GatewayListing(models, answer.shown(source, 500), (answer.exchange,))


def read_catalog(answer: Response, label: str, source: str) -> Catalog | Failure:
    """What the list says about `label`: its prices and its limits."""
    rows = _rows(answer)
    if isinstance(rows, Failure):
        return rows
    own = [row for row in rows if row.get("id") == label]
    names: list[Json] = [{"model_name": row.get("id")} for row in rows]
    near = [] if own else near_names(label, names)
    return Catalog(
        source=answer.shown(source, 500),
        total_rows=len(rows),
        rows=tuple(_row(answer, label, row) for row in own),
        near=tuple(answer.shown(name, 200) for name in near),
        group_ratio={},
        group_model_ratio={},
        usable_groups=(),
        exchanges=(answer.exchange,),
    )


def _row(answer: Response, label: str, row: dict[str, Json]) -> CatalogRow:
    skus: dict[str, Decimal] = {}
    defects: list[str] = []
    for name, told in mapping(row.get("pricing_skus")).items():
        try:
            amount = exact(told) if isinstance(told, str) else number(told)
        except (ValueError, InvalidOperation):
            amount = None
        if amount is None or not amount.is_finite() or amount < 0:
            defects.append(f"pricing_skus.{answer.shown(name, 60)} is no price")
        else:
            skus[answer.shown(name, 100)] = amount
    if not skus and not defects:
        defects.append("pricing_skus is missing or empty")
    limits = {
        ours: tuple(
            answer.shown(str(value), 40).lower()
            for value in items(row.get(theirs))
            if isinstance(value, str | int) and not isinstance(value, bool)
        )
        for ours, theirs in _LIMITS.items()
        if items(row.get(theirs))
    }
    return CatalogRow(
        model_name=label,
        quota_type=None,
        model_price=None,
        model_ratio=None,
        completion_ratio=None,
        enable_groups=(),
        endpoint_types=(),
        price_fields={name: f"{amount:f}" for name, amount in sorted(skus.items())},
        defects=tuple(defects),
        skus=skus,
        limits=limits,
    )


_LIMITS = {
    "seconds": "supported_durations",
    "resolution": "supported_resolutions",
    "aspect_ratio": "supported_aspect_ratios",
}


def read_key_answer(answer: Response) -> KeyAnswer | Failure:
    """How OpenRouter took the key."""
    said = answer.shown(read_error(answer).message) or None
    if answer.status in {401, 403}:
        return KeyAnswer(
            "refused" if answer.status == 401 else "denied",
            answer.status,
            said,
            (answer.exchange,),
        )
    data = _data(answer)
    if isinstance(data, Failure):
        return data
    return KeyAnswer("accepted", answer.status, None, (answer.exchange,))


def read_usage(answer: Response) -> KeyUsage | Failure:
    """What the key may still spend. The figures lag minutes behind its jobs."""
    data = _data(answer)
    if isinstance(data, Failure):
        return data
    used, limit = number(data.get("usage")), number(data.get("limit"))
    left = number(data.get("limit_remaining"))
    if used is None or (data.get("limit") is not None and (limit is None or left is None)):
        return answer.unreadable("it does not say what the key has used and may use")
    label = text(data.get("label"))
    return KeyUsage(
        name=answer.shown(label, 100) if label else None,
        granted=int((limit or Decimal(0)) * _UNIT),
        used=int(used * _UNIT),
        available=int((left or Decimal(0)) * _UNIT),
        unlimited=limit is None,
        allowed_models=None,
        denied_models=None,
        expires_at=_moment(data.get("expires_at")),
        exchanges=(answer.exchange,),
    )


def read_status(answer: Response) -> GatewayStatus | Failure:
    """OpenRouter counts in USD; here in whole millionths of one."""
    data = _data(answer)
    return data if isinstance(data, Failure) else GatewayStatus(_UNIT, None, (answer.exchange,))


def _data(answer: Response) -> dict[str, Json] | Failure:
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    data = mapping(mapping(body).get("data"))
    return data or answer.unreadable("it holds no key's data")


def _moment(value: Json) -> datetime | None:
    told = text(value)
    try:
        found = datetime.fromisoformat(told) if told else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _status_ask(route: Route) -> GetRequest | None:
    key = smoke_key(route)
    return _key_ask(route, key) if key else None


READS = FreeReads(
    listing=_models_ask,
    read_listing=read_listing,
    key=_key_ask,
    read_key=read_key_answer,
    prices=CatalogReads(
        catalog=lambda route: (_models_ask(route, smoke_key(route)),),
        read_catalog=read_catalog,
        usage=_key_ask,
        read_usage=read_usage,
        status=_status_ask,
        read_status=read_status,
    ),
)


# Paid jobs.


#: whose upstream it was -> the surface that a route file names
_PROVIDERS: tuple[tuple[str, str], ...] = (
    ("ai studio", GEMINI_API),
    ("ai-studio", GEMINI_API),
    ("vertex", AGENT_PLATFORM),
    ("google", AGENT_PLATFORM),
)
_REFUSALS: tuple[tuple[str, Symptom], ...] = (
    (r"^Duration \S+ is not supported", "duration-refused"),
    (r"is not supported for this model", "parameter-refused"),
    (r"does not support \w+", "parameter-refused"),
    (r"No cookie auth credentials found|User not found", "key-refused"),
    (r"zero data retention|\bZDR\b", "not-allowlisted"),
)
#: what 402 may say that only waiting changes
_IN_FLIGHT = "openrouter_in_flight_budget"


class OpenRouterJobs:
    """Jobs of one route on `/videos`."""

    def __init__(self, place: JobEndpoint, door: HttpClient) -> None:
        self._place, self._door = place, door
        self._root = api_root(place.base_url)
        #: USD that finished jobs were told to cost, and the generation that each was
        self._told: dict[str, tuple[Decimal | None, str, Response]] = {}

    def submit(self, request: JobRequest) -> Submission:
        """Send the job, once."""
        body = _body(request)
        if body is None:
            why = f"this gateway cannot be sent a job of mode {request.mode}"
            return Submission("not-sent", text=why)
        answer = self._door.post_once(
            f"{self._root}/videos", body, self._place.key, deadline=_SUBMIT_DEADLINE
        )
        job = without_key(answer, _job_in(answer))
        if isinstance(answer, Failure) or job is None:
            return _refused(refused_or_uncertain(answer, request.label), answer)
        return Submission(
            "accepted",
            operation=job,
            request_id=request_id(answer),
            status_code=answer.status,
            exchanges=(answer.exchange,),
        )

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is, at its own address: `polling_url` is never followed."""
        answer = self._door.get(self._url(operation), self._place.key, fresh=True, tries=1)
        if isinstance(answer, Failure):
            return poll_failure(answer)
        if answer.status != 200:
            return poll_error(answer)
        body = mapping(None if isinstance(answer.json, Failure) else answer.json)
        status = text(body.get("status"))
        if status is None or body.get("id") not in {None, operation}:
            return unreadable_poll(answer, "it is not about this job")
        shown, word = answer.shown(status, 60), status.casefold()
        usage = mapping(body.get("usage"))
        if word in DONE | FAILED | CANCELLED:
            generation = text(body.get("generation_id")) or operation
            self._told[operation] = (number(usage.get("cost")), generation, answer)
        told = PollAnswer("running", shown, exchanges=(answer.exchange,))
        if word in DONE:
            count = max(len(items(body.get("unsigned_urls"))), 1)
            return replace(told, state="done", videos=(VideoRef(),) * count)
        if word not in FAILED | CANCELLED:
            return told
        raw = body.get("error")
        said = text(raw) or text(mapping(raw).get("message")) or ""
        symptom, why = read_failure(answer, said)
        return replace(
            told,
            state="failed",
            symptom="cancelled" if word in CANCELLED else symptom,
            text=why or None,
            charged=charged_by(said),
        )

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        """Stream one video from the gateway's content path, with the key.

        The signed addresses that an answer may hold open the video for anybody: they are not used.
        """
        url = f"{self._url(operation)}/content?index={index}"
        return fetch_video(self._door, self._place, url, sink)

    def used(self) -> UsageRead | Missing:
        """The key's total lags minutes behind, so it tells nothing about one job."""
        return Missing("job-usage", "not-offered", "the key's total lags minutes behind its jobs")

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """What the finished job was told to cost, with its generation record once it is there."""
        if operation is None or operation not in self._told:
            return Missing("job-usage", "not-run", "the job has not told what it cost")
        cost, generation, polled = self._told[operation]
        url = f"{self._root}/generation?id={quote(generation, safe='')}"
        answer = self._door.get(url, self._place.key, fresh=True, tries=1)
        if isinstance(answer, Failure):
            return answer.as_missing("job-usage")
        proof = (polled.exchange, answer.exchange)
        row = UsageRow(
            kind="charge",
            row_id=answer.shown(generation, 200),
            model=self._place.label,
            status="completed",
            amount=cost,
            unit="job",
            quantity=Decimal(1),
            route="/videos",
        )
        if answer.status == 404:  # there after one to eight minutes
            return UsageRead((row,), exchanges=proof, pending=True)
        data = _data(answer)
        if isinstance(data, Failure):
            return data.as_missing("job-usage")
        provider, total = text(data.get("provider_name")), number(data.get("total_cost"))
        charged = total if total is not None else cost
        if charged is not None and cost is not None:
            charged = max(charged, cost)
        row = replace(
            row,
            amount=charged,
            served_model=_served(answer, data, self._place.label),
            provider=answer.shown(provider, 100) if provider else None,
            surface=_surface(provider),
        )
        rows = (row,) if charged is None or charged > 0 else ()
        return UsageRead(rows, exchanges=proof)

    def _url(self, operation: str) -> str:
        return f"{self._root}/videos/{quote(operation, safe='')}"


def _body(request: JobRequest) -> dict[str, object] | None:
    body: dict[str, object] = {
        "model": request.label,
        "prompt": request.prompt,
        "duration": request.seconds,
        "resolution": request.resolution.replace("k", "K"),
        "aspect_ratio": request.aspect_ratio,
        "generate_audio": request.audio,
    }
    if request.mode == "text-to-video":
        return body
    frames = []
    if request.image is not None:
        frames.append(_image(request.image, request.image_type, "first_frame"))
    if request.mode == "image-to-video":
        return body | {"frame_images": frames} if frames else None
    last = request.files("last_image")
    if request.mode == "interpolation" and frames and last:
        frames.append(_image(last[0].content, last[0].media_type, "last_frame"))
        return body | {"frame_images": frames}
    return None


def _image(content: bytes, kind: str | None, frame: str) -> Mapping[str, object]:
    data = f"data:{kind or 'image/png'};base64,{base64.b64encode(content).decode()}"
    return {"type": "image_url", "image_url": {"url": data}, "frame_type": frame}


def _job_in(answer: Response | Failure) -> str | None:
    """The id of an accepted job, from the job itself."""
    if isinstance(answer, Failure) or not 200 <= answer.status < 300:
        return None
    body = mapping(None if isinstance(answer.json, Failure) else answer.json)
    job = text(body.get("id"))
    known = text(body.get("status")) is not None and not body.get("error")
    return job if known and job is not None and _ID.fullmatch(job) else None


def _refused(told: Submission, answer: Response | Failure) -> Submission:
    """The refusal, with what OpenRouter's own words and `metadata` say beyond the status."""
    if isinstance(answer, Failure) or told.state != "refused":
        return told
    body = mapping(None if isinstance(answer.json, Failure) else answer.json)
    error = mapping(body.get("error"))
    message, metadata = text(error.get("message")) or "", mapping(error.get("metadata"))
    source, reason = text(metadata.get("limit_source")), text(metadata.get("raw"))
    found = next((name for words, name in _REFUSALS if re.search(words, message)), None)
    if answer.status == 402:
        found = "rate-limited" if source == _IN_FLIGHT else "no-quota"
    elif answer.status == 403 and source is not None:
        found = "no-quota"
    retry = number(metadata.get("retry_after_seconds"))
    more = [part for part in (source, reason) if part]
    said = f"{message} ({'; '.join(more)})" if more else message
    return replace(
        told,
        symptom=found or told.symptom,
        text=answer.shown(said) or told.text,
        names_the_mistake=found in {"duration-refused", "parameter-refused"},
        retry_after=float(retry) if retry is not None and 0 <= retry < 10**6 else told.retry_after,
    )


def _served(answer: Response, data: dict[str, Json], label: str) -> str | None:
    """The model that served: a dated snapshot of the label counts as the label."""
    told = text(data.get("model"))
    if told is None:
        return None
    bare = _SNAPSHOT.sub("", told)
    return label if bare == label else answer.shown(bare, 200)


def _surface(provider: str | None) -> str | None:
    low = (provider or "").casefold()
    known = next((surface for word, surface in _PROVIDERS if word in low), None)
    return known or (re.sub(r"[^a-z0-9]+", "-", low).strip("-") or None)
