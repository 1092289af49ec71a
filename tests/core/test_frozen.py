"""The project's frozen dataclass does what the standard library's does."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from veo_check.core import frozen


def _family(decorate: Callable[..., Any]) -> tuple[Any, Any, Any, Any]:
    @decorate(frozen=True, slots=True)
    class Money:
        amount: str
        currency: str = "USD"
        tags: tuple[str, ...] = dataclasses.field(default_factory=tuple)
        key: str = dataclasses.field(default="k", repr=False)
        note: str = dataclasses.field(default="", compare=False)
        length: int = dataclasses.field(default=0, init=False)

        def __post_init__(self) -> None:
            if not self.amount:
                raise ValueError("no amount")
            object.__setattr__(self, "length", len(self.amount))

    @decorate(frozen=True, slots=True)
    class Single:
        name: str

    @decorate(frozen=True, slots=True)
    class Nothing:
        pass

    @decorate(frozen=True, slots=True)
    class Named:
        name: str

        def __repr__(self) -> str:
            return "masked"

    return Money, Single, Nothing, Named


OURS, THEIRS = _family(frozen.dataclass), _family(dataclasses.dataclass)

JOBS: dict[str, Callable[[Any, Any, Any, Any], object]] = {
    "positions": lambda m, s, n, x: dataclasses.astuple(m("1", "EUR", ("a",), "b")),
    "names": lambda m, s, n, x: dataclasses.asdict(m(amount="1", note="n")),
    "repr": lambda m, s, n, x: [repr(m("1")).split(".")[-1], repr(x("1"))],
    "default factories are not shared": lambda m, s, n, x: m("1").tags,
    "after": lambda m, s, n, x: m("1234").length,
    "after refuses": lambda m, s, n, x: m(""),
    "a value too many": lambda m, s, n, x: s("1", "2"),
    "a name too many": lambda m, s, n, x: s("1", other="2"),
    "a value missing": lambda m, s, n, x: s(),
    "a field that init does not take": lambda m, s, n, x: m("1", length=4),
    "equal": lambda m, s, n, x: (m("1") == m("1"), m("1") == m("2"), s("1") == x("1"), n() == n()),
    "compare=False": lambda m, s, n, x: m("1", note="a") == m("1", note="b"),
    "hash": lambda m, s, n, x: len({m("1"), m("1"), m("1", note="b"), m("2"), s("1"), x("1")}),
    "replace": lambda m, s, n, x: dataclasses.astuple(dataclasses.replace(m("1"), amount="22")),
    "set": lambda m, s, n, x: setattr(s("1"), "name", "2"),
    "delete": lambda m, s, n, x: delattr(s("1"), "name"),
    "no dict": lambda m, s, n, x: [hasattr(made, "__dict__") for made in (m("1"), n())],
    "match": lambda m, s, n, x: (m.__match_args__, s.__match_args__),
    "signature, once used": lambda m, s, n, x: (m("1"), str(inspect.signature(m)))[1],
}


def _outcome(job: Callable[..., object], family: tuple[Any, ...]) -> object:
    try:
        return job(*family)
    except (TypeError, ValueError, AttributeError) as raised:
        return type(raised), str(raised).split(".")[-1]


@pytest.mark.parametrize("name", JOBS)
def test_it_does_what_the_standard_library_does(name: str) -> None:
    assert _outcome(JOBS[name], OURS) == _outcome(JOBS[name], THEIRS)


def test_a_new_attribute_is_refused() -> None:
    # the standard library's own answer with slots is an accidental TypeError
    with pytest.raises(dataclasses.FrozenInstanceError):
        OURS[2]().name = "2"


def test_a_subclass_without_a_decorator_is_made_too() -> None:
    price = type("Price", (OURS[0],), {})

    assert price("1").amount == "1"
    assert price("1") != OURS[0]("1")


def test_other_options_are_the_standard_librarys_own() -> None:
    @frozen.dataclass(slots=True)
    class Counter:
        count: int = 0

    counter = Counter()
    counter.count += 1
    assert counter == Counter(1)
