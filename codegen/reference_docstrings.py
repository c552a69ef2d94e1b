"""
The parts of one docstring in Google style.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import griffe
from reference_model import Example, Outcome
from reference_signatures import alternatives

_KINDS = griffe.DocstringSectionKind


class Sections:
    """
    What a docstring says, by section.

    Args:
        docstring: The docstring; None where there is none.

    Attributes:
        prose: The paragraphs outside of any section.
        parameters: What it says of each parameter.
        attributes: What it says of each attribute.
        returns: What it says of the returned value; empty where nothing.
        yields: What it says of the yielded values; empty where nothing.
        raises: The errors, and when they are raised.
        examples: The examples.
        notes: Other sections, such as `Note`.

    Raises:
        SystemExit: The docstring has a section of another kind.
    """

    def __init__(self, docstring: griffe.Docstring | None) -> None:
        self._sections = docstring.parse("google") if docstring else []
        self.prose = tuple(
            paragraph for text in self._of(_KINDS.text) for paragraph in _paragraphs(text.value)
        )
        self.parameters = self._named(_KINDS.parameters)
        self.attributes = self._named(_KINDS.attributes)
        self.returns = " ".join(self._described(_KINDS.returns))
        self.yields = " ".join(self._described(_KINDS.yields))
        self.raises = tuple(
            Outcome(alternatives(entry.annotation), one_line(entry.description))
            for section in self._of(_KINDS.raises)
            for entry in section.value
        )
        asides = [(section.title or "", section.value) for section in self._of(_KINDS.admonition)]
        self.examples = tuple(
            _example(title, aside.description) for title, aside in asides if aside.kind == "example"
        )
        self.notes = tuple(
            one_line(aside.description) for _, aside in asides if aside.kind == "note"
        )
        self._refuse_others([aside.kind for _, aside in asides])

    def _of(self, kind: griffe.DocstringSectionKind) -> Iterator[griffe.DocstringSection]:
        return (section for section in self._sections if section.kind is kind)

    def _named(self, kind: griffe.DocstringSectionKind) -> dict[str, str]:
        return {
            entry.name: one_line(entry.description)
            for section in self._of(kind)
            for entry in section.value
        }

    def _described(self, kind: griffe.DocstringSectionKind) -> Iterator[str]:
        for section in self._of(kind):
            yield from (one_line(entry.description) for entry in section.value)

    def _refuse_others(self, asides: list[str]) -> None:
        known = {
            _KINDS.text,
            _KINDS.parameters,
            _KINDS.attributes,
            _KINDS.returns,
            _KINDS.yields,
            _KINDS.raises,
            _KINDS.admonition,
        }
        others = [section.kind.value for section in self._sections if section.kind not in known]
        others += [kind for kind in asides if kind not in {"example", "note"}]
        if others:
            raise SystemExit(
                f"A docstring has a section {others[0]!r}. Known are Args, Attributes, Returns, "
                "Yields, Raises, Example and Note."
            )


def _example(title: str, text: str) -> Example:
    code, output = [], []
    for line in inspect.cleandoc(text).splitlines():
        if line.startswith((">>> ", "... ")):
            code.append(line[4:])
        elif line in {">>>", "..."}:
            code.append("")
        else:
            output.append(line)
    shown = "" if title.lower() == "example" else title
    return Example(shown, "\n".join(code), "\n".join(output).strip())


def _paragraphs(text: str) -> list[str]:
    blocks = re.split(r"\n\s*\n", text.strip())
    return [block if _keeps_its_lines(block) else one_line(block) for block in blocks]


def _keeps_its_lines(block: str) -> bool:
    return block.startswith(("- ", "* ", "1. ", "```", "    "))


def one_line(text: str) -> str:
    """
    Return a text without its line breaks.
    """
    return " ".join(text.split())
