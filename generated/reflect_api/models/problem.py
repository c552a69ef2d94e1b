from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..models.problem_code import ProblemCode
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.field_problem import FieldProblem


T = TypeVar("T", bound="Problem")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    from ..models.field_problem import FieldProblem  # noqa: PLC0415 - models may name each other

    return _decoding.ModelDecoder(
        "Problem",
        (
            _decoding.required("type", _decoding.string),
            _decoding.required("title", _decoding.string),
            _decoding.required("status", _decoding.integer),
            _decoding.required("detail", _decoding.string),
            _decoding.required("code", _decoding.open_enum(ProblemCode)),
            _decoding.optional("instance", _decoding.string),
            _decoding.optional("request_id", _decoding.string),
            _decoding.optional("errors", _decoding.array(FieldProblem.from_dict)),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class Problem:
    """
    An error (RFC 9457).

    Attributes:
        type_ (str): Always `about:blank`; `code` tells the kinds of errors apart.
        title (str): The HTTP status in words.
        status (int): The HTTP status.
        detail (str): What was found, what was expected and what to do, in full sentences.
        code (ProblemCode | str): The stable name of a kind of error; programs decide by it.
        instance (str | Unset): The path of the request.
        request_id (str | Unset): The value of `X-Request-Id`.
        errors (list[FieldProblem] | Unset): The values that are wrong, where the error is
            about values.
    """

    type_: str
    title: str
    status: int
    detail: str
    code: ProblemCode | str
    instance: str | Unset = UNSET
    request_id: str | Unset = UNSET
    errors: list[FieldProblem] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        type_ = self.type_

        title = self.title

        status = self.status

        detail = self.detail

        code = str(self.code)

        instance = self.instance

        request_id = self.request_id

        errors: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.errors, Unset):
            errors = []
            for errors_item_data in self.errors:
                errors_item = errors_item_data.to_dict()
                errors.append(errors_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "title": title,
                "status": status,
                "detail": detail,
                "code": code,
            }
        )
        if instance is not UNSET:
            field_dict["instance"] = instance
        if request_id is not UNSET:
            field_dict["request_id"] = request_id
        if errors is not UNSET:
            field_dict["errors"] = errors

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
