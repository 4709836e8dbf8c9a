"""Users, one-time links, sessions and keys: who gets in, for how long, and what ends it."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from checkdam.accounts import Accounts, TooManyAttemptsError, User
from checkdam.schema import ConflictError, InputError, NotFoundError, UnauthenticatedError

CLIENT = "127.0.0.1"
PASSWORD = "four words are enough"  # noqa: S105


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.create_user("ada", "admin", actor="test")


@pytest.fixture
def bob(accounts: Accounts) -> User:
    return accounts.create_user("bob", "reviewer", actor="test")


def with_password(accounts: Accounts, user: User) -> None:
    accounts.set_password(user.id, None, PASSWORD, client=CLIENT)


def age_sessions(database: Path, seconds: int) -> None:
    with sqlite3.connect(database) as connection:
        for column in ("created_at", "expires_at"):
            connection.execute(
                f"update session set {column} = strftime('%Y-%m-%d %H:%M:%f', {column}, ?) || '000'",  # noqa: S608
                (f"-{seconds} seconds",),
            )


# The first start


def test_the_first_start_makes_an_admin_without_a_password(accounts: Accounts) -> None:
    once = accounts.first_login()
    assert once is not None
    [admin] = accounts.users()
    assert (admin.name, admin.role, admin.has_password) == ("admin", "admin", False)
    assert once.user == admin


def test_there_is_no_default_password(accounts: Accounts) -> None:
    accounts.first_login()
    for guess in ("", "admin", "password", "checkdam", "changeme"):
        with pytest.raises(UnauthenticatedError):
            accounts.sign_in("admin", guess, client=guess)


def test_a_restart_gives_another_link_and_no_other_user_until_a_password_is_set(accounts: Accounts) -> None:
    first, second = accounts.first_login(), accounts.first_login()
    assert first is not None
    assert second is not None
    assert first.token != second.token
    assert len(accounts.users()) == 1
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in_once(first.token, client=CLIENT)
    signed = accounts.sign_in_once(second.token, client=CLIENT)
    accounts.set_password(signed.user.id, None, PASSWORD, client=CLIENT)
    assert accounts.first_login() is None


def test_servers_that_start_at_once_make_one_admin(accounts: Accounts) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: accounts.first_login(), range(16)))
    assert len(accounts.users()) == 1
    works = 0
    for once in made:
        assert once is not None
        try:
            accounts.sign_in_once(once.token, client=once.token)
            works += 1
        except UnauthenticatedError:
            pass
    assert works == 1


# One-time links


def test_a_link_signs_in_once(accounts: Accounts, bob: User) -> None:
    once = accounts.one_time(bob.id, actor="ada")
    assert accounts.sign_in_once(once.token, client=CLIENT).user.id == bob.id
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in_once(once.token, client=CLIENT)


def test_of_many_that_use_a_link_at_once_one_gets_in(accounts: Accounts, bob: User) -> None:
    once = accounts.one_time(bob.id, actor="ada")

    def use(number: int) -> bool:
        try:
            accounts.sign_in_once(once.token, client=f"client{number}")
        except UnauthenticatedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(24))) == 1


def test_an_old_link_is_worth_nothing(accounts: Accounts, bob: User, database: Path) -> None:
    once = accounts.one_time(bob.id, actor="ada")
    with sqlite3.connect(database) as connection:
        connection.execute("update login_token set expires_at = '2020-01-01 00:00:00.000000'")
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in_once(once.token, client=CLIENT)


def test_a_new_link_ends_the_one_before(accounts: Accounts, bob: User) -> None:
    old, new = accounts.one_time(bob.id, actor="ada"), accounts.one_time("bob", actor="ada")
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in_once(old.token, client=CLIENT)
    accounts.sign_in_once(new.token, client=CLIENT)


def test_a_link_takes_the_place_of_a_password_that_was_lost(accounts: Accounts, bob: User) -> None:
    with_password(accounts, bob)
    signed = accounts.sign_in_once(accounts.one_time(bob.id, actor="ada").token, client=CLIENT)
    assert not signed.user.has_password
    accounts.set_password(bob.id, None, "another four words", client=CLIENT)
    assert accounts.sign_in("bob", "another four words", client=CLIENT).user.id == bob.id


def test_guessing_links_is_throttled(accounts: Accounts) -> None:
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            accounts.sign_in_once("guess", client=CLIENT)
    with pytest.raises(TooManyAttemptsError):
        accounts.sign_in_once("guess", client=CLIENT)


def test_a_disabled_user_gets_no_link_and_loses_the_one_they_had(accounts: Accounts, ada: User, bob: User) -> None:
    once = accounts.one_time(bob.id, actor="ada")
    accounts.change_user(bob.id, disabled=True, actor="ada")
    with pytest.raises(ConflictError):
        accounts.one_time(bob.id, actor="ada")
    accounts.change_user(bob.id, disabled=False, actor="ada")
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in_once(once.token, client=CLIENT)


# Passwords and sessions


def test_signing_in_by_password(accounts: Accounts, bob: User) -> None:
    with_password(accounts, bob)
    signed = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    found = accounts.by_session(signed.token)
    assert found is not None
    assert (found.user.id, found.csrf) == (bob.id, signed.csrf)
    assert found.user.has_password


def test_what_is_wrong_is_not_told(accounts: Accounts, ada: User, bob: User) -> None:
    with_password(accounts, ada)
    with_password(accounts, bob)
    accounts.change_user(bob.id, disabled=True, actor="ada")
    said = set()
    for name, password in (("ada", "wrong"), ("nobody", "wrong"), ("bob", PASSWORD), ("bob", "wrong")):
        with pytest.raises(UnauthenticatedError) as caught:
            accounts.sign_in(name, password, client=name + password)
        said.add((caught.value.detail, caught.value.remedy))
    assert len(said) == 1


def test_the_sixth_wrong_password_is_not_even_checked(accounts: Accounts, bob: User) -> None:
    with_password(accounts, bob)
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            accounts.sign_in("bob", "wrong", client=CLIENT)
    with pytest.raises(TooManyAttemptsError):
        accounts.sign_in("bob", PASSWORD, client=CLIENT)


def test_a_new_password_ends_every_session_and_link(accounts: Accounts, bob: User) -> None:
    with_password(accounts, bob)
    old = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    link = accounts.one_time(bob.id, actor="ada")
    new = accounts.set_password(bob.id, PASSWORD, "another four words", client=CLIENT)
    assert accounts.by_session(old.token) is None
    assert accounts.by_session(new.token) is not None
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in_once(link.token, client=CLIENT)
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in("bob", PASSWORD, client=CLIENT)


@pytest.mark.parametrize("current", [None, "", "wrong"])
def test_a_new_password_needs_the_current_one(accounts: Accounts, bob: User, current: str | None) -> None:
    with_password(accounts, bob)
    with pytest.raises(InputError):
        accounts.set_password(bob.id, current, "another four words", client=CLIENT)
    assert accounts.sign_in("bob", PASSWORD, client=CLIENT)


def test_signing_out_ends_that_session_only(accounts: Accounts, bob: User) -> None:
    with_password(accounts, bob)
    one, two = (accounts.sign_in("bob", PASSWORD, client=CLIENT) for _ in range(2))
    accounts.sign_out(one.token)
    assert accounts.by_session(one.token) is None
    assert accounts.by_session(two.token) is not None
    accounts.sign_out("no such token")


def test_a_session_ends_after_a_week_without_use(accounts: Accounts, bob: User, database: Path) -> None:
    with_password(accounts, bob)
    signed = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    age_sessions(database, Accounts.SESSION_SECONDS - 60)
    assert accounts.by_session(signed.token) is not None
    age_sessions(database, Accounts.SESSION_SECONDS + 60)
    assert accounts.by_session(signed.token) is None


def test_a_session_in_use_is_prolonged_but_not_beyond_thirty_days(
    accounts: Accounts, bob: User, database: Path
) -> None:
    with_password(accounts, bob)
    signed = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    step, alive_days = 5, 0
    while accounts.by_session(signed.token) is not None:
        age_sessions(database, step * 86_400)
        alive_days += step
        assert alive_days <= 35
    assert alive_days >= 30


def test_the_role_of_a_session_is_the_users_of_now(accounts: Accounts, ada: User, bob: User) -> None:
    with_password(accounts, bob)
    signed = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    accounts.change_user(bob.id, role="tasker", actor="ada")
    found = accounts.by_session(signed.token)
    assert found is not None
    assert found.user.role == "tasker"


def test_disabling_ends_sessions_and_keys_at_once(accounts: Accounts, ada: User, bob: User) -> None:
    with_password(accounts, bob)
    signed = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    key = accounts.create_key(bob.id, "script", "write")
    accounts.change_user(bob.id, disabled=True, actor="ada")
    assert accounts.by_session(signed.token) is None
    assert accounts.by_key(key.secret) is None
    accounts.change_user(bob.id, disabled=False, actor="ada")
    assert accounts.by_session(signed.token) is None


# Users


def test_a_name_is_taken_whatever_its_case(accounts: Accounts, bob: User) -> None:
    for name in ("bob", "BOB", " Bob "):
        with pytest.raises(ConflictError):
            accounts.create_user(name, "tasker", actor="ada")


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "a\nb", "a\u200bb", "\u202eada", "x" * 101])
def test_names_that_deceive_are_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(InputError):
        accounts.create_user(name, "tasker", actor="ada")


def test_a_role_that_does_not_exist_is_refused(accounts: Accounts, bob: User) -> None:
    with pytest.raises(InputError):
        accounts.create_user("eve", "owner", actor="ada")  # type: ignore[arg-type]
    with pytest.raises(InputError):
        accounts.change_user(bob.id, role="owner", actor="ada")  # type: ignore[arg-type]


def test_the_last_admin_stays(accounts: Accounts, ada: User, bob: User) -> None:
    with pytest.raises(ConflictError):
        accounts.change_user(ada.id, role="manager", actor="ada")
    with pytest.raises(ConflictError):
        accounts.change_user(ada.id, disabled=True, actor="ada")
    assert accounts.user(ada.id) == ada
    accounts.change_user(bob.id, role="admin", actor="ada")
    accounts.change_user(ada.id, disabled=True, actor="bob")
    with pytest.raises(ConflictError):
        accounts.change_user(bob.id, role="tasker", actor="bob")


def test_two_admins_who_demote_each_other_leave_one(accounts: Accounts, ada: User, bob: User) -> None:
    accounts.change_user(bob.id, role="admin", actor="ada")

    def demote(user: User) -> bool:
        try:
            accounts.change_user(user.id, role="tasker", actor="x")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(demote, [ada, bob])) == 1


def test_an_id_goes_before_a_name(accounts: Accounts, ada: User) -> None:
    accounts.create_user(ada.id, "tasker", actor="ada")
    assert accounts.user(ada.id) == ada
    with pytest.raises(NotFoundError):
        accounts.user("nobody")


# API keys


def test_a_key_works_until_it_is_revoked(accounts: Accounts, bob: User) -> None:
    made = accounts.create_key(bob.id, "script", "read")
    found = accounts.by_key(made.secret)
    assert found is not None
    assert (found[0].id, found[1].scope) == (bob.id, "read")
    [listed] = accounts.keys(bob.id)
    assert listed.last_used_at is not None
    accounts.revoke_key(made.key.id, actor="bob")
    assert accounts.by_key(made.secret) is None
    assert accounts.keys(bob.id) == []
    with pytest.raises(NotFoundError):
        accounts.key(made.key.id)


def test_other_secrets_are_no_keys(accounts: Accounts, bob: User) -> None:
    with_password(accounts, bob)
    signed = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    made = accounts.create_key(bob.id, "script", "read")
    for secret in ("", "cdk_", made.secret + "x", made.secret[:-1], made.key.id, signed.token, "cdk_" + "x" * 10_000):
        assert accounts.by_key(secret) is None
    for token in ("", made.secret, signed.csrf, "x" * 10_000):
        assert accounts.by_session(token) is None


# What is stored


def test_no_secret_is_in_the_database(accounts: Accounts, bob: User, database: Path) -> None:
    with_password(accounts, bob)
    signed = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    secrets = [PASSWORD, signed.token, accounts.one_time(bob.id, actor="ada").token]
    secrets.append(accounts.create_key(bob.id, "script", "write").secret)
    stored = b"".join(path.read_bytes() for path in database.parent.glob("checkdam.db*"))
    assert b"sign in" in stored, "the files read are the database"
    for secret in secrets:
        assert secret.encode() not in stored


def test_tokens_are_long_and_never_the_same(accounts: Accounts, bob: User) -> None:
    tokens = {accounts.one_time(bob.id, actor="ada").token for _ in range(50)}
    assert len(tokens) == 50
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)


# Audit log


def test_what_is_done_is_on_record_newest_first(accounts: Accounts, ada: User, bob: User) -> None:
    with_password(accounts, bob)
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in("bob", "wrong", client=CLIENT)
    with pytest.raises(UnauthenticatedError):
        accounts.sign_in("my secret password", "bob", client=CLIENT)
    signed = accounts.sign_in("bob", PASSWORD, client=CLIENT)
    key = accounts.create_key(bob.id, "script", "write")
    accounts.revoke_key(key.key.id, actor="bob")
    accounts.one_time(bob.id, actor="ada")
    accounts.change_user(bob.id, role="manager", actor="ada")
    accounts.sign_out(signed.token)
    done = [(entry.actor, entry.action, entry.subject) for entry in accounts.audit()]
    assert done == [
        ("bob", "sign out", ""),
        ("ada", "change user", "bob"),
        ("ada", "make login link", "bob"),
        ("bob", "revoke key", key.key.id),
        ("bob", "create key", key.key.id),
        ("bob", "sign in", "bob"),
        ("", "refuse sign-in", ""),
        ("bob", "refuse sign-in", ""),
        ("bob", "sign in", "bob"),
        ("bob", "set password", "bob"),
        ("test", "create user", "bob"),
        ("test", "create user", "ada"),
    ]


def test_the_audit_log_is_read_page_by_page(accounts: Accounts) -> None:
    for number in range(10):
        accounts.record("ada", "did", str(number))
    first = accounts.audit(limit=4)
    second = accounts.audit(limit=4, before=first[-1].id)
    assert [entry.subject for entry in [*first, *second]] == ["9", "8", "7", "6", "5", "4", "3", "2"]
    for wrong in ("x", "-1", "1 or 1", "\u0661", "9" * 30):
        with pytest.raises(InputError):
            accounts.audit(before=wrong)


def test_no_statement_changes_or_deletes_an_audit_entry(repository: Path) -> None:
    sources = {path: path.read_text("utf-8") for path in (repository / "src").rglob("*.py")}
    assert any("insert(audit)" in text for text in sources.values())
    assert [str(path) for path, text in sources.items() if re.search(r"(update|delete)\(\s*audit\b", text)] == []
