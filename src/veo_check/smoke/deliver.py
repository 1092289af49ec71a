"""Fetching what a finished job announced, and reading it from its bytes."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from veo_check.core.jobs import FetchAnswer, JobDriver, PollAnswer, VideoRef
from veo_check.core.paid_facts import Delivery, MediaFacts
from veo_check.evidence.durable import make_folders
from veo_check.smoke.entry import Entry
from veo_check.smoke.media import TooLargeError, inspect, receiving
from veo_check.smoke.tools import Tools

#: A job of one clip that announces more is inspected up to here.
_MOST_VIDEOS = 4
_TRIES = 3
_PAUSE = 5.0  # seconds; content paths answer 5xx for a moment after a job is done


@dataclass(frozen=True, slots=True)
class _One:
    facts: MediaFacts | None
    answer: FetchAnswer
    kept: str | None = None


def deliver(entry: Entry, driver: JobDriver, answer: PollAnswer, tools: Tools) -> Delivery:
    """Every announced video, fetched and inspected; the file is kept only where it was asked for.

    Raises OSError where nothing can be written here.
    """
    assert entry.operation is not None
    got = [
        _fetch(entry, driver, video, index, tools)
        for index, video in enumerate(answer.videos[:_MOST_VIDEOS])
    ]
    bad = next((one.answer for one in got if one.facts is None), None)
    symptom, failure = (bad.symptom, bad.text) if bad else (None, None)
    if not answer.videos:
        symptom = answer.symptom or "empty-result"
    return Delivery(
        videos=tuple(one.facts for one in got if one.facts is not None),
        announced=len(answer.videos),
        symptom=symptom,
        failure=failure,
        kept=tuple(one.kept for one in got if one.kept is not None),
        exchanges=tuple(id_ for one in got for id_ in one.answer.exchanges),
    )


def _fetch(entry: Entry, driver: JobDriver, video: VideoRef, index: int, tools: Tools) -> _One:
    for attempt in range(1, _TRIES + 1):
        with _scratch(tools) as path:
            answer = _received(entry, driver, video, index, path)
            if answer.ok:
                return _One(inspect(path), answer, _keep(path, entry, index, tools))
        if attempt == _TRIES or not _worth_another(answer):
            break
        tools.clock.sleep(_PAUSE)
    return _One(None, answer)


def _worth_another(answer: FetchAnswer) -> bool:
    """Reads are free: a server error or a broken connection may pass."""
    passing = answer.status_code is None or answer.status_code >= 500
    return passing and answer.symptom in {None, "content-unavailable"}


def _received(
    entry: Entry, driver: JobDriver, video: VideoRef, index: int, path: Path
) -> FetchAnswer:
    assert entry.operation is not None
    try:
        with receiving(path) as receiver:
            return driver.fetch(entry.operation.id, video, index, receiver.write)
    except TooLargeError as error:
        return FetchAnswer(ok=False, symptom="too-large", text=str(error))


@contextmanager
def _scratch(tools: Tools) -> Iterator[Path]:
    """A file of its own in the state folder, gone afterwards unless it was kept."""
    folder = tools.folder.home / "media"
    if not folder.is_dir():
        make_folders(folder, tools.disk)
    path = folder / f"{secrets.token_hex(8)}.part"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _keep(path: Path, entry: Entry, index: int, tools: Tools) -> str | None:
    """Move the file to where --keep-media wants it."""
    if tools.keep_media is None:
        return None
    tools.keep_media.mkdir(parents=True, exist_ok=True)
    target = tools.keep_media / f"{entry.id}-{index + 1}.mp4"
    target.unlink(missing_ok=True)
    shutil.move(path, target)  # the two may be on different disks
    return str(target)
