"""
The contract as a page to read, made of `openapi.json` alone: no script, nothing from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from reflect_contract import openapi_json

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1c2024; background: #fff; }
code { font: 0.9em ui-monospace, monospace; background: #f0f2f4; padding: 0.1em 0.3em;
       border-radius: 3px; overflow-wrap: anywhere; }
h3 { margin-top: 2.5rem; border-top: 1px solid #d5d9de; padding-top: 1rem; }
table { border-collapse: collapse; width: 100%; }
td { border-bottom: 1px solid #e3e6ea; padding: 0.3rem 0.8rem 0.3rem 0; vertical-align: top; }
td:first-child { min-width: 7.5rem; }
td p { margin: 0; }
@media (min-width: 48rem) { td:first-child code { white-space: nowrap; } }
@media (prefers-color-scheme: dark) {
  body { color: #e6e8eb; background: #16181b; } code { background: #26292d; } a { color: #7ab7ff; }
  h3, td { border-color: #33373c; }
}
"""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a browser may do with the page: load the style within it, and frame it nowhere."""

_SCHEMA_PREFIX = "#/components/schemas/"


@cache
def api_page() -> bytes:
    """
    Return the page, HTML in UTF-8.
    """
    document = json.loads(openapi_json())
    info = document["info"]
    title = f"{escape(info['title'])} API"
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>",
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>",
        f"<h1>{title}</h1>{_text(info['description'])}",
        "<p>For programs: <a href=/openapi.json><code>/openapi.json</code></a>.</p>",
        *_contents(document),
        *_operations(document),
        *_schemas(document),
    ]
    return "\n".join(parts).encode()


def _contents(document: dict[str, Any]) -> Iterator[str]:
    yield "<h2>Operations</h2><table>"
    for path, method, operation in _each_operation(document):
        name = escape(operation["operationId"])
        yield (
            f"<tr><td><a href='#{name}'><code>{method} {escape(path)}</code></a>"
            f"<td>{escape(operation['summary'])}"
        )
    yield "</table>"


def _operations(document: dict[str, Any]) -> Iterator[str]:
    for path, method, operation in _each_operation(document):
        name = escape(operation["operationId"])
        yield f"<h3 id='{name}'>{escape(operation['summary'])}</h3>"
        yield f"<p><code>{method} {escape(path)}</code> · <code>{name}</code></p>"
        yield _text(operation["description"])
        yield f"<p>Needs: {_credentials(operation)}.</p><table>"
        for parameter in operation.get("parameters", []):
            found = _resolved(document, parameter)
            yield (
                f"<tr><td><code>{escape(found['name'])}</code><td>{escape(found['in'])}"
                f"<td>{_text(found['description'])}"
            )
        body = operation.get("requestBody")
        if body:
            yield f"<tr><td>body<td><td>{_content(body)}"
        for status, answer in operation["responses"].items():
            found = _resolved(document, answer)
            yield (
                f"<tr><td>{escape(status)}<td>{_content(found)}<td>{_text(found['description'])}"
            )
        yield "</table>"


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    yield "<h2>Shapes</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f"<h3 id='schema-{escape(name)}'>{escape(name)}</h3>{_text(schema['description'])}"
        if "enum" in schema:
            yield f"<p>{', '.join(f'<code>{escape(str(v))}</code>' for v in schema['enum'])}</p>"
        yield "<table>"
        for field, definition in schema.get("properties", {}).items():
            required = "required" if field in schema.get("required", []) else ""
            described = definition.get("description") or ""
            yield (
                f"<tr><td><code>{escape(field)}</code><td>{_type(definition)}<td>{required}"
                f"<td>{_text(described)}"
            )
        yield "</table>"


def _each_operation(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                yield path, method.upper(), operation


def _credentials(operation: dict[str, Any]) -> str:
    needed = [
        f"<code>{escape(scheme)}</code>"
        + "".join(f" with <code>{escape(scope)}</code>" for scope in scopes)
        for requirement in operation["security"]
        for scheme, scopes in requirement.items()
    ]
    return " or ".join(needed) or "no credential"


def _content(holder: dict[str, Any]) -> str:
    return ", ".join(_type(media["schema"]) for media in holder.get("content", {}).values())


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_SCHEMA_PREFIX))
        return f"<a href='#schema-{name}'>{name}</a>"
    members = schema.get("oneOf") or schema.get("anyOf")
    if members:
        return " or ".join(_type(member) for member in members)
    kinds = schema.get("type", "any")
    shown = " or ".join(kinds) if isinstance(kinds, list) else kinds
    inner = f" of {_type(schema['items'])}" if "items" in schema else ""
    return escape(shown) + inner


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = document
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def _text(markdown: str) -> str:
    return str(_markdown().render(markdown))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})
