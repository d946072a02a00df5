"""Frozen values for what the offline verifier loads.

`@value` makes what `@dataclass(frozen=True, slots=True, kw_only=True)` makes, without loading `dataclasses`: that
module, and the code it writes for each class, are a sixth of what `sealgate verify` of a small package takes
(docs/adr/0005).
Type checkers see a dataclass. Everywhere else the standard library's own is used.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """Make a class a frozen, slotted value: keywords in the constructor, equality and hash by what it holds.

    A default is a plain class attribute. `__post_init__` is called where it is defined.
    """
    names = tuple(cls.__annotations__)
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    kept = {name: item for name, item in cls.__dict__.items() if name not in {*names, "__dict__", "__weakref__"}}
    made = {
        "__slots__": names,
        "__init__": _make_init(cls.__name__, names, defaults, kept.get("__post_init__")),
        "__eq__": _is_equal,
        "__hash__": _hash,
        "__repr__": _represent,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }
    slotted: Any = type(cls.__name__, cls.__bases__, {**kept, **made})
    return slotted  # type: ignore[no-any-return]


def replace(old: T, **changes: Any) -> T:
    """Answer a value like another but for some fields."""
    return type(old)(**{name: getattr(old, name) for name in type(old).__slots__} | changes)  # type: ignore[attr-defined]


def _make_init(cls: str, names: tuple[str, ...], defaults: dict[str, Any], check: Any) -> Any:
    def __init__(self: Any, **given: Any) -> None:  # noqa: N807 - it becomes the class's own
        held = defaults | given if defaults else given
        if len(held) != len(names) or not held.keys() <= set(names):
            odd = sorted(held.keys() ^ set(names))
            raise TypeError(f"{cls}: missing or unknown: {', '.join(odd)}")
        for name in names:
            object.__setattr__(self, name, held[name])
        if check is not None:
            check(self)

    return __init__


def _held(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__slots__)


def _is_equal(self: Any, other: object) -> bool:
    return _held(self) == _held(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_held(self))


def _represent(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _refuse(self: Any, name: str, *_: object) -> NoReturn:
    raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be changed")
