"""
Plain forms: one value of any Python type as a value of plainer types, one level deep.

Only the value itself is looked at: what it holds may be of any type again. Nothing raises here, as
a run is recorded after the agent has answered.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import json
import os
import re
import uuid
from collections.abc import Callable, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import lru_cache
from itertools import islice
from types import FunctionType, MethodType, ModuleType
from typing import Any

from reflect_sdk._types.cutting import cut_text
from reflect_sdk._types.library_objects import MISSING, library_form, name_of

LONGEST_REPR = 2_000
"""How many characters are kept of a value of which only its `repr` can be."""
LONGEST_MESSAGE = 10_000
"""How many characters are kept of what an exception says."""
MOST_ITEMS = 100_000
"""How many items are taken of a sequence that is no list, which may have no end."""

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
_NAMED = (type, FunctionType, MethodType)


class PlainForm:
    """
    The plain form of a value, in its place; unlike most forms, it can be in a set or be a key.

    Args:
        form: The form.
    """

    __slots__ = ("form",)

    def __init__(self, form: object) -> None:
        self.form = form


def plain_form(value: object) -> object:
    """
    Return a value as one of plainer types: a dict, list, set, text, number, bytes or None.

    Args:
        value: The value; none that is plain already but a subclass of one may be.

    Returns:
        Its form, which may hold values of any type. Where nothing better is known, a dict with the
        `type` and the `repr` of the value.
    """
    if type(value) is PlainForm:
        return value.form
    try:
        form = _form_of(type(value))(value)  # type: ignore[arg-type]  # types can be hashed
        if form is MISSING:
            form = _of_collection(value)
    except Exception:  # noqa: BLE001 - the run is recorded, whatever an object does
        form = MISSING
    return represented(value) if form is MISSING else form


def represented(value: object) -> dict[str, Any]:
    """
    Return the bounded representation of a value whose form is not known.

    Args:
        value: The value. The address in its `repr`, which differs each time, is left out.
    """
    kind = name_of(value)
    try:
        text = value.__qualname__ if isinstance(value, _NAMED) else repr(value)
        return {"type": kind, "repr": cut_text(_ADDRESS.sub("", str(text)), LONGEST_REPR)}
    except Exception as error:  # noqa: BLE001 - as above
        return {"type": kind, "unreadable": name_of(error)}


def is_opaque(value: object) -> bool:
    """
    Say whether no more is known of a value than its type and its `repr`.

    Args:
        value: The value.
    """
    return not isinstance(value, dict) and plain_form(value) == represented(value)


def words_of(error: BaseException) -> str:
    """
    Return what an exception says; its kind, where it says nothing.

    Args:
        error: The exception.
    """
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception whose text cannot be had is still one
        text = ""
    words = text.encode(errors="backslashreplace").decode() or name_of(error)
    return words[:LONGEST_MESSAGE]


def _of_tuple(value: tuple[object, ...]) -> object:
    names = getattr(type(value), "_fields", None)
    if isinstance(names, tuple) and len(names) == len(value):
        return dict(zip(names, value, strict=True))
    return list(value)


def _of_exception(error: BaseException) -> dict[str, object]:
    form: dict[str, object] = {"type": name_of(error), "message": words_of(error)}
    if isinstance(error, BaseExceptionGroup):
        form["exceptions"] = list(error.exceptions)
    return form


def _of_collection(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(islice(value.items(), MOST_ITEMS))
    if isinstance(value, Sequence | AbstractSet | ValuesView):
        return list(islice(value, MOST_ITEMS))
    return MISSING


_FORMS: tuple[tuple[Any, Callable[[Any], object]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (Enum, lambda member: member.value),
    (dict, dict),
    (list, list),
    (tuple, _of_tuple),
    ((set, frozenset), frozenset),
    ((bytes, bytearray, memoryview), bytes),
    ((decimal.Decimal, fractions.Fraction, uuid.UUID, complex), str),
    ((datetime.date, datetime.time), lambda moment: moment.isoformat()),
    (datetime.timedelta, lambda duration: f"PT{duration.total_seconds():.15g}S"),
    (BaseException, _of_exception),
    (os.PathLike, os.fsdecode),
    (re.Pattern, lambda pattern: pattern.pattern),
    ((*_NAMED, ModuleType), represented),
)


@lru_cache(512)
def _form_of(kind: type) -> Callable[[Any], object]:
    """
    Return what gives the forms of the values of a type.
    """
    for kinds, form in _FORMS:
        if issubclass(kind, kinds):
            return form
    if kind.__module__ == "ipaddress" or kind.__name__.lower().endswith("url"):
        return str
    return library_form(kind)


def as_key(name: object) -> str:
    """
    Return what stands as the name of a field in JSON for a key of a dict.

    Args:
        name: The key.
    """
    form = name if type(name) in (str, int, float, bool, type(None)) else plain_form(name)
    if isinstance(form, str):
        return form
    try:
        return json.dumps(form, ensure_ascii=False, skipkeys=True, default=represented)
    except ValueError:  # A number of thousands of digits.
        return name_of(name)
