"""
What the client calls itself in the header `User-Agent`.
"""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata

import httpx

_OF_HTTPX = f"python-httpx/{httpx.__version__}"


@cache
def user_agent() -> str:
    """
    Return the name and version of the client, of Python and of httpx.
    """
    try:
        version = metadata.version("reflect-sdk")
    except metadata.PackageNotFoundError:  # The package was copied somewhere without it.
        version = "unknown"
    return f"reflect-sdk/{version} python/{platform.python_version()} httpx/{httpx.__version__}"


def introduce(request: httpx.Request) -> httpx.Request:
    """
    Name the client in a request where nobody has chosen another name.
    """
    if request.headers.get("User-Agent", _OF_HTTPX) == _OF_HTTPX:
        request.headers["User-Agent"] = user_agent()
    return request
