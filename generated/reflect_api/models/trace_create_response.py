from __future__ import annotations

from collections.abc import Mapping
from functools import cache as _cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import decoding as _decoding
from ..models.ingest_status import IngestStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.trace_reading import TraceReading


T = TypeVar("T", bound="TraceCreateResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    from ..models.trace_reading import TraceReading  # noqa: PLC0415 - models may name each other

    return _decoding.ModelDecoder(
        "TraceCreateResponse",
        (
            _decoding.required("trace_id", _decoding.string),
            _decoding.required("ingest_status", _decoding.open_enum(IngestStatus)),
            _decoding.optional("ignored", _decoding.array(_decoding.string)),
            _decoding.optional("reading", TraceReading.from_dict),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class TraceCreateResponse:
    """
    The receipt of a trace.

    Attributes:
        trace_id (str): The trace.
        ingest_status (IngestStatus | str): How far the service has come in making a memory
            of the trace. `completed` for a trace without a review too, as nothing is left to do
            for it.
        ignored (list[str] | Unset): Fields of the request that had no effect, as the
            service does not know them or could not take their values. Absent where there are
            none.
        reading (TraceReading | Unset): How the trajectory was read, where something in it
            was not understood or its beginning is missing; absent where it was read in full.
    """

    trace_id: str
    ingest_status: IngestStatus | str
    ignored: list[str] | Unset = UNSET
    reading: TraceReading | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        trace_id = self.trace_id

        ingest_status = str(self.ingest_status)

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
                "trace_id": trace_id,
                "ingest_status": ingest_status,
            }
        )
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
