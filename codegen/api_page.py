"""
`docs/api.md`: the contract as a page to read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from api_examples import curl_example, low_level_example
from document import Json, credential_header, operations, resolve, security_schemes
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_table import markdown_table
from reference_model import Callable, Reference
from schema_text import description_of, example_of, link, type_text

_TEMPLATES = Path(__file__).resolve().parent / "templates-docs"


def api_page(document: Json, reference: Reference) -> str:
    """
    Write the contract as Markdown.

    Args:
        document: The contract.
        reference: The client; an operation shows the example of the method that performs it.
    """
    environment = Environment(  # noqa: S701 - Markdown is written here, not HTML
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(table=markdown_table, link=link)
    text = environment.get_template("api.md.jinja").render(
        info=document["info"],
        servers=[(f"`{server['url']}`", server["description"]) for server in document["servers"]],
        schemes=list(map(_scheme, document["components"]["securitySchemes"].items())),
        overview=[_overview(*entry) for entry in operations(document)],
        problems=_problems(document),
        groups=_groups(document, reference),
        schemas=[_schema(document, *entry) for entry in document["components"]["schemas"].items()],
    )
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def _scheme(entry: tuple[str, Json]) -> tuple[str, str, str]:
    name, scheme = entry
    header = credential_header(scheme)
    sent = f"`{header}: <token>`" if header else f"`Authorization: Bearer {scheme['bearerFormat']}`"
    return f"`{name}`", sent, scheme["description"]


def _overview(path: str, method: str, operation: Json) -> tuple[str, str, str]:
    return link(operation["operationId"]), f"`{method.upper()} {path}`", operation["summary"]


def _problems(document: Json) -> list[tuple[str, str, str]]:
    return [
        (f"`{code}`", f"`{problem['status']}`", problem["description"])
        for code, problem in problem_codes(document).items()
    ]


def problem_codes(document: Json) -> Json:
    """
    Return what the contract says of each code of a problem, by code.
    """
    codes: Json = document["components"]["schemas"].get("ProblemCode", {}).get("x-problems", {})
    return codes


def _groups(document: Json, reference: Reference) -> list[Json]:
    found = list(operations(document))
    methods = {method.name: method for method in reference.client.class_methods}
    methods.update({method.name: method for method in reference.client.methods})
    return [
        {
            **tag,
            "operations": [
                _operation(document, *entry, methods.get(entry[2]["operationId"]))
                for entry in found
                if tag["name"] in entry[2]["tags"]
            ],
        }
        for tag in document["tags"]
    ]


def _operation(
    document: Json, path: str, method: str, operation: Json, sdk: Callable | None
) -> Json:
    listed = document["paths"][path].get("parameters", []) + operation.get("parameters", [])
    answers = {
        status: resolve(document, answer) for status, answer in operation["responses"].items()
    }
    return {
        "id": operation["operationId"],
        "line": f"{method.upper()} {path}",
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "credential": _credential(document, operation),
        "parameters": [_parameter(resolve(document, parameter)) for parameter in listed],
        "body": _body(document, operation),
        "idempotency": operation["x-idempotency"],
        "answers": [
            (f"`{status}`", _content(answer), answer["description"], _headers(answer))
            for status, answer in answers.items()
            if status < "4"
        ],
        "problems": ", ".join(_codes(document, operation, answers)),
        "curl": curl_example(document, path, method, operation),
        "low_level": low_level_example(document, path, operation),
        "sdk": sdk.name if sdk else "",
        "sdk_examples": [example.code for example in sdk.examples] if sdk else [],
    }


def _codes(document: Json, operation: Json, answers: Iterable[str]) -> Iterator[str]:
    name = operation["operationId"]
    for code, problem in problem_codes(document).items():
        status = str(problem["status"])
        if status in answers and name in problem.get("operations", [name]):
            yield f"`{status} {code}`"


def _credential(document: Json, operation: Json) -> str:
    if not operation["security"]:
        return "none needed"
    scopes = {name: needed for entry in operation["security"] for name, needed in entry.items()}
    return " or ".join(
        f"`{name}`" + "".join(f" with the scope `{scope}`" for scope in scopes[name])
        for name, _ in security_schemes(document, operation)
    )


def _parameter(parameter: Json) -> tuple[str, ...]:
    return (
        f"`{parameter['name']}`",
        parameter["in"],
        type_text(parameter["schema"]),
        "yes" if parameter.get("required") else "no",
        parameter["description"],
    )


def _body(document: Json, operation: Json) -> str:
    body = resolve(document, operation.get("requestBody", {}))
    if not body:
        return ""
    return _content(body) + ("" if body.get("required") else ", which may be left out")


def _content(holder: Json) -> str:
    shown = (
        f"{type_text(media['schema'])} as `{kind}`"
        for kind, media in holder.get("content", {}).items()
    )
    return " or ".join(shown) or "no body"


def _headers(answer: Json) -> str:
    return ", ".join(f"`{name}`" for name in answer.get("headers", {})) or "none"


def _schema(document: Json, name: str, schema: Json) -> Json:
    required = schema.get("required", [])
    return {
        "name": name,
        "description": schema["description"],
        "type": type_text(schema),
        "fields": [
            (
                f"`{field}`",
                type_text(definition),
                "yes" if field in required else "no",
                description_of(document, definition),
            )
            for field, definition in schema.get("properties", {}).items()
        ],
        "example": _json(example_of(document, schema)),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
