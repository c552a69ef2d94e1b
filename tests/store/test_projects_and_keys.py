from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reflect_server.domain.api_key import ApiKey
from reflect_server.domain.memory import Memory
from reflect_server.errors import ConflictError, NotFoundError
from reflect_server.store.protocol.idempotency import IdempotentAnswer
from reflect_server.store.protocol.store import Store, Transaction

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
KEY = ApiKey(
    id="k",
    public_id="abc",
    secret_hash=b"\x00\xff",
    label="laptop",
    scopes=("memory:read", "trace:write"),
    environment="live",
    is_master=False,
    project_id="p",
    user_id="someone",
    created_at=NOW,
)


def test_a_project_exists_once_it_was_created(store: Store):
    assert store.read(lambda tx: tx.projects.exists("p"))
    assert not store.read(lambda tx: tx.projects.exists("P"))
    store.write(lambda tx: tx.projects.create("p", created_at=LATER))
    assert store.read(lambda tx: tx.projects.exists("p"))


def test_deleting_a_project_takes_everything_of_it(
    store: Store, keep_memory: Callable[..., Memory]
):
    def fill(tx: Transaction) -> None:
        keep_memory(tx, "m", "p")
        keep_memory(tx, "n", "q")
        tx.keys.insert(KEY)
        tx.keys.insert(replace(KEY, id="k2", public_id="def", project_id="q"))
        tx.idempotency.remember("p", "key", IdempotentAnswer(b"f", "r"), at=NOW)

    def check(tx: Transaction) -> None:
        assert not tx.projects.exists("p")
        assert tx.traces.page("p") == []
        assert tx.memories.page("p") == []
        assert tx.keys.of_project("p") == []
        assert tx.idempotency.find("p", "key") is None
        assert [m.id for m in tx.memories.page("q")] == ["n"]
        assert [k.id for k in tx.keys.of_project("q")] == ["k2"]

    store.write(fill)
    store.write(lambda tx: tx.projects.delete("p"))
    store.write(lambda tx: tx.projects.delete("unknown"))
    store.read(check)


def test_a_key_is_found_by_its_public_id_and_an_unknown_one_finds_another(store: Store):
    expiring = replace(KEY, id="x", public_id="abd", expires_at=LATER)
    for key in (expiring, KEY):
        store.write(lambda tx, key=key: tx.keys.insert(key))
    assert store.read(lambda tx: tx.keys.nearest("abc")) == KEY
    assert store.read(lambda tx: tx.keys.nearest("aba")) == KEY
    assert store.read(lambda tx: tx.keys.nearest("abca")) == expiring
    assert store.read(lambda tx: tx.keys.nearest("unknown")) == KEY


def test_without_keys_none_is_found(store: Store):
    assert store.read(lambda tx: tx.keys.nearest("abc")) is None


def test_keys_are_listed_by_project_oldest_first(store: Store):
    master = replace(KEY, id="m", public_id="m", project_id=None, is_master=True, user_id=None)
    second = replace(KEY, id="a", public_id="a", created_at=LATER)
    for key in (KEY, master, second):
        store.write(lambda tx, key=key: tx.keys.insert(key))
    assert store.read(lambda tx: tx.keys.of_project("p")) == [KEY, second]
    assert store.read(lambda tx: tx.keys.of_project(None)) == [master]


def test_a_key_that_cannot_be_kept_is_refused(store: Store):
    store.write(lambda tx: tx.keys.insert(KEY))
    with pytest.raises(ConflictError, match="exists already"):
        store.write(lambda tx: tx.keys.insert(replace(KEY, id="other")))
    with pytest.raises(NotFoundError, match="'nowhere' does not exist"):
        store.write(
            lambda tx: tx.keys.insert(replace(KEY, id="o", public_id="o", project_id="nowhere"))
        )


def test_use_and_revocation_are_noted_and_the_first_revocation_stays(store: Store):
    store.write(lambda tx: tx.keys.insert(KEY))
    store.write(lambda tx: tx.keys.touch("k", at=NOW))
    store.write(lambda tx: tx.keys.touch("k", at=LATER))
    store.write(lambda tx: tx.keys.revoke("k", at=NOW))
    store.write(lambda tx: tx.keys.revoke("k", at=LATER))
    assert store.read(lambda tx: tx.keys.nearest("abc")) == replace(
        KEY, last_used_at=LATER, revoked_at=NOW
    )


def test_the_first_answer_of_an_idempotency_key_stays(store: Store):
    answer = IdempotentAnswer(b"\x00fingerprint", "trace")
    store.write(lambda tx: tx.idempotency.remember("p", "key", answer, at=NOW))
    assert store.read(lambda tx: tx.idempotency.find("p", "key")) == answer
    assert store.read(lambda tx: tx.idempotency.find("q", "key")) is None
    with pytest.raises(ConflictError, match="was used before"):
        store.write(
            lambda tx: tx.idempotency.remember("p", "key", IdempotentAnswer(b"", "u"), at=NOW)
        )
    with pytest.raises(NotFoundError, match="does not exist"):
        store.write(lambda tx: tx.idempotency.remember("nowhere", "key", answer, at=NOW))
    assert store.read(lambda tx: tx.idempotency.find("p", "key")) == answer


def test_answers_of_idempotency_keys_are_forgotten_after_a_day_and_not_before(store: Store):
    def remember(hours: int, *keys: str) -> None:
        def work(tx: Transaction) -> None:
            for key in keys:
                answer = IdempotentAnswer(b"f", "r")
                tx.idempotency.remember("p", key, answer, at=NOW + timedelta(hours=hours))

        store.write(work)

    def known(*keys: str) -> list[str]:
        return [k for k in keys if store.read(lambda tx, k=k: tx.idempotency.find("p", k))]

    old = [f"old{number}" for number in range(600)]
    remember(0, *old)
    remember(20, "young")
    remember(23, "later")
    assert known(*old, "young") == [*old, "young"]
    remember(26, "much later", "and another")
    assert known(*old, "young", "later", "much later", "and another") == [
        "young",
        "later",
        "much later",
        "and another",
    ]
