from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..types import UNSET, Unset

T = TypeVar("T", bound="ReflectionInput")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "ReflectionInput",
        (
            _decoding.required("summary", _decoding.string),
            _decoding.required("guidance", _decoding.string),
            _decoding.optional("key_mistake", _decoding.string),
            _decoding.optional("correct_action", _decoding.string),
            _decoding.optional("applicable_tools", _decoding.array(_decoding.string)),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class ReflectionInput:
    """
    A reflection that the agent wrote itself.

    Attributes:
        summary (str): The lesson in one line. Must not be blank.
        guidance (str): What a future run should do. Must not be blank.
        key_mistake (str | Unset): What went wrong. The server takes the empty string where
            it is absent.
        correct_action (str | Unset): What the run should have done instead. The server
            takes the empty string where it is absent.
        applicable_tools (list[str] | Unset): The tools or areas that the lesson applies to.
            The server takes none where it is absent.
    """

    summary: str
    guidance: str
    key_mistake: str | Unset = UNSET
    correct_action: str | Unset = UNSET
    applicable_tools: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        summary = self.summary

        guidance = self.guidance

        key_mistake = self.key_mistake

        correct_action = self.correct_action

        applicable_tools: list[str] | Unset = UNSET
        if not isinstance(self.applicable_tools, Unset):
            applicable_tools = self.applicable_tools

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "summary": summary,
                "guidance": guidance,
            }
        )
        if key_mistake is not UNSET:
            field_dict["key_mistake"] = key_mistake
        if correct_action is not UNSET:
            field_dict["correct_action"] = correct_action
        if applicable_tools is not UNSET:
            field_dict["applicable_tools"] = applicable_tools

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
