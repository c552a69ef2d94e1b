"""
The contract as data: reading it, and making it ready for the client's generator.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Json = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def load(path: Path) -> Json:
    """
    Read an OpenAPI document.

    Args:
        path: A YAML file.
    """
    document: Json = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return document


def resolve(document: Json, node: Json) -> Json:
    """
    Follow a chain of `$ref` within the document.

    Args:
        document: The document.
        node: What may be a reference.

    Returns: What it refers to in the end, or `node` itself where it is no reference.
    """
    while "$ref" in node:
        found: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """
    Go through the operations in the order of the document.

    Yields:
        The path, the method in lower case, and the operation.
    """
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def security_schemes(document: Json, operation: Json) -> list[tuple[str, Json]]:
    """
    Return the names and definitions of the schemes that an operation accepts.
    """
    known = document.get("components", {}).get("securitySchemes", {})
    return [
        (name, known[name]) for requirement in operation.get("security", []) for name in requirement
    ]


def credential_header(scheme: Json) -> str | None:
    """
    Return the header of a credential that has one of its own; None for a bearer token.
    """
    return scheme["name"] if scheme["type"] == "apiKey" and scheme["in"] == "header" else None


def prepared_for_client(document: Json) -> Json:
    """
    Return the document in the form that brings the best out of the client's generator.

    Descriptions lose the line breaks of the document. That of a parameter moves into its schema,
    where the generator looks for it. A credential with a header of its own becomes a parameter of
    the operations that accept it, since the client's token is another credential and must not be
    sent there.
    """
    prepared: Json = _unwrapped(copy.deepcopy(document))
    for parameter in prepared.get("components", {}).get("parameters", {}).values():
        _describe_schema(parameter)
    for item in prepared["paths"].values():
        for parameter in item.get("parameters", []):
            _describe_schema(parameter)
    for _, _, operation in operations(prepared):
        for parameter in operation.get("parameters", []):
            _describe_schema(parameter)
        _turn_credential_headers_into_parameters(prepared, operation)
    return prepared


def _unwrapped(node: Any) -> Any:
    if isinstance(node, list):
        return [_unwrapped(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: re.sub(r"(?<!\n)\n(?![\n\s*-])", " ", value).strip()
        if name == "description" and isinstance(value, str)
        else _unwrapped(value)
        for name, value in node.items()
    }


def _describe_schema(parameter: Json) -> None:
    if "description" in parameter and "schema" in parameter:
        parameter["schema"]["description"] = parameter["description"]


def _turn_credential_headers_into_parameters(document: Json, operation: Json) -> None:
    schemes = security_schemes(document, operation)
    own = {name: header for name, scheme in schemes if (header := credential_header(scheme))}
    if not own:
        return
    optional = len(operation["security"]) > 1
    for name, header in own.items():
        description = document["components"]["securitySchemes"][name].get("description", "")
        operation.setdefault("parameters", []).append(
            {
                "name": header,
                "in": "header",
                "required": not optional,
                "schema": {"type": "string", "description": description},
            }
        )
    operation["security"] = [
        requirement for requirement in operation["security"] if not own.keys() & requirement.keys()
    ]
