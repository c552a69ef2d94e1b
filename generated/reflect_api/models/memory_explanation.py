from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding

T = TypeVar("T", bound="MemoryExplanation")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "MemoryExplanation",
        (
            _decoding.required("candidates", _decoding.integer),
            _decoding.required("similarity", _decoding.number),
            _decoding.required("lexical_rank", _decoding.nullable(_decoding.integer)),
            _decoding.required("lexical", _decoding.number),
            _decoding.required("feedback", _decoding.number),
            _decoding.required("estimate", _decoding.number),
            _decoding.required("estimate_low", _decoding.number),
            _decoding.required("estimate_high", _decoding.number),
            _decoding.required("evidence", _decoding.number),
            _decoding.required("base_rate", _decoding.number),
            _decoding.required("utility", _decoding.number),
            _decoding.required("agreeing", _decoding.integer),
            _decoding.required("agreement", _decoding.number),
            _decoding.required("diversity_penalty", _decoding.number),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class MemoryExplanation:
    """
    Why a memory stands where it does in an answer. At the usual `lambda` of 0.5, similarity,
    lexical, feedback, utility and agreement add up to its score.

    Attributes:
        candidates (int): How many memories were weighed.
        similarity (float): Cosine similarity of its task and the query's.
        lexical_rank (int | None): Its place among the candidates by the letters that its
            task shares with the query's; null where it shares none.
        lexical (float): What those letters added to its score.
        feedback (float): What unlikeness to the best candidates took from its score; 0
            where its task is theirs, and below 0 elsewhere.
        estimate (float): How often following it ends well, estimated from the evidence and
            the project's base rate.
        estimate_low (float): The lower end of the estimate's 90% interval.
        estimate_high (float): The upper end of the estimate's 90% interval.
        evidence (float): How much evidence the estimate rests on, wins and losses together:
            the memory's own; and where runs of other candidates gave the same answer to the
            same task, one for each, and for its own run if that passed.
        base_rate (float): What the estimate is compared with: how often following the other
            candidates of its task ends well, or, where there are none, the memories of the
            project.
        utility (float): What the estimate added to its score, below 0 where it took away.
        agreeing (int): How many other candidates say the same.
        agreement (float): What they added to its score.
        diversity_penalty (float): What its likeness to memories chosen before it took away
            when it was chosen; 0 where diversity decided nothing. It is no part of the score.
    """

    candidates: int
    similarity: float
    lexical_rank: int | None
    lexical: float
    feedback: float
    estimate: float
    estimate_low: float
    estimate_high: float
    evidence: float
    base_rate: float
    utility: float
    agreeing: int
    agreement: float
    diversity_penalty: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        candidates = self.candidates

        similarity = self.similarity

        lexical_rank: int | None
        lexical_rank = self.lexical_rank

        lexical = self.lexical

        feedback = self.feedback

        estimate = self.estimate

        estimate_low = self.estimate_low

        estimate_high = self.estimate_high

        evidence = self.evidence

        base_rate = self.base_rate

        utility = self.utility

        agreeing = self.agreeing

        agreement = self.agreement

        diversity_penalty = self.diversity_penalty

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "candidates": candidates,
                "similarity": similarity,
                "lexical_rank": lexical_rank,
                "lexical": lexical,
                "feedback": feedback,
                "estimate": estimate,
                "estimate_low": estimate_low,
                "estimate_high": estimate_high,
                "evidence": evidence,
                "base_rate": base_rate,
                "utility": utility,
                "agreeing": agreeing,
                "agreement": agreement,
                "diversity_penalty": diversity_penalty,
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
