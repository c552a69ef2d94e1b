from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache as _cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from .. import encoding as _encoding
from ..models.run_ending import RunEnding
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.review_input import ReviewInput


T = TypeVar("T", bound="CreateTraceRequest")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    from ..models.review_input import ReviewInput  # noqa: PLC0415 - models may name each other

    return _decoding.ModelDecoder(
        "CreateTraceRequest",
        (
            _decoding.required("task", _decoding.string),
            _decoding.required(
                "trajectory",
                _decoding.either(_decoding.array(_decoding.json_object), _decoding.string),
            ),
            _decoding.optional("final_response", _decoding.string),
            _decoding.optional("retrieved_memory_ids", _decoding.array(_decoding.string)),
            _decoding.optional("used_memory_ids", _decoding.array(_decoding.string)),
            _decoding.optional("model", _decoding.nullable(_decoding.string)),
            _decoding.optional("metadata", _decoding.json_object),
            _decoding.optional("reference_context", _decoding.string),
            _decoding.optional("review", ReviewInput.from_dict),
            _decoding.optional("id", _decoding.string),
            _decoding.optional("ended", _decoding.open_enum(RunEnding)),
            _decoding.optional("created_at", _decoding.date_time),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class CreateTraceRequest:
    """
    A run to record.

    Attributes:
        task (str): What the agent was asked to do. Must not be blank.
        trajectory (list[dict[str, Any]] | str): The run, oldest step first: an array of
            messages, or a string that is either the JSON of such an array or a plain-text
            summary of the run.
        final_response (str | Unset): The agent's final answer. The server takes the text of
            the trajectory's last assistant message where it is absent.
        retrieved_memory_ids (list[str] | Unset): The memories that the run was given, best
            first. None where it is absent. All must be memories of the project, or have been:
            those that were deleted since are kept in the list and get no credit.
        used_memory_ids (list[str] | Unset): Those of `retrieved_memory_ids` that the answer
            relied on; a review then credits only them. Where it is absent, the memories that
            the final answer agrees with are credited, or, where that does not show, every
            retrieved one, the less the lower its rank.
        model (None | str | Unset): The model that the agent ran on. Unknown where it is
            absent.
        metadata (dict[str, Any] | Unset): The caller's own facts about the run; free-form
            JSON.
        reference_context (str | Unset): What a right answer looks like (an expected result,
            a policy, a rubric); used when the reflection is written and never given to the
            agent. None where it is absent.
        review (ReviewInput | Unset): A verdict that comes with its trace.
        id (str | Unset): The id of the trace, chosen by the caller so that it knows it
            before: let it be as good as unique, and begin with the time, as UUIDs of version 7
            do. The project has one trace of an id: a second creation with it is answered as the
            first one was, as long as the trace exists, and with 409 where it says anything
            else. The server makes an id where it is absent.
        ended (RunEnding | str | Unset): How the run ended where it did not end by itself.
            `interrupted`: it was cancelled, its process ended, or another service failed it, so
            that what it has says nothing about its outcome.
        created_at (datetime.datetime | Unset): When the run ended, for a run that is sent
            later. Taken where it is at most 30 days ago and at most 5 minutes ahead; else it is
            ignored and named as such, and the time of the request counts, as where it is
            absent.
    """

    task: str
    trajectory: list[dict[str, Any]] | str
    final_response: str | Unset = UNSET
    retrieved_memory_ids: list[str] | Unset = UNSET
    used_memory_ids: list[str] | Unset = UNSET
    model: None | str | Unset = UNSET
    metadata: dict[str, Any] | Unset = UNSET
    reference_context: str | Unset = UNSET
    review: ReviewInput | Unset = UNSET
    id: str | Unset = UNSET
    ended: RunEnding | str | Unset = UNSET
    created_at: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        task = self.task

        trajectory: list[dict[str, Any]] | str
        if isinstance(self.trajectory, list):
            trajectory = self.trajectory

        else:
            trajectory = self.trajectory

        final_response = self.final_response

        retrieved_memory_ids: list[str] | Unset = UNSET
        if not isinstance(self.retrieved_memory_ids, Unset):
            retrieved_memory_ids = self.retrieved_memory_ids

        used_memory_ids: list[str] | Unset = UNSET
        if not isinstance(self.used_memory_ids, Unset):
            used_memory_ids = self.used_memory_ids

        model: None | str | Unset
        if isinstance(self.model, Unset):
            model = UNSET
        else:
            model = self.model

        metadata = self.metadata

        reference_context = self.reference_context

        review: dict[str, Any] | Unset = UNSET
        if not isinstance(self.review, Unset):
            review = self.review.to_dict()

        id = self.id

        ended: str | Unset = UNSET
        if not isinstance(self.ended, Unset):
            ended = str(self.ended)

        created_at: str | Unset = UNSET
        if not isinstance(self.created_at, Unset):
            created_at = _encoding.date_time(self.created_at)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "task": task,
                "trajectory": trajectory,
            }
        )
        if final_response is not UNSET:
            field_dict["final_response"] = final_response
        if retrieved_memory_ids is not UNSET:
            field_dict["retrieved_memory_ids"] = retrieved_memory_ids
        if used_memory_ids is not UNSET:
            field_dict["used_memory_ids"] = used_memory_ids
        if model is not UNSET:
            field_dict["model"] = model
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if reference_context is not UNSET:
            field_dict["reference_context"] = reference_context
        if review is not UNSET:
            field_dict["review"] = review
        if id is not UNSET:
            field_dict["id"] = id
        if ended is not UNSET:
            field_dict["ended"] = ended
        if created_at is not UNSET:
            field_dict["created_at"] = created_at

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
