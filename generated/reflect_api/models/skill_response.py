from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from .. import encoding as _encoding
from ..types import UNSET, Unset

T = TypeVar("T", bound="SkillResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "SkillResponse",
        (
            _decoding.required("content", _decoding.string),
            _decoding.optional("version", _decoding.integer),
            _decoding.optional("n_passed", _decoding.integer),
            _decoding.optional("n_failed", _decoding.integer),
            _decoding.optional("created_at", _decoding.date_time),
            _decoding.optional("updated_at", _decoding.date_time),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class SkillResponse:
    """
    One version of a project's skill.

    Attributes:
        content (str): The guide, in Markdown with YAML front matter (`name`,
            `description`).
        version (int | Unset): Grows by one with each regeneration; 1 where it is absent.
        n_passed (int | Unset): How many memories of passed runs it was made of; 0 where it
            is absent.
        n_failed (int | Unset): How many memories of failed runs it was made of; 0 where it
            is absent.
        created_at (datetime.datetime | Unset): When the project's first version was made.
        updated_at (datetime.datetime | Unset): When this version was made.
    """

    content: str
    version: int | Unset = UNSET
    n_passed: int | Unset = UNSET
    n_failed: int | Unset = UNSET
    created_at: datetime.datetime | Unset = UNSET
    updated_at: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        content = self.content

        version = self.version

        n_passed = self.n_passed

        n_failed = self.n_failed

        created_at: str | Unset = UNSET
        if not isinstance(self.created_at, Unset):
            created_at = _encoding.date_time(self.created_at)

        updated_at: str | Unset = UNSET
        if not isinstance(self.updated_at, Unset):
            updated_at = _encoding.date_time(self.updated_at)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "content": content,
            }
        )
        if version is not UNSET:
            field_dict["version"] = version
        if n_passed is not UNSET:
            field_dict["n_passed"] = n_passed
        if n_failed is not UNSET:
            field_dict["n_failed"] = n_failed
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if updated_at is not UNSET:
            field_dict["updated_at"] = updated_at

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
