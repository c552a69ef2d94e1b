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
    from ..models.skill_change import SkillChange
    from ..models.skill_check import SkillCheck
    from ..models.skill_line import SkillLine


T = TypeVar("T", bound="SkillResponse")


@_cache
def _decoder() -> _decoding.ModelDecoder:
    from ..models.skill_change import SkillChange  # noqa: PLC0415 - models may name each other
    from ..models.skill_check import SkillCheck  # noqa: PLC0415 - models may name each other
    from ..models.skill_line import SkillLine  # noqa: PLC0415 - models may name each other

    return _decoding.ModelDecoder(
        "SkillResponse",
        (
            _decoding.required("content", _decoding.string),
            _decoding.optional("version", _decoding.integer),
            _decoding.optional("n_passed", _decoding.integer),
            _decoding.optional("n_failed", _decoding.integer),
            _decoding.optional("created_at", _decoding.date_time),
            _decoding.optional("updated_at", _decoding.date_time),
            _decoding.optional("published", _decoding.boolean),
            _decoding.optional("held_back", _decoding.nullable(_decoding.integer)),
            _decoding.optional("lines", _decoding.array(SkillLine.from_dict)),
            _decoding.optional("changes", _decoding.array(SkillChange.from_dict)),
            _decoding.optional("check", _decoding.nullable(SkillCheck.from_dict)),
            _decoding.optional("ignored", _decoding.array(_decoding.string)),
        ),
        rest=_decoding.anything,
    )


@_attrs_define
class SkillResponse:
    """
    One version of a project's skill.

    Attributes:
        content (str): The guide, in Markdown with YAML front matter (`name`,
            `description`).
        version (int | Unset): Grows by one with each regeneration; 1 where it is absent.
        n_passed (int | Unset): How many lessons of passed runs it was made of; 0 where it
            is absent.
        n_failed (int | Unset): How many lessons of failed runs it was made of; 0 where it
            is absent.
        created_at (datetime.datetime | Unset): When the project's first version was made.
        updated_at (datetime.datetime | Unset): When this version was made.
        published (bool | Unset): Whether it became the project's skill; false where it was
            held back, true where it is absent.
        held_back (int | None | Unset): In the answer to a creation, the number of the
            version that was made and held back; null or absent where the new version was
            published.
        lines (list[SkillLine] | Unset): What the guide consists of; unknown where it is
            absent.
        changes (list[SkillChange] | Unset): What it changed in the version that it was made
            from; unknown where it is absent.
        check (None | SkillCheck | Unset): How it was compared with the version published
            before; null or absent where it was not.
        ignored (list[str] | Unset): Fields of the request that had no effect, as the
            service does not know them or could not take their values. Absent where there are
            none.
    """

    content: str
    version: int | Unset = UNSET
    n_passed: int | Unset = UNSET
    n_failed: int | Unset = UNSET
    created_at: datetime.datetime | Unset = UNSET
    updated_at: datetime.datetime | Unset = UNSET
    published: bool | Unset = UNSET
    held_back: int | None | Unset = UNSET
    lines: list[SkillLine] | Unset = UNSET
    changes: list[SkillChange] | Unset = UNSET
    check: None | SkillCheck | Unset = UNSET
    ignored: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """
        Return the object as `json.dumps` takes it; fields that are UNSET are left out.
        """
        from ..models.skill_check import SkillCheck  # noqa: PLC0415 - models may name each other

        content = self.content

        version = self.version

        n_passed = self.n_passed

        n_failed = self.n_failed

        created_at: str | Unset = UNSET
        if not isinstance(self.created_at, Unset):
            created_at = _encoding.date_time(self.created_at)

        updated_at: str | Unset = UNSET
        if not isinstance(self.updated_at, Unset):
            updated_at = _encoding.date_time(self.updated_at)

        published = self.published

        held_back: int | None | Unset
        if isinstance(self.held_back, Unset):
            held_back = UNSET
        else:
            held_back = self.held_back

        lines: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.lines, Unset):
            lines = []
            for lines_item_data in self.lines:
                lines_item = lines_item_data.to_dict()
                lines.append(lines_item)

        changes: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.changes, Unset):
            changes = []
            for changes_item_data in self.changes:
                changes_item = changes_item_data.to_dict()
                changes.append(changes_item)

        check: dict[str, Any] | None | Unset
        if isinstance(self.check, Unset):
            check = UNSET
        elif isinstance(self.check, SkillCheck):
            check = self.check.to_dict()
        else:
            check = self.check

        ignored: list[str] | Unset = UNSET
        if not isinstance(self.ignored, Unset):
            ignored = self.ignored

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "content": content,
            }
        )
        if version is not UNSET:
            field_dict["version"] = version
        if n_passed is not UNSET:
            field_dict["n_passed"] = n_passed
        if n_failed is not UNSET:
            field_dict["n_failed"] = n_failed
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if updated_at is not UNSET:
            field_dict["updated_at"] = updated_at
        if published is not UNSET:
            field_dict["published"] = published
        if held_back is not UNSET:
            field_dict["held_back"] = held_back
        if lines is not UNSET:
            field_dict["lines"] = lines
        if changes is not UNSET:
            field_dict["changes"] = changes
        if check is not UNSET:
            field_dict["check"] = check
        if ignored is not UNSET:
            field_dict["ignored"] = ignored

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
