"""Google's Cloud Billing: the list price of one SKU, named by a person and never guessed.

Prices below a dollar stand in `nanos` alone, the first tier can be free, and the unit of a video is
"count": one second of it for the one SKU that a bill shows so, else nobody knows what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlencode

from veo_check.core.facts import SkuPrice
from veo_check.core.secrets import BILLING_KEY
from veo_check.gateways.base import GetRequest
from veo_check.gateways.errors import items, mapping, read_error, text
from veo_check.http.answers import Failure, Json, Response
from veo_check.http.keys import KeyName

ADDRESS = "https://cloudbilling.googleapis.com"
#: How Google writes the id of a SKU.
SKU = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}")
#: SKUs of which one count is one second of video, by a bill: "Veo 3 Fast Video 720p Generation".
_COUNT_IS_A_SECOND = frozenset({"7DE3-56E5-CE6C"})
_SECOND = "s"


def sku_ask(sku: str, address: str = ADDRESS) -> GetRequest:
    """The current list price in USD."""
    query = urlencode({"currencyCode": "USD"})
    url = f"{address}/v1beta/skus/{sku}/price?{query}"
    return GetRequest(url, KeyName(BILLING_KEY, "x-goog-api-key"))


def read_sku(answer: Response, sku: str) -> SkuPrice | Failure:
    """The price in the answer, or why there is none."""
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    cells = mapping(body)
    if text(cells.get("name")) != f"skus/{sku}/price":
        return answer.unreadable(f"it is not about {sku}")
    if text(cells.get("currencyCode")) != "USD":
        return answer.unreadable("it is not in USD")
    rate = mapping(cells.get("rate"))
    unit = mapping(rate.get("unitInfo"))
    word, quantity = text(unit.get("unit")), _number(mapping(unit.get("unitQuantity")).get("value"))
    tiers = list(_tiers(items(rate.get("tiers"))))
    charged = next(((start, price) for start, price in tiers if price), None)
    if not word or not quantity or charged is None or None in (start for start, _ in tiers):
        return answer.unreadable("it holds no tier with a price and a unit")
    start, price = charged
    seconds = word == _SECOND or (word == "count" and sku in _COUNT_IS_A_SECOND)
    return SkuPrice(
        sku=sku,
        amount=price / quantity,
        unit=answer.shown(word, 40),
        per_second=price / quantity if seconds else None,
        free_below=start or Decimal(0),
        source=f"{ADDRESS}/v1beta/skus/{sku}/price",
        exchanges=(answer.exchange,),
    )


def _tiers(tiers: list[Json]) -> Iterator[tuple[Decimal | None, Decimal]]:
    """(where the tier begins, USD for one unit); None: the tier cannot be read."""
    for tier in map(mapping, tiers):
        listed = mapping(tier.get("listPrice"))
        units, nanos = _number(listed.get("units", 0)), _number(listed.get("nanos", 0))
        start = _number(mapping(tier.get("startAmount")).get("value", 0))
        usd = text(listed.get("currencyCode")) in {None, "USD"}
        if units is None or nanos is None or not usd or nanos >= 10**9:
            yield None, Decimal(0)
        else:
            yield start, units + nanos / Decimal(10**9)


def _number(value: Json) -> Decimal | None:
    """A number from 0 up, which the API writes as a number or, where it may be large, as text."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,18})?", value):
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
        return None
    return Decimal(value)
