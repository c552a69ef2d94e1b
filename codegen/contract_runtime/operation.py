"""
What the contract says about one operation, as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

TypeForm = Any
"""A type in the form that `msgspec.convert` takes: a class, a union, or an `Annotated` of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """
    One way to authenticate.

    Attributes:
        scheme: The name of the security scheme in the contract.
        header: The header that carries the credential.
        scopes: What the credential must allow.
    """

    scheme: str
    header: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    A value in the path, the query, a header or a cookie.

    Attributes:
        name: Its name on the wire.
        location: Where it stands.
        required: Whether a request without it is invalid.
        type: What it must be; for `msgspec.convert(value, type, strict=False)`.
    """

    name: str
    location: Literal["path", "query", "header", "cookie"]
    required: bool
    type: TypeForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    One method of one path.

    Attributes:
        operation_id: Its name, unique in the contract.
        method: The HTTP method, in upper case.
        path: The path, with its parameters in braces.
        tag: The group it belongs to.
        summary: What it does, in a line.
        credentials: The ways to authenticate, each sufficient; empty where none is needed.
        parameters: Its parameters, in the order of the contract.
        body: What the JSON body must be; None where there is none.
        body_required: Whether a request without a body is invalid.
        success_status: The status of a success; 200 where the contract leaves it open (`2XX`).
        answer: What the JSON body of a success is; None where it has none.
        problem_statuses: The statuses of the problems that the contract lists, in ascending order.
    """

    operation_id: str
    method: str
    path: str
    tag: str
    summary: str
    credentials: tuple[Credential, ...]
    parameters: tuple[Parameter, ...]
    body: TypeForm | None
    body_required: bool
    success_status: int
    answer: TypeForm | None
    problem_statuses: tuple[int, ...]
