"""Accounts behave alike over SQLite and PostgreSQL: what is decided in SQL, and times."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from checkdam.accounts import Accounts, AccountStore, Throttle
from checkdam.schema import ConflictError, InputError, UnauthenticatedError


class Unthrottled(Throttle):
    def begin(self, client: str, name: str) -> None:
        return


@pytest.fixture
def accounts(engine: sa.Engine) -> Accounts:
    return Accounts(AccountStore(engine), Unthrottled())


def test_a_link_gives_one_session_to_one_of_many(accounts: Accounts) -> None:
    once = accounts.first_login()
    assert once is not None

    def use(_: int) -> str | None:
        try:
            return accounts.sign_in_once(once.token, client="c").token
        except UnauthenticatedError:
            return None

    with ThreadPoolExecutor(8) as pool:
        tokens = [token for token in pool.map(use, range(24)) if token]
    assert len(tokens) == 1
    assert accounts.by_session(tokens[0]) is not None


def test_starting_together_makes_one_admin(accounts: Accounts) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: accounts.first_login(), range(16)))
    assert [user.name for user in accounts.users()] == ["admin"]


def test_one_admin_is_left_of_two_who_demote_each_other(accounts: Accounts) -> None:
    pairs = [accounts.create_user(name, "admin", actor="x") for name in ("ada", "bob")]

    def demote(user_id: str) -> bool:
        try:
            accounts.change_user(user_id, role="tasker", actor="x")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(demote, [user.id for user in pairs])) == 1


def test_two_who_take_one_name_at_once(accounts: Accounts) -> None:
    def make(name: str) -> bool:
        try:
            accounts.create_user(name, "tasker", actor="x")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, ["ada", "Ada", "ADA", "aDa"] * 4)) == 1


def test_times_are_in_utc_and_expiry_is_in_the_future(accounts: Accounts) -> None:
    now = datetime.now(UTC)
    once = accounts.first_login()
    assert once is not None
    signed = accounts.sign_in_once(once.token, client="c")
    for told, ahead in (
        (once.user.created_at, timedelta(0)),
        (once.expires_at, timedelta(seconds=Accounts.ONE_TIME_SECONDS)),
        (signed.expires_at, timedelta(seconds=Accounts.SESSION_SECONDS)),
    ):
        moment = datetime.fromisoformat(told)
        assert moment.utcoffset() == timedelta(0)
        assert abs(moment - now - ahead) < timedelta(minutes=2)


def test_sessions_keys_and_the_audit_log(accounts: Accounts) -> None:
    ada = accounts.create_user("ada", "admin", actor="x")
    signed = accounts.set_password(ada.id, None, "four words are enough", client="c")
    assert accounts.sign_in("ada", "four words are enough", client="c").user.id == ada.id
    with pytest.raises(InputError):
        accounts.set_password(ada.id, "wrong", "another four words", client="c")
    key = accounts.create_key(ada.id, "script", "read")
    found = accounts.by_key(key.secret)
    assert found is not None
    assert found[1].id == key.key.id
    assert accounts.keys(ada.id)[0].last_used_at is not None
    accounts.revoke_key(key.key.id, actor="ada")
    assert accounts.by_key(key.secret) is None
    accounts.sign_out(signed.token)
    assert accounts.by_session(signed.token) is None
    entries = accounts.audit(limit=100)
    assert [int(entry.id) for entry in entries] == sorted((int(entry.id) for entry in entries), reverse=True)
    assert entries[0].action == "sign out"
    assert accounts.audit(limit=2, before=entries[1].id)[0] == entries[2]
