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
from ..models.key_status import KeyStatus
from ..models.scope import Scope
from ..types import UNSET, Unset

T = TypeVar("T", bound="ApiKeyResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "ApiKeyResponse",
        (
            _decoding.required("id", _decoding.string),
            _decoding.required("public_id", _decoding.string),
            _decoding.required("label", _decoding.string),
            _decoding.required("scopes", _decoding.array(_decoding.open_enum(Scope))),
            _decoding.required("environment", _decoding.open_enum(KeyEnvironment)),
            _decoding.required("status", _decoding.open_enum(KeyStatus)),
            _decoding.required("is_master", _decoding.boolean),
            _decoding.required("created_at", _decoding.nullable(_decoding.date_time)),
            _decoding.required("last_used_at", _decoding.nullable(_decoding.date_time)),
            _decoding.required("revoked_at", _decoding.nullable(_decoding.date_time)),
            _decoding.optional("expires_at", _decoding.nullable(_decoding.date_time)),
            _decoding.optional("ignored", _decoding.array(_decoding.string)),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class ApiKeyResponse:
    """
    A key without its secret.

    Attributes:
        id (str): The key.
        public_id (str): The part of the plaintext that tells keys apart and is no secret.
        label (str): The key's name for people.
        scopes (list[Scope | str]): What the key may do.
        environment (KeyEnvironment | str): The environment that a key is for; it shows in
            the key.
        status (KeyStatus | str): Whether a key can be used.
        is_master (bool): Whether it may use every project.
        created_at (datetime.datetime | None): When it was made.
        last_used_at (datetime.datetime | None): When it was last used; null where never.
        revoked_at (datetime.datetime | None): When it was revoked; null while it is active.
        expires_at (datetime.datetime | None | Unset): When it ends, or ended, by itself;
            null or absent where never.
        ignored (list[str] | Unset): Fields of the request that had no effect, as the
            service does not know them or could not take their values. Absent where there are
            none.
    """

    id: str
    public_id: str
    label: str
    scopes: list[Scope | str]
    environment: KeyEnvironment | str
    status: KeyStatus | str
    is_master: bool
    created_at: datetime.datetime | None
    last_used_at: datetime.datetime | None
    revoked_at: datetime.datetime | None
    expires_at: datetime.datetime | None | Unset = UNSET
    ignored: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        id = self.id

        public_id = self.public_id

        label = self.label

        scopes = []
        for scopes_item_data in self.scopes:
            scopes_item = str(scopes_item_data)
            scopes.append(scopes_item)

        environment = str(self.environment)

        status = str(self.status)

        is_master = self.is_master

        created_at: None | str
        if isinstance(self.created_at, datetime.datetime):
            created_at = _encoding.date_time(self.created_at)
        else:
            created_at = self.created_at

        last_used_at: None | str
        if isinstance(self.last_used_at, datetime.datetime):
            last_used_at = _encoding.date_time(self.last_used_at)
        else:
            last_used_at = self.last_used_at

        revoked_at: None | str
        if isinstance(self.revoked_at, datetime.datetime):
            revoked_at = _encoding.date_time(self.revoked_at)
        else:
            revoked_at = self.revoked_at

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = _encoding.date_time(self.expires_at)
        else:
            expires_at = self.expires_at

        ignored: list[str] | Unset = UNSET
        if not isinstance(self.ignored, Unset):
            ignored = self.ignored

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "public_id": public_id,
                "label": label,
                "scopes": scopes,
                "environment": environment,
                "status": status,
                "is_master": is_master,
                "created_at": created_at,
                "last_used_at": last_used_at,
                "revoked_at": revoked_at,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if ignored is not UNSET:
            field_dict["ignored"] = ignored

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
