from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..types import UNSET, Unset

T = TypeVar("T", bound="DeleteProjectResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "DeleteProjectResponse",
        (
            _decoding.optional("project_id", _decoding.string),
            _decoding.optional("deleted", _decoding.boolean),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class DeleteProjectResponse:
    """
    What became of a request to delete a project.

    Attributes:
        project_id (str | Unset): The project; empty where it is absent.
        deleted (bool | Unset): Whether it is gone; true where it is absent.
    """

    project_id: str | Unset = UNSET
    deleted: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        project_id = self.project_id

        deleted = self.deleted

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if project_id is not UNSET:
            field_dict["project_id"] = project_id
        if deleted is not UNSET:
            field_dict["deleted"] = deleted

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
