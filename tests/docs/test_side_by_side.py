"""
The reference pages have all that the published one has, and none of its faults.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from page_structure import read_page
from published_reference import PUBLISHED
from side_by_side import OURS, broken_rows, contradictions, differences, main, undescribed

PAGES = [*OURS, *(page.with_name(f"types{page.suffix}") for page in OURS)]


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.name)
def test_every_published_method_is_there_with_its_parameters_types_and_defaults(page: Path):
    assert list(differences(read_page(page)[0])) == []


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.name)
def test_every_table_of_parameters_says_what_the_signature_says(page: Path):
    assert list(contradictions(read_page(page)[0])) == []


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.name)
def test_every_method_has_prose_and_every_parameter_a_description(page: Path):
    assert list(undescribed(read_page(page)[0])) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_row_of_a_table_is_broken(page: Path):
    tables = read_page(page)[1]
    assert tables
    assert broken_rows(tables) == []


def test_every_method_that_calls_the_service_has_a_twin_and_a_table_of_errors():
    methods, _ = read_page(OURS[0])
    alone = {"__init__", "from_env", "with_options", "close", "aclose"}
    for name in methods.keys() - alone:
        twin = name.removesuffix("_async") if name.endswith("_async") else f"{name}_async"
        assert methods[twin].parameters == methods[name].parameters
        assert any(table.header == ["Raises", "When"] for table in methods[name].tables), name


def test_the_comparison_notices_each_fault_of_the_original(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        "### get_trace\n\n```python\ndef get_trace(\n    trace_id: int | None = None,\n"
        ") -> TraceResponse\n```\n\n| Parameter | Type | Default | Description | |\n"
        "| --- | --- | --- | --- | --- |\n| `trace_id` | \\`int | None\\` | `None` | | |\n"
    )
    methods, tables = read_page(page)
    found = list(differences(methods))
    assert "get_trace: trace_id: int | None = None, published str" in found
    assert len(found) == len(PUBLISHED)
    assert broken_rows(tables) == [9, 11]
    assert list(undescribed(methods)) == ["get_trace has no prose"]
    assert list(contradictions(methods))
    assert main(page) == 1
