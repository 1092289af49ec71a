"""Fetching one announced video, whoever announced it."""

from __future__ import annotations

from veo_check.core.jobs import FetchAnswer, Sink, Symptom
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.errors import read_error
from veo_check.http.answers import MEBIBYTE, Failure, Response
from veo_check.http.client import HttpClient
from veo_check.http.media import Fetched, fetch_media

#: no clip that a smoke job asks for is larger
_LARGEST = 512 * MEBIBYTE


def fetch_video(door: HttpClient, place: JobEndpoint, url: str, sink: Sink) -> FetchAnswer:
    """Stream the video at `url` into `sink`, asked once."""
    if url.startswith("gs://"):
        text = "the video was left in a Cloud Storage bucket"
        return FetchAnswer(ok=False, symptom="result-elsewhere", text=text)
    got = fetch_media(door, url, place.key, place.base_url, sink, limit=_LARGEST)
    if isinstance(got, Fetched):
        return FetchAnswer(ok=True, status_code=200, place=got.place, exchanges=got.exchanges)
    if isinstance(got, Failure):
        return FetchAnswer(
            ok=False,
            symptom=_symptom_of_failure(got),
            text=got.detail,
            exchanges=(got.exchange,) if got.exchange else (),
        )
    return _refused(got)


def _refused(answer: Response) -> FetchAnswer:
    message = read_error(answer).message
    return FetchAnswer(
        ok=False,
        symptom="content-refused" if answer.status in {401, 403} else "content-unavailable",
        status_code=answer.status,
        text=answer.shown(message) or None,
        place=answer.place,
        exchanges=(answer.exchange,),
    )


def _symptom_of_failure(failure: Failure) -> Symptom:
    if failure.code == "host-refused":
        return "host-refused"
    return "too-large" if "answered with more than" in failure.detail else "content-unavailable"
