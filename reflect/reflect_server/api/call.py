"""
What a handler receives: one request that has passed every check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request

from reflect_contract.operation import Operation
from reflect_server.api.ignored import Ignored
from reflect_server.domain.api_key import ApiKey
from reflect_server.errors import UnauthenticatedError
from reflect_server.http.service import Service
from reflect_server.use_cases.dependencies import Dependencies


@dataclass(frozen=True, slots=True)
class Call:
    """
    One request.

    Attributes:
        service: The running service.
        deps: The collaborators of the use cases.
        operation: What is asked for.
        request: The request as it came.
        path_values: The decoded values in its path.
        now: When it came, in UTC.
        key: The API key that it carried; None for operations that need none.
        ignored: What of the request has no effect.
        is_large: Whether its body takes so long to work through that the event loop must not wait
            for it.
    """

    service: Service
    deps: Dependencies
    operation: Operation
    request: Request = field(repr=False)
    path_values: Mapping[str, str]
    now: datetime
    key: ApiKey | None
    ignored: Ignored
    is_large: bool

    @property
    def maker(self) -> ApiKey:
        """
        The key of a request whose operation needs one.

        Raises:
            UnauthenticatedError: The request carries none.
        """
        if self.key is None:
            raise UnauthenticatedError("The request has no API key, and this operation needs one.")
        return self.key

    async def disconnected(self) -> None:
        """
        Return when the client has gone. Only after the body has been read.
        """
        while (await self.request.receive())["type"] != "http.disconnect":
            pass
