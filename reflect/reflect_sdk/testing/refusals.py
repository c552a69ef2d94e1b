"""
Answers of the service in memory to what it cannot do, as problem documents.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class Refusal(Exception):  # noqa: N818 - it is an answer, raised to be given at once
    """
    A request that is answered with an error.

    Args:
        status: The HTTP status.
        code: The stable name of the kind of error.
        detail: What was found, what was expected and what to do, in full sentences.
        fields: The fields of the request that are at fault.
    """

    def __init__(self, status: int, code: str, detail: str, *fields: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields

    def body(self, path: str, request_id: str) -> dict[str, Any]:
        """
        Return the problem document.

        Args:
            path: The path of the request.
            request_id: What the request is called.
        """
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "instance": path,
            "request_id": request_id,
        }
        if self.fields:
            problem["errors"] = [{"field": name, "message": self.detail} for name in self.fields]
        return problem


def invalid(field: str, detail: str) -> Refusal:
    """
    Return the answer to a request with a value that cannot be used.
    """
    return Refusal(422, "invalid_request", detail, field)


def missing(what: str, name: str, project_id: str) -> Refusal:
    """
    Return the answer to a request for what the project does not have.
    """
    return Refusal(
        404,
        "not_found",
        f"The project {project_id!r} has no {what} with the id {name!r}. "
        "Check the id and the project.",
    )
