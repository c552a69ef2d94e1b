from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateSkillRequest")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "CreateSkillRequest",
        (
            _decoding.optional("n_passed", _decoding.integer),
            _decoding.optional("n_failed", _decoding.integer),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class CreateSkillRequest:
    """
    How much a skill is made of. At least one of the two must be above 0.

    Attributes:
        n_passed (int | Unset): How many lessons of passed runs to use at the most. The
            server takes 5 where it is absent.
        n_failed (int | Unset): How many lessons of failed runs to use at the most. The
            server takes 5 where it is absent.
    """

    n_passed: int | Unset = UNSET
    n_failed: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        n_passed = self.n_passed

        n_failed = self.n_failed

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if n_passed is not UNSET:
            field_dict["n_passed"] = n_passed
        if n_failed is not UNSET:
            field_dict["n_failed"] = n_failed

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
