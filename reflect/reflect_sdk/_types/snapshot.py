"""
Snapshots: messages as they were when they were handed over, whatever becomes of them afterwards.

To copy 2.3 MB of dicts and lists takes the interpreter 70 ms, and its pickler 8; an event loop may
wait for it. What is no plain value is given its plain form then, which `recordable` goes on with.
"""

from __future__ import annotations

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
        pickler = _Pickler()
        start, step = 0, 1
        while start < len(added):
            group = added[start : start + step]
            try:
                part = pickler.pickled(group)
            except Exception:  # noqa: BLE001 - one holds itself, is very deep, or changes meanwhile
                pickler = _Pickler()
                self._parts.extend(map(_by_itself, group))
                part = b""
            else:
                self._parts.append(part)
            start += step
            step = step * 2 if len(part) < _CHUNK else max(1, step // 2)
        self._count += len(added)

    def absorb(self, other: Snapshot) -> None:
        """
        Add the values of another snapshot.

        Args:
            other: The other one, which may go on as it likes.
        """
        self._parts += other._parts
        self._count += other._count


def copied(value: object) -> object:
    """
    Copy a value that may change later.

    Args:
        value: The value, of any type.

    Returns:
        What a `Snapshot` yields for it.
    """
    return value if isinstance(value, str | None) else next(iter(Snapshot((value,))))


class _Sink:
    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.size = 0

    def write(self, data: bytes, /) -> int:
        self.written.append(data)
        self.size += len(data)
        if self.size > _LARGEST_CHUNK:
            raise OverflowError(_BEYOND)
        return len(data)


class _Pickler(pickle.Pickler):
    def __init__(self) -> None:
        self._sink = _Sink()
        super().__init__(self._sink, 5)
        self.fast = True

    def reducer_override(self, value: object, /) -> Any:
        if value is PlainForm:
            return NotImplemented  # It is named, as any class.
        return PlainForm, (plain_form(value),)

    def pickled(self, values: Sequence[object]) -> bytes:
        self.dump(values)
        part = b"".join(self._sink.written)
        self._sink.written.clear()
        self._sink.size = 0
        return part


def _by_itself(value: object) -> bytes | list[Json]:
    try:
        return _Pickler().pickled([value])
    except Exception:  # noqa: BLE001 - as above
        return [recordable(value, bytes_as=None)]
