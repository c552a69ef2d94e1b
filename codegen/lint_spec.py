"""
Rules for the contract, each against a construct of which wrong code would be made without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from document import Json, operations, resolve

_RESERVED_FIELDS = {
    "additional_properties",
    "additional_keys",
    "to_dict",
    "from_dict",
    "to_multipart",
}
_IDEMPOTENCIES = ("natural", "key", "none")
_RESERVED_PARAMETERS = {"body", "cookies", "headers", "params", "request"}


def faults(document: Json) -> list[str]:
    """
    Look for constructs that cannot be generated faithfully.

    Args:
        document: An OpenAPI document.

    Returns: One sentence per fault, each with the place; empty where all is well.
    """
    schemas = document.get("components", {}).get("schemas", {})
    found = [
        fault
        for name, schema in schemas.items()
        for fault in _component_faults(document, name, schema)
    ]
    for path, method, operation in operations(document):
        where = f"{method.upper()} {path}"
        found += [f"{where}: {fault}" for fault in _operation_faults(document, operation)]
        parameters = document["paths"][path].get("parameters", []) + operation.get("parameters", [])
        for parameter in parameters:
            found += [
                f"{where}: {fault}"
                for fault in _parameter_faults(document, resolve(document, parameter))
            ]
    found += _request_defaults(document)
    return found


def _operation_faults(document: Json, operation: Json) -> Iterator[str]:
    if "operationId" not in operation:
        yield "has no `operationId`, which names the module."
    if len(operation.get("tags", [])) != 1:
        yield "needs exactly one tag, which names the package."
    if "security" not in operation:
        yield "needs a `security` of its own; the global one is ignored."
    if any(len(requirement) > 1 for requirement in operation.get("security", [])):
        yield "asks for several credentials at once, of which only one would be sent."
    if not operation.get("summary"):
        yield "has no `summary`."
    yield from _idempotency_faults(document, operation)
    body = resolve(document, operation.get("requestBody", {}))
    if len(body.get("content", {})) > 1:
        yield "takes several content types; only one can be generated."
    yield from _content_faults(body, "body")
    for status, answer in operation.get("responses", {}).items():
        yield from _content_faults(resolve(document, answer), f"answer {status}")


def _idempotency_faults(document: Json, operation: Json) -> Iterator[str]:
    said = operation.get("x-idempotency")
    if said not in _IDEMPOTENCIES:
        yield (
            f"has the `x-idempotency` {said!r} where one of {', '.join(_IDEMPOTENCIES)} is "
            "expected; it decides whether clients try the request again."
        )
        return
    headers = {resolve(document, each)["name"] for each in operation.get("parameters", [])}
    if (said == "key") != ("Idempotency-Key" in headers):
        yield "must have the header `Idempotency-Key` just where its `x-idempotency` is `key`."


def _content_faults(holder: Json, what: str) -> Iterator[str]:
    for media_type in holder.get("content", {}).values():
        schema = media_type.get("schema", {})
        if _needs_a_name(schema):
            yield f"the {what} has an inline schema; give it a name in `components/schemas`."


def _parameter_faults(document: Json, parameter: Json) -> Iterator[str]:
    name = parameter["name"]
    if not parameter.get("description"):
        yield f"parameter `{name}` has no description."
    if name in _RESERVED_PARAMETERS:
        yield f"parameter `{name}` has a name that the generated function uses itself."
    if "content" in parameter or "style" in parameter or parameter.get("explode") is False:
        yield f"parameter `{name}` has a serialisation of its own, which would be ignored."
        return
    schema = parameter["schema"]
    if _needs_a_name(schema):
        yield f"parameter `{name}` has an inline schema; give it a name in `components/schemas`."
    if "default" in resolve(document, schema):
        yield f"parameter `{name}` has a `default`, which would be sent with every request."


def _needs_a_name(schema: Json) -> bool:
    if schema.get("type") == "array":
        return _needs_a_name(schema.get("items", {}))
    return "properties" in schema or "enum" in schema or "oneOf" in schema or "anyOf" in schema


def _component_faults(document: Json, name: str, schema: Json) -> Iterator[str]:
    if not schema.get("description"):
        yield f"{name} has no description."
    for fault in _schema_faults(document, schema):
        yield f"{name}{fault}"
    for field, definition in schema.get("properties", {}).items():
        if field in _RESERVED_FIELDS:
            yield f"{name}.{field} has a name that the generated class uses itself."
        if not definition.get("description") and not resolve(document, definition).get(
            "description"
        ):
            yield f"{name}.{field} has no description."
        if _is_inline(definition):
            yield f"{name}.{field} has an inline schema; give it a name in `components/schemas`."


def _is_inline(schema: Json) -> bool:
    return "enum" in schema or "properties" in schema or any(map(_is_inline, _nested(schema)))


def _nested(schema: Json) -> list[Json]:
    kinds = ("oneOf", "anyOf", "allOf", "prefixItems")
    listed = [child for kind in kinds for child in schema.get(kind, [])]
    single = [schema.get("items"), schema.get("additionalProperties")]
    return listed + [child for child in single if isinstance(child, dict)]


def _schema_faults(document: Json, schema: Json, place: str = "") -> Iterator[str]:
    kinds = schema.get("type", [])
    if "array" in (kinds if isinstance(kinds, list) else [kinds]) and "items" not in schema:
        yield f"{place} is an array without `items`."
    if None in schema.get("enum", []):
        yield f'{place} has null among its `enum`; use a union with `type: "null"`.'
    yield from (f"{place} {fault}" for fault in _union_faults(document, schema))
    for field, definition in schema.get("properties", {}).items():
        yield from _schema_faults(document, definition, f"{place}.{field}")
    for child in _nested(schema):
        yield from _schema_faults(document, child, place)


def _union_faults(document: Json, schema: Json) -> Iterator[str]:
    members = [
        resolve(document, member) for member in [*schema.get("oneOf", []), *schema.get("anyOf", [])]
    ]
    objects = [member for member in members if "properties" in member]
    tags = [
        {
            (field, definition["const"])
            for field, definition in member["properties"].items()
            if "const" in definition and field in member.get("required", [])
        }
        for member in objects
    ]
    named = schema.get("discriminator", {}).get("propertyName")
    values = [value for tag in tags for field, value in tag if field == named]
    if len(objects) > 1 and (named is None or len(set(values)) < len(objects)):
        yield (
            "has several objects as alternatives; tell them apart by a `discriminator` whose "
            "property is required in each and has another `const` in each."
        )


def _request_defaults(document: Json) -> Iterator[str]:
    seen: set[str] = set()
    for path, method, operation in operations(document):
        body = resolve(document, operation.get("requestBody", {}))
        for media_type in body.get("content", {}).values():
            for name in _with_default(document, media_type.get("schema", {}), seen):
                yield (
                    f"{method.upper()} {path}: {name} has a `default`, which would be sent with "
                    "every request; say in the description what the server takes."
                )


def _with_default(
    document: Json, schema: Json, seen: set[str], place: str = "the body"
) -> Iterator[str]:
    if "$ref" in schema:
        if schema["$ref"] not in seen:
            seen.add(schema["$ref"])
            name = schema["$ref"].rsplit("/", 1)[-1]
            yield from _with_default(document, resolve(document, schema), seen, name)
        return
    if "default" in schema:
        yield place
    for field, definition in schema.get("properties", {}).items():
        yield from _with_default(document, definition, seen, f"{place}.{field}")
    for child in _nested(schema):
        yield from _with_default(document, child, seen, place)
