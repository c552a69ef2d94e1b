"""
Ids of runs, made by the client: as good as unique, and in the order of time.
"""

from __future__ import annotations

import secrets
import time
import uuid

_VERSION = 7
_RANDOM_BITS = 74


def new_run_id() -> str:
    """
    Make an id: a UUID of version 7 (RFC 9562), the milliseconds since 1970 and 74 random bits.
    """
    bits = secrets.randbits(_RANDOM_BITS)
    return str(
        uuid.UUID(
            int=(time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80
            | _VERSION << 76
            | bits >> 62 << 64
            | 0b10 << 62
            | bits & (1 << 62) - 1
        )
    )
