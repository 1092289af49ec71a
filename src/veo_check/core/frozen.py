"""`dataclass` as the standard library's, made in a sixth of the time.

`@dataclass(frozen=True, slots=True)` compiles six methods for each class, and a run imports some
170 of them: on Python 3.11 that took longer than all of pydantic. Here the methods are shared, and
`__init__` is compiled when the first object of a class is made, which for most of them is never.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **options):
        """What `dataclasses.dataclass` does, with the same options."""
        if options != {"frozen": True, "slots": True}:
            return dataclasses.dataclass(cls, **options)
        return _frozen if cls is None else _frozen(cls)

    def _frozen(cls):
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        for name, method in _METHODS.items():
            if name not in cls.__dict__:
                setattr(made, name, method)
        return made

    class _Frozen:
        def __init__(self, *values, **named):
            # a subclass may have no `__init__` of its own
            owner = next(c for c in type(self).__mro__ if c.__dict__.get("__init__") is _INIT)
            owner.__init__ = _compiled(owner)
            owner.__init__(self, *values, **named)

        def __eq__(self, other):
            if other.__class__ is not self.__class__:
                return NotImplemented
            compared = _compared(self.__class__)
            return compared(self) == compared(other)

        def __hash__(self):
            return hash(_compared(self.__class__)(self))

        def __repr__(self):
            fields = (field for field in dataclasses.fields(self) if field.repr)
            shown = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields)
            return f"{self.__class__.__qualname__}({shown})"

        def __setattr__(self, name, value):
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name):
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    _INIT = _Frozen.__init__
    _METHODS = {name: method for name, method in vars(_Frozen).items() if callable(method)}

    def _compiled(cls):
        fields = [
            (
                field.name,
                field.type,
                dataclasses.field(
                    default=field.default, default_factory=field.default_factory, init=field.init
                ),
            )
            for field in dataclasses.fields(cls)
        ]
        after = getattr(cls, "__post_init__", None)
        same = dataclasses.make_dataclass(
            cls.__name__,
            fields,
            frozen=True,
            repr=False,
            eq=False,
            namespace={} if after is None else {"__post_init__": after},
        )
        same.__init__.__qualname__ = f"{cls.__qualname__}.__init__"
        return same.__init__

    def _compared(cls):
        values = cls.__dict__.get("_compared")
        if values is None:
            names = [field.name for field in dataclasses.fields(cls) if field.compare]
            values = cls._compared = attrgetter("__class__", *names)
        return values


__all__ = ["dataclass"]
