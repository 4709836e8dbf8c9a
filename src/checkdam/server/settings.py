"""How a server is set up. Nothing here has a default that opens it to others."""

from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class Settings(Struct, frozen=True, kw_only=True):
    """`hosts` are the host names (without port) that requests may be addressed to; any other is refused, which stops
    DNS rebinding. `import_roots` are the folders below which datasets may be imported from. `public_url` is the
    address people use where a proxy stands in front (`https://data.example.org`). `origins` are further origins that
    may send unsafe requests, for a development server. `web` is the folder of the built web application."""

    hosts: tuple[str, ...] = LOCAL_HOSTS
    import_roots: tuple[Path, ...] = ()
    public_url: str | None = None
    origins: tuple[str, ...] = ()
    web: Path = Path(__file__).resolve().parents[1] / "web"
    workers: int = 2
    max_body_bytes: int = 1_000_000

    @property
    def public_origin(self) -> str | None:
        """Scheme, host and port of the public address, without a path."""
        if self.public_url is None:
            return None
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        """True if people reach the server by https."""
        return (self.public_url or "").startswith("https://")
