"""
A JSON schema in words, and an example of it.
"""

from __future__ import annotations

from typing import Any

from document import Json, resolve

_LIMITS = (
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
    ("minProperties", "maxProperties", " properties"),
    ("minimum", "maximum", ""),
)
_PATTERNS = {r"\S": "not blank", r"[^.]|\.{3}": "not `.` or `..`"}
_SAMPLES: dict[str, object] = {
    "string": "text",
    "integer": 0,
    "number": 0.0,
    "boolean": False,
    "null": None,
}


def name_of(reference: str) -> str:
    """
    Return the name at the end of a `$ref`.
    """
    return reference.rsplit("/", 1)[-1]


def anchor(heading: str) -> str:
    """
    Return the anchor that GitHub gives a heading, where no earlier one has the same.
    """
    kept = (letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return "".join(kept).replace(" ", "-")


def link(name: str) -> str:
    """
    Return a link to the section of the same page with that heading.
    """
    return f"[{name}](#{anchor(name)})"


def type_text(schema: Json) -> str:
    """
    Describe a schema's type with its limits; a reference becomes a link to the schema's section.
    """
    if "$ref" in schema:
        return link(name_of(schema["$ref"]))
    alternatives = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if alternatives:
        return _either([type_text(alternative) for alternative in alternatives])
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return " or ".join(f"`{value}`" for value in values)
    kinds = schema.get("type", "any JSON value")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    first, *others = [_kind_text(schema, kind) for kind in kinds]
    return _either([", ".join([first, *_limits(schema)]), *others])


def _either(texts: list[str]) -> str:
    return (", or " if any("," in text for text in texts) else " or ").join(texts)


def _grouped(text: str) -> str:
    return f"({text})" if " " in text else text


def _kind_text(schema: Json, kind: str) -> str:
    if kind == "array":
        return f"array of {_grouped(type_text(schema['items']))}"
    values = schema.get("additionalProperties")
    if kind == "object" and isinstance(values, dict):
        return f"object of {_grouped(type_text(values))}"
    return f"{kind} ({schema['format']})" if kind == "string" and "format" in schema else kind


def _limits(schema: Json) -> list[str]:
    limits = []
    for lowest, highest, unit in _LIMITS:
        low, high = schema.get(lowest), schema.get(highest)
        if low is not None and high is not None:
            limits.append(f"{low:,} to {high:,}{unit}")
        elif low == 1 and unit:
            limits.append("not empty")
        elif low is not None:
            limits.append(f"at least {low:,}{unit}")
        elif high is not None:
            limits.append(f"at most {high:,}{unit}")
    if "pattern" in schema:
        limits.append(_PATTERNS.get(schema["pattern"], f"matching `{schema['pattern']}`"))
    return limits


def description_of(document: Json, schema: Json) -> str:
    """
    Return a schema's description: its own, or that of the schema that it refers to.
    """
    return str(schema.get("description") or resolve(document, schema).get("description", ""))


def example_of(document: Json, schema: Json, inside: tuple[str, ...] = ()) -> Any:
    """
    Put an example together from the `examples` of a schema and of its parts.

    Args:
        document: The contract.
        schema: The schema.
        inside: The references that are being followed; one of them is not followed again.
    """
    if "$ref" in schema and not schema.get("examples"):
        reference = schema["$ref"]
        if reference in inside:
            return None
        return example_of(document, resolve(document, schema), (*inside, reference))
    if schema.get("examples"):
        return schema["examples"][0]
    alternatives = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if alternatives:
        return example_of(document, alternatives[0], inside)
    if "properties" in schema:
        return {
            name: example_of(document, definition, inside)
            for name, definition in schema["properties"].items()
        }
    return _sample(document, schema, inside)


def _sample(document: Json, schema: Json, inside: tuple[str, ...]) -> Any:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return values[0]
    kinds = schema.get("type", "object")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "array":
        item = example_of(document, schema["items"], inside)
        return [] if item is None else [item]
    return {} if kind == "object" else _SAMPLES[kind]
