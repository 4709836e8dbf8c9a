"""Tokens: how they are made, compared, and kept. Only the hash of a token is ever stored."""

from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe

TOKEN_BYTES = 32


def new_token(prefix: str = "") -> str:
    """256 random bits, safe in URLs and headers."""
    return prefix + token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token. One round of SHA-256 is enough for 256 random bits, which nobody can guess."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ. An empty one equals none."""
    return bool(wanted) and compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())
