"""
From JSON to typed values, with errors that name the field.

A decoder takes a value as `json.loads` returns it and either returns it in its Python type or
raises `FieldError`. Decoders combine: `array(nullable(string))` decodes a list of strings and
nulls. Each combination adds its part of the path, so that an error deep inside names where it is.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum
from io import BytesIO
from typing import Any, Final, Generic, TypeVar, cast
from uuid import UUID

from .errors import FieldError
from .types import UNSET, File, Unset

V = TypeVar("V")
W = TypeVar("W")
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
        try:
            return float(value)
        except OverflowError:
            raise FieldError("", "", "is a number of more than 300 digits") from None
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


_DATE_TIME: Final = "a date-time such as 2026-03-01T12:00:00Z"
_LONGEST_DATE: Final = len("2026-03-01")  # Of what the standard library takes for one.


def date_time(value: Any) -> datetime.datetime:
    """
    Take a date-time; always returned with a time zone, which is UTC where the value names none.

    The forms of ISO 8601 that the standard library does not read, such as ordinal dates, hour 24
    and a small `z`, are read by dateutil. A leap second is the last microsecond of its minute.
    """
    try:
        moment = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = _parsed(value, _iso_8601, _DATE_TIME)
    else:
        if len(value) <= _LONGEST_DATE and _is_date(value):
            raise FieldError("", "", f"is a date without a time where {_DATE_TIME} is expected")
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _iso_8601(text: str) -> datetime.datetime:
    """
    Read a date-time with dateutil, which is imported by the first that needs it.

    Raises:
        ValueError: It is none, or has no time.
    """
    from dateutil.parser import isoparser  # noqa: PLC0415 - slow to import, and seldom needed

    with_t = re.sub("[t ]", "T", text, count=1)
    if "T" not in with_t:  # Without one, what is read would be a date alone.
        raise ValueError(text)
    in_range = re.sub(r"(T\d\d(:?)\d\d\2)60(?:[.,]\d+)?(?!\d)", r"\g<1>59.999999", with_t)
    moment = isoparser("T").isoparse(in_range)
    offset = moment.utcoffset()
    return moment.replace(tzinfo=None if offset is None else datetime.timezone(offset))


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
    known: dict[str, S] = {member.value: member for member in enum}

    def decode(value: object) -> S | str:
        found = string(value)
        return known.get(found, found)

    return decode


def open_int_enum(enum: type[N]) -> Decoder[N | int]:
    """
    Take an integer; one that the enumeration does not know yet stays a plain integer.
    """
    known: dict[int, N] = {member.value: member for member in enum}

    def decode(value: object) -> N | int:
        found = integer(value)
        return known.get(found, found)

    return decode


class _Nullable(Generic[V]):
    def __init__(self, decode: Decoder[V]) -> None:
        self.decode = decode

    def __call__(self, value: object) -> V | None:
        return None if value is None else self.decode(value)


def nullable(decode: Decoder[V]) -> Decoder[V | None]:
    """
    Take null, or what `decode` takes.
    """
    return _Nullable(decode)


_AS_IS: dict[Decoder[Any], frozenset[type]] = {
    anything: frozenset({dict, list, str, bool, int, float, type(None)}),
    null: frozenset({type(None)}),
    string: frozenset({str}),
    boolean: frozenset({bool}),
    integer: frozenset({int}),
    number: frozenset({float}),
    json_object: frozenset({dict}),
}


def _as_is(decode: Decoder[Any]) -> frozenset[type]:
    """
    Return the types of which a decoder returns every value unchanged; a subclass is not meant.
    """
    if isinstance(decode, _Nullable):
        return _as_is(decode.decode) | _AS_IS[null]
    return _AS_IS.get(decode, frozenset())


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
    as_is = _as_is(decode)

    def decode_array(value: object) -> list[V]:
        if not isinstance(value, list):
            raise _mismatch("an array", value)
        if as_is.issuperset(map(type, value)):
            return value.copy()
        decoded: list[V] = []
        try:
            for item in value:
                decoded.append(decode(item))  # noqa: PERF401 - its length is the place of an error
        except FieldError as error:
            raise _inside(f"[{len(decoded)}]", error) from None
        return decoded

    return decode_array


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


_ABSENT_AS_IS = frozenset({Unset})
_REQUIRED: Final = object()

_Row = tuple[str, Decoder[Any], frozenset[type], object]


def required(name: str, decode: Decoder[Any]) -> _Row:
    """
    Describe a field that must be there; one that may be null counts as null where it is missing.

    Args:
        name: Its name in JSON.
        decode: What decodes its value.
    """
    return name, decode, _as_is(decode), _REQUIRED


def optional(name: str, decode: Decoder[Any], default: object = UNSET) -> _Row:
    """
    Describe a field that may be absent, or null where the contract does not mention null.

    Args:
        name: Its name in JSON.
        decode: What decodes its value.
        default: Its value where it is absent.
    """
    as_is = _as_is(decode)
    return name, decode, as_is | _ABSENT_AS_IS if default is UNSET else as_is, default


class ModelDecoder:
    """
    Makes instances of one model, by a table of its fields that is built once.

    Most values are right as they come, and to see that takes no call: a field's row has the exact
    types of which its decoder would return every value unchanged.

    Args:
        model: The name of the model, for errors.
        fields: The fields in the order of the model's parameters, each made by `required` or
            `optional`.
        rest: What decodes the fields that the contract does not name; they are dropped where None.
    """

    __slots__ = ("_absent", "_as_is", "_fields", "_model", "_rest")

    def __init__(
        self, model: str, fields: tuple[_Row, ...], rest: Decoder[Any] | None = None
    ) -> None:
        self._model = model
        self._fields = fields
        self._as_is = tuple(as_is for _, _, as_is, _ in fields)
        self._absent = dict.fromkeys((name for name, _, _, _ in fields), UNSET)
        self._rest = rest

    def decode(self, build: Callable[..., V], source: Mapping[str, Any]) -> V:
        """
        Make an instance of an object.

        Args:
            build: The model's class.
            source: The object.

        Raises:
            FieldError: `source` is no object, or a field is missing or has another type.
        """
        if not isinstance(source, (dict, Mapping)):
            raise FieldError(self._model, "", _mismatch("an object", source).problem)
        # The fields of the table come first in `found`, in the order of the table.
        found = {**self._absent, **source}
        rows = zip(found.values(), self._as_is, self._fields)  # noqa: B905 - `found` may have more
        values = [
            value if type(value) in as_is else self._decoded(value, field)
            for value, as_is, field in rows
        ]
        decoded: Any = build(*values)
        if self._rest is not None and len(found) > len(self._absent):
            left = {name: value for name, value in found.items() if name not in self._absent}
            decoded.additional_properties = self._remaining(left, self._rest)
        return cast("V", decoded)

    def _decoded(self, value: object, field: _Row) -> object:
        name, decode, _, default = field
        if value is UNSET:
            if default is not _REQUIRED:
                return default
            if isinstance(decode, _Nullable):
                return None
            raise FieldError(self._model, f".{name}", "is missing")
        try:
            return decode(value)
        except FieldError as error:
            if value is None and default is not _REQUIRED:
                return default
            raise FieldError(self._model, f".{name}{error.path}", error.problem) from None

    def _remaining(self, left: dict[str, Any], decode: Decoder[V]) -> dict[str, V]:
        if decode is anything:
            return left
        try:
            return mapping(decode)(left)
        except FieldError as error:
            raise FieldError(self._model, error.path, error.problem) from None
