"""Google's own documentation by its Developer Knowledge API: Markdown, with the day it changed.

Asked twice at most: for the day and the length of every page, and then for the content of those
that have changed. The key travels in a header, to this API alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from veo_check.core.secrets import KNOWLEDGE_KEY
from veo_check.gateways.errors import mapping
from veo_check.http.answers import Failure, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName

ADDRESS = "https://developerknowledge.googleapis.com"
_KEY = KeyName(KNOWLEDGE_KEY, "x-goog-api-key")
#: names in one call
_MOST = 20
_BASIC = "DOCUMENT_VIEW_BASIC"


@dataclass(frozen=True, slots=True)
class KnowledgePage:
    """What the API says of a page. `content` None: it was not asked for.

    `problem`: why nothing can be made of it.
    """

    address: str
    updated: date | None = None
    length: int = 0
    content: bytes | None = None
    problem: str | None = None


class Knowledge:
    """The API at one address."""

    def __init__(self, door: HttpClient, address: str, watch: Callable[[str], None]) -> None:
        self._door, self._address, self._watch = door, address.rstrip("/"), watch

    def basics(self, addresses: Iterable[str]) -> dict[str, KnowledgePage]:
        """Day and length of each page, by its address."""
        return self._asked(list(dict.fromkeys(addresses)), _BASIC)

    def contents(self, addresses: Sequence[str]) -> dict[str, KnowledgePage]:
        """The same with the content."""
        return self._asked(addresses, None)

    def _asked(self, addresses: Sequence[str], view: str | None) -> dict[str, KnowledgePage]:
        found: dict[str, KnowledgePage] = {}
        for start in range(0, len(addresses), _MOST):
            names = addresses[start : start + _MOST]
            self._watch(f"{self._address} ({len(names)} pages)")
            found |= self._batch(names, view)
        return found

    def _batch(self, addresses: Sequence[str], view: str | None) -> dict[str, KnowledgePage]:
        query = [("names", _name(address)) for address in addresses]
        if view is not None:
            query.append(("view", view))
        url = f"{self._address}/v1/documents:batchGet?{urlencode(query)}"
        answer = self._door.get(url, _KEY)
        if isinstance(answer, Response) and answer.status in {400, 404} and len(addresses) > 1:
            # one name that it does not know may cost the whole batch: then each alone
            alone = [self._batch([address], view) for address in addresses]
            return {address: page for batch in alone for address, page in batch.items()}
        if isinstance(answer, Response) and answer.status == 404:
            return {addresses[0]: KnowledgePage(addresses[0], problem=_MISSING)}
        listed = _documents(answer)
        if isinstance(listed, str):
            return {address: KnowledgePage(address, problem=listed) for address in addresses}
        return {
            address: _page(address, listed.get(_name(address)), content=view is None)
            for address in addresses
        }


_MISSING = "the Developer Knowledge API has no such page (any more)"


def _name(address: str) -> str:
    return f"documents/{address.partition('://')[2]}"


def _documents(answer: Response | Failure) -> dict[str, Mapping[str, object]] | str:
    """The documents by name, or why there are none."""
    if isinstance(answer, Failure):
        return answer.detail
    body = answer.json
    if answer.status != 200:
        error = mapping(mapping(body).get("error")) if not isinstance(body, Failure) else {}
        said = error.get("message")
        return answer.failure(said if isinstance(said, str) else None).detail
    if isinstance(body, Failure):
        return body.detail
    listed = mapping(body).get("documents", [])
    if not isinstance(listed, list):
        return f"the answer of {answer.place} lists no documents"
    documents = [mapping(document) for document in listed]
    return {str(document.get("name")): document for document in documents}


def _page(address: str, document: Mapping[str, object] | None, *, content: bool) -> KnowledgePage:
    if document is None:
        return KnowledgePage(address, problem=_MISSING)
    updated, length = _day(document.get("updateTime")), document.get("contentLengthBytes")
    if updated is None or not isinstance(length, int) or isinstance(length, bool) or length < 0:
        problem = "the Developer Knowledge API does not say when it was updated, or how long it is"
        return KnowledgePage(address, problem=problem)
    if not content:
        return KnowledgePage(address, updated, length)
    text = document.get("content")
    if not isinstance(text, str) or not text.strip():
        return KnowledgePage(address, problem="the Developer Knowledge API sent no content")
    return KnowledgePage(address, updated, length, text.encode("utf-8", "replace"))


def _day(text: object) -> date | None:
    """The day in UTC of a timestamp; None: there is no readable one."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC).date() if moment.tzinfo is not None else None
