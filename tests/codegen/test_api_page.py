import json
import re
from collections import Counter
from pathlib import Path

import pytest
from api_page import api_page, problem_codes
from document import load, operations
from reference_model import Reference, Type
from schema_text import example_of, type_text

ROOT = Path(__file__).parents[2]
TINY = {
    "info": {"title": "T", "summary": "S.", "version": "1", "description": "D."},
    "servers": [{"url": "http://localhost", "description": "Here | there.\nAnd more."}],
    "tags": [],
    "paths": {},
    "components": {"securitySchemes": {}, "schemas": {}},
}


@pytest.fixture(scope="module")
def page():
    return (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def contract():
    return load(ROOT / "openapi.yaml")


def headings(page: str) -> list[str]:
    outside = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.+)$", outside, flags=re.MULTILINE)


def anchors(page: str) -> list[str]:
    """As GitHub makes them: a heading that comes again gets a number."""
    seen: Counter[str] = Counter()
    made = []
    for heading in headings(page):
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        made.append(f"{plain}-{seen[plain]}" if seen[plain] else plain)
        seen[plain] += 1
    return made


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def tables(page: str) -> list[list[str]]:
    found = re.findall(r"(?:^\|.*\n)+", page, flags=re.MULTILINE)
    return [table.splitlines() for table in found]


def test_every_operation_and_every_schema_has_a_section(page: str, contract: dict):
    names = [operation["operationId"] for _, _, operation in operations(contract)]
    names += contract["components"]["schemas"]
    assert names
    assert not set(names) - set(headings(page))
    for path, method, _ in operations(contract):
        assert f"```http\n{method.upper()} {path}\n```" in page


def test_every_link_leads_to_the_section_that_it_names(page: str):
    links = re.findall(r"\[([^\]]+)\]\(#([^)]+)\)", page)
    sections = dict(zip(anchors(page), headings(page), strict=True))
    assert links
    assert {target for _, target in links} <= set(sections)
    for text, target in links:
        assert text.lower() == sections[target].lower()


def test_every_row_of_a_table_has_as_many_cells_as_its_header(page: str):
    assert tables(page)
    for header, *rows in tables(page):
        assert {cells(row) for row in rows} == {cells(header)}


def test_every_example_is_json_with_the_required_fields(page: str, contract: dict):
    for name, schema in contract["components"]["schemas"].items():
        section = page.split(f"\n### {name}\n")[1]
        example = json.loads(section.split("```json\n")[1].split("```")[0])
        if "properties" in schema:
            assert set(schema.get("required", [])) <= set(example)


def test_limits_scopes_and_problem_statuses_are_shown(page: str):
    section = page.split("\n### query_memories\n")[1].split("\n### ", maxsplit=1)[0]
    assert "`memory:read`" in section
    assert "[QueryMemoriesRequest](#querymemoriesrequest)" in section
    assert "`422 invalid_request`" in section
    assert "already_reviewed" not in section
    request = page.split("\n### QueryMemoriesRequest\n")[1].split("\n### ", maxsplit=1)[0]
    assert "| `limit` | integer, 1 to 100 | no |" in request


def test_every_code_of_a_problem_is_explained(contract: dict):
    explained = problem_codes(contract)
    assert set(explained) == set(contract["components"]["schemas"]["ProblemCode"]["enum"])
    names = {operation["operationId"] for _, _, operation in operations(contract)}
    for code, problem in explained.items():
        assert set(problem.get("operations", ())) <= names, code


def test_every_operation_has_examples_for_the_shell_and_for_both_clients(page: str, contract: dict):
    for path, method, operation in operations(contract):
        name, tag = operation["operationId"], operation["tags"][0]
        section = page.split(f"\n### {name}\n")[1].split("\n### ", maxsplit=1)[0]
        assert f"from reflect_api.api.{tag} import {name}" in section
        assert "curl " in section
        assert method.upper() in {"GET", *re.findall(r"-X (\w+)", section)}, path
        assert "With the SDK" in section or "The SDK has no method for it" in section


def test_pipes_and_line_breaks_stay_inside_their_cell():
    text = api_page(TINY, Reference(client=Type(name="Client")))
    assert "| `http://localhost` | Here \\| there. And more. |" in text


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string", "minLength": 1}, "string, not empty"),
        (
            {"type": ["string", "null"], "maxLength": 2000},
            "string, at most 2,000 characters, or null",
        ),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}, "array of [Pet](#pet)"),
        ({"oneOf": [{"$ref": "#/x/Pet"}, {"type": "null"}]}, "[Pet](#pet) or null"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object of integer"),
        ({"const": "v1"}, "`v1`"),
        ({"type": "string", "format": "uuid"}, "string (uuid)"),
        ({"type": "string", "pattern": "^a|b$"}, "string, matching `^a|b$`"),
        ({"type": "string", "pattern": r"\S"}, "string, not blank"),
        ({}, "any JSON value"),
    ],
)
def test_a_type_is_described_with_its_limits(schema: dict, text: str):
    assert type_text(schema) == text


def test_the_example_of_a_schema_that_contains_itself_ends():
    pet = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "examples": ["Mia"]},
            "parents": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
        },
    }
    document = {"components": {"schemas": {"Pet": pet}}}
    example = example_of(document, {"$ref": "#/components/schemas/Pet"})
    assert example == {"name": "Mia", "parents": []}
