import csv
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reflect_cli.demo.database import create_database
from reflect_server.testing import RunningServer, running_server

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
    folder = tmp_path_factory.mktemp("small-set")
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
