"""
The reference as pages: one model, written as Mintlify's MDX or as the site's Markdown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_table import CODE_SPAN, html_code, markdown_table
from reference_model import Reference

_TEMPLATES = Path(__file__).resolve().parent / "templates-docs"


@frozen(kw_only=True)
class Dialect:
    """
    How a page is written.

    Attributes:
        client_page: The address of the client's page, as links of the other page write it.
        types_page: The same of the page of types.
        marker: Says that the file is generated, in a form that readers of the page do not see.
        note: Sets a remark apart.
        prose: Makes prose outside of code spans safe.
        union: Writes the alternatives of a type; each is a code span, linked or not.
        piped_code: Writes code that holds a `|` inside a table.
    """

    client_page: str
    types_page: str
    marker: str
    note: Callable[[str], str]
    prose: Callable[[str], str]
    union: Callable[[Sequence[str]], str]
    piped_code: Callable[[str], str]


def _mdx_union(spans: Sequence[str]) -> str:
    if any(span.startswith("[") for span in spans):
        return " or ".join(spans)
    return "`" + r" \| ".join(span.strip("`") for span in spans) + "`"


MDX = Dialect(
    client_page="/reflect-client",
    types_page="/types",
    marker="{/* Generated from the docstrings by scripts/generate_api_docs.py; edit those. */}",
    note=lambda text: f"<Note>\n  {text}\n</Note>",
    prose=lambda text: re.sub(r"[{}<]", lambda found: f"\\{found[0]}", text),
    union=_mdx_union,
    piped_code=lambda code: "`" + code.replace("|", r"\|") + "`",
)
"""
What Mintlify reads.
"""

MARKDOWN = Dialect(
    client_page="client.md",
    types_page="types.md",
    marker="<!-- Generated from the docstrings by scripts/generate_api_docs.py; edit those. -->",
    note=lambda text: f"> **Note:** {text}",
    prose=lambda text: text.replace("<", "&lt;"),
    union=" or ".join,
    piped_code=html_code,
)
"""
What the site and GitHub read.
"""


def client_page(reference: Reference, dialect: Dialect) -> str:
    """
    Write the page of the client.
    """
    return _Writer(reference, dialect, "client").page("client.jinja")


def types_page(reference: Reference, dialect: Dialect) -> str:
    """
    Write the page of the data types and errors.
    """
    return _Writer(reference, dialect, "types").page("types.jinja")


class _Writer:
    """
    Writes one page; its methods are what the templates call.
    """

    def __init__(self, reference: Reference, dialect: Dialect, here: str) -> None:
        self.reference = reference
        self.dialect = dialect
        self.here = here
        kinds = (*reference.types, *reference.shared, *reference.errors)
        names = [kind.name for kind in kinds]
        names += [function.name for function in reference.functions]
        names += [constant.name for constant in reference.constants]
        client = reference.client
        self.places = {name: ("types", name.lower()) for name in names} | {
            method.name: ("client", method.name)
            for method in (*client.class_methods, *client.methods)
        }
        self.places[client.name] = ("client", "")

    def page(self, template: str) -> str:
        """
        Render a template.
        """
        environment = Environment(  # noqa: S701 - Markdown is written here, not HTML
            loader=FileSystemLoader(_TEMPLATES / "reference"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.globals.update(
            code=self.code,
            heading=self.heading,
            link=self.link,
            marker=self.dialect.marker,
            note=lambda text: self.dialect.note(self.text(text)),
            quoted=lambda text: json.dumps(text, ensure_ascii=False),
            reference=self.reference,
            table=partial(markdown_table, piped_code=self.dialect.piped_code),
            text=self.text,
            types=self.types,
        )
        text = environment.get_template(template).render()
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

    def heading(self, name: str) -> str:
        """
        Write a name as a heading, so that `__version__` is not bold.
        """
        return re.sub(r"^_+|_+$", lambda found: r"\_" * len(found[0]), name)

    def link(self, name: str, shown: str = "") -> str:
        """
        Write a name as code, with a link to its entry where it has one.
        """
        shown = shown or f"`{name}`"
        place = self.places.get(name)
        if place is None:
            return shown
        page, anchor = place
        address = "" if page == self.here else getattr(self.dialect, f"{page}_page")
        return (
            f"[{shown}]({address}{'#' if anchor else ''}{anchor})" if address or anchor else shown
        )

    def text(self, text: str, entry: str = "") -> str:
        """
        Write prose; a code span that is a public name becomes a link to its entry.

        Args:
            text: The prose.
            entry: The name whose entry this is; it is not linked.
        """
        return "".join(
            self._span(part, entry) if part.startswith("`") else self.dialect.prose(part)
            for part in CODE_SPAN.split(text)
        )

    def _span(self, span: str, entry: str) -> str:
        name = span.strip("`").removeprefix(f"{self.reference.client.name}.")
        return span if name == entry else self.link(name, span)

    def types(self, alternatives: Sequence[str]) -> str:
        """
        Write the alternatives of a type for a table or a line of prose.
        """
        return self.dialect.union([self._type(alternative) for alternative in alternatives])

    def _type(self, alternative: str) -> str:
        span = self.code(alternative)
        known = [word for word in re.findall(r"\w+", alternative) if word in self.places]
        return self.link(known[0], span) if len(known) == 1 else span

    def code(self, source: str) -> str:
        """
        Write code for a table.
        """
        return self.dialect.piped_code(source) if "|" in source else f"`{source}`"
