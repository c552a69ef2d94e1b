"""
The method of `ReflectClient` for what has no method of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from reflect_sdk._client.connection import Connection, twin_of
from reflect_sdk._flows.raw_request import raw_request
from reflect_sdk._types.api_response import APIResponse


class RequestMethods(Connection):
    """
    Sending requests that have no method of their own.
    """

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | float | Sequence[str]] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> APIResponse:
        """
        Send any request to the service, and return the answer as it came.

        For what has no method here, and where the answer's headers matter, such as its request id.
        It goes with the client's key, over its connections, and with its time limit and errors. It
        is tried again where that does no harm: an operation of the contract as the contract says,
        any other where its method is no `POST` or `PATCH`, or an `Idempotency-Key` is given.

        Args:
            method: The method of HTTP, such as `GET`.
            path: The path from the service's address on, such as `/v1/projects/default/memories`;
                parts of it that are names must be percent-encoded.
            params: The query; none by default.
            json: The body, written as JSON; none where None.
            headers: Further headers, but for the credential; none by default.
            timeout: Seconds that this call may take in all, above 0, or an `httpx.Timeout`; the
                client's where None.

        Returns:
            The answer, which is a success.

        Raises:
            InvalidArgumentError: If an argument cannot be sent, or the path leads elsewhere.
            APIStatusError: If the service answers with an error.
            TransportError: If no answer comes.

        Example:
            >>> path = f"/v1/projects/{client.project_id}/memories"
            >>> answer = client.request("GET", path, params={"limit": 10})
            >>> print(len(answer.json()), "memories, request", answer.request_id)
        """
        flow = raw_request(method, path, params=params, json=json, headers=headers)
        return self._drive(flow, timeout)

    @twin_of(request)
    async def request_async(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | float | Sequence[str]] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> APIResponse:
        """
        Do what `request` does, asynchronously.
        """
        flow = raw_request(method, path, params=params, json=json, headers=headers)
        return await self._drive_async(flow, timeout)
