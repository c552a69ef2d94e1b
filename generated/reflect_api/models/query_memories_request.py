from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..types import UNSET, Unset

T = TypeVar("T", bound="QueryMemoriesRequest")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "QueryMemoriesRequest",
        (
            _decoding.required("task", _decoding.string),
            _decoding.optional("limit", _decoding.integer),
            _decoding.optional("lambda", _decoding.number),
            _decoding.optional("mmr_lambda", _decoding.number),
            _decoding.optional("metadata_filter", _decoding.json_object),
            _decoding.optional("similarity_threshold", _decoding.number),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class QueryMemoriesRequest:
    """
    A task to find memories for.

    Attributes:
        task (str): What the agent is about to do. Must not be blank.
        limit (int | Unset): How many memories to return at the most. The server takes 10
            where it is absent.
        lambda_ (float | Unset): The blend: 1 orders by similarity alone, 0 by Q-value
            alone. The server takes 0.5 where it is absent.
        mmr_lambda (float | Unset): The weight of relevance against diversity: 1 takes the
            best-scored memories however alike they are, 0 the most diverse ones. The server
            takes 0.7 where it is absent.
        metadata_filter (dict[str, Any] | Unset): Only memories whose trace has each of
            these keys in its metadata, with an equal value. No filter where it is absent.
        similarity_threshold (float | Unset): Only memories whose cosine similarity is at
            least this, whatever their Q-value. The server takes its configured threshold where
            it is absent.
    """

    task: str
    limit: int | Unset = UNSET
    lambda_: float | Unset = UNSET
    mmr_lambda: float | Unset = UNSET
    metadata_filter: dict[str, Any] | Unset = UNSET
    similarity_threshold: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        task = self.task

        limit = self.limit

        lambda_ = self.lambda_

        mmr_lambda = self.mmr_lambda

        metadata_filter = self.metadata_filter

        similarity_threshold = self.similarity_threshold

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "task": task,
            }
        )
        if limit is not UNSET:
            field_dict["limit"] = limit
        if lambda_ is not UNSET:
            field_dict["lambda"] = lambda_
        if mmr_lambda is not UNSET:
            field_dict["mmr_lambda"] = mmr_lambda
        if metadata_filter is not UNSET:
            field_dict["metadata_filter"] = metadata_filter
        if similarity_threshold is not UNSET:
            field_dict["similarity_threshold"] = similarity_threshold

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
