import copy
from pathlib import Path
from typing import Any

import pytest
from client_package import write_client
from document import Json, load
from generate import generate
from lint_spec import faults
from ruamel.yaml import YAML

Place = tuple[str | int, ...]

SOUND: Json = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1"},
    "paths": {
        "/things": {
            "post": {
                "operationId": "create_thing",
                "x-idempotency": "none",
                "tags": ["things"],
                "summary": "Create a thing",
                "security": [],
                "parameters": [
                    {
                        "name": "dry",
                        "in": "query",
                        "description": "Whether to pretend.",
                        "schema": {"type": "boolean"},
                    }
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    }
                },
                "responses": {
                    "200": {
                        "description": "It.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        },
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "description": "A thing.",
                "properties": {
                    "name": {"type": "string", "description": "Its name."},
                    "parts": {
                        "type": "array",
                        "description": "Its parts.",
                        "items": {"type": "string"},
                    },
                },
            }
        }
    },
}
OPERATION = ("paths", "/things", "post")
BODY = (*OPERATION, "requestBody", "content")
ANSWER = (*OPERATION, "responses", "200", "content", "application/json", "schema")
PARAMETER = (*OPERATION, "parameters", 0)
THING = ("components", "schemas", "Thing")
FIELD = (*THING, "properties", "name")
INLINE = {"type": "object", "properties": {"a": {"type": "string"}}}
UNTAGGED = {
    "oneOf": [{"$ref": "#/components/schemas/Thing"}, {"$ref": "#/components/schemas/Other"}]
}


def changed(place: Place, value: object):
    document = copy.deepcopy(SOUND)
    node: Any = document
    for step in place[:-1]:
        node = node[step]
    if value is None:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return document


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        ((*OPERATION, "operationId"), None, "POST /things: has no `operationId`"),
        ((*OPERATION, "tags"), None, "needs exactly one tag"),
        ((*OPERATION, "tags"), ["a", "b"], "needs exactly one tag"),
        ((*OPERATION, "security"), None, "needs a `security` of its own"),
        ((*OPERATION, "security"), [{"a": [], "b": []}], "several credentials at once"),
        ((*OPERATION, "summary"), None, "has no `summary`"),
        ((*OPERATION, "x-idempotency"), None, "has the `x-idempotency` None where one of natural,"),
        ((*OPERATION, "x-idempotency"), "maybe", "decides whether clients try the request again"),
        ((*OPERATION, "x-idempotency"), "key", "must have the header `Idempotency-Key`"),
        ((*PARAMETER, "name"), "Idempotency-Key", "just where its `x-idempotency` is `key`"),
        (BODY, {"application/json": {}, "text/plain": {}}, "takes several content types"),
        ((*BODY, "application/json", "schema"), INLINE, "the body has an inline schema"),
        (ANSWER, INLINE, "the answer 200 has an inline schema"),
        (ANSWER, {"type": "array", "items": INLINE}, "the answer 200 has an inline schema"),
        ((*PARAMETER, "description"), None, "parameter `dry` has no description"),
        ((*PARAMETER, "name"), "headers", "a name that the generated function uses"),
        ((*PARAMETER, "explode"), False, "a serialisation of its own"),
        ((*PARAMETER, "schema"), {"type": "string", "enum": ["a"]}, "has an inline schema"),
        ((*PARAMETER, "schema"), {"type": "boolean", "default": True}, "sent with every request"),
        ((*THING, "description"), None, "Thing has no description"),
        ((*FIELD, "description"), None, "Thing.name has no description"),
        ((*FIELD, "enum"), ["a"], "Thing.name has an inline schema"),
        (FIELD, {**INLINE, "description": "D."}, "Thing.name has an inline schema"),
        ((*FIELD, "default"), "a", "Thing.name has a `default`"),
        (FIELD, {"type": "array", "description": "D."}, "Thing.name is an array without `items`"),
        (
            ("components", "schemas", "Kind"),
            {"description": "D.", "enum": ["a", None]},
            "Kind has null among its `enum`",
        ),
        (
            (*THING, "properties", "to_dict"),
            {"type": "string", "description": "D."},
            "to_dict has a",
        ),
        (
            (*THING, "properties", "additional_properties"),
            {"type": "string", "description": "D."},
            "Thing.additional_properties has a name that the generated class uses",
        ),
    ],
)
def test_a_construct_that_would_generate_wrong_code_is_named(
    place: Place, value: object, fault: str
):
    found = faults(changed(place, value))
    assert len(found) == 1
    assert fault in found[0]


def test_objects_that_cannot_be_told_apart_are_named():
    document = changed(FIELD, {**UNTAGGED, "description": "D."})
    document["components"]["schemas"]["Other"] = SOUND["components"]["schemas"]["Thing"]
    assert any("has several objects as alternatives" in fault for fault in faults(document))


def test_a_sound_document_has_no_faults():
    assert faults(SOUND) == []


@pytest.mark.parametrize("name", ["openapi.yaml", "tests/codegen/constructs.yaml"])
def test_our_own_documents_have_no_faults(name: str):
    assert faults(load(Path(__file__).parents[2] / name)) == []


def test_faults_stop_the_generation(tmp_path: Path):
    with (tmp_path / "openapi.yaml").open("w") as stream:
        YAML().dump(changed((*OPERATION, "operationId"), None), stream)
    (tmp_path / "out").mkdir()
    with pytest.raises(SystemExit, match="nothing was generated"):
        generate(tmp_path / "openapi.yaml", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_the_generator_leaves_out_stops_the_generation(tmp_path: Path):
    document = changed(ANSWER, {"$ref": "#/components/schemas/Nowhere"})
    with pytest.raises(SystemExit, match="cannot generate all of the contract"):
        write_client(document, tmp_path / "client")
