from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..models.review_result import ReviewResult
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.reflection_input import ReflectionInput


T = TypeVar("T", bound="ReviewInput")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    from ..models.reflection_input import ReflectionInput  # noqa: PLC0415 - models may name each other

    return _decoding.ModelDecoder(
        "ReviewInput",
        (
            _decoding.required("result", _decoding.open_enum(ReviewResult)),
            _decoding.optional("feedback_text", _decoding.nullable(_decoding.string)),
            _decoding.optional("alpha", _decoding.number),
            _decoding.optional("reflection", ReflectionInput.from_dict),
            _decoding.optional("remember", _decoding.boolean),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class ReviewInput:
    """
    A verdict that comes with its trace.

    Attributes:
        result (ReviewResult | str): The verdict of a review.
        feedback_text (None | str | Unset): What the reviewer says, above all what went
            wrong. None where it is absent.
        alpha (float | Unset): The learning rate of this review. The server takes its
            configured rate (`Q_LEARNING_ALPHA`, 0.3) where it is absent.
        reflection (ReflectionInput | Unset): A reflection that the agent wrote itself.
        remember (bool | Unset): Whether a memory is made of the run. With false the review
            moves the Q-values of the memories that the run used and makes none, as where runs
            are repeated over a fixed set of memories. It then must bring no `reflection`. The
            server takes true where it is absent.
    """

    result: ReviewResult | str
    feedback_text: None | str | Unset = UNSET
    alpha: float | Unset = UNSET
    reflection: ReflectionInput | Unset = UNSET
    remember: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        result = str(self.result)

        feedback_text: None | str | Unset
        if isinstance(self.feedback_text, Unset):
            feedback_text = UNSET
        else:
            feedback_text = self.feedback_text

        alpha = self.alpha

        reflection: dict[str, Any] | Unset = UNSET
        if not isinstance(self.reflection, Unset):
            reflection = self.reflection.to_dict()

        remember = self.remember

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "result": result,
            }
        )
        if feedback_text is not UNSET:
            field_dict["feedback_text"] = feedback_text
        if alpha is not UNSET:
            field_dict["alpha"] = alpha
        if reflection is not UNSET:
            field_dict["reflection"] = reflection
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
