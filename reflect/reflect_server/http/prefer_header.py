"""
The `Prefer` header (RFC 7240): how long a request is willing to wait.
"""

from __future__ import annotations

import re

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
