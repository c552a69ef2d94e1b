"""
Decoding: bodies of requests as values of the contract's types.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import cache
from typing import Any, NoReturn

import msgspec

from reflect_contract.operation import TypeForm
from reflect_server.domain.texts import DEEPEST_NESTING, is_shallow
from reflect_server.errors import MalformedRequestError
from reflect_server.http.problems import InvalidValuesError
from reflect_server.http.validation import Fault, faults_of

MOST_CONTAINERS = 500_000
"""How many arrays and objects a body may hold."""

_NO_MARKS = bytes({*range(256)} - {*b'[{"'})
_STRING = re.compile(rb'"[^"]*"')
_LARGEST_WHOLE = 2.0**53


def decode_body(raw: bytes, kind: TypeForm) -> Any:
    """
    Decode a body.

    Args:
        raw: The body.
        kind: The type of the contract that it must have.

    Raises:
        MalformedRequestError: The body is no JSON in UTF-8, is nested too deeply, or holds too many
            arrays and objects.
        InvalidValuesError: It is JSON but does not have that type.
    """
    _require_few_containers(raw)
    try:
        body = _decoder(kind).decode(raw)
        if _may_be_deep(raw):
            _require_shallow(msgspec.json.decode(raw))
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _with_whole_numbers(raw, kind, error)
    return body


def _require_few_containers(raw: bytes) -> None:
    # Each takes two bytes of a body, some hundred of memory, and its time of every collection of
    # garbage: 16 MiB of nothing else took 800 MB, and halted the server for three seconds.
    if len(raw) < 2 * MOST_CONTAINERS or raw.count(b"[") + raw.count(b"{") <= MOST_CONTAINERS:
        return
    marks = raw.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NO_MARKS)
    if len(_STRING.sub(b"", marks)) > MOST_CONTAINERS:
        raise MalformedRequestError(
            f"The body holds more than {MOST_CONTAINERS:,} arrays and objects. Send fewer, for "
            "example large results of tools as text."
        )


def _may_be_deep(raw: bytes) -> bool:
    # Not `bytes.count`, which looks at each byte: that took longer than to decode them.
    left = DEEPEST_NESTING
    for opening in (b"[", b"{"):
        place = raw.find(opening)
        while place >= 0 and left >= 0:
            left -= 1
            place = raw.find(opening, place + 1)
    return left < 0


@cache
def _decoder(kind: TypeForm) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _with_whole_numbers(raw: bytes, kind: TypeForm, error: Exception) -> Any:
    """
    Decode a body whose integers are written like 12.0, which JSON Schema counts as integers.
    """
    value = _readable(raw, error)
    _require_shallow(value)
    with suppress(msgspec.DecodeError, AttributeError):
        members = msgspec.json.decode(raw).items()
        return msgspec.convert({name: _as_integer(member) for name, member in members}, kind)
    faults = faults_of(kind, value)
    raise InvalidValuesError(faults or [_unexplained(error)]) from None


def _as_integer(value: object) -> object:
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= _LARGEST_WHOLE
    return int(value) if isinstance(value, float) and is_whole else value


def _readable(raw: bytes, error: Exception) -> Any:
    if not raw:
        raise MalformedRequestError("The request has no body. Send a JSON object.") from None
    try:
        text = raw.decode()
    except UnicodeDecodeError as not_text:
        raise MalformedRequestError(
            f"The body is not text in UTF-8: byte {not_text.start} cannot be read. "
            "Encode it in UTF-8."
        ) from None
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as not_json:
        raise MalformedRequestError(
            f"The body is not JSON: {not_json.msg} at line {not_json.lineno}, column "
            f"{not_json.colno}. Send a JSON object."
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise MalformedRequestError(
            "The body holds NaN, Infinity or an integer of thousands of digits, which JSON readers "
            "do not agree on. Send a finite number of usual size, or null."
        ) from None
    if not isinstance(error, msgspec.ValidationError):
        raise MalformedRequestError(
            "The body holds half of a surrogate pair, such as `\\ud800` alone, which is no "
            "character. Send whole characters."
        ) from None
    return value


def _unexplained(error: Exception) -> Fault:
    message, _, place = str(error).partition(" - at ")
    field = place.strip("`").removeprefix("$").removeprefix(".")
    return Fault(field, "a value that can be read", message.lower())


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _require_shallow(value: object) -> None:
    if not is_shallow(value):
        raise _too_deep()


def _too_deep() -> MalformedRequestError:
    return MalformedRequestError(
        f"The body is nested more than {DEEPEST_NESTING} levels deep. Send it flatter."
    )
