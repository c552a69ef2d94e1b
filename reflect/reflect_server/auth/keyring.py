"""
API keys: how they are made, what is kept of them, and how one is recognised.

A key reads `rf_<environment>_<public id>_<secret>`. The public id is for looking it up; of the
whole key only an HMAC-SHA256 is kept, keyed with a secret of the installation, so the database
alone neither yields keys nor lets anybody test guesses.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from reflect_server.auth.cache import AuthCache
from reflect_server.domain.api_key import ApiKey
from reflect_server.errors import StoreError, UnauthenticatedError
from reflect_server.store.protocol.store import Store

TOUCH_INTERVAL = timedelta(minutes=1)
"""How exactly `last_used_at` is kept; finer would cost a write per request."""

_ALPHABET = string.ascii_letters + string.digits
_PUBLIC_ID_LENGTH = 12
_SECRET_LENGTH = 40
_UNKNOWN = ApiKey(
    id="",
    public_id="",
    secret_hash=bytes(hashlib.sha256().digest_size),
    label="",
    scopes=(),
    environment="",
    is_master=False,
    project_id=None,
    user_id=None,
    created_at=datetime.min,  # noqa: DTZ901 - never compared and never shown
)


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """
    A new key.

    Attributes:
        plaintext: The key itself, to be shown once.
        key: What is kept of it.
    """

    plaintext: str = field(repr=False)
    key: ApiKey


class Authenticated(NamedTuple):
    """
    A key that was recognised.

    Attributes:
        key: What is kept of it.
        is_use_to_be_noted: Whether the last use that is known of it is so long ago that this one is
            to be noted, or was noted by a clock that was ahead.
    """

    key: ApiKey
    is_use_to_be_noted: bool


class Keyring:
    """
    Makes keys and recognises them.

    Args:
        pepper: The installation's secret, 32 random bytes.

    Attributes:
        auth_cache: The keys that it has recognised lately.
    """

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self.auth_cache = AuthCache()

    def issue(
        self,
        *,
        label: str,
        scopes: Iterable[str],
        environment: str,
        project_id: str | None,
        user_id: str | None = None,
        now: datetime,
        expires_at: datetime | None = None,
    ) -> IssuedKey:
        """
        Make a new key. It has to be stored before it can be used.

        Args:
            label: Its name for people.
            scopes: What it may do.
            environment: `live` or `test`.
            project_id: The project that it is for; None makes a master key.
            user_id: Whose key it is; None where unknown.
            now: The present time, in UTC.
            expires_at: When it ends by itself; None for never.
        """
        public_id = _random_text(_PUBLIC_ID_LENGTH)
        plaintext = f"rf_{environment}_{public_id}_{_random_text(_SECRET_LENGTH)}"
        key = ApiKey(
            id=secrets.token_hex(8),
            public_id=public_id,
            secret_hash=self._hash(plaintext),
            label=label,
            scopes=tuple(dict.fromkeys(scopes)),
            environment=environment,
            is_master=project_id is None,
            project_id=project_id,
            user_id=user_id,
            created_at=now,
            expires_at=expires_at,
        )
        return IssuedKey(plaintext, key)

    def authenticate(self, store: Store, plaintext: str, *, now: datetime) -> Authenticated:
        """
        Recognise a key that is active. Reads one row, unless it was good lately.

        A key that is unknown costs the same work as one whose secret is wrong.

        Args:
            store: Where keys are kept.
            plaintext: The key as it was presented.
            now: The present time, in UTC.

        Raises:
            UnauthenticatedError: The key is malformed, unknown, revoked or expired.
        """
        secret_hash = self._hash(plaintext)
        key = self.auth_cache.key(secret_hash) or self._read(store, plaintext, secret_hash)
        if key.has_expired(now):
            raise UnauthenticatedError(
                f"The API key {key.public_id} has expired. Use another key, or make a new one."
            )
        used_at = key.last_used_at
        return Authenticated(key, used_at is None or abs(now - used_at) >= TOUCH_INTERVAL)

    def _read(self, store: Store, plaintext: str, secret_hash: bytes) -> ApiKey:
        parts = plaintext.split("_")
        public_id = parts[2] if len(parts) == 4 and parts[0] == "rf" else ""
        moment = self.auth_cache.moment
        key = store.read(lambda tx: tx.keys.nearest(public_id)) or _UNKNOWN
        if not hmac.compare_digest(secret_hash, key.secret_hash):
            raise UnauthenticatedError(
                "The API key is not one of this service. Send a key that it has issued, in the "
                "header `Authorization: Bearer rf_<environment>_<public id>_<secret>`."
            )
        if key.revoked_at is not None:
            raise UnauthenticatedError(
                f"The API key {key.public_id} has been revoked. Use another key."
            )
        self.auth_cache.add_key(key, read_after=moment)
        return key

    def note_use(self, store: Store, key: ApiKey, *, now: datetime) -> None:
        """
        Note that a key is used. Blocks. Where that cannot be written, nothing happens.

        Args:
            store: Where keys are kept.
            key: The key.
            now: The present time, in UTC.
        """
        with suppress(StoreError):  # A disk that is full must not end reading too.
            store.write(lambda tx: tx.keys.touch(key.id, at=now))
            self.auth_cache.forget_key(key)

    def derived(self, purpose: str) -> bytes:
        """
        Return a secret of the installation for another purpose, 32 bytes.

        Args:
            purpose: What it is for; each purpose has another secret.
        """
        return hmac.digest(self._pepper, purpose.encode(), hashlib.sha256)

    def _hash(self, plaintext: str) -> bytes:
        encoded = plaintext.encode("utf-8", "surrogateescape")
        return hmac.digest(self._pepper, encoded, hashlib.sha256)


def bearer(authorization: str | None) -> str:
    """
    Take the key out of an `Authorization` header.

    Args:
        authorization: The header's value; None where there is none.

    Raises:
        UnauthenticatedError: There is no header, or it is not of the form `Bearer <key>`.
    """
    if authorization is None:
        raise UnauthenticatedError(
            "The request has no API key. Send one in the header `Authorization: Bearer <key>`."
        )
    scheme, _, key = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise UnauthenticatedError(
            "The `Authorization` header is not of the form `Bearer <key>`. "
            "Send an API key of this service in that form."
        )
    return key.strip()


def is_token(given: str, expected: str) -> bool:
    """
    Compare the value of a header with a token of the settings, in a time that tells nothing of it.

    Args:
        given: The value, its bytes read as Latin-1, as those of headers are.
        expected: The token; nobody can give an empty one.
    """
    return bool(expected) and hmac.compare_digest(
        given.encode("latin-1"), expected.encode("utf-8", "surrogateescape")
    )


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
