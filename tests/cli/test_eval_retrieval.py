from __future__ import annotations

from pathlib import Path

import pytest

from reflect_cli.evaluation.errors import EvaluationError
from reflect_cli.evaluation.retrieval import (
    DEFAULTS,
    SIMILARITY,
    RetrievalSet,
    evaluate_retrieval,
    read_retrieval_set,
    steps_of,
)
from reflect_cli.evaluation.service import Service
from reflect_server.testing import RunningServer

SUBJECTS = ("card", "transfer", "refund", "password", "invoice", "parcel")
MEMORIES = tuple(f"{verb} the {noun}" for noun in ("parcel", "invoice") for verb in "ABCDEFG")
QUERIES = ("Weigh the parcel", "Print the invoice", "Sing a song")
SET = RetrievalSet(
    "made up",
    MEMORIES,
    QUERIES,
    {"same noun": (frozenset(range(7)), frozenset(range(7, 14)), frozenset())},
)


def test_what_belongs_together_is_found(server: RunningServer):
    counted: list[int] = []
    service = Service(server.base_url, server.api_key, 2, counted.append)
    evaluation = evaluate_retrieval(service, SET)
    assert sum(counted) == steps_of(SET)
    assert evaluation.conditions == [
        "same noun: first",
        "same noun: recall@10",
        "same noun: MAP@10",
    ]
    assert evaluation.agent == "none"
    for measured in evaluation.measurements:
        assert len(measured.outcomes) == 2, "the query without a right memory does not count"
        assert measured.interval.mean > 0.6
    first = evaluation.of(SIMILARITY, "same noun: first")
    assert first is not None
    assert first.scores == [1.0, 1.0]


def test_a_folder_says_what_belongs_together(labelled_folder: Path, database_folder: Path):
    labelled = read_retrieval_set(labelled_folder)
    assert list(labelled.relevant) == ["same intent"]
    for query, wanted in zip(labelled.queries, labelled.relevant["same intent"], strict=True):
        subject = next(subject for subject in SUBJECTS if subject in query)
        assert {n for n, task in enumerate(labelled.memories) if subject in task} == wanted
    database = read_retrieval_set(database_folder)
    assert list(database.relevant) == ["same table", "same skills"]
    assert len(database.memories) == 10
    for query, wanted in zip(database.queries, database.relevant["same table"], strict=True):
        table = "orders" if "orders" in query else "parcels"
        assert {n for n, task in enumerate(database.memories) if table in task} == wanted


def test_a_folder_of_neither_kind_is_refused(tmp_path: Path):
    with pytest.raises(EvaluationError, match="Give a folder that has"):
        read_retrieval_set(tmp_path)


def test_queries_without_anything_to_find_are_refused_before_the_work(tmp_path: Path):
    (tmp_path / "train.csv").write_text("text,label\na card,card\na refund,refund\n")
    (tmp_path / "test.csv").write_text("text,label\na parcel,parcel\nmy card,card\n")
    with pytest.raises(EvaluationError, match=r"fewer than 2 queries .*\(same intent\)"):
        read_retrieval_set(tmp_path)


def test_the_default_ranking_is_among_the_compared(server: RunningServer):
    service = Service(server.base_url, server.api_key, 2)
    evaluation = evaluate_retrieval(service, SET)
    assert DEFAULTS in evaluation.strategies
    assert evaluation.best_baseline("same noun: first") == SIMILARITY
