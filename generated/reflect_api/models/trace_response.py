from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache as _cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from .. import encoding as _encoding
from ..models.ingest_status import IngestStatus
from ..models.review_status import ReviewStatus
from ..models.run_ending import RunEnding
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.review_response import ReviewResponse
    from ..models.trace_reading import TraceReading


T = TypeVar("T", bound="TraceResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    from ..models.review_response import ReviewResponse  # noqa: PLC0415 - models may name each other
    from ..models.trace_reading import TraceReading  # noqa: PLC0415 - models may name each other

    return _decoding.ModelDecoder(
        "TraceResponse",
        (
            _decoding.required("id", _decoding.string),
            _decoding.required("task", _decoding.string),
            _decoding.required("trajectory", _decoding.array(_decoding.json_object)),
            _decoding.required("final_response", _decoding.string),
            _decoding.required("retrieved_memory_ids", _decoding.array(_decoding.string)),
            _decoding.required("review_status", _decoding.open_enum(ReviewStatus)),
            _decoding.required("ingest_status", _decoding.open_enum(IngestStatus)),
            _decoding.required("ingest_attempts", _decoding.integer),
            _decoding.required("last_ingest_error", _decoding.nullable(_decoding.string)),
            _decoding.required("model", _decoding.nullable(_decoding.string)),
            _decoding.required("metadata", _decoding.json_object),
            _decoding.required("created_memory_id", _decoding.nullable(_decoding.string)),
            _decoding.required("review", _decoding.nullable(ReviewResponse.from_dict)),
            _decoding.optional(
                "used_memory_ids", _decoding.nullable(_decoding.array(_decoding.string))
            ),
            _decoding.optional("created_at", _decoding.date_time),
            _decoding.optional("received_at", _decoding.date_time),
            _decoding.optional("ended", _decoding.open_enum(RunEnding)),
            _decoding.optional("ignored", _decoding.array(_decoding.string)),
            _decoding.optional("reading", TraceReading.from_dict),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class TraceResponse:
    """
    A recorded run with everything that has become of it.

    Attributes:
        id (str): The trace.
        task (str): What the agent was asked to do.
        trajectory (list[dict[str, Any]]): The run, oldest step first. A plain-text summary
            is one assistant message.
        final_response (str): The agent's final answer; empty where there is none.
        retrieved_memory_ids (list[str]): The memories that the run was given, best first.
        review_status (ReviewStatus | str): Whether the trace's review has taken full
            effect. An inline review has when the memory of it exists; a deferred one as soon as
            it is received.
        ingest_status (IngestStatus | str): How far the service has come in making a memory
            of the trace. `completed` for a trace without a review too, as nothing is left to do
            for it.
        ingest_attempts (int): How often ingestion was started.
        last_ingest_error (None | str): Why the last attempt failed; null where none did.
        model (None | str): The model that the agent ran on; null where unknown.
        metadata (dict[str, Any]): The caller's own facts about the run; free-form JSON.
        created_memory_id (None | str): The memory that was made of it; null as long as
            there is none.
        review (None | ReviewResponse): The verdict on it; null as long as there is none.
        used_memory_ids (list[str] | None | Unset): Those of them that the answer relied on;
            null where unknown or absent.
        created_at (datetime.datetime | Unset): When the run ended as its sender says, or
            was received.
        received_at (datetime.datetime | Unset): When the server received it, by which lists
            are ordered; absent where it was recorded before servers noted it.
        ended (RunEnding | str | Unset): How the run ended where it did not end by itself.
            `interrupted`: it was cancelled, its process ended, or another service failed it, so
            that what it has says nothing about its outcome.
        ignored (list[str] | Unset): Fields of the request that had no effect, as the
            service does not know them or could not take their values. Absent where there are
            none.
        reading (TraceReading | Unset): How its trajectory was read; absent where traces are
            listed or reviewed.
    """

    id: str
    task: str
    trajectory: list[dict[str, Any]]
    final_response: str
    retrieved_memory_ids: list[str]
    review_status: ReviewStatus | str
    ingest_status: IngestStatus | str
    ingest_attempts: int
    last_ingest_error: None | str
    model: None | str
    metadata: dict[str, Any]
    created_memory_id: None | str
    review: None | ReviewResponse
    used_memory_ids: list[str] | None | Unset = UNSET
    created_at: datetime.datetime | Unset = UNSET
    received_at: datetime.datetime | Unset = UNSET
    ended: RunEnding | str | Unset = UNSET
    ignored: list[str] | Unset = UNSET
    reading: TraceReading | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        from ..models.review_response import ReviewResponse  # noqa: PLC0415 - models may name each other

        id = self.id

        task = self.task

        trajectory = self.trajectory

        final_response = self.final_response

        retrieved_memory_ids = self.retrieved_memory_ids

        review_status = str(self.review_status)

        ingest_status = str(self.ingest_status)

        ingest_attempts = self.ingest_attempts

        last_ingest_error: None | str
        last_ingest_error = self.last_ingest_error

        model: None | str
        model = self.model

        metadata = self.metadata

        created_memory_id: None | str
        created_memory_id = self.created_memory_id

        review: dict[str, Any] | None
        if isinstance(self.review, ReviewResponse):
            review = self.review.to_dict()
        else:
            review = self.review

        used_memory_ids: list[str] | None | Unset
        if isinstance(self.used_memory_ids, Unset):
            used_memory_ids = UNSET
        elif isinstance(self.used_memory_ids, list):
            used_memory_ids = self.used_memory_ids

        else:
            used_memory_ids = self.used_memory_ids

        created_at: str | Unset = UNSET
        if not isinstance(self.created_at, Unset):
            created_at = _encoding.date_time(self.created_at)

        received_at: str | Unset = UNSET
        if not isinstance(self.received_at, Unset):
            received_at = _encoding.date_time(self.received_at)

        ended: str | Unset = UNSET
        if not isinstance(self.ended, Unset):
            ended = str(self.ended)

        ignored: list[str] | Unset = UNSET
        if not isinstance(self.ignored, Unset):
            ignored = self.ignored

        reading: dict[str, Any] | Unset = UNSET
        if not isinstance(self.reading, Unset):
            reading = self.reading.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "task": task,
                "trajectory": trajectory,
                "final_response": final_response,
                "retrieved_memory_ids": retrieved_memory_ids,
                "review_status": review_status,
                "ingest_status": ingest_status,
                "ingest_attempts": ingest_attempts,
                "last_ingest_error": last_ingest_error,
                "model": model,
                "metadata": metadata,
                "created_memory_id": created_memory_id,
                "review": review,
            }
        )
        if used_memory_ids is not UNSET:
            field_dict["used_memory_ids"] = used_memory_ids
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if received_at is not UNSET:
            field_dict["received_at"] = received_at
        if ended is not UNSET:
            field_dict["ended"] = ended
        if ignored is not UNSET:
            field_dict["ignored"] = ignored
        if reading is not UNSET:
            field_dict["reading"] = reading

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
