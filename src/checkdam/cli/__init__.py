"""The command line, a client of the library. `main` is the console script's door.

What commands need is imported when they run, so that `checkdam --help` is there at once.
"""


def main() -> None:
    """Runs the command that the process was started with, and exits with its status."""
    from checkdam.cli.app import run

    run()
