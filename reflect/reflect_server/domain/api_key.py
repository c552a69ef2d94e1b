"""
API keys: what is kept of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """
    What the service keeps of an API key: everything but its secret.

    Attributes:
        id: Identifier, unique in the service.
        public_id: The middle part of the plaintext key, by which it is looked up.
        secret_hash: Keyed hash of the whole plaintext key.
        label: The name that a person gave it.
        scopes: What it may do.
        environment: `live` or `test`.
        is_master: Whether it may use every project, and create one.
        project_id: The project that it belongs to; None for a master key of the installation.
        user_id: Whose key it is; None where unknown.
        created_at: When it was made, in UTC.
        last_used_at: When it was last used; None where never.
        revoked_at: When it was revoked; None while it is active.
        expires_at: When it ends by itself; None for never.
    """

    id: str
    public_id: str
    secret_hash: bytes = field(repr=False)
    label: str
    scopes: tuple[str, ...]
    environment: str
    is_master: bool
    project_id: str | None
    user_id: str | None
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    expires_at: datetime | None = None

    def has_expired(self, now: datetime) -> bool:
        """
        Say whether the key has ended by itself.

        Args:
            now: The present time, in UTC.
        """
        return self.expires_at is not None and self.expires_at <= now
