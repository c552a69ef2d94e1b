"""
Reads the documentation of a package out of its source, without running it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import griffe
from attrs import evolve
from reference_docstrings import Sections, one_line
from reference_model import Callable, Constant, Outcome, Parameter, Reference, Type
from reference_signatures import (
    WRAPPERS,
    alternatives,
    decorators_of,
    field_default,
    parameter_default,
    public_parameters,
    signature,
    target,
    yielded,
)
from reference_twins import asynchronous_examples


def read_reference(package: str, client: str, search_paths: Iterable[Path]) -> Reference:
    """
    Read the public names of a package.

    Args:
        package: The package; its `__all__` says what is public.
        client: The class that gets a page of its own.
        search_paths: Folders that hold the package and those that it takes names from.

    Raises:
        SystemExit: A public name is of a kind that has no place in a reference yet.
    """
    module = griffe.load(
        package,
        search_paths=[str(path) for path in search_paths],
        docstring_parser="google",
        allow_inspection=False,
        resolve_aliases=True,
        resolve_external=True,
    )
    public = {str(name) for name in module.exports or ()} - {client}
    readers, constants, functions = [], [], []
    for name in sorted(public):
        found = target(module[name])
        if isinstance(found, griffe.Class):
            readers.append(_ClassReader(found, public))
        elif isinstance(found, griffe.Attribute):
            constants.append(_constant(name, found))
        elif isinstance(found, griffe.Function):
            functions.append(_callable(found, Sections(found.docstring)))
        else:
            raise SystemExit(f"{package}.{name} is a {found.kind.value}, which has no page yet.")
    hidden = {base.name: base for reader in readers for base in reader.hidden}
    whole = target(module[client])
    assert isinstance(whole, griffe.Class)  # noqa: S101 - its name was given
    return Reference(
        client=_ClassReader(whole, public).type(),
        types=tuple(reader.type() for reader in readers if not reader.is_error),
        shared=tuple(_ClassReader(base, public).type() for base in hidden.values()),
        errors=tuple(reader.type() for reader in readers if reader.is_error),
        functions=tuple(functions),
        constants=tuple(constants),
    )


def _constant(name: str, attribute: griffe.Attribute) -> Constant:
    value = "" if attribute.value is None else str(attribute.value)
    text = attribute.docstring.value if attribute.docstring else ""
    return Constant(name, value, one_line(text))


class _ClassReader:
    """
    Reads one class.

    A public class is described with its own members; what it inherits stands with its bases.
    Another one, such as the client, is described with all that it has.

    Args:
        source: The class.
        public: Names of the classes that are described each for itself.

    Attributes:
        hidden: The bases that are not among them.
        is_error: Whether the class is raised.
    """

    def __init__(self, source: griffe.Class, public: set[str]) -> None:
        bases = source.mro()
        is_public = source.name in public
        self.source = source
        self.is_error = any(
            str(base) in {"Exception", "BaseException"}
            for owner in (source, *bases)
            for base in owner.bases
        )
        self.hidden = [base for base in bases if is_public and base.name not in public]
        self.members: dict[str, griffe.Object] = {}
        for owner in [source] if is_public else [source, *bases]:
            for name, member in owner.members.items():
                self.members.setdefault(name, target(member))
        self.sections = Sections(source.docstring)

    def type(self) -> Type:
        """
        Describe the class.
        """
        functions = [
            member
            for name, member in self.members.items()
            if isinstance(member, griffe.Function) and not name.startswith("_")
        ]
        of_class = [entry for entry in functions if "classmethod" in entry.labels]
        of_object = [entry for entry in functions if entry not in of_class]
        return Type(
            name=self.source.name,
            bases=tuple(str(base) for base in self.source.bases),
            prose=self.sections.prose,
            constructor=self._constructor(),
            attributes=tuple(self._attributes()),
            class_methods=() if self.is_error else tuple(map(self._callable, of_class)),
            methods=() if self.is_error else tuple(map(self._callable, of_object)),
            examples=self.sections.examples,
            notes=self.sections.notes,
            is_error=self.is_error,
        )

    def _constructor(self) -> Callable | None:
        made = self.members.get("__init__")
        if self.is_error or not isinstance(made, griffe.Function):
            return None
        return Callable(
            name="__init__",
            signature=tuple(signature(made)),
            parameters=tuple(_parameters(made, self.sections)),
            raises=self.sections.raises,
            documented=tuple(self.sections.parameters),
        )

    def _attributes(self) -> Iterator[Parameter]:
        """
        List the attributes that the docstring names, then those that have a docstring themselves.
        """
        described = dict(self.sections.attributes)
        if self.is_error:
            described = {**self.sections.parameters, **described}
        for name, member in self.members.items():
            if isinstance(member, griffe.Attribute) and not name.startswith("_"):
                described.setdefault(name, member.docstring.value if member.docstring else "")
        for name, text in described.items():
            if text or not self.is_error:
                yield self._attribute(name, text)

    def _attribute(self, name: str, text: str) -> Parameter:
        member = self.members.get(name)
        made = self.members.get("__init__")
        annotation = default = None
        if isinstance(member, griffe.Attribute):
            annotation = member.annotation
            default = None if self.is_error else field_default(member)
        if annotation is None and isinstance(made, griffe.Function) and name in made.parameters:
            annotation = made.parameters[name].annotation
        return Parameter(name, alternatives(annotation), default, one_line(text))

    def _callable(self, function: griffe.Function) -> Callable:
        twin_of = _twin_of(function)
        other = self.members.get(twin_of or f"{function.name}_async")
        sections = Sections((other if twin_of and other else function).docstring)
        described = _callable(function, sections)
        return evolve(
            described,
            examples=asynchronous_examples(described.examples, self._kinds_of_twins())
            if twin_of
            else described.examples,
            twin=other.name if other else "",
            is_twin=bool(twin_of),
        )

    def _kinds_of_twins(self) -> dict[str, str]:
        return {
            twin_of: _kind_of_twin(member)
            for member in self.members.values()
            if isinstance(member, griffe.Function) and (twin_of := _twin_of(member))
        }


def _callable(function: griffe.Function, sections: Sections) -> Callable:
    return Callable(
        name=function.name,
        signature=tuple(signature(function)),
        prose=sections.prose,
        parameters=tuple(_parameters(function, sections)),
        returns=_outcome(function.returns, sections.returns),
        yields=_outcome(yielded(function.returns), sections.yields),
        raises=sections.raises,
        examples=sections.examples,
        notes=sections.notes,
        documented=tuple(sections.parameters),
        gives=str(function.returns) not in {"None", "Self"},
        asks_the_service=bool(re.search(r"\bself\._drive(_async)?\(", function.source)),
    )


def _twin_of(function: griffe.Function) -> str:
    """
    Return the method that this one is the asynchronous twin of; empty where it is none.
    """
    matches = (re.fullmatch(r"twin_of\((\w+)\)", text) for text in decorators_of(function))
    return next((match[1] for match in matches if match), "")


def _kind_of_twin(function: griffe.Function) -> str:
    if any(name in WRAPPERS for name in decorators_of(function)):
        return "context"
    iterates = str(function.returns).startswith(("AsyncIterator", "AsyncGenerator"))
    return "iterator" if iterates else "coroutine"


def _outcome(annotation: str | griffe.Expr | None, description: str) -> Outcome | None:
    return Outcome(alternatives(annotation), description) if description else None


def _parameters(function: griffe.Function, sections: Sections) -> Iterator[Parameter]:
    for entry in public_parameters(function):
        yield Parameter(
            entry.name,
            alternatives(entry.annotation),
            parameter_default(function, entry.default),
            sections.parameters.get(entry.name, ""),
        )
