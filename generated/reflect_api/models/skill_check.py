from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding

T = TypeVar("T", bound="SkillCheck")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "SkillCheck",
        (
            _decoding.required("tasks", _decoding.integer),
            _decoding.required("reviews", _decoding.integer),
            _decoding.required("before", _decoding.number),
            _decoding.required("after", _decoding.number),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class SkillCheck:
    """
    A comparison of two versions on the project's reviewed tasks, by what reviews have shown of
    the memories that their lines cite. No agent runs.

    Attributes:
        tasks (int): How many reviewed tasks it rests on.
        reviews (int): How many reviews of runs that used the cited memories it rests on; 0
            says nothing.
        before (float): The estimated share of tasks solved with the version published
            before.
        after (float): The same with the new version.
    """

    tasks: int
    reviews: int
    before: float
    after: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        tasks = self.tasks

        reviews = self.reviews

        before = self.before

        after = self.after

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "tasks": tasks,
                "reviews": reviews,
                "before": before,
                "after": after,
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
