"""
The `Prefer` header (RFC 7240): how a request would like to be handled.
"""

from __future__ import annotations

import re

RESPOND_ASYNC = "respond-async"
"""The preference for an answer before everything is done."""

STRICT = "handling=strict"
"""The preference for a refusal of what would have no effect."""

_WAIT = re.compile(r'^wait\s*=\s*"?(\d+)"?$', re.IGNORECASE)


def requested_wait(prefer: str | None, *, longest: int) -> int | None:
    """
    Read how long a request is willing to wait out of its `Prefer` header (RFC 7240).

    Args:
        prefer: The header's value; None where there is none.
        longest: The most that is granted, in seconds.

    Returns:
        The seconds granted, or None where the header asks for no wait or cannot be understood.
    """
    for preference in (prefer or "").split(","):
        match = _WAIT.match(preference.partition(";")[0].strip())
        if match:
            return min(int(match[1]), longest)
    return None


def prefers(prefer: str | None, preference: str) -> bool:
    """
    Say whether a `Prefer` header names a preference.

    Args:
        prefer: The header's value; None where there is none.
        preference: The preference, such as `handling=strict`.
    """
    named = (part.partition(";")[0] for part in (prefer or "").split(","))
    return preference in ("".join(name.split()).replace('"', "").lower() for name in named)
