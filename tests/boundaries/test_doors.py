"""
The doors beside the contract: which they are, that they hide nothing of it, and how they are kept.
"""

from __future__ import annotations

import pytest

from reflect_contract.operations import OPERATIONS
from reflect_server.api.routes import HANDLERS
from reflect_server.api.routing import Router
from reflect_server.errors import NotFoundError
from reflect_server.http.doors import Slot
from reflect_server.serving.doors import DOORS

from .test_rooms import SERVER

OPEN = {"/", "/docs", "/openapi.json"}
"""Paths that anybody may read, as they hold nothing but the contract."""

PAGES = {path: page for door in DOORS for path, page in door.pages.items()}


def test_each_room_that_is_a_door_stands_in_the_list():
    assert {door.room for door in DOORS} | {"api"} == set(SERVER.doors)
    assert len({door.room for door in DOORS}) == len(DOORS)


@pytest.mark.parametrize("path", PAGES)
def test_no_door_hides_a_path_of_the_contract(path: str):
    with pytest.raises(NotFoundError):
        Router(OPERATIONS, HANDLERS).find("GET", path.encode())


def test_no_two_doors_have_the_same_path():
    assert len(PAGES) == sum(len(door.pages) for door in DOORS)


@pytest.mark.parametrize("path", PAGES)
def test_what_is_not_open_on_purpose_asks_for_a_credential(path: str):
    assert bool(PAGES[path].credentials) is (path not in OPEN)


def test_only_metrics_have_places_of_their_own():
    assert [path for path, page in PAGES.items() if page.slot is Slot.SCRAPE] == ["/metrics"]
