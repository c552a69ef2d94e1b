from datetime import UTC, datetime

from reflect_server.auth.cache import AuthCache
from reflect_server.auth.keyring import Keyring
from reflect_server.domain.api_key import ApiKey

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_key() -> ApiKey:
    keyring = Keyring(bytes(32))
    return keyring.issue(label="k", scopes=[], environment="live", project_id="p", now=NOW).key


def test_what_was_read_is_remembered():
    auth_cache, key = AuthCache(), a_key()

    auth_cache.add_key(key, read_after=auth_cache.moment)
    auth_cache.add_project("p", read_after=auth_cache.moment)

    assert auth_cache.key(key.secret_hash) == key
    assert auth_cache.key(a_key().secret_hash) is None
    assert auth_cache.has_project("p")
    assert not auth_cache.has_project("q")


def test_a_key_that_was_used_is_read_again():
    auth_cache, key, other = AuthCache(), a_key(), a_key()
    for remembered in (key, other):
        auth_cache.add_key(remembered, read_after=auth_cache.moment)

    auth_cache.forget_key(key)

    assert auth_cache.key(key.secret_hash) is None
    assert auth_cache.key(other.secret_hash) == other


def test_nothing_is_remembered_while_something_ends():
    auth_cache, key = AuthCache(), a_key()
    auth_cache.add_key(key, read_after=auth_cache.moment)
    auth_cache.add_project("p", read_after=auth_cache.moment)

    with auth_cache.ending():
        assert auth_cache.key(key.secret_hash) is None
        assert not auth_cache.has_project("p")
        within = auth_cache.moment
        auth_cache.add_key(key, read_after=within)
        auth_cache.add_project("p", read_after=within)
        assert auth_cache.key(key.secret_hash) is None
        assert not auth_cache.has_project("p")

    auth_cache.add_project("p", read_after=within)
    assert not auth_cache.has_project("p")
    auth_cache.add_project("p", read_after=auth_cache.moment)
    assert auth_cache.has_project("p")


def test_what_was_read_before_something_ended_is_not_remembered():
    auth_cache, key = AuthCache(), a_key()
    before = auth_cache.moment
    with auth_cache.ending():
        pass

    auth_cache.add_key(key, read_after=before)
    auth_cache.add_project("p", read_after=before)

    assert auth_cache.key(key.secret_hash) is None
    assert not auth_cache.has_project("p")
