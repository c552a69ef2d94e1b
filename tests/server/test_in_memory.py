"""
What the tests of the server say, of the service in memory.
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from reflect_sdk.testing import FakeReflect
from reflect_server.testing import RunningServer

from . import (
    test_access,
    test_idempotency,
    test_lists,
    test_memories,
    test_reviews,
    test_waiting,
)
from .projects import Project

SHARED = (test_access, test_idempotency, test_lists, test_memories, test_reviews, test_waiting)
OF_A_SERVER_ALONE = {
    # Bootstrap, which is for whoever runs a server.
    "test_bootstrap_makes_a_project_with_a_key_for_everything_in_it",
    "test_bootstrap_refuses_a_project_that_no_path_could_reach",
    "test_bootstrap_with_a_wrong_token_is_refused",
    "test_bootstrap_without_a_token_is_refused",
    # What reaches it without its transport.
    "test_a_caller_that_knows_no_chunks_gets_a_length",
    "test_a_client_that_leaves_while_it_waits_disturbs_nobody",
    "test_a_long_list_is_read_while_others_write_and_delete",
    "test_a_project_may_have_the_character_that_stands_for_unreadable_ones",
    "test_without_a_valid_key_nothing_is_answered",
    # Ranking and credit by more than shared words and ranks.
    "test_a_memory_is_compared_with_the_others_of_its_task",
    "test_a_retrieved_memory_says_why_it_is_there",
    "test_advice_that_several_memories_give_takes_one_place_in_a_short_answer",
    "test_evidence_outweighs_a_little_similarity_and_not_much",
    "test_memories_that_say_the_same_say_so",
    "test_runs_with_one_answer_testify_for_and_against_it_and_the_weaker_side_waits",
    "test_without_used_memories_an_answer_credits_the_advice_that_it_follows",
    # Fine points of cursors and of the last year of all.
    "test_a_cursor_is_good_for_its_own_list_alone",
    "test_a_key_cannot_expire_after_the_last_time_in_utc",
}


@pytest.fixture
def project() -> Iterator[Project]:
    fake = FakeReflect()
    running = RunningServer(fake.base_url, fake.api_key)
    with ExitStack() as closing:
        name = f"project-{uuid.uuid4().hex}"
        yield Project(running, name, fake.api_key, closing, fake.transport)


def _of_a_project(test: Callable[..., object]) -> bool:
    given = set(inspect.signature(test).parameters)
    return "project" in given and not given & {"own_server", "http", "server"}


BEHAVIOURS = {
    name: test
    for module in SHARED
    for name, test in vars(module).items()
    if name.startswith("test_") and _of_a_project(test) and name not in OF_A_SERVER_ALONE
}
globals().update(BEHAVIOURS)


def test_most_behaviours_of_the_server_are_those_of_the_service_in_memory() -> None:
    known = {name for module in SHARED for name in vars(module)}
    assert known >= OF_A_SERVER_ALONE
    assert len(BEHAVIOURS) > 3 * len(OF_A_SERVER_ALONE)
