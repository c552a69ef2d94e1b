from datetime import UTC, datetime

from reflect_server.auth.cache import Admissions
from reflect_server.auth.keyring import Keyring
from reflect_server.domain.entities import ApiKey

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_key() -> ApiKey:
    keyring = Keyring(bytes(32))
    return keyring.issue(label="k", scopes=[], environment="live", project_id="p", now=NOW).key


def test_what_was_read_is_remembered():
    admissions, key = Admissions(), a_key()

    admissions.add_key(key, read_after=admissions.moment)
    admissions.add_project("p", read_after=admissions.moment)

    assert admissions.key(key.secret_hash) == key
    assert admissions.key(a_key().secret_hash) is None
    assert admissions.has_project("p")
    assert not admissions.has_project("q")


def test_a_key_that_was_used_is_read_again():
    admissions, key, other = Admissions(), a_key(), a_key()
    for remembered in (key, other):
        admissions.add_key(remembered, read_after=admissions.moment)

    admissions.forget_key(key)

    assert admissions.key(key.secret_hash) is None
    assert admissions.key(other.secret_hash) == other


def test_nothing_is_remembered_while_something_ends():
    admissions, key = Admissions(), a_key()
    admissions.add_key(key, read_after=admissions.moment)
    admissions.add_project("p", read_after=admissions.moment)

    with admissions.ending():
        assert admissions.key(key.secret_hash) is None
        assert not admissions.has_project("p")
        within = admissions.moment
        admissions.add_key(key, read_after=within)
        admissions.add_project("p", read_after=within)
        assert admissions.key(key.secret_hash) is None
        assert not admissions.has_project("p")

    admissions.add_project("p", read_after=within)
    assert not admissions.has_project("p")
    admissions.add_project("p", read_after=admissions.moment)
    assert admissions.has_project("p")


def test_what_was_read_before_something_ended_is_not_remembered():
    admissions, key = Admissions(), a_key()
    before = admissions.moment
    with admissions.ending():
        pass

    admissions.add_key(key, read_after=before)
    admissions.add_project("p", read_after=before)

    assert admissions.key(key.secret_hash) is None
    assert not admissions.has_project("p")
