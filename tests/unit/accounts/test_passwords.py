"""Passwords are kept as argon2id with parameters that cost an attacker something."""

import re

import pytest
from argon2 import PasswordHasher

from checkdam.accounts import passwords
from checkdam.accounts.passwords import hash_password, is_outdated, verify_password
from checkdam.schema import InputError


def test_the_real_hasher_is_argon2id_with_at_least_the_parameters_of_rfc_9106() -> None:
    stored = PasswordHasher().hash("correct horse battery")
    found = re.fullmatch(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$.+", stored)
    assert found is not None
    memory, time, lanes = map(int, found.groups())
    assert memory >= 64 * 1024
    assert time >= 3
    assert lanes >= 1


def test_only_the_password_itself_verifies() -> None:
    stored = hash_password("correct horse battery")
    assert verify_password("correct horse battery", stored)
    assert not verify_password("correct horse batterz", stored)
    assert not verify_password("", stored)
    assert not verify_password("correct horse battery ", stored)


def test_equal_passwords_have_different_hashes() -> None:
    assert hash_password("correct horse battery") != hash_password("correct horse battery")


def test_no_password_verifies_where_there_is_none() -> None:
    assert not verify_password("nobody has this password", None)
    assert not verify_password("anything", None)
    assert not verify_password("anything", "not a hash")


def test_the_same_letters_composed_in_two_ways_are_one_password() -> None:
    stored = hash_password("caf\u00e9 au lait 42")
    assert verify_password("cafe\u0301 au lait 42", stored)


def test_a_lone_surrogate_does_not_crash() -> None:
    assert verify_password("\ud800 long enough", hash_password("\ud800 long enough"))


@pytest.mark.parametrize("weak", ["", "short", "a" * 9, "x" * 20, "margaret hamilton"])
def test_weak_passwords_are_refused_with_a_remedy(weak: str) -> None:
    with pytest.raises(InputError) as caught:
        hash_password(weak, name="Margaret Hamilton")
    assert caught.value.remedy


def test_a_password_too_long_to_hash_cheaply_is_refused() -> None:
    with pytest.raises(InputError):
        hash_password("ab" * 600)


def test_a_hash_with_weaker_parameters_is_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = hash_password("correct horse battery")
    assert not is_outdated(stored)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())
    assert is_outdated(stored)
