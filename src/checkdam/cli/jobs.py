"""`checkdam jobs` and `checkdam worker`."""

import signal
import threading
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from checkdam.cli import console
from checkdam.cli.options import AsJson, Database, Home, open_workspace
from checkdam.schema import Job, JobState, NotFoundError

if TYPE_CHECKING:
    from checkdam.workspace import Workspace

STATES = ", ".join(get_args(JobState))
JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, or as much of its beginning as is unique.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    group = typer.Typer(help="List jobs, print one's log, cancel or retry one.", invoke_without_command=True)
    group.callback()(listing)
    group.command("show")(show)
    group.command("cancel")(cancel)
    group.command("retry")(retry)
    app.add_typer(group, name="jobs")
    app.command("worker")(worker)


def listing(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help=f"Only jobs in this state: {STATES}.")] = None,
    limit: Annotated[int, typer.Option(help="How many to list.", min=1, max=1000)] = 20,
    as_json: AsJson = False,
    home: Home = None,
    database: Database = None,
) -> None:
    """List jobs, print one's log, cancel or retry one."""
    if context.invoked_subcommand is not None:
        return
    if state is not None and state not in get_args(JobState):
        raise typer.BadParameter(f"choose one of {STATES}", param_hint="--state")
    with open_workspace(home, database) as workspace:
        found = workspace.jobs.list(states=(cast(JobState, state),) if state else (), limit=limit)
        names = {one.id: one.name for one in workspace.datasets.catalogue_store.all()}
        titles = [workspace.jobs.title(job) for job in found]
    if as_json:
        _json(found)
    elif not found:
        console.note("no jobs")
    else:
        rows = [
            (
                job.id[:12],
                title,
                names.get(job.arguments.get("dataset_id", ""), ""),
                job.state,
                job.created_at[:19],
                job.created_by,
                _status(job),
            )
            for job, title in zip(found, titles, strict=True)
        ]
        console.table(("job", "what", "dataset", "state", "submitted", "by", "status"), rows)


def show(job: JobId, home: Home = None, database: Database = None) -> None:
    """Print a job with its log."""
    with open_workspace(home, database) as workspace:
        found = workspace.jobs.get(_full_id(workspace, job))
    console.out(f"{found.id}: {found.name}, {found.state}, attempt {found.attempt} of {found.max_attempts}")
    if found.error:
        console.out(f"error: {found.error}")
    for line in found.log:
        console.out(line)


def cancel(job: JobId, home: Home = None, database: Database = None) -> None:
    """Ask a job to stop."""
    with open_workspace(home, database) as workspace:
        found = workspace.jobs.cancel(_full_id(workspace, job))
    console.out(f"{found.id}: {'stops at its next step' if found.state == 'running' else found.state}")


def retry(job: JobId, home: Home = None, database: Database = None) -> None:
    """Queue a failed or cancelled job again. A server or `checkdam worker` takes it up."""
    with open_workspace(home, database) as workspace:
        found = workspace.jobs.retry(_full_id(workspace, job))
    console.out(f"{found.id}: {found.state}")


def worker(
    size: Annotated[int, typer.Option("--size", help="How many jobs to work on at a time.", min=1, max=64)] = 2,
    home: Home = None,
    database: Database = None,
) -> None:
    """Work on jobs until Ctrl-C. Any number of workers may share a workspace."""
    with open_workspace(home, database) as workspace:
        pool = workspace.worker(size)
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        try:
            pool.start()
            console.note(f"working on jobs of {workspace.home}, {size} at a time; Ctrl-C stops")
            stop.wait()
        except KeyboardInterrupt:
            console.note("stopped")
        finally:
            pool.stop()


def _status(job: Job) -> str:
    """What a job is doing, or why it ended."""
    if job.state != "running":
        return job.error or ""
    return f"{job.done:,} of {job.total:,} {job.status}" if job.total else job.status


def _full_id(workspace: "Workspace", beginning: str) -> str:
    """The id of the one job whose id begins so; the text itself where none or several do."""
    found = [job.id for job in workspace.jobs.list(limit=1000) if job.id.startswith(beginning)]
    if len(found) > 1 and beginning not in found:
        raise NotFoundError(f"{len(found)} jobs begin with {beginning!r}", "give more of the id")
    return found[0] if len(found) == 1 else beginning


def _json(value: object) -> None:
    from checkdam.cli.work import as_json

    console.out(as_json(value))
