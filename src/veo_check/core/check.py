"""The `@check` decorator: a check's id, needs and product text, read off the function itself."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from veo_check.core.facts import Missing
from veo_check.core.findings import Findings

CheckFunction = Callable[..., Findings]


@dataclass(frozen=True)
class Need:
    """One parameter of a check: the type it wants, and whether it can work without."""

    parameter: str
    type: type
    optional: bool


@dataclass(frozen=True)
class Check:
    """A registered check. Calling it runs the function; everything else describes it."""

    id: str
    item: str
    since: str
    function: CheckFunction
    waivable: bool
    #: gateway -> reason why this check says nothing about routes through it
    not_for: Mapping[str, str]

    def __call__(self, **values: object) -> Findings:
        return self.function(**values)

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """The check's needs, from its parameter types. `T | Missing` can do without a T."""
        hints = typing.get_type_hints(self.function)
        return tuple(
            _need(name, hints[name]) for name in inspect.signature(self.function).parameters
        )

    @cached_property
    def need_types(self) -> frozenset[type]:
        """The types among its needs."""
        return frozenset(need.type for need in self.needs)

    @property
    def title(self) -> str:
        """The docstring's first line: what is true when the check passes."""
        return self._parts[0]

    @property
    def why(self) -> str:
        """Why the check exists, as `veo-check checks ID` prints it."""
        return self._parts[1]

    @property
    def fix(self) -> str:
        """How to mend a failure."""
        return self._parts[2]

    @cached_property
    def _parts(self) -> tuple[str, str, str]:
        text = inspect.cleandoc(self.function.__doc__ or "")
        title, _, rest = text.partition("\n\n")
        why, _, fix = rest.partition("Fix:")
        return (
            " ".join(title.split()),
            " ".join(why.removeprefix("Why:").split()),
            " ".join(fix.split()),
        )


def _need(name: str, hint: object) -> Need:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    wanted = [option for option in options if option is not Missing]
    if len(wanted) != 1 or not isinstance(wanted[0], type):
        raise TypeError(f"parameter {name}: a check needs one type, or that type | Missing")
    return Need(name, wanted[0], optional=Missing in options)


def check(
    *,
    item: str,
    since: str,
    waivable: bool = True,
    not_for: Mapping[str, str] | None = None,
) -> Callable[[CheckFunction], Check]:
    """Register the decorated generator function as a check; its name is the id, `_` for `-`."""

    def register(function: CheckFunction) -> Check:
        name = function.__name__.replace("_", "-")
        return Check(name, item, since, function, waivable, dict(not_for or {}))

    return register
