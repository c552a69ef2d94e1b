from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..models.review_mode import ReviewMode
from ..models.review_result import ReviewResult
from ..types import UNSET, Unset

T = TypeVar("T", bound="ReviewResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "ReviewResponse",
        (
            _decoding.required("id", _decoding.string),
            _decoding.required("trace_id", _decoding.string),
            _decoding.required("result", _decoding.open_enum(ReviewResult)),
            _decoding.required("feedback_text", _decoding.nullable(_decoding.string)),
            _decoding.required("mode", _decoding.open_enum(ReviewMode)),
            _decoding.optional("remember", _decoding.boolean),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class ReviewResponse:
    """
    A verdict as it was received.

    Attributes:
        id (str): The review.
        trace_id (str): The trace that it judges.
        result (ReviewResult | str): The verdict of a review.
        feedback_text (None | str): What the reviewer said; null where nothing.
        mode (ReviewMode | str): Whether the review came with its trace (`inline`) or later
            (`deferred`).
        remember (bool | Unset): Whether a memory is made of the run; true where it is
            absent.
    """

    id: str
    trace_id: str
    result: ReviewResult | str
    feedback_text: None | str
    mode: ReviewMode | str
    remember: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        id = self.id

        trace_id = self.trace_id

        result = str(self.result)

        feedback_text: None | str
        feedback_text = self.feedback_text

        mode = str(self.mode)

        remember = self.remember

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "trace_id": trace_id,
                "result": result,
                "feedback_text": feedback_text,
                "mode": mode,
            }
        )
        if remember is not UNSET:
            field_dict["remember"] = remember

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
