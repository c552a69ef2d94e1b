from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from .. import encoding as _encoding
from ..models.review_result import ReviewResult

T = TypeVar("T", bound="QValueEventResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "QValueEventResponse",
        (
            _decoding.required("id", _decoding.string),
            _decoding.required("trace_id", _decoding.string),
            _decoding.required("review_id", _decoding.string),
            _decoding.required("result", _decoding.open_enum(ReviewResult)),
            _decoding.required("alpha", _decoding.number),
            _decoding.required("weight", _decoding.number),
            _decoding.required("q_before", _decoding.number),
            _decoding.required("q_after", _decoding.number),
            _decoding.required("created_at", _decoding.date_time),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class QValueEventResponse:
    """
    One change of a memory's Q-value.

    Attributes:
        id (str): The event.
        trace_id (str): The run that had used the memory.
        review_id (str): The review that caused the change.
        result (ReviewResult | str): The verdict of a review.
        alpha (float): The learning rate that was applied.
        weight (float): The memory's share of the credit.
        q_before (float): The Q-value before.
        q_after (float): The Q-value after.
        created_at (datetime.datetime): When it changed.
    """

    id: str
    trace_id: str
    review_id: str
    result: ReviewResult | str
    alpha: float
    weight: float
    q_before: float
    q_after: float
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        id = self.id

        trace_id = self.trace_id

        review_id = self.review_id

        result = str(self.result)

        alpha = self.alpha

        weight = self.weight

        q_before = self.q_before

        q_after = self.q_after

        created_at = _encoding.date_time(self.created_at)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "trace_id": trace_id,
                "review_id": review_id,
                "result": result,
                "alpha": alpha,
                "weight": weight,
                "q_before": q_before,
                "q_after": q_after,
                "created_at": created_at,
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
