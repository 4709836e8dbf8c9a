"""What must never be in the package: ways to run data as code, unsafe parsers, requests to other hosts, global state.

A line that has to be an exception is listed with its reason.
"""

import ast
from collections.abc import Iterator

import pytest

FORBIDDEN_MODULES = {
    "pickle": "data must never run as code",
    "cPickle": "data must never run as code",
    "dill": "data must never run as code",
    "cloudpickle": "data must never run as code",
    "joblib": "its files are pickles",
    "shelve": "its files are pickles",
    "marshal": "data must never run as code",
    "xml.etree": "entities and DTDs are open there; formats use expat",
    "xml.dom": "entities and DTDs are open there; formats use expat",
    "xml.sax": "entities and DTDs are open there; formats use expat",
    "lxml": "entities and DTDs are open there; formats use expat",
    "requests": "guard.egress alone speaks to other hosts",
    "urllib.request": "guard.egress alone speaks to other hosts",
    "http.client": "guard.egress alone speaks to other hosts",
    "httpx": "guard.egress alone speaks to other hosts",
    "aiohttp": "guard.egress alone speaks to other hosts",
    "smtplib": "guard.egress alone speaks to other hosts",
    "ftplib": "guard.egress alone speaks to other hosts",
    "urllib3": "guard.egress alone speaks to other hosts",
    "websockets": "guard.egress alone speaks to other hosts",
}
HARMLESS = ("xml.sax.saxutils",)
"""It escapes text and parses none."""

FORBIDDEN_CALLS = {
    "eval": "data must never run as code",
    "exec": "data must never run as code",
    "compile": "data must never run as code",
    "yaml.load": "yaml.safe_load",
    "yaml.load_all": "yaml.safe_load_all",
    "yaml.unsafe_load": "yaml.safe_load",
    "yaml.full_load": "yaml.safe_load",
    "socket.create_connection": "guard.egress alone speaks to other hosts",
    "torch.load": "data must never run as code",
    "os.system": "no shell",
    "os.popen": "no shell",
    "tempfile.mktemp": "a race; use mkstemp",
    "random.seed": "global state; pass a Generator",
    "np.random.seed": "global state; pass a Generator",
    "numpy.random.seed": "global state; pass a Generator",
    "warnings.simplefilter": "global state of the process",
    "os.chdir": "global state of the process",
}
FORBIDDEN_ARGUMENTS = {
    ("allow_pickle", True): "data must never run as code",
    ("shell", True): "no shell",
    ("verify", False): "no unverified connection",
    ("autoescape", False): "text from outside is data",
}
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("src/checkdam/guard/egress.py", "http.client"): "the one function that speaks to other hosts",
    ("src/checkdam/guard/egress.py", "socket.create_connection"): "the one function that speaks to other hosts",
}


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{name.name}" for name in node.names)


def hazards(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """(line, what, why) of each hazard."""
    for node in ast.walk(tree):
        for name in imported(node):
            for module, why in FORBIDDEN_MODULES.items():
                if (name == module or name.startswith(module + ".")) and not name.startswith(HARMLESS):
                    yield node.lineno, module, why  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in FORBIDDEN_CALLS:
                yield node.lineno, name, FORBIDDEN_CALLS[name]
            for argument in node.keywords:
                if isinstance(argument.value, ast.Constant):
                    why = FORBIDDEN_ARGUMENTS.get((argument.arg or "", argument.value.value), "")
                    if why:
                        yield node.lineno, f"{argument.arg}={argument.value.value}", why


def test_no_hazards(modules: dict[str, ast.Module]) -> None:
    found = {
        f"{path}:{line}: {what} ({why})"
        for path, tree in modules.items()
        for line, what, why in hazards(tree)
        if (path, what) not in EXCEPTIONS
    }
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from xml.etree import ElementTree",
        "import xml.etree.ElementTree as ET",
        "from urllib import request",
        "eval('1')",
        "yaml.load(text, Loader=yaml.Loader)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(command, shell=True)",
        "jinja2.Environment(autoescape=False)",
    ],
)
def test_hazards_are_found(source: str) -> None:
    assert list(hazards(ast.parse(source)))


@pytest.mark.parametrize(
    "source", ["import re; re.compile('a')", "yaml.safe_load(text)", "from urllib.parse import quote"]
)
def test_harmless_code_passes(source: str) -> None:
    assert list(hazards(ast.parse(source))) == []
