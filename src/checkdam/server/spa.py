"""The web application: its files as they were built, and its page for every other address."""

from html import escape
from pathlib import Path
from secrets import token_urlsafe

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from checkdam.guard import contained
from checkdam.schema import InputError
from checkdam.server.routing import is_below_api
from checkdam.server.settings import Settings
from checkdam.server.shield import page_policy

NONCE_MARK = "__CHECKDAM_CSP_NONCE__"
FOREVER = "public, max-age=31536000, immutable"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""By our own list: what the machine's registry says of an ending is anybody's guess."""

_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Checkdam</title>
<meta name="viewport" content="width=device-width"></head>
<body><h1>The web application is not built</h1>
<p>The API works, but this installation has no web application in <code>{folder}</code>.</p>
<p>Build it with <code>make install</code> in the repository, or install a released wheel, which has it.</p>
</body></html>
"""


def page(request: Request) -> Response:
    """The file of that name in the built application, or else its page, whose own router knows the address."""
    settings: Settings = request.app.state.settings
    path = request.path_params["path"]
    if is_below_api(f"/{path}"):
        raise HTTPException(404)
    file = _file(settings.web, path)
    if file is not None:
        return _file_response(file, path)
    if path.startswith("assets/"):
        raise HTTPException(404)
    return _index(settings.web)


def _file(web: Path, path: str) -> Path | None:
    if not path or path == "index.html" or any(part.startswith(".") for part in path.split("/")):
        return None
    try:
        file = contained(web, path)
        return file if file.is_file() else None
    except (InputError, OSError):  # not below the folder, or a name that no file can have
        return None


def _file_response(file: Path, path: str) -> Response:
    # The bundler puts a hash of the content into the names below assets/; other files may change.
    caching = FOREVER if path.startswith("assets/") else "no-cache"
    media_type = _TYPES.get(file.suffix.lower(), "application/octet-stream")
    return FileResponse(file, media_type=media_type, headers={"Cache-Control": caching})


def _index(web: Path) -> Response:
    nonce = token_urlsafe(16)
    policy = {"Content-Security-Policy": page_policy(nonce)}
    try:
        html = (web / "index.html").read_text("utf-8")
    except OSError:
        return HTMLResponse(_NOT_BUILT.format(folder=escape(str(web))), status_code=503, headers=policy)
    return HTMLResponse(html.replace(NONCE_MARK, nonce), headers=policy)
