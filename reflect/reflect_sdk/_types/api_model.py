"""
Base of the types that the API answers with: made of generated models, and to and from JSON.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Self, cast, get_args

from attrs import field, fields, frozen

from reflect_api import models
from reflect_api.types import UNSET

_ABBREVIATION = reprlib.Repr()
_ABBREVIATION.maxstring = _ABBREVIATION.maxother = 80

abbreviated = _ABBREVIATION.repr
"""The `repr` of a field that may be long."""


@frozen(kw_only=True, slots=False)
class ApiModel:
    """
    Base of all types that the API answers with.

    Attributes:
        additional_properties: Fields of the answer that this version does not know, by their name.
    """

    additional_properties: dict[str, Any] = field(factory=dict, repr=False)

    @classmethod
    def from_api(cls, answer: object) -> Self:
        """
        Make the value of an object of the low-level client.

        Args:
            answer: An instance of the generated class of the same name.
        """
        reader = _READERS.get(cls) or _reader(cls)
        made = cls.__new__(cls)
        # A third of the time of __init__, which takes each attribute for itself.
        values = made.__dict__
        values.update(zip(reader.names, reader.read(answer)))  # noqa: B905 - both are of one length by design
        for name, value in values.items():
            if type(value) not in _AS_IS:
                values[name] = reader.absent(name) if value is UNSET else reader.plain(name, value)
        return made

    @classmethod
    def from_dict(cls, payload: Mapping[str, Any]) -> Self:
        """
        Make the value of a JSON object, as `to_dict` returns it.

        Args:
            payload: The JSON object.

        Raises:
            FieldError: If a field is missing or of another type.
        """
        return cls.from_api(_reader(cls).model.from_dict(payload))

    def to_dict(self) -> dict[str, Any]:
        """
        Return the value as a JSON object, with the names of the API.

        Returns:
            What `from_dict` takes; date-times as ISO 8601.
        """
        known = {
            name: _json(getattr(self, name))
            for name in _reader(type(self)).names
            if name != "additional_properties"
        }
        return {**cast("dict[str, Any]", _json(self.additional_properties)), **known}


_AS_IS = frozenset({str, int, float, bool, type(None), dict, datetime})


@frozen
class _Reader:
    """
    How the values of one type are read off objects of the low-level client.

    Attributes:
        model: The generated class that those objects are of.
        names: The names of its fields.
        read: Reads them all off an object at once.
        defaults: What a field is where it is absent, by name.
        factories: What makes that anew for each value, for fields that have no default.
        nested: The types of those fields that hold further values, or lists of them.
    """

    model: Any
    names: tuple[str, ...]
    read: Callable[[object], tuple[object, ...]]
    defaults: Mapping[str, object]
    factories: Mapping[str, Callable[[], object]]
    nested: Mapping[str, type[ApiModel]]

    def absent(self, name: str) -> object:
        make = self.factories.get(name)
        return self.defaults[name] if make is None else make()

    def plain(self, name: str, value: object) -> object:
        if isinstance(value, list):
            if _AS_IS.issuperset(map(type, value)):
                return value
            return [self.plain(name, item) for item in value]
        if isinstance(value, str):
            return str.__str__(value)  # Of an enumeration: its text, without a call of its own.
        model = self.nested.get(name)
        return value if model is None else model.from_api(value)


_READERS: dict[type[ApiModel], _Reader] = {}


def _reader(kind: type[ApiModel]) -> _Reader:
    """
    Return the reader of a type.

    The class right below `ApiModel` has the name of the generated class that it is made of; a
    subclass of it, which users may have, is read like it.
    """
    if kind not in _READERS:
        base = next(entry for entry in kind.__mro__ if ApiModel in entry.__bases__)
        known = {attribute.name: attribute for attribute in fields(base)}
        defaults: dict[str, Any] = {name: known[name].default for name in known}
        nested = {name: _model_in(attribute.type) for name, attribute in known.items()}
        _READERS[kind] = _Reader(
            model=getattr(models, base.__name__),
            names=tuple(known),
            read=attrgetter(*known),
            defaults=defaults,
            factories={
                name: default.factory
                for name, default in defaults.items()
                if hasattr(default, "factory")
            },
            nested={name: model for name, model in nested.items() if model is not None},
        )
    return _READERS[kind]


def _model_in(annotation: object) -> type[ApiModel] | None:
    """
    Return the type that the value of a field, or of its items, is made into.

    Args:
        annotation: The field's, such as `list[SkillLine]`, as it is when it is evaluated: modules
            of such types do without `from __future__ import annotations`.
    """
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _json(value: object) -> object:
    if isinstance(value, ApiModel):
        return value.to_dict()
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {name: _json(item) for name, item in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value
