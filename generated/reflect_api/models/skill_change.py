from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..models.skill_change_action import SkillChangeAction
from ..types import UNSET, Unset

T = TypeVar("T", bound="SkillChange")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "SkillChange",
        (
            _decoding.required("action", _decoding.open_enum(SkillChangeAction)),
            _decoding.required("title", _decoding.string),
            _decoding.optional("line_id", _decoding.nullable(_decoding.string)),
            _decoding.optional("before", _decoding.nullable(_decoding.string)),
            _decoding.optional("after", _decoding.nullable(_decoding.string)),
            _decoding.optional("reason", _decoding.string),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class SkillChange:
    """
    One difference between a version and the one that it was made from.

    Attributes:
        action (SkillChangeAction | str): What became of a line: `added`, `revised` (another
            text or other memories) or `removed`; `refused` is an edit that was proposed and not
            made.
        title (str): The line's title, after the change where there is an after.
        line_id (None | str | Unset): The line; null where an edit was refused that names
            none.
        before (None | str | Unset): The text before; null where the line is new.
        after (None | str | Unset): The text after; null where the line is gone.
        reason (str | Unset): Why, in a sentence; empty where there is nothing to say.
    """

    action: SkillChangeAction | str
    title: str
    line_id: None | str | Unset = UNSET
    before: None | str | Unset = UNSET
    after: None | str | Unset = UNSET
    reason: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        action = str(self.action)

        title = self.title

        line_id: None | str | Unset
        if isinstance(self.line_id, Unset):
            line_id = UNSET
        else:
            line_id = self.line_id

        before: None | str | Unset
        if isinstance(self.before, Unset):
            before = UNSET
        else:
            before = self.before

        after: None | str | Unset
        if isinstance(self.after, Unset):
            after = UNSET
        else:
            after = self.after

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "action": action,
                "title": title,
            }
        )
        if line_id is not UNSET:
            field_dict["line_id"] = line_id
        if before is not UNSET:
            field_dict["before"] = before
        if after is not UNSET:
            field_dict["after"] = after
        if reason is not UNSET:
            field_dict["reason"] = reason

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
