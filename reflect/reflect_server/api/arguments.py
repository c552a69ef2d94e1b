"""
Arguments of handlers: the parameters and the body of a request, checked and typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from reflect_contract.operation import Operation, Parameter
from reflect_server.errors import InvalidRequestError
from reflect_server.http.decoding import decode_body
from reflect_server.http.problems import InvalidValuesError
from reflect_server.http.validation import faults_of


def python_name(parameter: Parameter) -> str:
    """
    Return the name under which a handler receives a parameter.

    Args:
        parameter: The parameter, such as `Idempotency-Key`.
    """
    return parameter.name.lower().replace("-", "_")


def arguments_of(
    operation: Operation, request: Request, path_values: Mapping[str, str], raw_body: bytes
) -> dict[str, Any]:
    """
    Return the arguments of an operation's handler.

    Args:
        operation: The operation.
        request: The request.
        path_values: The decoded values in its path.
        raw_body: Its body.

    Raises:
        MalformedRequestError: The body cannot be read.
        InvalidRequestError: A value cannot be used; says why.
    """
    arguments: dict[str, Any] = {
        python_name(parameter): _value(parameter, request, path_values)
        for parameter in operation.parameters
    }
    if operation.body is not None:
        arguments["body"] = decode_body(raw_body, operation.body)
    return arguments


def _value(parameter: Parameter, request: Request, path_values: Mapping[str, str]) -> Any:
    match parameter.location:
        case "path":
            texts = [path_values[parameter.name]]
        case "query":
            texts = request.query_params.getlist(parameter.name)
        case _:
            lines = request.headers.getlist(parameter.name)
            texts = [", ".join(lines)] if lines else []
    if not texts:
        if parameter.required:
            raise InvalidRequestError(f"`{parameter.name}` is missing.", field=parameter.name)
        return None
    if len(texts) > 1:
        raise InvalidRequestError(
            f"`{parameter.name}` is given {len(texts)} times; give it once.",
            field=parameter.name,
        )
    return _typed(parameter, texts[0])


def _typed(parameter: Parameter, text: str) -> Any:
    try:
        return msgspec.convert(text, parameter.type, strict=False)
    except msgspec.ValidationError:
        value: object = text
        if text.removeprefix("-").isdecimal() and not _is_text(parameter):
            value = int(text[:40])
        faults = faults_of(parameter.type, value, parameter.name)
        raise InvalidValuesError(
            faults or faults_of(parameter.type, text, parameter.name)
        ) from None


def _is_text(parameter: Parameter) -> bool:
    return bool(msgspec.json.schema(parameter.type).get("type") == "string")
