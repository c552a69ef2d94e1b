"""
Snapshots: messages as they were when they were handed over, whatever becomes of them afterwards.

To copy 2.3 MB of dicts and lists takes the interpreter 70 ms, and its pickler 8; an event loop may
wait for it. What is no plain value is given its plain form then, which `recordable` goes on with.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reflect_sdk._types.plain_form import PlainForm, plain_form
from reflect_sdk._types.recordable import Json, recordable

_CHUNK = 32_768
"""Bytes of which a part is made, so that none is under way for long when it is read again."""
_LARGEST_CHUNK = 64 * 1024 * 1024
_BEYOND = "What a value holds goes on and on."


class Snapshot:
    """
    Values as they were when they were added.

    Args:
        values: The first of them; none by default.
    """

    def __init__(self, values: Iterable[object] = ()) -> None:
        self._parts: list[bytes | list[Json]] = []
        self._count = 0
        self.extend(values)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Json]:
        """
        Yield each value anew, of plain types: JSON, but that there may be sets, bytes, keys that
        are no texts, and `PlainForm`s.
        """
        for part in self._parts:
            yield from pickle.loads(part) if isinstance(part, bytes) else part  # noqa: S301 - made below, and nowhere else

    def add(self, value: object) -> None:
        """
        Add a value.

        Args:
            value: A message, of any type.
        """
        self.extend((value,))

    def extend(self, values: Iterable[object]) -> None:
        """
        Add values.

        Args:
            values: Messages, of any types.
        """
        added = list(values)
        start, step = 0, 1
        while start < len(added):
            size = self._keep(added[start : start + step])
            start += step
            step = step * 2 if size < _CHUNK else max(1, step // 2)
        self._count += len(added)

    def _keep(self, values: Sequence[object]) -> int:
        try:
            part = _pickled(values)
        except Exception:  # noqa: BLE001 - one holds itself, is very deep, or changes meanwhile
            if len(values) > 1:
                return sum(self._keep([value]) for value in values)
            self._parts.append([recordable(value, bytes_as=None) for value in values])
            return _CHUNK
        self._parts.append(part)
        return len(part)


def copied(value: object) -> object:
    """
    Copy a value that may change later.

    Args:
        value: The value, of any type.

    Returns:
        What a `Snapshot` yields for it.
    """
    return value if isinstance(value, str | None) else next(iter(Snapshot((value,))))


class _Buffer(io.BytesIO):
    def write(self, data: Any, /) -> int:
        written = super().write(data)
        if self.tell() > _LARGEST_CHUNK:
            raise OverflowError(_BEYOND)
        return written


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: object, /) -> Any:
        if value is PlainForm:
            return NotImplemented  # It is named, as any class.
        return PlainForm, (plain_form(value),)


def _pickled(values: Sequence[object]) -> bytes:
    buffer = _Buffer()
    pickler = _Pickler(buffer, 5)
    pickler.fast = True
    pickler.dump(values)
    return buffer.getvalue()
