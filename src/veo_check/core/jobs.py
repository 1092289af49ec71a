"""Neutral words for a paid job: what a provider is asked to do, and what it answers.

A `JobDriver` speaks one vendor's wire format for one route. It sends `submit` once, whatever
happens; everything else are free reads. It never judges and never waits. Times in seconds, amounts
in USD unless the field says quota units. Texts are cut, masked and fit to print.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from veo_check.core.facts import Missing
from veo_check.core.frozen import dataclass

if TYPE_CHECKING:  # pydantic stays out of commands that need no route file
    from veo_check.core.route import InputFile

Symptom = Literal[
    # refused at submit: nothing was sent on, nothing is charged
    "model-retired",
    "model-unknown",
    "model-not-allowed",
    "no-channel",
    "not-priced",
    "no-quota",
    "key-refused",
    "token-refused",
    "old-api-key",
    "gateway-key",
    "gateway-misconfigured",
    "api-disabled",
    "wrong-credential",
    "project-mismatch",
    "access-denied",
    "rate-limited",
    "cooling-down",
    "duration-refused",
    "combination-unsupported",
    "parameter-refused",
    "not-allowlisted",
    "not-at-location",
    "bucket-needed",
    "bucket-denied",
    "provisioning",
    "family-not-routed",
    "interactions-only",
    "wrong-method",
    "refused",
    "not-sent",
    # nobody knows
    "submit-uncertain",
    # after it was accepted
    "filtered",
    "backend-error",
    "empty-result",
    "failed",
    "cancelled",
    "operation-unknown",
    "poll-refused",
    "poll-misconfigured",
    "poll-answers-error",
    "incomplete",
    "job-unfinished",
    # done, and nothing to show for it
    "content-unavailable",
    "content-refused",
    "result-elsewhere",
    "too-large",
    "host-refused",
]

#: Refusals of a submit that say this endpoint family does not serve the model there.
NOT_ROUTED: frozenset[Symptom] = frozenset(
    {"no-channel", "family-not-routed", "interactions-only", "wrong-method"}
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a symptom says about the route, and the step that works.

    `direct`: the step of a route that calls Google directly, where it is another one.
    `of_the_gateway`: through a gateway it is about the gateway's own access to Google, not the
    caller's.
    """

    says: str
    next_step: str
    direct: str | None = None
    of_the_gateway: bool = False

    def step(self, *, direct: bool) -> str:
        """What to do next, on a route that calls Google directly or through a gateway."""
        if direct:
            return self.direct or self.next_step
        if self.of_the_gateway:
            return f"ask the gateway's operator, whose access to Google it is: {self.next_step}"
        return self.next_step


_RETRY = "wait and run again with --spend"
_ABANDON = "then `veo-check job abandon` the job, and only then run again with --spend"
_LOOK = f"look in the gateway's usage log for a row of this time and label; {_ABANDON}"
_EXPORT = f"look for its charge in Google's billing export; {_ABANDON}"
_LOCATIONS = "Veo 3.1: us-central1, Omni: global"
_TOKEN = "gcloud auth print-access-token"  # noqa: S105 - a command

MEANINGS: Mapping[Symptom, Meaning] = {
    "model-retired": Meaning(
        "the model was shut down",
        "move to the successor that `veo-check lifecycle` names",
    ),
    "model-unknown": Meaning(
        "the model is not recognised, or no video generation is offered for it",
        "compare via.model with what the gateway lists, and via.endpoint with what it routes",
        direct="compare via.model with what Google lists, and via.location with where the model is "
        f"served ({_LOCATIONS})",
    ),
    "model-not-allowed": Meaning("the key may not use the model", "allow the model for this key"),
    "no-channel": Meaning(
        "the gateway lists the model, but has no channel that serves it on this endpoint",
        "ask the gateway's operator, or try another endpoint family",
    ),
    "not-priced": Meaning(
        "the gateway has no price for this model or shape",
        "ask the gateway's operator to price it",
    ),
    "no-quota": Meaning(
        "the key or its account cannot pay for one job", "top up the account or the key"
    ),
    "key-refused": Meaning("the key was refused", "put a working key into the variable"),
    "token-refused": Meaning(
        "the access token was refused; one lasts about an hour",
        f"put a new one into the variable ({_TOKEN} makes one), or use key: {{adc: true}}",
        of_the_gateway=True,
    ),
    "old-api-key": Meaning(
        "Google refuses API keys that begin AIza since September 2026",
        "make a new API key, which begins AQ., and put it into the variable; on the Agent Platform "
        f"an access token does as well ({_TOKEN} makes one)",
        of_the_gateway=True,
    ),
    "gateway-key": Meaning(
        "Google refused the gateway's own access, not your key",
        "ask the gateway's operator to renew what the gateway calls Google with; the quoted answer "
        "says what Google refused",
    ),
    "gateway-misconfigured": Meaning(
        "the gateway cannot call Google as it is configured",
        "ask the gateway's operator to fix what the quoted answer names",
    ),
    "api-disabled": Meaning(
        "the API, or billing, is not switched on for the project",
        "switch on what the answer names (gcloud services enable aiplatform.googleapis.com), wait "
        "some minutes and run again",
        of_the_gateway=True,
    ),
    "wrong-credential": Meaning(
        "this API takes OAuth access tokens, and was sent an API key",
        f"put an access token into the variable ({_TOKEN} makes one), or use key: {{adc: true}}",
        of_the_gateway=True,
    ),
    "project-mismatch": Meaning(
        "project, location or kind of key does not fit this endpoint",
        "compare via.project and via.location with the project that the key belongs to, and use an "
        "access token, not an API key",
        of_the_gateway=True,
    ),
    "access-denied": Meaning(
        "the key is known, but may not do this",
        "allow the key this model and endpoint in the gateway's console",
        direct="give the credential a role in the project that may use the model (Agent Platform "
        "User), and accept the model's terms",
    ),
    "rate-limited": Meaning("a quota or rate limit is used up", _RETRY),
    "cooling-down": Meaning(
        "the gateway itself pauses the model after a failure; the job was not sent on",
        _RETRY,
    ),
    "duration-refused": Meaning(
        "the clip length was refused (its value or its type)",
        "use a length that the answer or the model's page names; the gateway must pass it on as a "
        "number",
        direct="use a length that the answer or the model's page names",
    ),
    "combination-unsupported": Meaning(
        "this combination of settings is not supported by the model",
        "compare smoke and request with what `veo-check checks request-supported` names",
    ),
    "parameter-refused": Meaning(
        "a parameter was refused", "leave it out, or use a model that takes it"
    ),
    "not-allowlisted": Meaning(
        "the project is not on the list for this feature",
        "ask Google for access",
        of_the_gateway=True,
    ),
    "not-at-location": Meaning(
        "the model is not served at this location",
        f"ask the gateway's operator to call Google in a location that serves it ({_LOCATIONS})",
        direct=f"set via.location to one that serves it ({_LOCATIONS}); where it is that already, "
        "ask Google for access to the model",
    ),
    "bucket-needed": Meaning(
        "the result is too large for the answer, so a Cloud Storage bucket has to be named",
        "send a storageUri (gs://...) with the request, or ask for fewer or smaller videos",
    ),
    "bucket-denied": Meaning(
        "Google's service agent may not use the Cloud Storage bucket",
        "give the service account that the answer names the role Storage Object User on the bucket",
        of_the_gateway=True,
    ),
    "provisioning": Meaning(
        "Google is still setting up the project's service agents",
        "wait some minutes and run again with --spend",
    ),
    "interactions-only": Meaning(
        "the model is served through the Interactions API only",
        "call Google directly over interactions, or choose a model that this endpoint family "
        "carries",
        direct="set via.endpoint to interactions, or choose a model that this endpoint family "
        "carries",
    ),
    "wrong-method": Meaning(
        "Veo was called through another method than predictLongRunning; this is not a rate limit, "
        "and waiting never helps",
        "ask the gateway's operator to put it on a channel that calls predictLongRunning, or try "
        "another endpoint family",
        direct="set via.endpoint to predict-long-running",
    ),
    "family-not-routed": Meaning(
        "the gateway does not route this endpoint family",
        "set via.endpoint to a family that the gateway has",
    ),
    "refused": Meaning("the job was refused", "read the answer in the evidence"),
    "not-sent": Meaning(
        "nothing left this machine", "fix the problem above and run again with --spend"
    ),
    "submit-uncertain": Meaning(
        "whether the job was accepted is not known, so it is never sent again",
        _LOOK,
        direct=_EXPORT,
    ),
    "filtered": Meaning(
        "a safety filter stopped it (the prompt, an image, or often the audio)",
        "rephrase the prompt, or change the image; support codes in the answer name the filter. "
        "Google does not charge for it, a gateway may",
        direct="rephrase the prompt, or change the image; support codes in the answer name the "
        "filter. Google does not charge for it",
    ),
    "backend-error": Meaning("the model's backend failed (an internal error)", _RETRY),
    "empty-result": Meaning(
        "the job was reported complete but returned neither a video nor an error",
        "look in the usage log whether it was charged; run again with --spend",
        direct="run again with --spend; Google charges for finished videos alone",
    ),
    "failed": Meaning(
        "the job failed",
        "read the answer in the evidence; where it says nothing, ask the gateway's operator by the "
        "request id",
        direct="read the answer in the evidence; run again with --spend",
    ),
    "cancelled": Meaning("the job was cancelled", _RETRY),
    "operation-unknown": Meaning(
        "the job was accepted, but its operation can no longer be found",
        f"look for its charge in the gateway's usage log; {_ABANDON}",
        direct=f"Google keeps operations for two days; {_EXPORT}",
    ),
    "poll-refused": Meaning(
        "the key that submitted the job may not look at it",
        "give the key (or the variable that the job was submitted with) access to polls",
    ),
    "poll-misconfigured": Meaning(
        "every poll is refused for a reason that does not pass with time",
        "have what the quoted answer names fixed in the gateway's configuration; the next run then "
        "polls on and sends nothing",
        direct="fix what the quoted answer names; the next run then polls on and sends nothing",
    ),
    "poll-answers-error": Meaning(
        "Google accepted the job and answers every poll of it with an error, instead of its state",
        "look in Google's billing export whether it was charged; then `veo-check job abandon` the "
        "job, and only then run again with --spend",
    ),
    "incomplete": Meaning("the job stopped before it was done, and left no video", _RETRY),
    "job-unfinished": Meaning(
        "this run ended before the job did; it was not given up",
        "run again later: the next run polls on and sends nothing",
    ),
    "content-unavailable": Meaning(
        "the job was reported complete, but its video cannot be fetched",
        "look at the address by hand; a safety-filtered job looks the same through a gateway",
        direct="look at the address by hand; Google keeps a video for two days",
    ),
    "content-refused": Meaning(
        "the key may not fetch the video", "give the key access to the content"
    ),
    "result-elsewhere": Meaning(
        "the video was left in a storage bucket that this key cannot read",
        "take the storage address out of the gateway's configuration",
        direct="ask for the video in the answer (no storageUri), or read the bucket by hand",
    ),
    "too-large": Meaning(
        "the video is larger than any clip of this length can be", "look at it by hand"
    ),
    "host-refused": Meaning(
        "the video's address is one that veo-check does not fetch from",
        "media comes from https and public addresses only",
    ),
}

_UNNAMED = Meaning("it ended in a way that has no name", "read the answer in the evidence")


#: What Google's support codes stand for (its page of 2026-09-02): each word with its codes.
_CODES: Mapping[str, str] = {
    "child": "58061214 17301594",
    "celebrity": "29310472 15236754",
    "video safety violation": "64151117 42237218",
    "dangerous": "62263041",
    "hate": "57734940 22137204",
    "other": "74803281 42876398",
    "prohibited content": "89371032 60599140",
    "third-party content": "35561574 35561575",
    "sexual": "90789179 43188360",
    "toxic": "78610348",
    "violence": "61493863 56562880",
    "vulgar": "32635315",
    "people or a face": "39322892",
    "personal information": "92201652",
}
_SUPPORT = re.compile(r"support codes?:\s*([\d,\s]{1,200})", re.IGNORECASE)


def support_codes(text: str) -> str:
    """What the support codes in a refusal stand for, as a sentence; empty where there are none."""
    named = {code: word for word, codes in _CODES.items() for code in codes.split()}
    found = [code for match in _SUPPORT.finditer(text) for code in re.findall(r"\d+", match[1])]
    said = [f"{code} means {named.get(code, 'nothing that is known')}" for code in found[:6]]
    return f"Google's support code {', '.join(said)}." if said else ""


def meaning_of(symptom: str | None) -> Meaning:
    """What a symptom means; of a word that is none: that it is not known."""
    return next((meaning for name, meaning in MEANINGS.items() if name == symptom), _UNNAMED)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """One video job as an application would send it."""

    label: str
    prompt: str
    mode: str
    seconds: int
    resolution: str
    aspect_ratio: str
    audio: bool
    count: int = 1
    group: str | None = None
    image: bytes | None = field(default=None, repr=False)
    image_type: str | None = None  # image/png, image/jpeg
    #: the last frame, reference images, the video to extend: by their key under `smoke`
    inputs: tuple[InputFile, ...] = ()
    #: the controlled failure of an API that names an unknown key before any work begins
    unknown_key: bool = False

    def files(self, name: str) -> tuple[InputFile, ...]:
        """The input files of one key."""
        return tuple(each for each in self.inputs if each.name == name)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a submit came to.

    `accepted`: there is an operation. `refused`: a known answer that sent nothing, `symptom` says
    which. `not-sent`: certainly nothing left this machine (a host refused by our own rules, no key,
    no connection). `uncertain`: everything else.
    """

    state: Literal["accepted", "refused", "not-sent", "uncertain"]
    operation: str | None = None
    request_id: str | None = None
    served_model: str | None = None
    cost: Decimal | None = None
    other_ratios: Mapping[str, Decimal] = field(default_factory=dict)
    symptom: Symptom | None = None
    status_code: int | None = None
    code: str | None = None  # the other side's own word
    text: str | None = None
    replacement: str | None = None
    retry_after: float | None = None
    #: the refusal says what was wrong with the request, by name
    names_the_mistake: bool = False
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoRef:
    """One announced video: an address, its bytes, or (neither) the gateway's own content path."""

    url: str | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """What one poll came to.

    `running`; `done` with `videos`; `failed` for good, `symptom` says how; `trouble`: this poll
    told nothing (5xx, 429, no connection, an unreadable answer), the job goes on; `gone`: the other
    side knows no such operation; `refused`: this key may not look.
    """

    state: Literal["running", "done", "failed", "trouble", "gone", "refused"]
    status: str  # the other side's own word, or what went wrong with the poll
    videos: tuple[VideoRef, ...] = ()
    served_model: str | None = None
    symptom: Symptom | None = None
    text: str | None = None
    charged: bool | None = None
    retry_after: float | None = None
    exchanges: tuple[str, ...] = ()
    #: the answer was the video itself, and its bytes went into the sink
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """What fetching one video came to; its bytes went into the sink."""

    ok: bool
    symptom: Symptom | None = None
    status_code: int | None = None
    text: str | None = None
    passing: bool = False  # nothing that lasts: asked later, it may well be there
    place: str | None = None  # host and path, for reports
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One row of the gateway's own usage record."""

    kind: Literal["charge", "refund", "error"]
    row_id: str | None = None
    at: datetime | None = None
    model: str | None = None
    served_model: str | None = None
    key: str | None = None
    group: str | None = None
    route: str | None = None
    status: str | None = None
    quota: int | None = None
    amount: Decimal | None = None
    unit: str | None = None
    quantity: Decimal | None = None
    provider: str | None = None  # who served it, where a gateway has several
    surface: str | None = None  # where that provider serves
    other_tokens: int = 0  # beside `quantity` of video tokens: the prompt's and the thoughts'
    reason: str | None = None  # of a refund: why the job failed
    symptom: Symptom | None = None


@dataclass(frozen=True, slots=True)
class UsageRead:
    """The rows that are about one job, and the key's total. Quota units beside USD."""

    rows: tuple[UsageRow, ...]
    used: int | None = None
    quota_per_unit: Decimal | None = None
    exchanges: tuple[str, ...] = ()
    #: the record is not there yet, and comes minutes after the job's end
    pending: bool = False


#: How an MP4 or QuickTime file begins, behind its first four bytes.
FIRST_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})

#: Takes the bytes of a video as they arrive.
Sink = Callable[[bytes], None]


class JobDriver(Protocol):
    """The paid half of one route's provider."""

    def submit(self, request: JobRequest) -> Submission:
        """Send the job, once. Never raises for what the other side does."""

    def poll(self, operation: str) -> PollAnswer:
        """Ask once how the job is."""

    def fetch(self, operation: str, video: VideoRef, index: int, sink: Sink) -> FetchAnswer:
        """Stream one video into `sink`, asked once. What `sink` raises passes through."""

    def used(self) -> UsageRead | Missing:
        """The key's total so far, no rows. Asked afresh."""

    def usage(
        self, operation: str | None, request_id: str | None, since: datetime
    ) -> UsageRead | Missing:
        """The usage rows of one job and the key's total, asked afresh."""


@runtime_checkable
class WatchedDriver(JobDriver, Protocol):
    """A driver whose gateway lets a job be watched without asking it for the task.

    Asking is not free there: whoever sees a failure before the gateway's own poller does loses the
    refund (flatkey-gateway.md 7).
    """

    def turn(self) -> float:
        """Take the next turn to look; seconds until it comes."""

    def watch(self, operation: str, sink: Sink) -> PollAnswer:
        """Look once, in turn. `refused`: this way does not exist here. What `sink` raises passes
        through."""

    def named(self, operation: str) -> PollAnswer:
        """Ask once for the task of a job that has ended, where it names the model that served."""
