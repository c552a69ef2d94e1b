from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..models.key_environment import KeyEnvironment
from ..types import UNSET, Unset

T = TypeVar("T", bound="BootstrapRequest")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "BootstrapRequest",
        (
            _decoding.required("user_id", _decoding.string),
            _decoding.required("project_id", _decoding.string),
            _decoding.optional("key_label", _decoding.string),
            _decoding.optional("environment", _decoding.open_enum(KeyEnvironment)),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class BootstrapRequest:
    """
    What the first key of a project is made of.

    Attributes:
        user_id (str): Whose key it is; free text.
        project_id (str): The project; created where it does not exist. No path could lead
            to one named `.` or `..`.
        key_label (str | Unset): The key's name for people. The server takes `Default Admin
            Key` where it is absent.
        environment (KeyEnvironment | str | Unset): The environment that a key is for; it
            shows in the key.
    """

    user_id: str
    project_id: str
    key_label: str | Unset = UNSET
    environment: KeyEnvironment | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        user_id = self.user_id

        project_id = self.project_id

        key_label = self.key_label

        environment: str | Unset = UNSET
        if not isinstance(self.environment, Unset):
            environment = str(self.environment)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "user_id": user_id,
                "project_id": project_id,
            }
        )
        if key_label is not UNSET:
            field_dict["key_label"] = key_label
        if environment is not UNSET:
            field_dict["environment"] = environment

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
