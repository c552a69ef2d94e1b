"""
From typed values to what stands in a request.
"""

from __future__ import annotations

import datetime
import re
from urllib.parse import quote

from .errors import InvalidArgumentError

_HEADER_VALUE = re.compile(r"([!-~]([ -~\t]*[!-~])?)?")


def path_segment(name: str, value: object) -> str:
    """
    Return a path parameter as one percent-encoded segment.

    Args:
        name: The parameter, for the error.
        value: Its value; slashes and percent signs in it are encoded.

    Raises:
        InvalidArgumentError: The value is empty, `.` or `..`, which would name another path, or
            holds half of a character.
    """
    text = str(value)
    if text in {"", ".", ".."}:
        raise InvalidArgumentError(
            f"`{name}` is {text!r}, which would address another path of the server; "
            "give an identifier."
        )
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(
            f"`{name}` is {text!r}, which holds half of a character; give whole text."
        ) from error


def date_time(value: datetime.datetime) -> str:
    """
    Return a date-time as RFC 3339 has it.

    Args:
        value: The moment, with a time zone.

    Raises:
        InvalidArgumentError: The moment has no time zone, so that it is unclear which one is meant.
    """
    if value.utcoffset() is None:
        raise InvalidArgumentError(
            f"The date-time {value.isoformat()} has no time zone; give one, such as datetime.UTC."
        )
    return value.isoformat()


def header_value(name: str, value: object) -> str:
    """
    Return the value of a header, which may be a credential and is never shown.

    Args:
        name: The header, for the error.
        value: Its value.

    Raises:
        InvalidArgumentError: The value cannot be sent, as it has other characters than printable
            ASCII, or blanks or a line break at an end.
    """
    if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
        raise InvalidArgumentError(
            f"The value for the header `{name}` cannot be sent: it must be a string of printable "
            "ASCII characters, without blanks or a line break before or after them."
        )
    return value
