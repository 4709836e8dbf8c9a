"""Who may do what: pure functions of role, action, and how the caller proved who they are. No request, no database."""

from typing import Literal

from checkdam.accounts import ROLES, Role, Scope

Action = Literal[
    "me.read",
    "me.password",
    "session.end",
    "datasets.read",
    "findings.decide",
    "datasets.import",
    "datasets.lint",
    "datasets.commit",
    "datasets.export",
    "jobs.control",
    "datasets.delete",
    "keys.own",
    "users.manage",
    "audit.read",
]

_LEAST: dict[Action, Role] = {
    "me.read": "tasker",
    "me.password": "tasker",
    "session.end": "tasker",
    "datasets.read": "reviewer",
    "findings.decide": "reviewer",
    "keys.own": "reviewer",
    "datasets.import": "manager",
    "datasets.lint": "manager",
    "datasets.commit": "manager",
    "datasets.export": "manager",
    "jobs.control": "manager",
    "datasets.delete": "admin",
    "users.manage": "admin",
    "audit.read": "admin",
}

_READS: frozenset[Action] = frozenset({"me.read", "datasets.read", "audit.read"})

_SESSION_ONLY: frozenset[Action] = frozenset({"me.password", "session.end", "keys.own", "users.manage"})
"""What an API key may never do, so that a key that leaked cannot make itself a successor."""


def least_role(action: Action) -> Role:
    """The least powerful role that may do it."""
    return _LEAST[action]


def may(role: Role, action: Action) -> bool:
    """True if the role is at least the least one that the action asks for."""
    return ROLES.index(role) <= ROLES.index(_LEAST[action])


def key_may(scope: Scope, action: Action) -> bool:
    """True if an API key of that scope may be used for the action, given a user who may do it."""
    return action not in _SESSION_ONLY and (scope == "write" or action in _READS)


def may_grant(granter: Role, current: Role, wanted: Role) -> bool:
    """True if `granter` may turn a user of role `current` into `wanted`: neither may lie above the granter's own."""
    own = ROLES.index(granter)
    return may(granter, "users.manage") and own <= ROLES.index(current) and own <= ROLES.index(wanted)


def may_revoke_key(role: Role, user_id: str, owner_id: str) -> bool:
    """True if it is the user's own key, or the user manages users."""
    return user_id == owner_id or may(role, "users.manage")
