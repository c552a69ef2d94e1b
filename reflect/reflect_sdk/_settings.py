"""
Settings of a client, validated before anything is sent.
"""

from __future__ import annotations

import math
import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import httpx
from attrs import field, frozen

from reflect_api.errors import InvalidArgumentError
from reflect_sdk._spool import checked_spool_dir
from reflect_sdk._types.outgoing import Redactor
from reflect_sdk._types.recordable import BytesAs

VerifyInput = bool | str | os.PathLike[str] | ssl.SSLContext
ProxyInput = str | httpx.URL | httpx.Proxy

HOSTED_URL = "https://api.starlight-search.com"
DEFAULT_PROJECT = "default"
DEFAULT_TIMEOUT = 60.0
DEFAULT_RETRIES = 2
DEFAULT_LOOKUP_TIMEOUT = 2.0


def checked_base_url(base_url: str) -> str:
    """
    Return the address without a slash at its end.

    Raises:
        InvalidArgumentError: If it is no address of a web service.
    """
    expected = "base_url must be an address such as http://localhost:8000"
    found = "one with a user name or password" if "@" in str(base_url) else repr(base_url)
    try:
        url = httpx.URL(base_url)
        url.host.encode("idna")
    except (httpx.InvalidURL, TypeError, UnicodeError):
        raise InvalidArgumentError(f"{expected}, found {found}.") from None
    if url.scheme not in {"http", "https"} or not url.host or (url.port or 0) > 65_535:
        raise InvalidArgumentError(f"{expected}, found {found}.")
    if url.userinfo:
        raise InvalidArgumentError("base_url must not hold a user name or password.")
    if url.query or url.fragment:
        raise InvalidArgumentError(f"{expected}, without '?' and '#' and what follows them.")
    return base_url.rstrip("/")


def checked_timeout(timeout: float | httpx.Timeout) -> float | httpx.Timeout:
    """
    Return a timeout that bounds something.

    Raises:
        InvalidArgumentError: If it is neither a finite number above 0 nor an `httpx.Timeout`.
    """
    if isinstance(timeout, httpx.Timeout):
        return timeout
    usable = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not usable or not 0 < timeout < math.inf:
        raise InvalidArgumentError(
            f"timeout must be a number of seconds above 0 or an httpx.Timeout, found {timeout!r}."
        )
    return timeout


def checked_lookup_timeout(seconds: float) -> float:
    """
    Return how long a run waits for its memories.

    Raises:
        InvalidArgumentError: If it is no finite number above 0.
    """
    usable = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not usable or not 0 < seconds < math.inf:
        raise InvalidArgumentError(
            f"lookup_timeout must be a number of seconds above 0, found {seconds!r}."
        )
    return seconds


def checked_key(api_key: str) -> str:
    """
    Return a key that can stand in a header.

    Raises:
        InvalidArgumentError: If it cannot; never shows it.
    """
    if not isinstance(api_key, str) or not api_key.isascii() or not api_key.isprintable():
        raise InvalidArgumentError(
            "api_key must be a string of printable ASCII characters, without a line break."
        )
    if not api_key or " " in api_key:
        raise InvalidArgumentError("api_key must not be empty or hold blanks.")
    return api_key


def checked_project(project_id: str | None) -> str | None:
    """
    Return a project that can stand in a path, or None for the default one.

    Raises:
        InvalidArgumentError: If it is empty, `.` or `..`.
    """
    if project_id is None:
        return None
    if not isinstance(project_id, str) or project_id.strip() in {"", ".", ".."}:
        raise InvalidArgumentError(
            f"project_id must be a name other than '.' and '..', found {project_id!r}. "
            "Leave it out for the default project."
        )
    return project_id


def checked_retries(max_retries: int) -> int:
    """
    Return a number of retries.

    Raises:
        InvalidArgumentError: If it is no whole number from 0.
    """
    if not isinstance(max_retries, int) or isinstance(max_retries, bool) or max_retries < 0:
        raise InvalidArgumentError(
            f"max_retries must be a whole number from 0, found {max_retries!r}."
        )
    return max_retries


def checked_redactor(redact: Redactor | None) -> Redactor | None:
    """
    Return a redactor that can be called.

    Raises:
        InvalidArgumentError: If it cannot.
    """
    if redact is not None and not callable(redact):
        raise InvalidArgumentError(
            "redact must be a function that takes a text and returns one, such as "
            f"reflect_sdk.redaction.common_secrets; found {type(redact).__name__}."
        )
    return redact


def checked_bytes_as(bytes_as: BytesAs) -> BytesAs:
    """
    Return a way to record bytes.

    Raises:
        InvalidArgumentError: If there is none of that name.
    """
    if bytes_as not in get_args(BytesAs):
        raise InvalidArgumentError(f"bytes_as must be 'digest' or 'base64', found {bytes_as!r}.")
    return bytes_as


_OWN_HEADERS = frozenset(
    {
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "prefer",
        "transfer-encoding",
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def checked_headers(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """
    Return headers that can be sent with every request.

    Raises:
        InvalidArgumentError: If one cannot be sent, or the client sets it itself; never shows what
            it holds.
    """
    if not isinstance(headers, Mapping | None):
        raise InvalidArgumentError("default_headers must be a dict of texts by name.")
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgumentError(f"default_headers has {name!r}, which is no header's name.")
        if name.lower() in _OWN_HEADERS:
            raise InvalidArgumentError(
                f"default_headers has {name!r}, which the client sets itself. Leave it out; the "
                "credential is api_key."
            )
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise InvalidArgumentError(
                f"default_headers[{name!r}] must be printable ASCII characters, without a line "
                "break."
            )
    return dict(headers or {})


@frozen(kw_only=True)
class Settings:
    """
    What a client is made of, but for its key and its connections.

    Attributes:
        base_url: Address of the service.
        project_id: The project.
        timeout: Seconds that a call may take in all, or an `httpx.Timeout` for its phases.
        max_retries: How often a request is tried again at the most.
        strict: Whether an outage of the service is raised where a run could go on without it.
        spool_dir: Folder for runs that an outage keeps from being recorded; None for nowhere.
        redact: Changes every text before it leaves the process; None to leave all as they are.
        bytes_as: How bytes in runs are recorded.
        background: Whether runs are delivered behind the back of their callers.
        lookup_timeout: Seconds that a run waits for its memories at the most.
        verify: Which certificates the client's own connections trust.
        proxy: Where they lead through; None for what the environment names.
        default_headers: Sent with every request.
    """

    base_url: str = field(converter=checked_base_url)
    project_id: str | None = field(default=None, converter=checked_project)
    timeout: float | httpx.Timeout = field(default=DEFAULT_TIMEOUT, converter=checked_timeout)
    max_retries: int = field(default=DEFAULT_RETRIES, converter=checked_retries)
    strict: bool = False
    spool_dir: Path | None = field(default=None, converter=checked_spool_dir)
    redact: Redactor | None = field(default=None, converter=checked_redactor)
    bytes_as: BytesAs = field(default="digest", converter=checked_bytes_as)
    background: bool = True
    lookup_timeout: float = field(default=DEFAULT_LOOKUP_TIMEOUT, converter=checked_lookup_timeout)
    verify: VerifyInput = field(default=True, repr=False)
    proxy: ProxyInput | None = field(default=None, repr=False)
    default_headers: Mapping[str, str] = field(default=None, converter=checked_headers, repr=False)
