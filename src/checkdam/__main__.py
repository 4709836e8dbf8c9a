"""`python -m checkdam`: the command line."""

from checkdam.cli import main

if __name__ == "__main__":
    main()
