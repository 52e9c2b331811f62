"""For those who run it: is it alive?"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from db import Unavailable, settings


async def health(request: Request) -> Response:
    """200 when the database answers."""
    try:
        await settings.get(request.app.state.db, "two_factor")
    except Unavailable:
        return JSONResponse({"status": "database unavailable"}, 503)
    return JSONResponse({"status": "ok"})
