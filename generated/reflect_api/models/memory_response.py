from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache as _cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from .. import encoding as _encoding
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.memory_explanation import MemoryExplanation


T = TypeVar("T", bound="MemoryResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    from ..models.memory_explanation import MemoryExplanation  # noqa: PLC0415 - models may name each other

    return _decoding.ModelDecoder(
        "MemoryResponse",
        (
            _decoding.required("id", _decoding.string),
            _decoding.required("task", _decoding.string),
            _decoding.required("reflection", _decoding.string),
            _decoding.optional("q_value", _decoding.number),
            _decoding.optional("uses", _decoding.integer),
            _decoding.optional("wins", _decoding.number),
            _decoding.optional("losses", _decoding.number),
            _decoding.optional("last_used_at", _decoding.nullable(_decoding.date_time)),
            _decoding.optional("similarity", _decoding.number),
            _decoding.optional("score", _decoding.number),
            _decoding.optional("success", _decoding.nullable(_decoding.boolean)),
            _decoding.optional("summary", _decoding.string),
            _decoding.optional("key_mistake", _decoding.string),
            _decoding.optional("correct_action", _decoding.string),
            _decoding.optional("guidance", _decoding.string),
            _decoding.optional("applicable_tools", _decoding.array(_decoding.string)),
            _decoding.optional("tools_used", _decoding.array(_decoding.string)),
            _decoding.optional("trace_id", _decoding.string),
            _decoding.optional("created_at", _decoding.date_time),
            _decoding.optional("metadata", _decoding.json_object),
            _decoding.optional("source_memory_ids", _decoding.array(_decoding.string)),
            _decoding.optional("why", MemoryExplanation.from_dict),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class MemoryResponse:
    """
    A memory, with its place in the query that found it.

    Attributes:
        id (str): The memory.
        task (str): The task of the run that it was made of.
        reflection (str): The whole lesson as text.
        q_value (float | Unset): Its learned utility; 0.5 where no review has moved it yet,
            and where it is absent.
        uses (int | Unset): How many reviews have credited it; 0 where it is absent.
        wins (float | Unset): The evidence that it helps: of the reviews with `pass` that
            credited it, the sum of credit × learning rate / 0.3, so that a full credit at the
            usual rate counts 1; 0 where it is absent.
        losses (float | Unset): The evidence that it misleads, counted like `wins`, of the
            reviews with `fail`; 0 where it is absent.
        last_used_at (datetime.datetime | None | Unset): When a review credited it last;
            null where none has.
        similarity (float | Unset): Cosine similarity of its task and the query's; 0 where
            it is absent.
        score (float | Unset): The blended score that it was ranked by, comparable within
            one answer; 0 where it is absent.
        success (bool | None | Unset): Whether the run that it was made of passed; null
            where unknown.
        summary (str | Unset): The lesson in one line; empty where it is absent.
        key_mistake (str | Unset): What went wrong in that run; empty where nothing did or
            it is absent.
        correct_action (str | Unset): What that run did right or should have done; empty
            where it is absent.
        guidance (str | Unset): What a future run should do; empty where it is absent.
        applicable_tools (list[str] | Unset): The tools or areas that the lesson applies to;
            none where it is absent.
        tools_used (list[str] | Unset): The tools that the run called, in order of first
            use; none where it is absent.
        trace_id (str | Unset): The trace that it was made of.
        created_at (datetime.datetime | Unset): When it was made.
        metadata (dict[str, Any] | Unset): The caller's own facts about the run; free-form
            JSON.
        source_memory_ids (list[str] | Unset): The memories that the run it was made of had
            used, or, where that is unknown, was given. Only there where one memory is read.
        why (MemoryExplanation | Unset): Why a memory stands where it does in an answer. At
            the usual `lambda` of 0.5, similarity, lexical, feedback, utility and agreement add
            up to its score. A service says of it what it weighs: a part that is absent had
            none.
    """

    id: str
    task: str
    reflection: str
    q_value: float | Unset = UNSET
    uses: int | Unset = UNSET
    wins: float | Unset = UNSET
    losses: float | Unset = UNSET
    last_used_at: datetime.datetime | None | Unset = UNSET
    similarity: float | Unset = UNSET
    score: float | Unset = UNSET
    success: bool | None | Unset = UNSET
    summary: str | Unset = UNSET
    key_mistake: str | Unset = UNSET
    correct_action: str | Unset = UNSET
    guidance: str | Unset = UNSET
    applicable_tools: list[str] | Unset = UNSET
    tools_used: list[str] | Unset = UNSET
    trace_id: str | Unset = UNSET
    created_at: datetime.datetime | Unset = UNSET
    metadata: dict[str, Any] | Unset = UNSET
    source_memory_ids: list[str] | Unset = UNSET
    why: MemoryExplanation | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        id = self.id

        task = self.task

        reflection = self.reflection

        q_value = self.q_value

        uses = self.uses

        wins = self.wins

        losses = self.losses

        last_used_at: None | str | Unset
        if isinstance(self.last_used_at, Unset):
            last_used_at = UNSET
        elif isinstance(self.last_used_at, datetime.datetime):
            last_used_at = _encoding.date_time(self.last_used_at)
        else:
            last_used_at = self.last_used_at

        similarity = self.similarity

        score = self.score

        success: bool | None | Unset
        if isinstance(self.success, Unset):
            success = UNSET
        else:
            success = self.success

        summary = self.summary

        key_mistake = self.key_mistake

        correct_action = self.correct_action

        guidance = self.guidance

        applicable_tools: list[str] | Unset = UNSET
        if not isinstance(self.applicable_tools, Unset):
            applicable_tools = self.applicable_tools

        tools_used: list[str] | Unset = UNSET
        if not isinstance(self.tools_used, Unset):
            tools_used = self.tools_used

        trace_id = self.trace_id

        created_at: str | Unset = UNSET
        if not isinstance(self.created_at, Unset):
            created_at = _encoding.date_time(self.created_at)

        metadata = self.metadata

        source_memory_ids: list[str] | Unset = UNSET
        if not isinstance(self.source_memory_ids, Unset):
            source_memory_ids = self.source_memory_ids

        why: dict[str, Any] | Unset = UNSET
        if not isinstance(self.why, Unset):
            why = self.why.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "task": task,
                "reflection": reflection,
            }
        )
        if q_value is not UNSET:
            field_dict["q_value"] = q_value
        if uses is not UNSET:
            field_dict["uses"] = uses
        if wins is not UNSET:
            field_dict["wins"] = wins
        if losses is not UNSET:
            field_dict["losses"] = losses
        if last_used_at is not UNSET:
            field_dict["last_used_at"] = last_used_at
        if similarity is not UNSET:
            field_dict["similarity"] = similarity
        if score is not UNSET:
            field_dict["score"] = score
        if success is not UNSET:
            field_dict["success"] = success
        if summary is not UNSET:
            field_dict["summary"] = summary
        if key_mistake is not UNSET:
            field_dict["key_mistake"] = key_mistake
        if correct_action is not UNSET:
            field_dict["correct_action"] = correct_action
        if guidance is not UNSET:
            field_dict["guidance"] = guidance
        if applicable_tools is not UNSET:
            field_dict["applicable_tools"] = applicable_tools
        if tools_used is not UNSET:
            field_dict["tools_used"] = tools_used
        if trace_id is not UNSET:
            field_dict["trace_id"] = trace_id
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if source_memory_ids is not UNSET:
            field_dict["source_memory_ids"] = source_memory_ids
        if why is not UNSET:
            field_dict["why"] = why

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
