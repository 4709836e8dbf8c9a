"""The program's version. In a module of its own, so that what needs it does not import the package's front."""

__version__ = "0.1.0"
