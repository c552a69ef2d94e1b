from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..models.skill_section import SkillSection

T = TypeVar("T", bound="SkillLine")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "SkillLine",
        (
            _decoding.required("id", _decoding.string),
            _decoding.required("section", _decoding.open_enum(SkillSection)),
            _decoding.required("title", _decoding.string),
            _decoding.required("text", _decoding.string),
            _decoding.required("memory_ids", _decoding.array(_decoding.string)),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class SkillLine:
    """
    One piece of advice in a skill, with the memories that support it.

    Attributes:
        id (str): The line; it keeps its id from version to version.
        section (SkillSection | str): Whether a line says what works or what to avoid.
        title (str): The advice in a line.
        text (str): The advice in Markdown.
        memory_ids (list[str]): The memories that support it.
    """

    id: str
    section: SkillSection | str
    title: str
    text: str
    memory_ids: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        id = self.id

        section = str(self.section)

        title = self.title

        text = self.text

        memory_ids = self.memory_ids

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "section": section,
                "title": title,
                "text": text,
                "memory_ids": memory_ids,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        """
        Decode an object.

        Args:
            src_dict: The object, as `json.loads` returns it.

        Raises:
            errors.FieldError: A field is missing or has another type.
        """
        return _decoder().decode(cls, src_dict)

    @property
    def additional_keys(self) -> list[str]:
        """
        The names of the fields that the contract does not name.
        """
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
