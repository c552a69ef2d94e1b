"""
From typed values to what stands in a request.
"""

from __future__ import annotations

import datetime
from urllib.parse import quote

from .errors import InvalidArgumentError


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
