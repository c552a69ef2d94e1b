"""
Which addresses only this machine can reach.
"""

from __future__ import annotations

import ipaddress


def is_local(host: str) -> bool:
    """
    Say whether a server on this address can be reached from this machine alone.

    Args:
        host: An address to listen on, or a name. Of names only `localhost` is taken to be local,
            since others can come to mean anything.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
