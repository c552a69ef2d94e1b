import datetime
import importlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import msgspec
import pytest
from client_package import HERE
from scripted_server import ScriptedServer
from syrupy.assertion import SnapshotAssertion

from reflect_api import AuthenticatedClient

Call = Callable[..., Any]

PET = {
    "name": "Mia",
    "kind": "axolotl",
    "parents": [
        {"name": "Tom", "kind": "cat", "parents": [], "born": "2020-02-29", "level": 1},
    ],
    "born": "2024-02-29",
    "level": 7,
    "seen_at": "2026-03-01T12:00:00+00:00",
    "vet_at": None,
    "owner": "12345678-1234-5678-1234-567812345678",
    "best_friend": None,
    "grid": [[1.5, 2.0], []],
    "meals": [["2026-03-01T12:00:00+00:00"], []],
    "tags": {"colour": "grey"},
    "cousins": {
        "Kit": {"name": "Kit", "kind": "cat", "parents": [], "born": "2020-02-29", "level": 0}
    },
    "levels": {"a": 1, "b": None, "c": 9},
    "notes": {"any": [1]},
    "reference": 7,
    "anything": [1, {"a": None}],
    "version": "v1",
    "class": "mammal",
    "nickname": None,
    "chip": "topsecret",
    "lives": 9,
}


@pytest.fixture
def api(constructs: Path):
    return importlib.import_module("constructs_api.api")


@pytest.fixture
def models(constructs: Path):
    return importlib.import_module("constructs_api.models")


@pytest.fixture
def errors(constructs: Path):
    return importlib.import_module("constructs_api.errors")


@pytest.fixture
def client(server: ScriptedServer, constructs: Path):
    module = importlib.import_module("constructs_api.client")
    with module.AuthenticatedClient(server.url, token="secret") as client:
        yield client


def contents(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    kept = [path for path in files if "__pycache__" not in path.parts]
    return "\n".join(
        f"# ==== {path.relative_to(folder).as_posix()}\n{path.read_text(encoding='utf-8')}"
        for path in kept
    )


def generated_from_the_contract(folder: Path) -> str:
    own = {path.name for path in (HERE / "runtime").glob("*.py")}
    files = contents(folder).split("# ==== ")
    return "# ==== ".join(file for file in files if file.partition("\n")[0] not in own)


def test_the_client_is_generated_as_before(constructs: Path, snapshot: SnapshotAssertion):
    assert generated_from_the_contract(constructs / "constructs_api") == snapshot


def test_the_contract_is_generated_as_before(constructs: Path, snapshot: SnapshotAssertion):
    package = constructs / "constructs_contract"
    parts = [
        (package / name).read_text(encoding="utf-8") for name in ("models.py", "operations.py")
    ]
    assert "\n".join(parts) == snapshot


def test_a_model_of_every_sort_of_field_survives_the_round_trip(models: ModuleType):
    pet = models.Pet.from_dict(json.loads(json.dumps(PET)))
    assert pet.parents[0].born == datetime.date(2020, 2, 29)
    assert pet.level == 7
    assert pet.parents[0].level is models.Level.VALUE_1
    assert pet.owner == UUID(PET["owner"])
    assert pet.meals[0][0].tzinfo is not None
    assert pet.cousins["Kit"].kind is models.Kind.CAT
    assert pet.additional_properties == {"lives": 9}
    assert "topsecret" not in repr(pet)
    assert json.loads(json.dumps(pet.to_dict())) == PET


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cousins": {"Kit": {"name": 1}}}, "Pet.cousins.Kit.name"),
        (
            {"parents": [PET["parents"][0], {**PET["parents"][0], "level": "1"}]},
            "Pet.parents[1].level",
        ),
        ({"grid": [[1], ["a"]]}, "Pet.grid[1][0]"),
        ({"levels": {"a": "1"}}, "Pet.levels.a"),
        ({"reference": []}, "Pet.reference"),
        ({"version": "v2"}, "Pet.version"),
        ({"owner": "me"}, "Pet.owner"),
        ({"born": "yesterday"}, "Pet.born"),
        ({"best_friend": {"name": "Rex"}}, "Pet.best_friend.kind"),
        ({"lives": "nine"}, "Pet.lives"),
        ({"name": None}, "Pet.name"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(
    models: ModuleType, errors: ModuleType, change: dict[str, object], field: str
):
    with pytest.raises(errors.FieldError) as caught:
        models.Pet.from_dict({**PET, **change})
    assert caught.value.field == field


def test_every_kind_of_parameter_is_sent(
    server: ScriptedServer,
    client: AuthenticatedClient,
    api: ModuleType,
    models: ModuleType,
    call: Call,
):
    server.answers_with(200, json.dumps([PET]))
    (pet,) = call(
        api.pets.list_pets,
        client=client,
        kinds=[models.Kind.CAT, "newt"],
        since=datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC),
        born=datetime.date(2026, 3, 1),
        owner=UUID(PET["owner"]),
        tame=True,
        lambda_=0.5,
        x_trace="abc",
        x_attempt=2,
        session="s1",
    )
    assert pet.name == "Mia"
    (request,) = server.requests
    assert request.path == (
        "/pets?kinds=cat&kinds=newt&since=2026-03-01T00%3A00%3A00%2B00%3A00&born=2026-03-01"
        f"&owner={PET['owner']}&tame=true&lambda=0.5"
    )
    sent = {name: request.headers[name] for name in ("x-trace", "x-attempt", "cookie")}
    assert sent == {"x-trace": "abc", "x-attempt": "2", "cookie": "session=s1"}


def test_a_moment_without_a_time_zone_is_refused(
    server: ScriptedServer,
    client: AuthenticatedClient,
    api: ModuleType,
    errors: ModuleType,
    call: Call,
):
    naive = datetime.datetime(2026, 3, 1)  # noqa: DTZ001 - this is the fault
    with pytest.raises(errors.InvalidArgumentError, match="no time zone"):
        call(api.pets.list_pets, client=client, since=naive, x_attempt=1)
    assert server.requests == []


def test_a_default_answer_stands_for_every_error(
    server: ScriptedServer,
    client: AuthenticatedClient,
    api: ModuleType,
    models: ModuleType,
    errors: ModuleType,
    call: Call,
):
    server.answers_with(418, '{"code": "teapot"}')
    response = call(api.pets.list_pets, client=client, x_attempt=1, detailed=True)
    assert response.parsed == models.Fault(code="teapot")
    with pytest.raises(errors.StatusError) as caught:
        call(api.pets.list_pets, client=client, x_attempt=1)
    assert caught.value.parsed.code == "teapot"


def test_one_of_several_successes_is_returned(
    server: ScriptedServer,
    client: AuthenticatedClient,
    api: ModuleType,
    models: ModuleType,
    call: Call,
):
    body = models.Pet.from_dict(PET)
    server.answers_with(201, json.dumps(PET))
    server.answers_with(204)
    assert call(api.pets.create_pet, client=client, body=body) == body
    assert call(api.pets.create_pet, client=client, body=body) is None
    assert json.loads(server.requests[0].body) == PET


def test_bytes_and_text_are_answers_too(
    server: ScriptedServer,
    client: AuthenticatedClient,
    api: ModuleType,
    errors: ModuleType,
    call: Call,
):
    server.answers_with(200, b"\x89PNG\x00", kind="application/octet-stream")
    server.answers_with(404, "none yet", kind="text/plain")
    photo = call(api.photos.get_photo, "p1", "cat", client=client)
    assert photo.payload.read() == b"\x89PNG\x00"
    with pytest.raises(errors.StatusError) as caught:
        call(api.photos.get_photo, "p1", "cat", client=client)
    assert caught.value.parsed == "none yet"
    assert all("authorization" not in request.headers for request in server.requests)


def test_bytes_are_sent_as_they_are(
    server: ScriptedServer,
    client: AuthenticatedClient,
    api: ModuleType,
    constructs: Path,
    call: Call,
):
    types = importlib.import_module("constructs_api.types")
    server.answers_with(200, "3")
    body = types.File(payload=io.BytesIO(b"\x00\x01\x02"))
    assert call(api.photos.replace_photo, "p1", "cat", client=client, body=body) == 3
    assert server.requests[0].body == b"\x00\x01\x02"
    assert server.requests[0].headers["authorization"] == "Bearer secret"


def test_a_multipart_body_has_a_boundary_that_its_content_cannot_hold(
    server: ScriptedServer,
    client: AuthenticatedClient,
    api: ModuleType,
    models: ModuleType,
    constructs: Path,
    call: Call,
):
    types = importlib.import_module("constructs_api.types")
    server.answers_with(204)
    body = models.Upload(
        photo=types.File(io.BytesIO(b"--+++\r\nimage"), "cat.png", "image/png"),
        taken_at=datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC),
        kind="newt",
        notes={"a": [1]},
        labels=["x", "y"],
    )
    arguments = {"client": client, "body": body, "x_upload_key": "k"}
    assert call(api.photos.upload_photo, "p1", models.Kind.CAT, **arguments) is None
    (request,) = server.requests
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    parts = request.body.split(b"--" + boundary)[1:-1]
    assert len(parts) == 6
    assert b'filename="cat.png"\r\nContent-Type: image/png\r\n\r\n--+++\r\nimage' in parts[0]
    assert parts[1].endswith(b"2026-03-01T00:00:00+00:00\r\n")
    assert parts[3].endswith(b'{"a": [1]}\r\n')
    assert request.headers["x-upload-key"] == "k"
    assert "authorization" not in request.headers


def test_alternatives_are_told_apart_and_defaults_fill_what_is_absent(
    server: ScriptedServer,
    client: AuthenticatedClient,
    api: ModuleType,
    models: ModuleType,
    errors: ModuleType,
    call: Call,
):
    shapes = [{"kind": "square"}, {"kind": "circle", "radius": 2}]
    server.answers_with(200, json.dumps({"shapes": shapes}))
    server.answers_with(200, '{"shapes": [{"kind": "square"}, {"kind": "star"}]}')
    form = models.Form(title="é", copies=2)
    answer = call(api.forms.submit_form, client=client, body=form)
    assert answer.shapes == [
        models.Square(kind="square", side=1.0, colour="black"),
        models.Circle(kind="circle", radius=2.0),
    ]
    assert server.requests[0].body == b"title=%C3%A9&copies=2"
    with pytest.raises(errors.DecodeError, match=r"`Shapes\.shapes\[1\]"):
        call(api.forms.submit_form, client=client, body=form)


def test_descriptions_beside_references_and_of_parameters_are_kept(
    models: ModuleType, api: ModuleType
):
    assert "What sort of pet it is." in models.Pet.__doc__
    assert "Only tame or only wild ones." in api.pets.list_pets.sync.__doc__
    assert "The key for uploads." in api.photos.upload_photo.sync.__doc__


def test_the_server_tells_alternatives_apart_too(constructs: Path):
    contract = importlib.import_module("constructs_contract.models")
    body = b'{"shapes": [{"kind": "circle", "radius": 1}, {"kind": "square"}]}'
    decoded = msgspec.json.decode(body, type=contract.Shapes)
    assert [type(shape) for shape in decoded.shapes] == [contract.Circle, contract.Square]
    with pytest.raises(msgspec.ValidationError, match="radius"):
        msgspec.json.decode(b'{"shapes": [{"kind": "circle", "radius": 0}]}', type=contract.Shapes)
