"""
From JSON to typed values, with errors that name the field.

A decoder takes a value as `json.loads` returns it and either returns it in its Python type or
raises `FieldError`. Decoders combine: `array(nullable(string))` decodes a list of strings and
nulls. Each combination adds its part of the path, so that an error deep inside names where it is.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum
from io import BytesIO
from typing import Any, TypeVar
from uuid import UUID

import httpx
from dateutil.parser import isoparse

from .errors import DecodeError, FieldError, StatusError, UnexpectedStatus
from .types import UNSET, File, Response

V = TypeVar("V")
W = TypeVar("W")
D = TypeVar("D")
S = TypeVar("S", bound=StrEnum)
N = TypeVar("N", bound=IntEnum)

Decoder = Callable[[Any], V]

_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def _mismatch(expected: str, value: object) -> FieldError:
    found = _NAMES.get(type(value), type(value).__name__)
    return FieldError("", "", f"is {found} where {expected} is expected")


def _inside(place: str, error: FieldError) -> FieldError:
    return FieldError(error.model, f"{place}{error.path}", error.problem)


def anything(value: Any) -> Any:
    """
    Take any JSON value as it is.
    """
    return value


def null(value: object) -> None:
    """
    Take null alone.
    """
    if value is not None:
        raise _mismatch("null", value)


def string(value: object) -> str:
    """
    Take a string.
    """
    if isinstance(value, str):
        return value
    raise _mismatch("a string", value)


def boolean(value: object) -> bool:
    """
    Take true or false.
    """
    if isinstance(value, bool):
        return value
    raise _mismatch("a boolean", value)


def integer(value: object) -> int:
    """
    Take a whole number, `3.0` included: JSON does not tell it from `3`.
    """
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _mismatch("an integer", value)


def number(value: object) -> float:
    """
    Take a number.
    """
    if isinstance(value, float):
        return value
    if type(value) is int:
        return float(value)
    raise _mismatch("a number", value)


def json_object(value: object) -> dict[str, Any]:
    """
    Take a free-form object as a dict.
    """
    if isinstance(value, dict):
        return value
    raise _mismatch("an object", value)


def date(value: object) -> datetime.date:
    """
    Take a date, `2026-03-01`.
    """
    return _parsed(value, datetime.date.fromisoformat, "a date such as 2026-03-01")


def date_time(value: object) -> datetime.datetime:
    """
    Take a date-time; always returned with a time zone, which is UTC where the value names none.
    """
    moment = _parsed(value, _moment, "a date-time such as 2026-03-01T12:00:00Z")
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _moment(text: str) -> datetime.datetime:
    # fromisoformat is many times faster, but rejects some valid forms of RFC 3339.
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return isoparse(text)


def uuid(value: object) -> UUID:
    """
    Take a UUID.
    """
    return _parsed(value, UUID, "a UUID")


def _parsed(value: object, parse: Callable[[str], V], expected: str) -> V:
    try:
        return parse(string(value))
    except FieldError:
        raise _mismatch(expected, value) from None
    except (ValueError, OverflowError):
        raise FieldError("", "", f"is a string but not {expected}") from None


def binary(value: bytes) -> File:
    """
    Take the bytes of a body as a file.
    """
    return File(payload=BytesIO(value))


def constant(expected: V) -> Decoder[V]:
    """
    Take one value alone.
    """

    def decode(value: object) -> V:
        if type(value) is type(expected) and value == expected:
            return expected
        raise FieldError("", "", f"is not {expected!r}")

    return decode


def open_enum(enum: type[S]) -> Decoder[S | str]:
    """
    Take a string; one that the enumeration does not know yet stays a plain string.
    """

    def decode(value: object) -> S | str:
        found = string(value)
        try:
            return enum(found)
        except ValueError:
            return found

    return decode


def open_int_enum(enum: type[N]) -> Decoder[N | int]:
    """
    Take an integer; one that the enumeration does not know yet stays a plain integer.
    """

    def decode(value: object) -> N | int:
        found = integer(value)
        try:
            return enum(found)
        except ValueError:
            return found

    return decode


def nullable(decode: Decoder[V]) -> Decoder[V | None]:
    """
    Take null, or what `decode` takes.
    """
    return lambda value: None if value is None else decode(value)


def either(first: Decoder[V], second: Decoder[W]) -> Decoder[V | W]:
    """
    Take what `first` takes, else what `second` takes; the error is the one that came further.
    """

    def decode(value: object) -> V | W:
        try:
            return first(value)
        except FieldError as error:
            try:
                return second(value)
            except FieldError as other:
                raise (error if len(error.path) > len(other.path) else other) from None

    return decode


def array(decode: Decoder[V]) -> Decoder[list[V]]:
    """
    Take an array whose items `decode` takes.
    """

    def decode_array(value: object) -> list[V]:
        if not isinstance(value, list):
            raise _mismatch("an array", value)
        try:
            return [decode(item) for item in value]
        except FieldError:
            return _located(value, decode)

    return decode_array


def _located(items: list[Any], decode: Decoder[V]) -> list[V]:
    decoded = []
    for position, item in enumerate(items):
        try:
            decoded.append(decode(item))
        except FieldError as error:
            raise _inside(f"[{position}]", error) from None
    return decoded


def mapping(decode: Decoder[V]) -> Decoder[dict[str, V]]:
    """
    Take an object whose values `decode` takes.
    """

    def decode_mapping(value: object) -> dict[str, V]:
        decoded = {}
        for name, item in json_object(value).items():
            try:
                decoded[name] = decode(item)
            except FieldError as error:
                raise _inside(f".{name}", error) from None
        return decoded

    return decode_mapping


class Fields:
    """
    The fields of one object, taken out one after the other.

    Args:
        model: The name of the model, for errors.
        source: The object.

    Raises:
        FieldError: `source` is no object.
    """

    __slots__ = ("_left", "_model")

    def __init__(self, model: str, source: Mapping[str, Any]) -> None:
        if not isinstance(source, Mapping):
            raise FieldError(model, "", _mismatch("an object", source).problem)
        self._model = model
        self._left = dict(source)

    def required(self, name: str, decode: Decoder[V]) -> V:
        """
        Take a field that must be there.
        """
        try:
            return decode(self._left.pop(name))
        except KeyError:
            raise FieldError(self._model, f".{name}", "is missing") from None
        except FieldError as error:
            raise FieldError(self._model, f".{name}{error.path}", error.problem) from None

    def optional(self, name: str, decode: Decoder[V], default: D) -> V | D:
        """
        Take a field that may be absent, or null where the contract does not mention null.
        """
        value = self._left.pop(name, UNSET)
        if value is UNSET:
            return default
        try:
            return decode(value)
        except FieldError as error:
            if value is None:
                return default
            raise FieldError(self._model, f".{name}{error.path}", error.problem) from None

    def rest(self, decode: Decoder[V]) -> dict[str, V]:
        """
        Take all fields that are left: those that the contract does not name.
        """
        if decode is anything:
            return self._left
        try:
            return mapping(decode)(self._left)
        except FieldError as error:
            raise FieldError(self._model, error.path, error.problem) from None


def request_line(response: httpx.Response) -> tuple[str, str]:
    """
    Return the method and the address of an answer's request, without credentials and query.
    """
    request = response.request
    url = request.url
    if url.userinfo or url.query or url.fragment:
        url = url.copy_with(userinfo=b"", query=None, fragment=None)
    return request.method, str(url)


def decode_json(response: httpx.Response, decode: Decoder[V]) -> V:
    """
    Decode a body that is documented as JSON.

    Raises:
        DecodeError: The status is a success, and the body is not JSON or has another shape.
        StatusError: The status is an error, and the body is not JSON or has another shape.
    """
    try:
        return decode(response.json())
    except FieldError as error:
        field, problem = error.field, f"the field `{error.field}` {error.problem}"
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "of no declared type")
        field, problem = (
            None,
            f"its body ({kind}, {len(response.content)} bytes) is not JSON",
        )
    method, url = request_line(response)
    if response.status_code >= 400:
        raise StatusError(response.status_code, response.content, method, url)
    raise DecodeError(method, url, response.status_code, problem, field)


def unexpected_status(response: httpx.Response) -> UnexpectedStatus:
    """
    Return the error for a status that the contract does not know for the operation.
    """
    return UnexpectedStatus(response.status_code, response.content, *request_line(response))


def success(response: Response[Any], *, documented: bool) -> Any:
    """
    Return the decoded body of a success.

    Args:
        response: The answer.
        documented: Whether the contract knows the status as a success of the operation.

    Raises:
        StatusError: It does not; `parsed` has the decoded body.
    """
    if documented:
        return response.parsed
    raise StatusError(
        response.status_code, response.content, response.method, response.url, response.parsed
    )
