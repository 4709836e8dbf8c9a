"""`checkdam user`: who may come in."""

from enum import StrEnum
from typing import Annotated

import typer

from checkdam.cli import console
from checkdam.cli.options import Database, Home, actor, open_workspace

UserName = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.", show_default=False)]
BaseUrl = Annotated[str, typer.Option("--url", help="The address that people reach the server by.")]
LOCAL_URL = "http://127.0.0.1:8000"


class RoleName(StrEnum):
    """The roles, as a choice."""

    admin = "admin"
    manager = "manager"
    reviewer = "reviewer"
    tasker = "tasker"


def register(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    group = typer.Typer(help="Add and list users, and make links that sign them in once.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(listing)
    group.command("login-link")(one_time_link)
    app.add_typer(group, name="user")


def add(
    name: UserName,
    role: Annotated[RoleName, typer.Option(help="What the user may do.")] = RoleName.reviewer,
    url: BaseUrl = LOCAL_URL,
    home: Home = None,
    database: Database = None,
) -> None:
    """Add a user, and print a link that signs in once."""
    from checkdam.server.run import login_link

    with open_workspace(home, database) as workspace:
        workspace.accounts.create_user(name, role.value, actor=actor())
        once = workspace.accounts.one_time(name, actor=actor())
    console.out(login_link(url, once))
    console.note(f"{name} ({role.value}) signs in by this link; {_good_until(once.expires_at)}")


def listing(home: Home = None, database: Database = None) -> None:
    """List the users."""
    with open_workspace(home, database) as workspace:
        found = workspace.accounts.users()
    rows = [(one.name, one.role, "disabled" if one.disabled else "", one.created_at[:19]) for one in found]
    console.table(("user", "role", "state", "added"), rows)


def one_time_link(name: UserName, url: BaseUrl = LOCAL_URL, home: Home = None, database: Database = None) -> None:
    """Print a link that signs a user in once: for someone who has lost the password, or never had one."""
    from checkdam.server.run import login_link

    with open_workspace(home, database) as workspace:
        once = workspace.accounts.one_time(name, actor=actor())
    console.out(login_link(url, once))
    console.note(_good_until(once.expires_at))


def _good_until(expires_at: str) -> str:
    return f"good once, before {expires_at[:16].replace('T', ' ')} UTC"
