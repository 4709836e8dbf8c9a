"""Who may do what, as one table written down by hand."""

from typing import get_args

import pytest

from checkdam.accounts import ROLES, Role
from checkdam.server.policies import Action, key_may, may, may_grant, may_revoke_key

ALLOWED: dict[Action, str] = {
    "me.read": "admin manager reviewer tasker",
    "me.password": "admin manager reviewer tasker",
    "session.end": "admin manager reviewer tasker",
    "datasets.read": "admin manager reviewer",
    "findings.decide": "admin manager reviewer",
    "keys.own": "admin manager reviewer",
    "datasets.import": "admin manager",
    "datasets.lint": "admin manager",
    "datasets.commit": "admin manager",
    "datasets.export": "admin manager",
    "jobs.control": "admin manager",
    "datasets.delete": "admin",
    "users.manage": "admin",
    "audit.read": "admin",
}
READ_KEY = {"me.read", "datasets.read", "audit.read"}
NO_KEY = {"me.password", "session.end", "keys.own", "users.manage"}


def test_every_action_is_in_the_table() -> None:
    assert set(ALLOWED) == set(get_args(Action))


@pytest.mark.parametrize("action", get_args(Action))
@pytest.mark.parametrize("role", ROLES)
def test_roles(role: Role, action: Action) -> None:
    assert may(role, action) == (role in ALLOWED[action].split())


@pytest.mark.parametrize("action", get_args(Action))
def test_keys(action: Action) -> None:
    assert key_may("read", action) == (action in READ_KEY)
    assert key_may("write", action) == (action not in NO_KEY)


def test_nobody_grants_above_their_own_role() -> None:
    for granter in ROLES:
        for current in ROLES:
            for wanted in ROLES:
                assert may_grant(granter, current, wanted) == (granter == "admin")


def test_keys_of_others_are_revoked_by_admins_only() -> None:
    for role in ROLES:
        assert may_revoke_key(role, "u1", "u1")
        assert may_revoke_key(role, "u1", "u2") == (role == "admin")
