import copy
from pathlib import Path

import pytest
from document import Json, load
from generate import generate
from ruamel.yaml import YAML
from shared_answers import answer_faults

CONTRACT = load(Path(__file__).parents[2] / "openapi.yaml")
OPERATIONS = {
    operation["operationId"]: ("paths", path, method)
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
}
OF_THEIR_OWN = {
    ("create_skill", "409"),
    ("review_trace", "409"),
    ("change_review", "409"),
    ("undo_review", "400"),
    ("undo_review", "409"),
}
SHARED = [
    (operation_id, status)
    for operation_id, (_, path, method) in OPERATIONS.items()
    for status, answer in CONTRACT["paths"][path][method]["responses"].items()
    if "$ref" in answer and (operation_id, status) not in OF_THEIR_OWN
]


def without(*place: str) -> Json:
    document = copy.deepcopy(CONTRACT)
    node = document
    for step in place[:-1]:
        node = node[step]
    del node[place[-1]]
    return document


def test_our_contract_tells_all_shared_answers():
    assert answer_faults(CONTRACT) == []


@pytest.mark.parametrize(("operation_id", "status"), SHARED)
def test_an_operation_without_a_shared_answer_is_named(operation_id: str, status: str):
    place = OPERATIONS[operation_id]
    found = answer_faults(without(*place, "responses", status))
    assert len(found) == 1
    assert found[0].startswith(f"{place[2].upper()} {place[1]}: must have the answer {status} as")


@pytest.mark.parametrize(
    ("operation_id", "status", "header"),
    [
        ("health", "200", "X-Request-Id"),
        ("create_trace", "2XX", "Idempotency-Replayed"),
        ("list_traces", "200", "Link"),
        ("get_trace", "200", "Preference-Applied"),
    ],
)
def test_an_answer_without_a_shared_header_is_named(operation_id: str, status: str, header: str):
    document = without(*OPERATIONS[operation_id], "responses", status, "headers", header)
    (found,) = answer_faults(document)
    assert f"must have the header `{header}`" in found


@pytest.mark.parametrize(
    ("answer", "header"),
    [("NotFound", "X-Request-Id"), ("TooManyRequests", "Retry-After")],
)
def test_a_shared_answer_without_a_header_is_named_wherever_it_is_used(answer: str, header: str):
    found = answer_faults(without("components", "responses", answer, "headers", header))
    assert len(found) > 5
    assert all(f"must have the header `{header}`" in fault for fault in found)


def test_a_shared_answer_in_words_of_its_own_is_named():
    document = copy.deepcopy(CONTRACT)
    _, path, method = OPERATIONS["list_traces"]
    answers = document["paths"][path][method]["responses"]
    answers["404"] = document["components"]["responses"]["NotFound"]
    (found,) = answer_faults(document)
    assert 'the answer 404 as `$ref: "#/components/responses/NotFound"`' in found


def test_a_contract_without_them_is_not_generated(tmp_path: Path):
    with (tmp_path / "openapi.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump(without(*OPERATIONS["get_skill"], "responses", "429"), stream)
    (tmp_path / "out").mkdir()
    with pytest.raises(SystemExit, match=r"GET .*/skill: must have the answer 429"):
        generate(tmp_path / "openapi.yaml", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
