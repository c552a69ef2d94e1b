"""
Recordable values: any Python value as JSON, bounded, with a mark where something could not be kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias

from reflect_sdk._types.library_objects import name_of
from reflect_sdk._types.plain_form import as_key, plain_form

Json: TypeAlias = Any
"""
Free-form JSON: a dict, list, str, int, float, bool or None, of nothing else at any depth.
"""

BytesAs: TypeAlias = Literal["digest", "base64"]
"""
How bytes are recorded: by their length and SHA-256 digest, or whole, in base64.
"""

DEEPEST = 90
"""How many lists and objects may lie within each other; services take 100 with those around."""
MOST_VALUES = 200_000
"""How many values are taken of one that is walked through, such as a message."""

_TOO_DEEP = "… nested too deeply …"
_ITSELF = "… holds itself …"
_TOO_MUCH = "… too much to keep …"


def recordable(
    value: object,
    *,
    bytes_as: BytesAs | None = "digest",
    text: Callable[[str], str] | None = None,
    named: Callable[[str, Json], Json] | None = None,
) -> Json:
    """
    Return any Python value as JSON. Never raises, and never changes the value.

    Dates become ISO 8601, decimals and UUIDs text, sets lists, objects of libraries what they hold;
    of other objects the type and the `repr` are kept. Halves of characters are replaced. NaN and
    infinities become null, with a field beside the one that they are in, such as
    `"loss was": "NaN"`.

    Args:
        value: The value.
        bytes_as: How bytes are given; as `bytes` where None, for a copy that is not sent yet.
        text: Changes every text, names of fields included; as they are where None.
        named: Changes what stands under a name; as it is where None.

    Returns:
        The JSON, which shares no list or dict with the value.
    """
    walk = _Walk(bytes_as, text or str, named)
    try:
        return walk.json(value, 0)
    except Exception as error:  # noqa: BLE001 - above all where the stack is full
        return {"type": name_of(value), "unreadable": name_of(error)}


def whole_text(text: str) -> str:
    """
    Return a text without halves of characters: two that belong together are joined, others
    replaced.

    Args:
        text: The text.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def bytes_form(value: bytes, bytes_as: BytesAs) -> Json:
    """
    Return bytes as JSON.

    Args:
        value: The bytes.
        bytes_as: How.
    """
    if bytes_as == "base64":
        return {"bytes": len(value), "base64": base64.b64encode(value).decode()}
    return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}


def in_order(items: Iterable[Any]) -> list[Any]:
    """
    Return the items of a set in an order that is the same each time, where they have one.

    Args:
        items: The items.
    """
    values = list(items)
    try:
        return sorted(values)
    except Exception:  # noqa: BLE001 - of several types, or of one without an order
        return sorted(values, key=lambda value: (name_of(value), _sortable(value)))


def _sortable(value: object) -> str:
    return json.dumps(recordable(value), sort_keys=True)


class _Walk:
    def __init__(
        self,
        bytes_as: BytesAs | None,
        text: Callable[[str], str],
        named: Callable[[str, Json], Json] | None,
    ) -> None:
        self._bytes_as = bytes_as
        self._change = text
        self._named = named
        self._left = MOST_VALUES
        self._around: set[int] = set()
        self._no_numbers: list[str] = []

    def json(self, value: object, depth: int) -> Json:
        kind = type(value)
        if kind is str:
            return self._text(value)  # type: ignore[arg-type]  # just seen
        if value is None or kind is bool:
            return value
        if kind is int:
            return self._whole_number(value)  # type: ignore[arg-type]  # as above
        if kind is float:
            return self._number(value)  # type: ignore[arg-type]  # as above
        if kind is bytes:
            return value if self._bytes_as is None else bytes_form(value, self._bytes_as)  # type: ignore[arg-type]  # as above
        return self._held(value, depth)

    def _held(self, value: Any, depth: int) -> Json:
        if id(value) in self._around:
            return _ITSELF
        if depth >= DEEPEST:
            return _TOO_DEEP
        self._around.add(id(value))
        try:
            kind = type(value)
            if kind is dict:
                return self._object(value, depth + 1)
            if kind is list or kind is tuple:
                return self._array(value, depth + 1)
            if kind is set or kind is frozenset:
                return self._array(in_order(value), depth + 1)
            return self.json(plain_form(value), depth)
        finally:
            self._around.discard(id(value))

    def _object(self, value: Mapping[object, object], depth: int) -> Json:
        made: dict[str, Json] = {}
        for key, item in list(value.items()):
            name = self._text(as_key(key))
            while name in made:
                name += "'"
            if not self._has_room():
                made["…"] = _TOO_MUCH
                break
            kept = self.json(item, depth)
            made[name] = kept if self._named is None else self._named(name, kept)
            if self._no_numbers:
                made[f"{name} was"] = ", ".join(dict.fromkeys(self._no_numbers))
                self._no_numbers.clear()
        return made

    def _array(self, value: Iterable[object], depth: int) -> Json:
        made: list[Json] = []
        for item in list(value):
            if not self._has_room():
                made.append(_TOO_MUCH)
                break
            made.append(self.json(item, depth))
        return made

    def _has_room(self) -> bool:
        self._left -= 1
        return self._left >= 0

    def _text(self, text: str) -> str:
        return self._change(whole_text(text))

    def _whole_number(self, value: int) -> Json:
        try:
            json.dumps(value)
        except ValueError:  # Of thousands of digits.
            return f"… a number of {value.bit_length():,} bits …"
        return value

    def _number(self, value: float) -> float | None:
        if math.isfinite(value):
            return value
        self._no_numbers.append(
            "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
        )
        return None
