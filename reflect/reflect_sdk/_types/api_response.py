"""
An answer as it came, for what has no type here.
"""

import json
from typing import Any

import httpx
from attrs import field, frozen

from reflect_api.errors import REQUEST_ID_HEADER, DecodeError
from reflect_sdk._types.api_model import abbreviated


@frozen(kw_only=True)
class APIResponse:
    """
    What the service answered to `ReflectClient.request`.

    Attributes:
        status_code: The HTTP status, a success.
        headers: The headers; their names are found in any case.
        content: The body.
        method: Method of the request.
        url: URL of the request.
    """

    status_code: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=abbreviated)
    method: str
    url: str

    @property
    def request_id(self) -> str | None:
        """
        What the service calls this request in its logs; None where it does not say.
        """
        request_id: str | None = self.headers.get(REQUEST_ID_HEADER)
        return request_id

    def json(self) -> Any:
        """
        Return the body, read as JSON.

        Returns:
            The value; None of an empty body.

        Raises:
            DecodeError: If the body is no JSON.
        """
        if not self.content:
            return None
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise DecodeError(
                self.status_code,
                self.content,
                self.method,
                self.url,
                problem="its body is not JSON",
                request_id=self.request_id,
            ) from None
