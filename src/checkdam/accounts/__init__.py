"""Who may come in: users, roles, passwords, one-time logins, sessions, API keys, and the audit log of it all.

accounts = Accounts(AccountStore(engine))
once = accounts.first_login()                     # None once an admin has a password
signed = accounts.sign_in_once(once.token, client="127.0.0.1")
accounts.by_session(signed.token)
"""

from checkdam.accounts.model import (
    ROLES,
    ApiKey,
    AuditEntry,
    NewApiKey,
    OneTime,
    Role,
    Scope,
    SignedIn,
    User,
)
from checkdam.accounts.secrets import same
from checkdam.accounts.service import Accounts
from checkdam.accounts.store import AccountStore, no_such_key
from checkdam.accounts.throttle import Throttle, TooManyAttemptsError

__all__ = [
    "ROLES",
    "AccountStore",
    "Accounts",
    "ApiKey",
    "AuditEntry",
    "NewApiKey",
    "OneTime",
    "Role",
    "Scope",
    "SignedIn",
    "Throttle",
    "TooManyAttemptsError",
    "User",
    "no_such_key",
    "same",
]
