"""
The keys of the service in memory, and what they open.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from attrs import define, field

from reflect_sdk._types.labels import KeyEnvironment, Scope
from reflect_sdk.testing.records import now
from reflect_sdk.testing.refusals import Refusal, invalid, missing

SCOPES: tuple[str, ...] = get_args(Scope)

NEEDED: Mapping[str, str] = {
    "query_memories": "memory:read",
    "list_memories": "memory:read",
    "get_memory": "memory:read",
    "get_memory_history": "memory:read",
    "create_trace": "trace:write",
    "get_trace": "trace:read",
    "list_traces": "trace:read",
    "delete_traces": "trace:write",
    "review_trace": "review:write",
    "change_review": "review:write",
    "undo_review": "review:write",
    "list_api_keys": "keys:manage",
    "create_api_key": "keys:manage",
    "revoke_api_key": "keys:manage",
    "delete_project": "project:delete",
}
"""The scope that each operation asks for."""


@define(kw_only=True)
class Key:
    """
    A key: its plaintext, the one project that it opens, None for all, and what answers say of it.
    """

    plaintext: str = field(repr=False)
    project_id: str | None
    shown: dict[str, Any]
    expires: datetime | None = None

    @property
    def answer(self) -> dict[str, Any]:
        """
        Return what answers say of it now.
        """
        over = self.expires is not None and self.expires <= datetime.now(UTC)
        expired = over and self.shown["status"] == "active"
        return {**self.shown, "status": "expired"} if expired else dict(self.shown)


@define
class KeyRing:
    """
    All keys, oldest first.

    Attributes:
        master: The plaintext of a key that opens every project.
    """

    _keys: list[Key] = field(factory=list, init=False)
    master: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """
        Make the master key.
        """
        made = self._make(None, {"label": "Master key", "scopes": list(SCOPES)}, "test")
        self.master = made.plaintext

    def _make(self, project_id: str | None, wanted: Mapping[str, Any], environment: str) -> Key:
        public_id = secrets.token_hex(6)
        made = Key(
            plaintext=f"rf_{environment}_{public_id}_{secrets.token_hex(12)}",
            project_id=project_id,
            shown={
                "id": f"key_{public_id}",
                "public_id": public_id,
                "label": wanted["label"],
                "scopes": list(wanted["scopes"]),
                "environment": environment,
                "status": "active",
                "is_master": project_id is None,
                "created_at": now(),
                "last_used_at": None,
                "revoked_at": None,
            },
        )
        self._keys.append(made)
        return made

    def opening(self, authorization: str, project_id: str, operation: str) -> Key:
        """
        Return the key of a request, which opens the project and allows the operation.

        Args:
            authorization: The header that carries it.
            project_id: The project.
            operation: The operation.
        """
        plaintext = authorization.removeprefix("Bearer ")
        key = next((key for key in self._keys if key.plaintext == plaintext), None)
        if key is None or key.answer["status"] != "active":
            raise Refusal(
                401,
                "unauthenticated",
                "The API key is missing, unknown, revoked or expired. "
                "Send one as `Authorization: Bearer`.",
            )
        if key.project_id not in {None, project_id}:
            raise Refusal(
                403,
                "forbidden",
                f"This key opens the project {key.project_id!r} alone, found {project_id!r}.",
            )
        if NEEDED[operation] not in key.shown["scopes"]:
            raise Refusal(
                403,
                "forbidden",
                f"This key lacks the scope `{NEEDED[operation]}`, which is needed.",
            )
        key.shown["last_used_at"] = now()
        return key

    def of(self, project_id: str) -> list[dict[str, Any]]:
        """
        Return the keys of a project, as answers have them.
        """
        return [key.answer for key in self._keys if key.project_id == project_id]

    def create(self, project_id: str, wanted: Mapping[str, Any], by: Key) -> dict[str, Any]:
        """
        Make a key of a project, with no more than its maker may do.
        """
        environment = wanted.get("environment", "live")
        if environment not in get_args(KeyEnvironment):
            raise invalid("environment", f"`environment` is {environment!r}, not live or test.")
        unknown = [scope for scope in wanted["scopes"] if scope not in SCOPES]
        if unknown or not wanted["scopes"]:
            raise invalid("scopes", f"`scopes` must be some of {', '.join(SCOPES)}.")
        foreign = sorted(set(wanted["scopes"]) - set(by.shown["scopes"]))
        if foreign:
            raise Refusal(403, "forbidden", f"This key cannot give {', '.join(foreign)}.")
        expires = _expiry(wanted.get("expires_at"), by)
        made = self._make(project_id, wanted, environment)
        made.expires = expires
        made.shown["expires_at"] = wanted.get("expires_at")
        return {"api_key": made.plaintext, "key": made.answer}

    def revoke(self, project_id: str, key_id: str) -> dict[str, Any]:
        """
        End a key of a project.
        """
        for key in self._keys:
            if (key.project_id, key.shown["id"]) == (project_id, key_id):
                ended = key.shown["revoked_at"] or now()
                key.shown.update(status="revoked", revoked_at=ended)
                return key.answer
        raise missing("key", key_id, project_id)

    def end(self, project_id: str) -> None:
        """
        Delete all keys of a project.
        """
        self._keys = [key for key in self._keys if key.project_id != project_id]


def _expiry(wanted: str | None, by: Key) -> datetime | None:
    """
    Return when a new key ends: later than now, and no later than the key that makes it.
    """
    expires = None if wanted is None else datetime.fromisoformat(wanted)
    if expires is not None and (expires.tzinfo is None or expires <= datetime.now(UTC)):
        raise invalid("expires_at", f"`expires_at` must be a time to come, found {wanted!r}.")
    if by.expires is not None and (expires is None or expires > by.expires):
        raise Refusal(403, "forbidden", "This key makes only keys that expire no later than it.")
    return expires
