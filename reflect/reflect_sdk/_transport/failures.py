"""
What to say about a request that got no answer: who failed, and what to do about it.
"""

from __future__ import annotations

import httpx

from reflect_sdk._transport.certificates import certificate_error
from reflect_sdk._transport.proxies import NamedProxy
from reflect_sdk._types.errors import (
    APIStatusError,
    CertificateError,
    ConnectionFailedError,
    DeadlineExceededError,
    ProxyConnectionError,
    TransportError,
    shown,
)


def transport_error(
    error: httpx.RequestError,
    request: httpx.Request,
    *,
    retries: int,
    proxy: NamedProxy | None = None,
    begun: httpx.Response | None = None,
    answered: APIStatusError | None = None,
) -> TransportError:
    """
    Make the error that fits a failure of httpx.

    Args:
        error: How the last attempt failed.
        request: What was sent.
        retries: How often it was tried again.
        proxy: The proxy that leads to the service; None where there is none, or it is not known.
        begun: The answer of the last attempt, where one had begun.
        answered: The error that an attempt before was answered with, where there was one.
    """
    where = f"{request.method} {request.url.copy_with(query=None)}"
    if proxy is not None:
        where = f"{where} through the proxy {proxy}"
    tries = "" if retries == 0 else f" after {retries + 1} attempts"
    reason = (str(error) or type(error).__name__).rstrip(".")
    untrusted = certificate_error(error)
    kind, message = TransportError, f"{where} failed{tries}: {reason}."
    if begun is not None:
        message = f"{where} answered {begun.status_code}, and its body broke off{tries}: {reason}."
    if isinstance(error, httpx.TimeoutException):
        kind = DeadlineExceededError
        message = f"{where} got no whole answer in time{tries} ({type(error).__name__})."
    elif untrusted is not None:
        kind = CertificateError
        message = (
            f"{where} was not sent, as a certificate does not verify: {_said(untrusted)}. "
            "Where its authority is one of your own, name the file of its certificate in "
            "SSL_CERT_FILE or as verify."
        )
    elif isinstance(error, httpx.ProxyError) or (
        proxy is not None and isinstance(error, httpx.ConnectError)
    ):
        kind = ProxyConnectionError
        message = (
            f"{where} could not connect{tries}: {reason}. Check that the proxy runs and lets this "
            "through, or name the host in NO_PROXY where no proxy leads there."
        )
    elif isinstance(error, httpx.ConnectError):
        kind = ConnectionFailedError
        message = (
            f"{where} could not connect{tries}: {reason}. "
            "Check that the service runs and that base_url is its address."
        )
    if answered is not None:
        message = f"{message} Before that, {str(answered).rstrip('.')}."
    return kind(
        message, request=request, retries=retries, begun=None if begun is None else shown(begun)
    )


def _said(untrusted: BaseException) -> str:
    reason = getattr(untrusted, "verify_message", None) or str(untrusted)
    return str(reason).rstrip(".")
