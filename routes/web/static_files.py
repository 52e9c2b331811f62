"""The stylesheets and the scripts, each joined, hashed and compressed in memory at the start; addresses change with the
content.
"""

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from config import ROOT

STATIC = ROOT / "static"
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
SCREENSHOTS = ROOT / "docs/screenshots"
FOREVER = "public, max-age=31536000, immutable"


# what a theme may have; a page without them does without, or uses the shipped one
THEME = {"theme.css": "", "logo.svg": "", "favicon.svg": "icons.svg"}
# an SVG is a document: opened alone it could run scripts, fetch, or be framed
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def _joined(name: str) -> bytes:
    """The content behind a plain name."""
    if name == "two_keys.css":
        first = [STATIC / "css/base.css", STATIC / "css/elements.css"]
        screens = sorted(path for path in (STATIC / "css").glob("*.css") if path not in first)
        return b"\n".join(path.read_bytes() for path in [*first, *screens])
    if name.endswith(".png"):
        return (SCREENSHOTS / name).read_bytes()
    if name == "two_keys.js":
        return b";\n".join((STATIC / "js" / script).read_bytes() for script in ("htmx.min.js", "two_keys.js"))
    return (STATIC / "img" / name).read_bytes()


NAMES = ("two_keys.css", "two_keys.js", "icons.svg")


class Files:
    """The files by their hashed names, compressed ahead."""

    def __init__(self, reading_each_time: bool, theme: Path | None = None) -> None:
        self._reading_each_time = reading_each_time
        self._theme = theme
        self._addresses: dict[str, str] = {}
        self._contents: dict[str, tuple[bytes, bytes]] = {}
        for name in (*NAMES, *THEME):
            self._read(name)

    def _read(self, name: str) -> None:
        if name not in THEME:
            self._keep(name, _joined(name))
        elif self._theme and (self._theme / name).is_file():
            self._keep(name, (self._theme / name).read_bytes())
        else:
            self._addresses[name] = self._addresses.get(THEME[name], "")

    def _keep(self, name: str, content: bytes) -> None:
        stem, ending = name.rsplit(".", 1)
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
        if hashed not in self._contents:
            self._contents[hashed] = content, gzip.compress(content, 9, mtime=0)
        self._addresses[name] = f"/static/{hashed}"

    def address(self, name: str) -> str:
        """The hashed address of a file, for templates; "" for a file that only a theme has, if it has none.

        A screenshot is read when the first page asks for it.
        """
        if self._reading_each_time or name not in self._addresses:
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
    policy = {"Content-Security-Policy": SVG_POLICY} if name.endswith(".svg") else {}
    headers = (
        policy
        | {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        | ({"Content-Encoding": "gzip"} if compressed else {})
    )
    return Response(found[compressed], headers=headers, media_type=TYPES[name.rsplit(".", 1)[1]])


Address = Callable[[str], str]
