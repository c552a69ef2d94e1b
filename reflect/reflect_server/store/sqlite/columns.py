"""
Conversions between values of the domain and columns: times, JSON, vectors, metadata digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.reflection import Reflection
from reflect_server.domain.trajectory import Trajectory

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DIGEST_BYTES = 16
_VALUE = "<f4"

_encode_sorted = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder().decode


def from_time(moment: datetime) -> int:
    """
    Return an aware time as microseconds since 1970 in UTC.

    Args:
        moment: The time.
    """
    return (moment - _EPOCH) // _MICROSECOND


def from_times(**moments: datetime) -> dict[str, int]:
    """
    Return what `from_time` does of each of several times, by name.

    Args:
        moments: The times.
    """
    return {name: from_time(moment) for name, moment in moments.items()}


def to_time(microseconds: int) -> datetime:
    """
    Return the time, in UTC, that `from_time` wrote.

    Args:
        microseconds: The column.
    """
    return _EPOCH + timedelta(microseconds=microseconds)


def from_optional_time(moment: datetime | None) -> int | None:
    """
    Return what `from_time` does, or None for None.

    Args:
        moment: The time, or None.
    """
    return None if moment is None else from_time(moment)


def to_optional_time(microseconds: int | None) -> datetime | None:
    """
    Return what `to_time` does, or None for None.

    Args:
        microseconds: The column.
    """
    return None if microseconds is None else to_time(microseconds)


to_json = msgspec.json.Encoder().encode
"""Returns a value as the bytes of JSON."""


def from_json(value: object) -> str:
    """
    Return free-form JSON, a sequence of ids, or a reflection as JSON text.

    Args:
        value: What is to be kept; finite numbers alone.
    """
    return to_json(value).decode()


def from_ids(ids: Iterable[str]) -> str:
    """
    Return ids to look for as a JSON array, for `json_each`.

    Those with a NUL are left out: no entry has one, and `json_each` would take the part before it
    for the id.

    Args:
        ids: The ids.
    """
    return from_json([id_ for id_ in ids if "\x00" not in id_])


to_ids = msgspec.json.Decoder(tuple[str, ...]).decode
"""Returns the strings of a column that holds a JSON array."""

to_object = msgspec.json.Decoder(dict[str, Any]).decode
"""Returns the object of a column that holds JSON."""

to_reflection = msgspec.json.Decoder(Reflection).decode
"""Returns the reflection of a column that holds one as JSON."""


def from_trajectory(trajectory: Trajectory) -> bytes:
    """
    Return a trajectory as JSON text in UTF-8, which it may have been written as before.

    Args:
        trajectory: The trajectory.
    """
    return trajectory.to_json(to_json)


def to_trajectory(text: bytes) -> Trajectory:
    """
    Return a trajectory, which is decoded when it is first read.

    Args:
        text: The column, as a BLOB.
    """
    return Trajectory.of_json(text, _decode)


def from_vector(vector: NDArray[np.float32]) -> bytes:
    """
    Return a vector as little-endian float32 values.

    Args:
        vector: The vector, shape (dimensions,).
    """
    return vector.astype(_VALUE, copy=False).tobytes()


def to_matrix(vectors: Sequence[bytes], dimensions: int) -> NDArray[np.float32]:
    """
    Return vectors as the rows of an array of shape (count, dimensions).

    Args:
        vectors: What `from_vector` returned of each.
        dimensions: The length of all of them.
    """
    values = np.frombuffer(bytearray().join(vectors), dtype=_VALUE)
    return values.reshape(len(vectors), dimensions).astype(np.float32, copy=False)


def digests(metadata: Mapping[str, Any]) -> list[bytes]:
    """
    Return one digest per key, equal for two mappings where the key's values are equal as JSON.

    Numbers are equal by value (1 and 1.0 are), objects whatever the order of their keys; true, 1
    and "1" all differ.

    Args:
        metadata: The mapping; free-form JSON.
    """
    return [
        hashlib.blake2b(
            _encode_sorted([key, _canonical(value)]), digest_size=_DIGEST_BYTES
        ).digest()
        for key, value in metadata.items()
    ]


def _canonical(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _canonical(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    return value
