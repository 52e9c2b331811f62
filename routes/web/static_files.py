"""The stylesheets and the scripts, each joined, hashed and compressed in memory at the start; addresses change with the
content.
"""

import gzip
import hashlib
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from config import ROOT

STATIC = ROOT / "static"
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"


def _joined(name: str) -> bytes:
    """The content behind a plain name."""
    if name == "two_keys.css":
        first = [STATIC / "css/base.css", STATIC / "css/elements.css"]
        screens = sorted(path for path in (STATIC / "css").glob("*.css") if path not in first)
        return b"\n".join(path.read_bytes() for path in [*first, *screens])
    if name == "two_keys.js":
        return b";\n".join((STATIC / "js" / script).read_bytes() for script in ("htmx.min.js", "two_keys.js"))
    return (STATIC / "img" / name).read_bytes()


NAMES = ("two_keys.css", "two_keys.js", "icons.svg")


class Files:
    """The files by their hashed names, compressed ahead."""

    def __init__(self, reading_each_time: bool) -> None:
        self._reading_each_time = reading_each_time
        self._addresses: dict[str, str] = {}
        self._contents: dict[str, tuple[bytes, bytes]] = {}
        for name in NAMES:
            self._read(name)

    def _read(self, name: str) -> None:
        content = _joined(name)
        stem, ending = name.rsplit(".", 1)
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
        if hashed not in self._contents:
            self._contents[hashed] = content, gzip.compress(content, 9, mtime=0)
        self._addresses[name] = f"/static/{hashed}"

    def address(self, name: str) -> str:
        """The hashed address of a file, for templates."""
        if self._reading_each_time:
            self._read(name)
        return self._addresses[name]

    def content(self, hashed: str) -> tuple[bytes, bytes] | None:
        """A file, plain and compressed."""
        return self._contents.get(hashed)


async def serve(request: Request) -> Response:
    """A file under its hashed name."""
    name = request.path_params["name"]
    found: tuple[bytes, bytes] | None = request.app.state.files.content(name)
    if found is None:
        raise HTTPException(404)
    compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"} | (
        {"Content-Encoding": "gzip"} if compressed else {}
    )
    return Response(found[compressed], headers=headers, media_type=TYPES[name.rsplit(".", 1)[1]])


Address = Callable[[str], str]
