"""
Objects of libraries, such as messages, models and arrays, by what they hold.

How an object gives that is looked for at its class: an object may answer to any name.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

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
_KINDS = frozenset({"role", "type", "kind", "part_kind"})
_LIKE_A_MESSAGE = frozenset({"role", "content"})


def array_form(value: object) -> object:
    """
    Return arrays of numbers as lists, long ones by their shape and first numbers, and scalars of
    NumPy as numbers.
    """
    kind = type(value)
    if not (hasattr(kind, "tolist") and hasattr(kind, "dtype") and hasattr(kind, "shape")):
        return MISSING
    array = cast("Any", value)
    shape = list(array.shape)
    count = 1
    for length in shape:
        count *= int(length)
    if count <= MOST_NUMBERS:
        return array.tolist()
    first = array.reshape(-1)[:MOST_NUMBERS].tolist()
    return {"type": name_of(value), "shape": shape, "dtype": str(array.dtype), "first": first}


def object_form(value: object) -> object:
    """
    Return objects of libraries by what they hold.
    """
    form = _dumped(value, _DUMPS)
    if form is not MISSING:
        return form
    item = getattr(value, "__dict__", {}).get("raw_item")
    if item is not None:
        return item  # What an item of openai-agents wraps; the rest of it is the agent itself.
    form = _dumped(value, _OTHER_DUMPS)
    return _of_fields(value) if form is MISSING else form


def _dumped(value: object, ways: Iterable[tuple[str, dict[str, Any]]]) -> object:
    for method, options in ways:
        with suppress(Exception):
            return _mapping(getattr(type(value), method)(value, **options))
    return MISSING


def _mapping(value: object) -> dict[Any, Any]:
    if inspect.iscoroutine(value):
        value.close()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def _of_fields(value: object) -> object:
    """
    Return dataclasses, classes of attrs, and objects that are like a message, by their fields.

    A dataclass that says in no field what it is gets the name of its class as `type`.
    """
    kind = type(value)
    names: Iterable[str]
    declared = getattr(kind, "__dataclass_fields__", None)
    if isinstance(declared, dict):
        names = list(declared)
    elif isinstance(declared := getattr(kind, "__attrs_attrs__", None), tuple):
        names = [field.name for field in declared]
    else:
        own = getattr(value, "__dict__", None)
        if not isinstance(own, dict):
            return MISSING
        if not isinstance(value, SimpleNamespace) and _LIKE_A_MESSAGE.isdisjoint(own):
            return MISSING
        return {name: held for name, held in own.items() if not str(name).startswith("_")}
    form = dict(_read(value, names))
    if form.keys() & _KINDS:
        return form
    named = getattr(value, "type", None)
    return {"type": named if isinstance(named, str) else name_of(value), **form}


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
