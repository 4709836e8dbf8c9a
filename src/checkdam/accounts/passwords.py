"""Passwords: argon2id, with the parameters that argon2-cffi recommends (RFC 9106, the memory-constrained choice)."""

from threading import Semaphore
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from checkdam.schema import InputError

SHORTEST = 10
LONGEST = 1024

_hasher = PasswordHasher()
# Each hash takes 64 MiB for a moment; more at once would let strangers fill the memory by trying to sign in.
_turns = Semaphore(2)
# What an unknown user's password is checked against, so that the time taken does not tell who exists.
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str, name: str = "") -> str:
    """The hash of a new password. InputError if it is too short, too long, or the user's name."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise InputError(f"the password is shorter than {SHORTEST} characters", "take a longer one, such as four words")
    if len(plain) > LONGEST:
        raise InputError(f"the password is longer than {LONGEST} characters", "take a shorter one")
    if plain.casefold() == _normal(name).casefold() or len(set(plain)) == 1:
        raise InputError("the password is too easy to guess", "take another, such as four words")
    with _turns:
        return _hasher.hash(plain)


def verify_password(password: str, stored: str | None) -> bool:
    """Whether it is the password of that hash; False, after the same time, where there is none."""
    with _turns:
        try:
            return _hasher.verify(stored or _NOBODY, _normal(password)) and stored is not None
        except (Argon2Error, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than are used now."""
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    # The same password typed on another keyboard may come as other code points; a lone surrogate is no text at all.
    return normalize("NFKC", password.encode("utf-8", "replace").decode("utf-8"))
