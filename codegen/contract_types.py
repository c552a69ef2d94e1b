"""
From a JSON schema to the Python type that msgspec checks and converts it with.
"""

from __future__ import annotations

import keyword
import re
from typing import Any

from document import Json

_SCALARS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
_FORMATS = {
    "date-time": "datetime.datetime",
    "date": "datetime.date",
    "uuid": "uuid.UUID",
    "binary": "bytes",
}
# Not `pattern`: what a text lacks the server says itself, in words that say more.
_CONSTRAINTS = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
    "minProperties": "min_length",
    "maxProperties": "max_length",
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
}


def identifier(name: str) -> str:
    """
    Return a field's name on the wire as a Python name: `lambda` becomes `lambda_`.
    """
    plain = re.sub(r"\W", "_", name)
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def type_expression(schema: Json, prefix: str = "") -> str:
    """
    Return the type of a schema as an expression.

    Args:
        schema: The schema; a reference becomes the name of its type.
        prefix: What stands before the name of a type of the contract, such as `models.`.
    """
    if "$ref" in schema:
        return prefix + str(schema["$ref"]).rsplit("/", 1)[-1]
    alternatives = schema.get("oneOf") or schema.get("anyOf")
    if alternatives:
        return _union([type_expression(alternative, prefix) for alternative in alternatives])
    if "allOf" in schema:
        return type_expression(schema["allOf"][0], prefix)
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return _union([_constrained(schema, kind, prefix) for kind in kinds]) if kinds else "Any"


def _union(members: list[str]) -> str:
    distinct = sorted(set(members), key=lambda member: (member == "None", members.index(member)))
    return " | ".join(distinct)


def _constrained(schema: Json, kind: str, prefix: str) -> str:
    plain = _plain(schema, kind, prefix)
    limits = [
        f"{name}={schema[keyword_]!r}"
        for keyword_, name in _CONSTRAINTS.items()
        if keyword_ in schema and plain != "None"
    ]
    if plain == "datetime.datetime":
        limits.append("tz=True")
    return f"Annotated[{plain}, msgspec.Meta({', '.join(limits)})]" if limits else plain


def _plain(schema: Json, kind: str, prefix: str) -> str:
    if kind == "array":
        return f"list[{type_expression(schema['items'], prefix)}]"
    if kind == "object":
        values: Any = schema.get("additionalProperties", True)
        return f"dict[str, {type_expression({} if values is True else values, prefix)}]"
    if kind == "string" and schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return _SCALARS[kind]
