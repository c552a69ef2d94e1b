"""
How values of the domain are written in columns: timestamps, JSON, vectors and metadata digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from reflect_server.domain.entities import Reflection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DIGEST_BYTES = 16
_VALUE = "<f4"

_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="deterministic").encode
_decode_ids = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_decode_messages = msgspec.json.Decoder(list[dict[str, Any]]).decode
_decode_reflection = msgspec.json.Decoder(Reflection).decode


def from_time(moment: datetime) -> int:
    """
    Return an aware time as microseconds since 1970 in UTC.

    Args:
        moment: The time.
    """
    return (moment - _EPOCH) // _MICROSECOND


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


def from_json(value: object) -> str:
    """
    Return free-form JSON, a sequence of ids, or a reflection as JSON text.

    Args:
        value: What is to be kept; finite numbers alone.
    """
    return _encode(value).decode()


def from_ids(ids: Iterable[str]) -> str:
    """
    Return ids to look for as a JSON array, for `json_each`.

    Those with a NUL are left out: no entry has one, and `json_each` would take the part before it
    for the id.

    Args:
        ids: The ids.
    """
    return from_json([id_ for id_ in ids if "\x00" not in id_])


def to_ids(text: str) -> tuple[str, ...]:
    """
    Return the strings of a JSON array.

    Args:
        text: The column.
    """
    return _decode_ids(text)


def to_object(text: str) -> dict[str, Any]:
    """
    Return a JSON object.

    Args:
        text: The column.
    """
    return _decode_object(text)


def to_messages(text: str) -> list[dict[str, Any]]:
    """
    Return a trajectory.

    Args:
        text: The column.
    """
    return _decode_messages(text)


def to_reflection(text: str) -> Reflection:
    """
    Return a reflection.

    Args:
        text: The column.
    """
    return _decode_reflection(text)


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
