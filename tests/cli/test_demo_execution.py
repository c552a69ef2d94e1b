import signal
import sqlite3
from contextlib import closing

import pytest

from reflect_cli.demo.execution import execute


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders",
        "INSERT INTO warehouses VALUES (9, 'Sea')",
        "UPDATE orders SET total = 0",
        "DROP TABLE orders",
        "CREATE TABLE loot (id INTEGER)",
        "ATTACH DATABASE 'elsewhere.db' AS elsewhere",
        "PRAGMA writable_schema = 1",
        "BEGIN",
        "VACUUM INTO 'copy.db'",
    ],
)
def test_nothing_but_reading_is_allowed(shop: sqlite3.Connection, sql: str):
    before = list(shop.iterdump())
    assert "Only SELECT" in str(execute(shop, sql).error)
    assert list(shop.iterdump()) == before


def test_a_query_that_runs_on_for_ever_is_stopped(shop: sqlite3.Connection):
    endless = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"
    )
    outcome = execute(shop, endless, seconds=0.05)
    assert outcome.error == "The query took longer than 0.05 s and was stopped."


def test_a_query_with_too_many_rows_is_refused(shop: sqlite3.Connection):
    outcome = execute(shop, "SELECT 1 FROM orders a, orders b")
    assert outcome.error == "The query gives more than 10000 rows."
    assert outcome.rows == ()


@pytest.mark.parametrize(
    "sql", ["", "-- nothing", "SELEKT 1", "SELECT nosuch FROM orders", "SELECT 1; SELECT 2"]
)
def test_a_bad_query_gives_its_error_instead_of_raising(shop: sqlite3.Connection, sql: str):
    outcome = execute(shop, sql)
    assert outcome.error
    assert outcome.preview().startswith("Error: ")


def test_the_preview_shows_the_first_rows(shop: sqlite3.Connection):
    preview = execute(shop, "SELECT id, name FROM warehouses").preview()
    assert preview == "3 rows\n1 | Jurong\n2 | Changi\n3 | Tuas"


def test_the_shop_can_be_written_again_by_its_owner(shop: sqlite3.Connection):
    execute(shop, "SELECT 1")
    shop.execute("DELETE FROM orders")


def test_a_stop_that_comes_while_a_query_runs_is_not_lost():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.create_function("stop", 0, lambda: signal.raise_signal(signal.SIGINT))
            with pytest.raises(KeyboardInterrupt):
                execute(connection, "SELECT stop()")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
