"""
`reflect_contract`: the contract's shapes as msgspec types, its operations as data, itself as JSON.
"""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from pathlib import Path

from contract_types import identifier, type_expression
from document import Json, credential_header, operations, resolve, security_schemes
from formatting import tidy

HERE = Path(__file__).resolve().parent

_MODELS_HEAD = '''"""
The shapes of requests and answers, generated from `openapi.yaml`.

A field that is absent is `msgspec.UNSET`, which is not the same as null; fields that the contract
does not name are passed over when a request is read.
"""

from __future__ import annotations

import datetime
import uuid
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
'''

_OPERATIONS_HEAD = '''"""
The operations of the API in the order of the contract, generated from `openapi.yaml`.
"""

from __future__ import annotations

import datetime
import uuid
from typing import Annotated, Any

import msgspec

from . import models
from .operation import Credential, Operation, Parameter

'''


def write_contract(document: Json, package: Path) -> None:
    """
    Generate the server's package into a folder that does not exist yet.

    Args:
        document: The contract.
        package: The folder of the package.
    """
    shutil.copytree(
        HERE / "contract_runtime", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    (package / "models.py").write_text(_models(document), encoding="utf-8", newline="\n")
    (package / "operations.py").write_text(_operations(document), encoding="utf-8", newline="\n")
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    (package / "openapi.json").write_text(text, encoding="utf-8", newline="\n")
    (package / "py.typed").touch()
    tidy(package)


def _models(document: Json) -> str:
    schemas = document["components"]["schemas"]
    enums = {name: schema for name, schema in schemas.items() if "enum" in schema}
    structs = {name: schema for name, schema in schemas.items() if _is_struct(schema)}
    aliases = {name: schemas[name] for name in schemas if name not in enums and name not in structs}
    parts = [
        _MODELS_HEAD,
        *(_enum(name, schema) for name, schema in enums.items()),
        *(_struct(name, schema) for name, schema in structs.items()),
        *(_alias(name, aliases[name]) for name in _dependencies_first(aliases)),
    ]
    return "\n\n".join(parts)


def _is_struct(schema: Json) -> bool:
    free_form = "properties" not in schema and schema.get("additionalProperties") not in (
        None,
        False,
    )
    return schema.get("type") == "object" and not free_form


def _dependencies_first(aliases: dict[str, Json]) -> list[str]:
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in aliases and name not in ordered:
            for reference in re.findall(r'#/components/schemas/(\w+)"', json.dumps(aliases[name])):
                visit(reference)
            ordered.append(name)

    for name in aliases:
        visit(name)
    return ordered


def _docstring(text: str, attributes: list[tuple[str, str]] | None = None) -> str:
    paragraphs = [textwrap.fill(" ".join(text.split()), 92)]
    if attributes:
        lines = (
            textwrap.fill(
                f"{name}: {' '.join(description.split())}",
                88,
                initial_indent="    ",
                subsequent_indent="        ",
            )
            for name, description in attributes
        )
        paragraphs.append("Attributes:\n" + "\n".join(lines))
    body = "\n\n".join(paragraphs).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""\n{body}\n"""'


def _enum(name: str, schema: Json) -> str:
    base = "IntEnum" if isinstance(schema["enum"][0], int) else "StrEnum"
    members = [f"{_member(value)} = {value!r}" for value in schema["enum"]]
    body = f"{_docstring(schema['description'])}\n\n" + "\n".join(members)
    return f"class {name}({base}):\n{textwrap.indent(body, '    ')}"


def _member(value: str | int) -> str:
    if isinstance(value, int):
        return f"VALUE_{value}" if value >= 0 else f"VALUE_NEGATIVE_{-value}"
    return re.sub(r"\W", "_", value).upper()


def _struct(name: str, schema: Json) -> str:
    properties = dict(schema.get("properties", {}))
    tag = _tag(schema)
    options = ["frozen=True", "kw_only=True"]
    if tag:
        options.append(f"tag_field={tag!r}, tag={properties.pop(tag)['const']!r}")
    described = [
        (identifier(field), _description(definition)) for field, definition in properties.items()
    ]
    fields = [
        _field(field, definition, required=field in schema.get("required", []))
        for field, definition in properties.items()
    ]
    body = f"{_docstring(schema['description'], described)}\n\n" + "\n".join(fields)
    head = f"class {name}(msgspec.Struct, {', '.join(options)}):"
    return f"{head}\n{textwrap.indent(body, '    ')}"


def _tag(schema: Json) -> str | None:
    required = schema.get("required", [])
    constants = (
        field
        for field, definition in schema.get("properties", {}).items()
        if field in required and isinstance(definition.get("const"), str)
    )
    return next(constants, None)


def _description(schema: Json) -> str:
    if "description" in schema:
        return str(schema["description"])
    return f"See `{type_expression(schema)}`."


def _field(name: str, schema: Json, *, required: bool) -> str:
    kind = type_expression(schema)
    renamed = f'name="{name}"' if identifier(name) != name else ""
    if required:
        value = f" = msgspec.field({renamed})" if renamed else ""
        return f"{identifier(name)}: {kind}{value}"
    value = f"msgspec.field({renamed}, default=msgspec.UNSET)" if renamed else "msgspec.UNSET"
    return f"{identifier(name)}: {kind} | msgspec.UnsetType = {value}"


def _alias(name: str, schema: Json) -> str:
    return f"{name}: TypeAlias = {type_expression(schema)}\n{_docstring(schema['description'])}"


def _operations(document: Json) -> str:
    entries = [
        _operation(document, path, method, operation)
        for path, method, operation in operations(document)
    ]
    listed = textwrap.indent("\n".join(entries), "    ")
    return f"{_OPERATIONS_HEAD}OPERATIONS: tuple[Operation, ...] = (\n{listed}\n)\n"


def _operation(document: Json, path: str, method: str, operation: Json) -> str:
    item = document["paths"][path]
    parameters = [
        resolve(document, parameter)
        for parameter in [*operation.get("parameters", []), *item.get("parameters", [])]
    ]
    body = resolve(document, operation.get("requestBody", {}))
    answers = operation["responses"]
    successes = [status for status in answers if status.startswith("2")]
    success = next(
        (status for status in ("200", "2XX", *successes) if status in answers), "default"
    )
    answer = resolve(document, answers.get(success, {}))
    problems = sorted(int(status) for status in answers if re.fullmatch("[45][0-9]+", status))
    return f"""Operation(
    operation_id={operation["operationId"]!r},
    method={method.upper()!r},
    path={path!r},
    tag={operation["tags"][0]!r},
    summary={operation["summary"]!r},
    credentials={_tuple(_credentials(document, operation))},
    parameters={_tuple([_parameter(parameter) for parameter in parameters])},
    body={_content_type(body)},
    body_required={bool(body.get("required", False))},
    success_status={int(success) if success.isdigit() else 200},
    answer={_content_type(answer)},
    problem_statuses={tuple(problems)!r},
),"""


def _tuple(entries: list[str]) -> str:
    return f"({''.join(f'{entry},' for entry in entries)})"


def _credentials(document: Json, operation: Json) -> list[str]:
    scopes = {
        name: tuple(given)
        for requirement in operation["security"]
        for name, given in requirement.items()
    }
    return [
        f"Credential(scheme={name!r}, header={credential_header(scheme) or 'Authorization'!r}, "
        f"scopes={scopes[name]!r})"
        for name, scheme in security_schemes(document, operation)
    ]


def _parameter(parameter: Json) -> str:
    return (
        f"Parameter(name={parameter['name']!r}, location={parameter['in']!r}, "
        f"required={bool(parameter.get('required', False))}, "
        f"type={type_expression(parameter['schema'], 'models.')})"
    )


def _content_type(holder: Json) -> str:
    for media_type in holder.get("content", {}).values():
        return type_expression(media_type["schema"], "models.")
    return "None"
