from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..types import UNSET, Unset

T = TypeVar("T", bound="MemoryExplanation")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "MemoryExplanation",
        (
            _decoding.optional("candidates", _decoding.integer),
            _decoding.optional("similarity", _decoding.number),
            _decoding.optional("lexical_rank", _decoding.nullable(_decoding.integer)),
            _decoding.optional("lexical", _decoding.number),
            _decoding.optional("feedback", _decoding.number),
            _decoding.optional("estimate", _decoding.number),
            _decoding.optional("estimate_low", _decoding.number),
            _decoding.optional("estimate_high", _decoding.number),
            _decoding.optional("evidence", _decoding.number),
            _decoding.optional("base_rate", _decoding.number),
            _decoding.optional("utility", _decoding.number),
            _decoding.optional("agreeing", _decoding.integer),
            _decoding.optional("agreement", _decoding.number),
            _decoding.optional("diversity_penalty", _decoding.number),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class MemoryExplanation:
    """
    Why a memory stands where it does in an answer. At the usual `lambda` of 0.5, similarity,
    lexical, feedback, utility and agreement add up to its score. A service says of it what it
    weighs: a part that is absent had none.

    Attributes:
        candidates (int | Unset): How many memories were weighed.
        similarity (float | Unset): Cosine similarity of its task and the query's.
        lexical_rank (int | None | Unset): Its place among the candidates by the letters
            that its task shares with the query's; null where it shares none.
        lexical (float | Unset): What those letters added to its score.
        feedback (float | Unset): What unlikeness to the best candidates took from its
            score; 0 where its task is theirs, and below 0 elsewhere.
        estimate (float | Unset): How often following it ends well, estimated from the
            evidence and the project's base rate.
        estimate_low (float | Unset): The lower end of the estimate's 90% interval.
        estimate_high (float | Unset): The upper end of the estimate's 90% interval.
        evidence (float | Unset): How much evidence the estimate rests on, wins and losses
            together: the memory's own; and where runs of other candidates gave the same answer
            to the same task, one for each, and for its own run if that passed.
        base_rate (float | Unset): What the estimate is compared with: how often following
            the other candidates of its task ends well, or, where there are none, the memories
            of the project.
        utility (float | Unset): What the estimate added to its score, below 0 where it took
            away.
        agreeing (int | Unset): How many other candidates say the same.
        agreement (float | Unset): What they added to its score.
        diversity_penalty (float | Unset): What its likeness to memories chosen before it
            took away when it was chosen; 0 where diversity decided nothing. It is no part of
            the score.
    """

    candidates: int | Unset = UNSET
    similarity: float | Unset = UNSET
    lexical_rank: int | None | Unset = UNSET
    lexical: float | Unset = UNSET
    feedback: float | Unset = UNSET
    estimate: float | Unset = UNSET
    estimate_low: float | Unset = UNSET
    estimate_high: float | Unset = UNSET
    evidence: float | Unset = UNSET
    base_rate: float | Unset = UNSET
    utility: float | Unset = UNSET
    agreeing: int | Unset = UNSET
    agreement: float | Unset = UNSET
    diversity_penalty: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        candidates = self.candidates

        similarity = self.similarity

        lexical_rank: int | None | Unset
        if isinstance(self.lexical_rank, Unset):
            lexical_rank = UNSET
        else:
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
        field_dict.update({})
        if candidates is not UNSET:
            field_dict["candidates"] = candidates
        if similarity is not UNSET:
            field_dict["similarity"] = similarity
        if lexical_rank is not UNSET:
            field_dict["lexical_rank"] = lexical_rank
        if lexical is not UNSET:
            field_dict["lexical"] = lexical
        if feedback is not UNSET:
            field_dict["feedback"] = feedback
        if estimate is not UNSET:
            field_dict["estimate"] = estimate
        if estimate_low is not UNSET:
            field_dict["estimate_low"] = estimate_low
        if estimate_high is not UNSET:
            field_dict["estimate_high"] = estimate_high
        if evidence is not UNSET:
            field_dict["evidence"] = evidence
        if base_rate is not UNSET:
            field_dict["base_rate"] = base_rate
        if utility is not UNSET:
            field_dict["utility"] = utility
        if agreeing is not UNSET:
            field_dict["agreeing"] = agreeing
        if agreement is not UNSET:
            field_dict["agreement"] = agreement
        if diversity_penalty is not UNSET:
            field_dict["diversity_penalty"] = diversity_penalty

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
