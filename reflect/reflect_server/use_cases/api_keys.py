"""
API keys: permission checked; keys of a project created, listed, revoked; the first keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from reflect_server.auth.keyring import IssuedKey, Keyring
from reflect_server.domain.api_key import ApiKey
from reflect_server.errors import ForbiddenError, InvalidRequestError, NotFoundError
from reflect_server.store.protocol.store import Store, Transaction
from reflect_server.use_cases.projects import require_reachable


def require_permission(key: ApiKey, scopes: Iterable[str], project_id: str | None) -> None:
    """
    Refuse a key that lacks a scope or is for another project. A master key may do everything.

    The answer depends on the key alone, so it does not tell whether the other project exists.

    Args:
        key: The key of the request.
        scopes: What the request needs.
        project_id: The project of the request; None where it is about none.

    Raises:
        ForbiddenError: The key does not allow the request; says which scopes it lacks, or which
            project it is for.
    """
    if key.is_master:
        return
    missing = [scope for scope in scopes if scope not in key.scopes]
    if missing:
        raise ForbiddenError(
            f"The API key {key.public_id} lacks the scope {' and '.join(missing)}, which this "
            f"operation needs; it has {', '.join(key.scopes)}. Use a key that has it."
        )
    if project_id is not None and key.project_id != project_id:
        raise ForbiddenError(
            f"The API key {key.public_id} is for the project {key.project_id!r}, not for "
            f"{project_id!r}. Use a key of that project, or name the key's own."
        )


def create_master_key(
    store: Store,
    keyring: Keyring,
    *,
    label: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> IssuedKey:
    """
    Make a key that may use every project of the installation.

    Args:
        store: Where keys are kept.
        keyring: Makes the key.
        label: Its name for people.
        now: The present time, in UTC.
        expires_at: When it ends by itself; None for never.
    """
    issued = keyring.issue(
        label=label,
        scopes=(),
        environment="live",
        project_id=None,
        now=now,
        expires_at=expires_at,
    )
    store.write(lambda tx: tx.keys.insert(issued.key))
    return issued


def bootstrap(
    store: Store,
    keyring: Keyring,
    *,
    user_id: str,
    project_id: str,
    label: str,
    scopes: Iterable[str],
    environment: str,
    now: datetime,
) -> IssuedKey:
    """
    Create a project, where it does not exist yet, with a key for it.

    Args:
        store: Where projects and keys are kept.
        keyring: Makes the key.
        user_id: Whose key it is.
        project_id: The project.
        label: The key's name for people.
        scopes: What the key may do in the project.
        environment: `live` or `test`.
        now: The present time, in UTC.

    Raises:
        InvalidRequestError: No path can lead to a project of this id.
    """
    require_reachable(project_id)
    issued = keyring.issue(
        label=label,
        scopes=scopes,
        environment=environment,
        project_id=project_id,
        user_id=user_id,
        now=now,
    )

    def work(tx: Transaction) -> None:
        tx.projects.create(project_id, created_at=now)
        tx.keys.insert(issued.key)

    store.write(work)
    return issued


def create_key(
    store: Store,
    keyring: Keyring,
    maker: ApiKey,
    project_id: str,
    *,
    label: str,
    scopes: Sequence[str],
    environment: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> IssuedKey:
    """
    Make a key for a project.

    Args:
        store: Where keys are kept.
        keyring: Makes the key.
        maker: The key of the request.
        project_id: The project that the new key is for.
        label: Its name for people.
        scopes: What it may do.
        environment: `live` or `test`.
        now: The present time, in UTC.
        expires_at: When it ends by itself, aware of its time zone; None for never.

    Raises:
        InvalidRequestError: It would have ended already, or later than times can be written.
        ForbiddenError: The request's own key lacks a scope that the new one would have, or ends
            before it.
    """
    if expires_at is not None:
        expires_at = _in_utc(expires_at)
    if expires_at is not None and expires_at <= now:
        raise InvalidRequestError(
            f"`expires_at` is {expires_at.isoformat()}, which has passed. "
            "Name a time in the future, or leave it out.",
            field="expires_at",
        )
    excess = [scope for scope in scopes if scope not in maker.scopes]
    if excess and not maker.is_master:
        raise ForbiddenError(
            f"The API key {maker.public_id} cannot give the scope {' and '.join(excess)}, as it "
            "lacks that itself. Leave it out, or use a key that has it."
        )
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        raise ForbiddenError(
            f"The API key {maker.public_id} expires at {maker.expires_at.isoformat()}, and can "
            "make only keys that expire no later. Say so in `expires_at`."
        )
    issued = keyring.issue(
        label=label,
        scopes=scopes,
        environment=environment,
        project_id=project_id,
        user_id=maker.user_id,
        now=now,
        expires_at=expires_at,
    )
    store.write(lambda tx: tx.keys.insert(issued.key))
    return issued


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidRequestError(
            f"`expires_at` is {moment.isoformat()}, which is outside of the years 1 to 9999 in "
            "UTC. Name a time in them, or leave it out for a key that never expires.",
            field="expires_at",
        ) from None


def list_keys(store: Store, project_id: str) -> Sequence[ApiKey]:
    """
    Return the keys of a project, oldest first, revoked ones included.

    Args:
        store: Where keys are kept.
        project_id: The project.
    """
    return store.read(lambda tx: tx.keys.of_project(project_id))


def revoke_key(
    store: Store, keyring: Keyring, project_id: str, key_id: str, *, now: datetime
) -> ApiKey:
    """
    End a key at once and for good; nothing changes where it has ended before.

    Args:
        store: Where keys are kept.
        keyring: Recognises keys, and will not recognise this one any longer.
        project_id: The project that the key belongs to.
        key_id: The key's id.
        now: The present time, in UTC.

    Returns:
        The revoked key.

    Raises:
        NotFoundError: The project has no such key.
    """

    def work(tx: Transaction) -> ApiKey:
        keys = {key.id: key for key in tx.keys.of_project(project_id)}
        if key_id not in keys:
            raise NotFoundError(
                f"The project {project_id!r} has no API key with the id {key_id!r}. "
                "List its keys to see their ids."
            )
        tx.keys.revoke(key_id, at=now)
        key = keys[key_id]
        return key if key.revoked_at else replace(key, revoked_at=now)

    with keyring.auth_cache.ending():
        return store.write(work)
