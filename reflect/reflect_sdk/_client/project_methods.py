"""
The methods of `ReflectClient` about API keys and the project as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from reflect_sdk._client.connection import Connection, twin_of
from reflect_sdk._types.labels import KeyEnvironment, Scope
from reflect_sdk._types.projects import ApiKeyCreateResponse, ApiKeyResponse, DeleteProjectResponse


class ProjectMethods(Connection):
    """
    Managing keys, and deleting the project.
    """

    def list_api_keys(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> list[ApiKeyResponse]:
        """
        List the project's API keys.

        Args:
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The keys, oldest first, revoked ones included, without their secrets.

        Raises:
            PermissionDeniedError: If the client's key lacks the scope `keys:manage`.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> for key in client.list_api_keys():
            ...     print(key.label, key.status, key.last_used_at)
        """
        return self._drive(self._flows.list_api_keys(), timeout)

    @twin_of(list_api_keys)
    async def list_api_keys_async(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> list[ApiKeyResponse]:
        """
        Do what `list_api_keys` does, asynchronously.
        """
        return await self._drive_async(self._flows.list_api_keys(), timeout)

    def create_api_key(
        self,
        *,
        label: str,
        scopes: Sequence[Scope],
        environment: KeyEnvironment = "live",
        timeout: float | httpx.Timeout | None = None,
    ) -> ApiKeyCreateResponse:
        """
        Create an API key for the project.

        Args:
            label: A name for people.
            scopes: What the key may do, such as `memory:read` and `trace:write`; only scopes that
                the client's own key has.
            environment: `live` (the default) or `test`; it shows in the key.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The key and its plaintext, which is shown here and never again.

        Raises:
            PermissionDeniedError: If the client's key lacks `keys:manage` or one of the scopes.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> created = client.create_api_key(
            ...     label="agent in production", scopes=["memory:read", "trace:write"]
            ... )
            >>> agents_key = created.api_key  # Keep it now: it is not shown again.
        """
        return self._drive(
            self._flows.create_api_key(label=label, scopes=scopes, environment=environment), timeout
        )

    @twin_of(create_api_key)
    async def create_api_key_async(
        self,
        *,
        label: str,
        scopes: Sequence[Scope],
        environment: KeyEnvironment = "live",
        timeout: float | httpx.Timeout | None = None,
    ) -> ApiKeyCreateResponse:
        """
        Do what `create_api_key` does, asynchronously.
        """
        return await self._drive_async(
            self._flows.create_api_key(label=label, scopes=scopes, environment=environment), timeout
        )

    def revoke_api_key(
        self,
        key_id: str,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> ApiKeyResponse:
        """
        End an API key at once and for good.

        Args:
            key_id: The key's `id`, as `list_api_keys` returns it; not its `public_id`.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The revoked key.

        Raises:
            NotFoundError: If the project has no such key.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> created = client.create_api_key(label="a trial", scopes=["memory:read"])
            >>> revoked = client.revoke_api_key(created.key.id)
            >>> print(revoked.status)
            revoked
        """
        return self._drive(self._flows.revoke_api_key(key_id), timeout)

    @twin_of(revoke_api_key)
    async def revoke_api_key_async(
        self,
        key_id: str,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> ApiKeyResponse:
        """
        Do what `revoke_api_key` does, asynchronously.
        """
        return await self._drive_async(self._flows.revoke_api_key(key_id), timeout)

    def delete_project(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> DeleteProjectResponse:
        """
        Delete the project and everything of it, at once and for good.

        Args:
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            What was deleted.

        Raises:
            PermissionDeniedError: If the client's key lacks the scope `project:delete`.
            APIStatusError: If the service answers with another error.
            TransportError: If no answer comes.

        Example:
            >>> scratch = client.with_options(project_id="scratch")
            >>> scratch.create_memory(
            ...     task="Try", summary="It works.", guidance="Go on.", result="pass"
            ... )
            >>> gone = scratch.delete_project()
            >>> print(gone.deleted)
            True
        """
        return self._drive(self._flows.delete_project(), timeout)

    @twin_of(delete_project)
    async def delete_project_async(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
    ) -> DeleteProjectResponse:
        """
        Do what `delete_project` does, asynchronously.
        """
        return await self._drive_async(self._flows.delete_project(), timeout)
