"""
Objects of libraries, such as messages, models and arrays, by what they hold.

How an object gives that is looked for at its class: an object may answer to any name.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TypeAlias

MOST_NUMBERS = 1_000
"""How many numbers are kept of an array."""

MISSING = object()
"""What stands for a form that is not known."""

_DUMPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("model_dump", {"mode": "json", "exclude_none": True}),
    ("model_dump", {"mode": "json"}),
    ("model_dump", {}),
)
_OTHER_DUMPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("to_dict", {}),
    ("toDict", {}),
    ("dict", {}),
)
_Way: TypeAlias = tuple[Callable[..., object], dict[str, Any]]
_ARRAY = ("tolist", "dtype", "shape")
_KINDS = frozenset({"role", "type", "kind", "part_kind"})
_LIKE_A_MESSAGE = frozenset({"role", "content"})


def library_form(kind: type) -> Callable[[Any], object]:
    """
    Return what gives the forms of the objects of a class.

    Args:
        kind: The class.

    Returns:
        A function of an object; it returns `MISSING` where the class gives nothing.
    """
    if all(hasattr(kind, name) for name in _ARRAY):
        return _of_array
    dumps, other_dumps, names = _methods(kind, _DUMPS), _methods(kind, _OTHER_DUMPS), _names(kind)

    def form(value: object) -> object:
        found = _dumped(value, dumps)
        if found is not MISSING:
            return found
        own = getattr(value, "__dict__", None) or {}
        if own.get("raw_item") is not None:
            # What an item of openai-agents wraps; the rest of it is the agent itself.
            return own["raw_item"]
        found = _dumped(value, other_dumps)
        if found is not MISSING:
            return found
        return _of_attributes(value, own) if names is None else _of_fields(value, names)

    return form


def _of_array(value: Any) -> object:
    """
    Return arrays of numbers as lists, long ones by their shape and first numbers, and scalars of
    NumPy as numbers.
    """
    shape = list(value.shape)
    if math.prod(shape) <= MOST_NUMBERS:
        return value.tolist()
    first = value.reshape(-1)[:MOST_NUMBERS].tolist()
    return {"type": name_of(value), "shape": shape, "dtype": str(value.dtype), "first": first}


def _methods(kind: type, ways: Iterable[tuple[str, dict[str, Any]]]) -> tuple[_Way, ...]:
    return tuple((getattr(kind, name), options) for name, options in ways if hasattr(kind, name))


def _dumped(value: object, ways: Iterable[_Way]) -> object:
    for dump, options in ways:
        with suppress(Exception):
            return _mapping(dump(value, **options))
    return MISSING


def _mapping(value: object) -> dict[Any, Any]:
    if inspect.iscoroutine(value):
        value.close()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def _names(kind: type) -> tuple[str, ...] | None:
    """
    Return the fields of a dataclass or a class of attrs.
    """
    declared = getattr(kind, "__dataclass_fields__", None)
    if isinstance(declared, dict):
        return tuple(declared)
    declared = getattr(kind, "__attrs_attrs__", None)
    return tuple(field.name for field in declared) if isinstance(declared, tuple) else None


def _of_fields(value: object, names: Iterable[str]) -> object:
    """
    Return an object by its fields; one that says in none what it is gets its class's name as
    `type`.
    """
    form = dict(_read(value, names))
    if not _KINDS.isdisjoint(form):
        return form
    named = getattr(value, "type", None)
    return {"type": named if isinstance(named, str) else name_of(value), **form}


def _of_attributes(value: object, own: dict[str, object]) -> object:
    """
    Return an object that is like a message by its attributes; others may hold anything.
    """
    if type(value) is SimpleNamespace or not _LIKE_A_MESSAGE.isdisjoint(own):
        return {name: held for name, held in own.items() if not name.startswith("_")}
    return MISSING


def _read(value: object, names: Iterable[str]) -> Iterator[tuple[str, object]]:
    for name in names:
        try:
            yield name, getattr(value, name)
        except Exception as error:  # noqa: BLE001 - the other fields can be read
            yield name, {"unreadable": name_of(error)}


def name_of(value: object) -> str:
    """
    Return the name of a value's class.

    Args:
        value: The value.
    """
    name: str = type.__dict__["__name__"].__get__(type(value))  # A metaclass may have another.
    return name
