from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from .. import encoding as _encoding
from ..models.key_environment import KeyEnvironment
from ..models.scope import Scope
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateApiKeyRequest")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "CreateApiKeyRequest",
        (
            _decoding.required("label", _decoding.string),
            _decoding.required("scopes", _decoding.array(_decoding.open_enum(Scope))),
            _decoding.optional("environment", _decoding.open_enum(KeyEnvironment)),
            _decoding.optional("expires_at", _decoding.nullable(_decoding.date_time)),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class CreateApiKeyRequest:
    """
    What a key is made of.

    Attributes:
        label (str): The key's name for people.
        scopes (list[Scope | str]): What the key may do.
        environment (KeyEnvironment | str | Unset): The environment that a key is for; it
            shows in the key.
        expires_at (datetime.datetime | None | Unset): When the key ends by itself, in the
            future. Never where it is absent or null.
    """

    label: str
    scopes: list[Scope | str]
    environment: KeyEnvironment | str | Unset = UNSET
    expires_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        label = self.label

        scopes = []
        for scopes_item_data in self.scopes:
            scopes_item = str(scopes_item_data)
            scopes.append(scopes_item)

        environment: str | Unset = UNSET
        if not isinstance(self.environment, Unset):
            environment = str(self.environment)

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = _encoding.date_time(self.expires_at)
        else:
            expires_at = self.expires_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "label": label,
                "scopes": scopes,
            }
        )
        if environment is not UNSET:
            field_dict["environment"] = environment
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

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
