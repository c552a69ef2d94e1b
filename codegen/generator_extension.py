"""
What openapi-python-client's parser has to learn before the templates can write the right code.

Templates decide how a property is written; what type it has, the parser decides. Four of its
decisions are changed here, by replacing four of its functions: free-form objects become `dict`,
enumerations stay open, a description beside a `$ref` is kept, and strings of the format `password`
are secrets. The generator is pinned exactly, since none of these functions is a stable interface.
"""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define, evolve, field
from openapi_python_client import schema as oai
from openapi_python_client import strings
from openapi_python_client.config import Config
from openapi_python_client.parser import properties
from openapi_python_client.parser.errors import PropertyError
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.protocol import (
    PropertyProtocol,
    Value,
    convert_example,
)
from openapi_python_client.parser.properties.string import StringProperty


@define
class DictProperty(PropertyProtocol):
    """
    An object without fields of its own: `dict[str, Any]`, or a dict of one type of values.
    """

    name: oai.UntrustedString
    required: bool
    default: Value | None
    python_name: strings.PythonIdentifier
    description: oai.UntrustedString | None
    example: oai.UntrustedString | None = field(converter=convert_example)
    value_property: PropertyProtocol

    template: ClassVar[str] = "dict_property.py.jinja"
    _allowed_locations: ClassVar[set[oai.ParameterLocation]] = set()

    def convert_value(self, value: Any) -> PropertyError | None:
        """
        Refuse a default: one mutable object would be shared by every instance.
        """
        return None if value is None else PropertyError(detail="An object cannot have a default")

    def get_base_type_string(self) -> strings.PythonCode:
        """
        Return the Python type.
        """
        return self._dict_of(self.value_property.get_type_string())

    def get_base_json_type_string(self) -> strings.PythonCode:
        """
        Return the type that `json.dumps` takes.
        """
        return self._dict_of(self.value_property.get_type_string(json=True))

    def get_instance_type_string(self) -> strings.PythonCode:
        """
        Return the type that `isinstance` takes.
        """
        return strings.PythonCode("dict")

    def get_imports(self, *, prefix: str) -> set[str]:
        """
        Return the imports that the values need.
        """
        return super().get_imports(prefix=prefix) | self.value_property.get_imports(prefix=prefix)

    def get_lazy_imports(self, *, prefix: str) -> set[str]:
        """
        Return the imports of models that the values need.
        """
        return self.value_property.get_lazy_imports(prefix=prefix)

    @staticmethod
    def _dict_of(value: strings.PythonCode) -> strings.PythonCode:
        return strings.PythonCode(f"dict[str, {value.as_unembedded_code()}]")


@define
class MapProperty(DictProperty):
    """
    A dict whose values are not JSON as they are, such as models.
    """

    template: ClassVar[str] = "map_property.py.jinja"


@define
class SecretProperty(StringProperty):
    """
    A string of the format `password`, which the `repr` of its model does not show.
    """


_JSON_VALUES = (AnyProperty, BooleanProperty, FloatProperty, IntProperty, StringProperty)
_build_model = ModelProperty.build
_property_from_ref = properties._property_from_ref  # noqa: SLF001 - replaced, as the generator has no option for it
_string_property = properties._string_based_property  # noqa: SLF001 - replaced, as the generator has no option for it


def _is_free_form(data: oai.Schema) -> bool:
    composed = data.properties or data.allOf or data.anyOf or data.oneOf
    return not composed and data.additionalProperties not in (None, False)


def _build_model_or_dict(*, data: oai.Schema, **context: Any) -> tuple[Any, Any]:
    if not _is_free_form(data):
        return _build_model(data=data, **context)
    values = data.additionalProperties
    value_schema = oai.Schema() if values is None or isinstance(values, bool) else values
    value_property, schemas = properties.property_from_data(
        name=oai.UntrustedString(f"{context['name'].get_untrusted_value()}_value"),
        required=True,
        data=value_schema,
        schemas=context["schemas"],
        parent_name=context["parent_name"],
        config=context["config"],
        roots=context["roots"],
    )
    if isinstance(value_property, PropertyError):
        return value_property, schemas
    kind = DictProperty if isinstance(value_property, _JSON_VALUES) else MapProperty
    prop = kind(
        name=context["name"],
        required=context["required"],
        default=None,
        python_name=strings.PythonIdentifier(context["name"], context["config"].field_prefix),
        description=data.description,
        example=data.example,
        value_property=value_property,
    )
    return prop, schemas


def _property_with_own_description(**context: Any) -> tuple[Any, Any]:
    prop, schemas = _property_from_ref(**context)
    reference, parent = context["data"], context["parent"]
    extra = (reference.model_extra or {}).get("description")
    described = oai.UntrustedString(extra) if extra else parent and parent.description
    if described and not isinstance(prop, PropertyError):
        prop = evolve(prop, description=described)
    return prop, schemas


def _string_or_secret(
    name: oai.UntrustedString, required: bool, data: oai.Schema, config: Config
) -> Any:
    if data.schema_format != "password":
        return _string_property(name, required, data, config)
    return SecretProperty.build(
        name=name,
        default=data.default,
        required=required,
        python_name=strings.PythonIdentifier(name, config.field_prefix),
        description=data.description,
        example=data.example,
    )


def _open_type(self: EnumProperty) -> strings.PythonCode:
    return strings.PythonCode(f"{self.class_info.name} | {self.value_type.__name__}")


def extend_generator() -> None:
    """
    Replace the four functions; once is enough, and again does no harm.
    """
    replacements: list[tuple[object, str, object]] = [
        (ModelProperty, "build", _build_model_or_dict),
        (EnumProperty, "get_base_type_string", _open_type),
        (properties, "_property_from_ref", _property_with_own_description),
        (properties, "_string_based_property", _string_or_secret),
    ]
    for owner, name, replacement in replacements:
        setattr(owner, name, replacement)
