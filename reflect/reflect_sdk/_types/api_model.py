"""
Base of the types that the API answers with: made of generated models, and to and from JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Self, cast

from attrs import field, fields, frozen

from reflect_api import models
from reflect_api.types import UNSET

_KINDS: dict[str, type[ApiModel]] = {}


@frozen(kw_only=True, slots=False)
class ApiModel:
    """
    Base of all types that the API answers with.

    Attributes:
        additional_properties: Fields of the answer that this version does not know, by their name.
    """

    additional_properties: dict[str, Any] = field(factory=dict, repr=False)

    def __init_subclass__(cls) -> None:
        """
        Have generated objects of the class's name made into it, wherever they stand.
        """
        _KINDS[cls.__name__] = cls

    @classmethod
    def from_api(cls, answer: object) -> Self:
        """
        Make the value of an object of the low-level client.

        Args:
            answer: An instance of the generated class of the same name.
        """
        reader = _reader(cls)
        made = cls.__new__(cls)
        # A third of the time of __init__, which takes each attribute for itself.
        values = made.__dict__
        values.update(zip(reader.names, reader.read(answer)))  # noqa: B905 - both are of one length by design
        for name, value in values.items():
            if type(value) not in _AS_IS:
                values[name] = reader.default(name) if value is UNSET else _plain(value)
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
        return cls.from_api(getattr(models, cls.__name__).from_dict(payload))

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
        names: The names of its fields.
        read: Reads them all off an object at once.
        defaults: What a field is where it is absent, or what makes that.
    """

    names: tuple[str, ...]
    read: Callable[[object], tuple[object, ...]]
    defaults: Mapping[str, Any]

    def default(self, name: str) -> object:
        default = self.defaults[name]
        factory = getattr(default, "factory", None)
        return factory() if factory else default


_READERS: dict[type[ApiModel], _Reader] = {}


def _reader(kind: type[ApiModel]) -> _Reader:
    if kind not in _READERS:
        defaults = {attribute.name: attribute.default for attribute in fields(kind)}
        _READERS[kind] = _Reader(tuple(defaults), attrgetter(*defaults), defaults)
    return _READERS[kind]


def _plain(value: object) -> object:
    if isinstance(value, list):
        if _AS_IS.issuperset(map(type, value)):
            return value
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    kind = _KINDS.get(type(value).__name__)
    return value if kind is None else kind.from_api(value)


def _json(value: object) -> object:
    if isinstance(value, ApiModel):
        return value.to_dict()
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {name: _json(item) for name, item in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value
