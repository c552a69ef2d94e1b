import csv
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reflect_cli.demo.database import create_database
from reflect_server.testing import RunningServer, running_server

_SUM = "SELECT SUM(pieces) FROM {} WHERE state = '{}' AND pieces > 1"
_LARGEST = "SELECT state, pieces FROM {} WHERE pieces >= 2 ORDER BY pieces DESC LIMIT 3"
TRAIN = [
    ("How many pieces do the open orders come to?", "orders", _SUM.format("orders", "open")),
    ("Name the three heaviest parcels", "parcels", _LARGEST.format("parcels")),
    ("Mark what is late among the invoices as closed", "invoices",
     "UPDATE invoices SET state = 'closed' WHERE state = 'late' AND pieces > 1"),
    ("Throw away teas that are done", "teas", "DELETE FROM teas WHERE state = 'done'"),
    ("What is the total weight of new pots?", "pots", _SUM.format("pots", "new")),
    ("Put nine fresh cups on the shelf", "cups", "INSERT INTO cups VALUES ('new', 9)"),
    ("Rank tins by size, from the largest", "tins", _LARGEST.format("tins")),
    ("Is anything left of the late boxes, and how much?", "boxes", _SUM.format("boxes", "late")),
    ("Show the top orders", "orders", _LARGEST.format("orders")),
    ("Sum up parcels that were done", "parcels", _SUM.format("parcels", "done")),
]  # fmt: skip  # a table, a task per line
VAL = [
    ("How many pieces do the late orders come to?", "orders", _SUM.format("orders", "late")),
    ("Name the largest parcels", "parcels", _LARGEST.format("parcels")),
]
SUBJECTS = ["card", "transfer", "refund", "password", "invoice", "parcel"]
FORMS = [
    "My {} has not arrived",
    "When will my {} come",
    "I cannot find the {} anywhere",
    "Please cancel the {}",
    "How do I get another {}",
    "There is something wrong with my {}",
    "Who can help me with a {}",
    "Is there a fee for the {}",
]
CLOSINGS = ["", " today", " please", " since Monday", " in Spain", " again", " for my sister"]


@pytest.fixture
def shop() -> Iterator[sqlite3.Connection]:
    """
    A fresh copy of the demo's database.
    """
    with closing(create_database()) as connection:
        yield connection


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """
    A server for all tests of the session; evaluations make projects of their own.
    """
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def labelled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A small set of labelled texts: six subjects, each asked about in 56 ways.
    """
    folder = tmp_path_factory.mktemp("labelled") / "small-set"
    folder.mkdir()
    rows = [
        (form.format(subject) + closing, f"about_{subject}")
        for subject in SUBJECTS
        for form in FORMS
        for closing in CLOSINGS
    ]
    random.Random(7).shuffle(rows)
    for name, part in (("train.csv", rows[:260]), ("test.csv", rows[260:])):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "category"), *part])
    return folder


@pytest.fixture(scope="session")
def database_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Ten database tasks for training and two for measuring, some over the same table.
    """
    folder = tmp_path_factory.mktemp("database") / "shop"
    folder.mkdir()
    train = [_database_task(*task) for task in TRAIN]
    val = [_database_task(*task) for task in VAL]
    for name, tasks in (("db_train.json", train), ("db_val.json", val)):
        (folder / name).write_text(json.dumps(dict(enumerate(tasks))))
    return folder


_COLUMNS = [{"name": "state", "type": "TEXT"}, {"name": "pieces", "type": "INT"}]
_ROWS = [[state, pieces] for state in ("open", "late", "new", "done") for pieces in (1, 2, 3, 4)]


def _database_task(instruction: str, table: str, sql: str) -> dict[str, object]:
    return {
        "instruction": instruction,
        "answer_info": repr({"sql": sql}),
        "table_info": {"name": table, "column_info_list": _COLUMNS, "row_list": _ROWS},
        "skill_list": repr([sql.split(" ", 1)[0].lower()]),
    }
