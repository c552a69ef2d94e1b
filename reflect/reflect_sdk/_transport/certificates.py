"""
Certificates: what a client trusts, and whether a failure was one of trust.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import httpx

from reflect_api.errors import InvalidArgumentError
from reflect_sdk._settings import VerifyInput

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def tls_context(verify: VerifyInput, *, needed: bool) -> ssl.SSLContext:
    """
    Make the one TLS context of a client.

    Args:
        verify: Whether to verify certificates; or the authorities that are trusted, as a file or a
            folder of theirs, or a context.
        needed: Whether a connection will be encrypted. Where none will, no certificate is read,
            which takes time and may fail.

    Raises:
        InvalidArgumentError: If the authorities cannot be read. Names what named them.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, bool):
        if not needed:
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        named_by = next((name for name in _VARIABLES if os.environ.get(name)), None)
        if not verify or named_by is None:
            return httpx.create_ssl_context(verify=verify)
        return _trusting(os.environ[named_by], named_by)
    return _trusting(verify, "verify")


def _trusting(authorities: str | os.PathLike[str], named_by: str) -> ssl.SSLContext:
    expected = "Name a file with the certificates of authorities, in PEM, or a folder of such files"
    try:
        path = Path(authorities)
        if path.is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, TypeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidArgumentError(
            f"{named_by} names {str(authorities)!r}, which cannot be read: {reason}. {expected}."
        ) from None


def certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """
    Find out whether a failure came of a certificate that does not verify.

    Args:
        error: What a request failed with.

    Returns:
        What TLS says about it; None where something else was the matter.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause
