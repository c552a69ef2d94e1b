from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding

T = TypeVar("T", bound="TraceReading")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    return _decoding.ModelDecoder(
        "TraceReading",
        (
            _decoding.required("steps", _decoding.integer),
            _decoding.required("calls", _decoding.integer),
            _decoding.required("failures", _decoding.integer),
            _decoding.required("not_understood", _decoding.integer),
            _decoding.required("beginning_missing", _decoding.boolean),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class TraceReading:
    """
    How the trajectory of a run was read. Where nothing in it was understood, its lesson claims
    nothing about what the run did.

    Attributes:
        steps (int): How many steps were found. A record that holds several messages makes
            as many steps.
        calls (int): How many calls of tools were found.
        failures (int): How many of these calls failed.
        not_understood (int): How many of the steps have no shape that the server knows, so
            that nothing of them is known. As many as there are steps where nothing was
            understood.
        beginning_missing (bool): Whether the run tells that its beginning is missing, as
            where it starts with the answer of a tool that nothing called.
    """

    steps: int
    calls: int
    failures: int
    not_understood: int
    beginning_missing: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        steps = self.steps

        calls = self.calls

        failures = self.failures

        not_understood = self.not_understood

        beginning_missing = self.beginning_missing

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "steps": steps,
                "calls": calls,
                "failures": failures,
                "not_understood": not_understood,
                "beginning_missing": beginning_missing,
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
