"""
Validation errors: what is wrong with a value, in terms of the contract.

Bodies are decoded by msgspec, which stops at the first fault and words it for programmers. Where it
refuses one, the value is held against the JSON Schema of its type here, to name every fault by its
place, with what was expected and what was found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from reflect_contract.operation import TypeForm

Schema = Mapping[str, Any]

MOST_FAULTS = 20
"""Beyond so many faults a list of them helps nobody."""

_LONGEST_SHOWN = 40
_MOST_BITS_SHOWN = 128
_NOUNS = {
    "string": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One value of a request that cannot be used.

    Attributes:
        field: Its place, such as `review.result`.
        expected: What it should be, as the end of "must be ...".
        found: What it is.
    """

    field: str
    expected: str
    found: str

    @property
    def sentence(self) -> str:
        """
        The fault as a sentence that names the place.
        """
        subject = f"`{self.field}`" if self.field else "The body"
        return f"{subject} must be {self.expected}, found {self.found}."

    @property
    def message(self) -> str:
        """
        The fault as a sentence to be shown beside the place.
        """
        return f"Expected {self.expected}, found {self.found}."


_PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_SIZE_LIMITS: Mapping[type, str] = {str: "Length", list: "Items", dict: "Properties"}


def faults_of(kind: TypeForm, value: object, field: str = "") -> list[Fault]:
    """
    Return what is wrong with a value, in the order of its schema, up to `MOST_FAULTS`.

    Args:
        kind: What the value should be: a type of the contract.
        value: The value, as decoded from JSON.
        field: Its place in the request; empty for a whole body.
    """
    schema = msgspec.json.schema(kind)
    return list(islice(_faults(schema.get("$defs", {}), schema, value, field), MOST_FAULTS))


def _faults(definitions: Schema, schema: Schema, value: object, field: str) -> Iterator[Fault]:
    branches = _branches(definitions, schema)
    branch = next((branch for branch in branches if _has_type(branch, value)), None)
    if branch is None or not _fits(branch, value):
        expected = _alternatives([_expectation(b) for b in ([branch] if branch else branches)])
        yield Fault(field, expected, shown(value))
    elif isinstance(value, dict):
        yield from _faults_of_members(definitions, branch, value, field)
    elif isinstance(value, list) and "items" in branch:
        for index, item in enumerate(value):
            yield from _faults(definitions, branch["items"], item, f"{field}[{index}]")


def _faults_of_members(
    definitions: Schema, schema: Schema, value: Mapping[str, Any], field: str
) -> Iterator[Fault]:
    prefix = f"{field}." if field else ""
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        if name in value:
            yield from _faults(definitions, member, value[name], prefix + name)
        elif name in required:
            branches = _branches(definitions, member)
            expected = _alternatives([_expectation(branch) for branch in branches])
            yield Fault(prefix + name, expected, "nothing")


def _branches(definitions: Schema, schema: Schema) -> list[Schema]:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" not in schema:
        return [schema]
    return [leaf for branch in schema["anyOf"] for leaf in _branches(definitions, branch)]


def _expectation(schema: Schema) -> str:
    if "enum" in schema:
        return _alternatives([f"`{value}`" for value in schema["enum"]])
    return _alternatives([_noun(kind, schema) for kind in _types(schema)]) or "a value"


def shown(value: object) -> str:
    """
    Describe a value in few words.

    Args:
        value: Any JSON value.
    """
    match value:
        case None | True | False:
            text = {None: "null", True: "true", False: "false"}[value]
        case "":
            text = "an empty string"
        case str() if len(value) > _LONGEST_SHOWN:
            text = f"a string of {len(value)} characters"
        case list() | dict():
            text = f"{'an array' if isinstance(value, list) else 'an object'} of {len(value)}"
        case int() if value.bit_length() > _MOST_BITS_SHOWN:
            text = "a number of many digits"
        case _:
            text = repr(value)
    return text


def _types(schema: Schema) -> Sequence[str]:
    kind = schema.get("type", ())
    return (kind,) if isinstance(kind, str) else tuple(kind)


def _has_type(schema: Schema, value: object) -> bool:
    kinds = _types(schema)
    return not kinds or any(_is(kind, value) for kind in kinds)


def _is(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _PYTHON_TYPES[kind])


def _fits(schema: Schema, value: object) -> bool:
    if not _has_type(schema, value):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, int | float):
        low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
        return bool(low <= value <= high)
    if isinstance(value, str | list | dict):
        limit = _SIZE_LIMITS[type(value)]
        return bool(
            schema.get(f"min{limit}", 0) <= len(value) <= schema.get(f"max{limit}", math.inf)
        )
    return True


def _noun(kind: str, schema: Schema) -> str:
    noun = _NOUNS[kind]
    if kind in {"number", "integer"}:
        low, high = schema.get("minimum"), schema.get("maximum")
        return noun if low is None or high is None else f"{noun} from {low:g} to {high:g}"
    names = {"string": ("Length", "characters"), "array": ("Items", "entries")}
    limit, unit = names.get(kind, ("Properties", "members"))
    low, high = schema.get(f"min{limit}"), schema.get(f"max{limit}")
    if high is None:
        return noun
    return f"{noun} of {f'{low} to' if low else 'at most'} {high} {unit}"


def _alternatives(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
