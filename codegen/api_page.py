"""
`docs/api.md`: the contract as a page to read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from document import Json, credential_header, operations, resolve, security_schemes
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from schema_text import description_of, example_of, link, type_text

_TEMPLATES = Path(__file__).resolve().parent / "templates-docs"


def write_api_page(document: Json, page: Path) -> None:
    """
    Write the contract as Markdown.

    Args:
        document: The contract.
        page: The file; its folder is made where it does not exist.
    """
    environment = Environment(  # noqa: S701 - Markdown is written here, not HTML
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(table=_table, link=link)
    text = environment.get_template("api.md.jinja").render(
        info=document["info"],
        servers=[(f"`{server['url']}`", server["description"]) for server in document["servers"]],
        schemes=list(map(_scheme, document["components"]["securitySchemes"].items())),
        overview=[_overview(*entry) for entry in operations(document)],
        groups=_groups(document),
        schemas=[_schema(document, *entry) for entry in document["components"]["schemas"].items()],
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    text = re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"
    page.write_text(text, encoding="utf-8", newline="\n")


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _scheme(entry: tuple[str, Json]) -> tuple[str, str, str]:
    name, scheme = entry
    header = credential_header(scheme)
    sent = f"`{header}: <token>`" if header else f"`Authorization: Bearer {scheme['bearerFormat']}`"
    return f"`{name}`", sent, scheme["description"]


def _overview(path: str, method: str, operation: Json) -> tuple[str, str, str]:
    return link(operation["operationId"]), f"`{method.upper()} {path}`", operation["summary"]


def _groups(document: Json) -> list[Json]:
    found = list(operations(document))
    return [
        {
            **tag,
            "operations": [
                _operation(document, *entry) for entry in found if tag["name"] in entry[2]["tags"]
            ],
        }
        for tag in document["tags"]
    ]


def _operation(document: Json, path: str, method: str, operation: Json) -> Json:
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
        "answers": [
            (f"`{status}`", _content(answer), answer["description"], _headers(answer))
            for status, answer in answers.items()
            if status < "4"
        ],
        "problems": [
            (f"`{status}`", _content(answer), answer["description"])
            for status, answer in answers.items()
            if status >= "4"
        ],
    }


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
