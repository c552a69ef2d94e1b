"""
An operation in use: with curl, and with the low-level client.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from document import Json, credential_header, resolve, security_schemes
from schema_text import example_of, name_of

_WIDTH = 88


def curl_example(document: Json, path: str, method: str, operation: Json) -> str:
    """
    Write the command that performs an operation, for a shell.

    The address and the credentials are read from the environment.

    Args:
        document: The contract.
        path: The operation's path.
        method: Its method, in lower case.
        operation: The operation.
    """
    values = _path_values(document, path, operation)
    address = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)
    option = {"get": "", "post": "-X POST "}.get(method, f"-X {method.upper()} ")
    parts = [f'curl {option}"$REFLECT_API_URL{address}"']
    for name, scheme in security_schemes(document, operation):
        header = credential_header(scheme)
        sent = f"{header}: $REFLECT_{name.upper()}" if header else "Authorization: Bearer $KEY"
        parts.append(f'-H "{sent.replace("$KEY", "$REFLECT_API_KEY")}"')
    body = request_example(document, operation)
    if body is not None:
        parts.append('-H "Content-Type: application/json"')
        data = _literal(body, "", _json_scalar, "")
        parts.append(f"-d '{data}'")
    return " \\\n    ".join(parts)


def low_level_example(document: Json, path: str, operation: Json) -> str:
    """
    Write the call of the generated function that performs an operation.

    Args:
        document: The contract.
        path: The operation's path.
        operation: The operation.
    """
    name, tag = operation["operationId"], operation["tags"][0]
    imports = [f"from reflect_api.api.{tag} import {name}"]
    arguments = ["client=client.api"]
    for parameter, value in _path_values(document, path, operation).items():
        given = "client.project_id" if parameter == "project_id" else json.dumps(value)
        arguments.append(f"{parameter}={given}")
    opening, indent = "", ""
    for _, scheme in security_schemes(document, operation):
        if header := credential_header(scheme):
            imports.append("from reflect_api import Client")
            opening, indent = "with Client(base_url=client.base_url) as anonymous:\n", "    "
            arguments[0] = "client=anonymous"
            arguments.append(f'{header.lower().replace("-", "_")}="the token"')
    body = request_example(document, operation)
    if body is not None:
        model = name_of(_media(document, operation)["schema"]["$ref"])
        imports.append(f"from reflect_api.models import {model}")
        opened = f"body={model}.from_dict("
        shown = _literal(body, f"{indent}    ", _python_scalar, ",", room=_WIDTH - len(opened))
        arguments.append(f"{opened}{shown})")
    lines = "".join(f"{indent}    {argument},\n" for argument in arguments)
    call = f"{opening}{indent}answer = {name}.sync(\n{lines}{indent})"
    return "\n".join([*sorted(imports), "", call])


def request_example(document: Json, operation: Json) -> Any:
    """
    Return the body that examples send: the contract's own example, or one put together from the
    schema; None where the operation takes no body.
    """
    media = _media(document, operation)
    if not media:
        return None
    return media["example"] if "example" in media else example_of(document, media["schema"])


def _media(document: Json, operation: Json) -> Json:
    content = resolve(document, operation.get("requestBody", {})).get("content", {})
    media: Json = content.get("application/json", {})
    return media


def _path_values(document: Json, path: str, operation: Json) -> dict[str, str]:
    listed = document["paths"][path].get("parameters", []) + operation.get("parameters", [])
    found = [resolve(document, parameter) for parameter in listed]
    return {
        parameter["name"]: parameter.get("example") or example_of(document, parameter["schema"])
        for parameter in found
        if parameter["in"] == "path"
    }


def _literal(
    value: Any, indent: str, scalar: Callable[[Any], str], last_comma: str, room: int = _WIDTH
) -> str:
    """
    Write a JSON value over as few lines as fit.

    Args:
        value: The value.
        indent: What its last line is indented by.
        scalar: Writes what is neither object nor array.
        last_comma: What follows the last entry where each has a line.
        room: How long a line may be that holds all of it.
    """
    if not isinstance(value, dict | list):
        return scalar(value)
    named = value.items() if isinstance(value, dict) else (("", entry) for entry in value)
    inner = f"{indent}    "
    entries = [
        (f"{json.dumps(name)}: " if isinstance(value, dict) else "")
        + _literal(entry, inner, scalar, last_comma)
        for name, entry in named
    ]
    first, last = ("{", "}") if isinstance(value, dict) else ("[", "]")
    line = f"{first}{', '.join(entries)}{last}"
    if len(line) + len(indent) < room and "\n" not in line:
        return line
    listed = f",\n{inner}".join(entries)
    return f"{first}\n{inner}{listed}{last_comma}\n{indent}{last}"


def _json_scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _python_scalar(value: Any) -> str:
    return _json_scalar(value) if isinstance(value, str) else repr(value)
