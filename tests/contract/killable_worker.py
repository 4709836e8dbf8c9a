"""A worker in a process of its own, for tests that kill it. Run as: killable_worker.py URL LEASE_SECONDS."""

import sys
import time
from typing import Any

from checkdam.jobs import JobContext, Jobs, Registry, Worker
from checkdam.storage.sql import open_engine, transaction
from checkdam.storage.sql.tables import audit

registry = Registry()
engine = open_engine(sys.argv[1])


def commit(context: JobContext, action: str) -> None:
    with transaction(engine) as connection:
        context.guard(connection)
        connection.execute(audit.insert().values(actor="worker", action=action, subject=context.job.id))


@registry.job("hold")
def hold(context: JobContext, *, hang_in_attempt: int) -> dict[str, Any]:
    """Three steps, a checkpoint after each. In the attempt told it hangs after the second, without a look around."""
    done = list(context.checkpoint or [])
    for step in ("first", "second", "third"):
        if step in done:
            continue
        if step == "third" and context.job.attempt <= hang_in_attempt:
            context.progress(2, 3, "hanging")
            time.sleep(3600 if hang_in_attempt > 0 else 0)
        context.log(f"{step} in attempt {context.job.attempt}")
        done.append(step)
        context.save_checkpoint(done)
    commit(context, "result")
    return {"steps": done}


@registry.job("pause")
def pause(context: JobContext, *, seconds: float) -> str:
    """Sleeps as long as told in its first attempt, deaf to everything, and then tries to commit."""
    context.progress(1, 2, "pausing")
    if context.job.attempt == 1:
        time.sleep(seconds)
    commit(context, f"attempt {context.job.attempt}")
    return "done"


@registry.job("short", max_attempts=1000)
def short(context: JobContext, *, steps: int) -> str:
    """Some work, whose result is committed together with the end of the job."""
    for step in range(int(context.checkpoint or 0), steps):
        time.sleep(0.01)
        context.save_checkpoint(step + 1)
    with transaction(engine) as connection:
        connection.execute(audit.insert().values(actor="worker", action="result", subject=context.job.id))
        context.complete(connection, "done")
    return "done"


if __name__ == "__main__":
    Worker(Jobs(engine, registry), pool_size=2, lease_seconds=float(sys.argv[2]), poll_seconds=0.05).start()
    sys.stdout.write("started\n")
    sys.stdout.flush()
    sys.stdin.read()  # until the test that started it ends
